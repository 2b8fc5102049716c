"""The proof that a batch is text: the short way accepts nothing the long one would not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from connectors.arrow_text import sound
from connectors.source import Outcome

NAME = "张".encode()


def raw(*cells: bytes | None) -> pa.Array:
    """Return an array that says it is text, whatever its bytes."""
    column = pa.array(cells, pa.binary())
    return pa.StringArray.from_buffers(len(column), *column.buffers()[1:], column.buffers()[0])


@pytest.mark.parametrize(
    ("cells", "texts", "damaged"),
    [
        ((b"a", None, b"", NAME), ["a", None, "", "张"], 0),
        ((NAME[:2], NAME[2:]), ["\ufffd", "\ufffd"], 2),  # whole only where the two are put together
        ((NAME, b"\xff"), ["张", "\ufffd"], 1),
        ((None, None), [None, None], 0),
        ((), [], 0),
    ],
    ids=["sound", "cut inside a character", "no character", "nulls", "nothing"],
)
def test_every_value_is_utf8_by_itself(cells: tuple[bytes | None, ...], texts: list[str | None], damaged: int) -> None:
    schema, outcome = pa.schema([("XM", pa.string())]), Outcome()
    batch = sound(pa.RecordBatch.from_arrays([raw(*cells)], names=["c0"]), schema, outcome, 100)
    batch.validate(full=True)
    assert batch.column(0).to_pylist() == texts
    assert [note.split()[1] for note in outcome.notes] == ([str(damaged)] if damaged else [])


def test_a_slice_is_looked_at_and_not_what_lies_around_it() -> None:
    schema, outcome = pa.schema([("XM", pa.string())]), Outcome()
    batch = pa.RecordBatch.from_arrays([raw(b"\xff", NAME, b"b", b"\xfe").slice(1, 2)], names=["c0"])
    assert sound(batch, schema, outcome, 100).column(0).to_pylist() == ["张", "b"]
    assert not outcome.notes

"""How columns that hardly repeat are written, and that looking takes nothing from the stream."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pyarrow as pa
import pytest

from warehouse.encoding import SAMPLE, encodings

ROWS = SAMPLE + 5
TABLE = pa.table(
    {
        "id": [f"{number:018d}" for number in range(ROWS)],
        "number": list(range(ROWS)),
        "hash": [None if number == 3 else sha256(bytes(str(number), "ascii")).hexdigest() for number in range(ROWS)],
        "district": [str(number % 9) for number in range(ROWS)],
        "moment": pa.array(range(ROWS), pa.timestamp("us")),
    }
)


def test_only_texts_and_numbers_that_hardly_repeat_are_named_and_the_stream_stays_whole() -> None:
    stream, columns = encodings(TABLE.to_reader())
    assert columns == {"id": "PLAIN", "number": "DELTA_BINARY_PACKED", "hash": "DELTA_LENGTH_BYTE_ARRAY"}
    assert stream.read_all().equals(TABLE)


def test_part_of_a_larger_array_is_looked_at_alone() -> None:
    mixed = pa.concat_tables([TABLE, TABLE.set_column(0, "id", TABLE["hash"])])
    late = pa.table({"id": mixed["id"].combine_chunks()}).slice(ROWS)
    assert encodings(late.to_reader())[1] == {"id": "DELTA_LENGTH_BYTE_ARRAY"}


@pytest.mark.parametrize("rows", [0, 100])
def test_a_few_rows_tell_nothing(rows: int) -> None:
    stream, columns = encodings(TABLE.slice(0, rows).to_reader())
    assert columns == {}
    assert stream.read_all().num_rows == rows


def test_what_the_stream_raises_is_raised() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        raise OSError("cut")
        yield

    with pytest.raises(OSError, match="cut"):
        encodings(pa.RecordBatchReader.from_batches(TABLE.schema, batches()))

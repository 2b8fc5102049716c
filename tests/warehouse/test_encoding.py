"""Which columns are written without a dictionary, and that looking takes nothing from the stream."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from warehouse.encoding import SAMPLE, hardly_repeating

ROWS = SAMPLE + 5
TABLE = pa.table(
    {
        "id": [f"{number:018d}" for number in range(ROWS)],
        "number": list(range(ROWS)),
        "district": [str(number % 9) for number in range(ROWS)],
        "moment": pa.array(range(ROWS), pa.timestamp("us")),
    }
)


def test_only_texts_and_numbers_that_hardly_repeat_are_named_and_the_stream_stays_whole() -> None:
    stream, columns = hardly_repeating(TABLE.to_reader())
    assert columns == ["id", "number"]
    assert stream.read_all().equals(TABLE)


@pytest.mark.parametrize("rows", [0, 100])
def test_a_few_rows_tell_nothing(rows: int) -> None:
    stream, columns = hardly_repeating(TABLE.slice(0, rows).to_reader())
    assert columns == []
    assert stream.read_all().num_rows == rows


def test_what_the_stream_raises_is_raised() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        raise OSError("cut")
        yield

    with pytest.raises(OSError, match="cut"):
        hardly_repeating(pa.RecordBatchReader.from_batches(TABLE.schema, batches()))

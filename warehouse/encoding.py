"""How columns are written to Parquet: a dictionary where values repeat, none where they hardly do.

A writer that tries a dictionary on record ids, hashes or telephone numbers fills it, gives it up and has lost a tenth
of its time on each such column; the files are smaller without it, too.
"""

from __future__ import annotations

from itertools import chain

import pyarrow as pa
import pyarrow.compute as pc

SAMPLE = 16_384  # rows looked at
_ENOUGH = 4096  # fewer rows tell too little, and cost too little
_MOSTLY = 0.25  # a column with more distinct values than this part of its rows repeats too little


def hardly_repeating(reader: pa.RecordBatchReader) -> tuple[pa.RecordBatchReader, list[str]]:
    """Return the same stream and the columns that are better off without a dictionary, by the look of its first batch.

    Raises what the stream raises.
    """
    try:
        first = reader.read_next_batch()
    except StopIteration:
        return pa.RecordBatchReader.from_batches(reader.schema, iter(())), []
    whole = pa.RecordBatchReader.from_batches(reader.schema, chain((first,), reader))
    return whole, _mostly_distinct(first.slice(0, SAMPLE))


def _mostly_distinct(rows: pa.RecordBatch) -> list[str]:
    """Return the columns of texts or whole numbers most of whose values occur once."""
    if rows.num_rows < _ENOUGH:
        return []
    flat = [one.name for one in rows.schema if pa.types.is_string(one.type) or pa.types.is_integer(one.type)]
    return [name for name in flat if pc.count_distinct(rows.column(name)).as_py() > _MOSTLY * rows.num_rows]

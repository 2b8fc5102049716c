"""How columns are written to Parquet: a dictionary where values repeat, and something cheaper where they hardly do.

A writer that tries a dictionary on record ids, hashes or telephone numbers fills it, gives it up and has lost a tenth
of its time on each such column; the files are smaller without it, too. Numbers that rise are kept as their differences.
Texts without any pattern (hashes) are kept apart from their lengths: between them the lengths would be all that
Zstandard finds, and looking for more costs half of writing the column.
"""

from __future__ import annotations

from itertools import chain
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SAMPLE = 16_384  # rows looked at
_ENOUGH = 4096  # fewer rows tell too little, and cost too little
_MOSTLY = 0.25  # a column with more distinct values than this part of its rows repeats too little
_PATTERNLESS = 0.45  # texts that keep more than this part of their bytes when compressed: 0.5 is hexadecimal digits

Encoding = Literal["PLAIN", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY"]


def encodings(reader: pa.RecordBatchReader) -> tuple[pa.RecordBatchReader, dict[str, Encoding]]:
    """Return the same stream, and how to encode the columns that are better off without a dictionary, by the look of
    its first batch.

    Raises what the stream raises.
    """
    try:
        first = reader.read_next_batch()
    except StopIteration:
        return pa.RecordBatchReader.from_batches(reader.schema, iter(())), {}
    whole = pa.RecordBatchReader.from_batches(reader.schema, chain((first,), reader))
    return whole, _encodings(first.slice(0, SAMPLE))


def _encodings(rows: pa.RecordBatch) -> dict[str, Encoding]:
    """Return the encoding of each column of texts or whole numbers most of whose values occur once."""
    if rows.num_rows < _ENOUGH:
        return {}
    flat = [one.name for one in rows.schema if pa.types.is_string(one.type) or pa.types.is_integer(one.type)]
    distinct = [name for name in flat if pc.count_distinct(rows.column(name)).as_py() > _MOSTLY * rows.num_rows]
    return {name: _encoding(rows.column(name)) for name in distinct}


def _encoding(column: pa.Array) -> Encoding:
    if pa.types.is_integer(column.type):
        return "DELTA_BINARY_PACKED"
    _, ends, octets = column.buffers()
    first, last = np.frombuffer(ends, np.int32)[[column.offset, column.offset + len(column)]]
    texts = octets.slice(first, last - first)
    packed = pa.Codec("zstd", compression_level=1).compress(texts)
    return "DELTA_LENGTH_BYTE_ARRAY" if packed.size > _PATTERNLESS * texts.size else "PLAIN"

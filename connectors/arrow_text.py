"""Proof that a batch is what it says: valid text, and no value beyond the limit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.failures import Damage
from connectors.source import Outcome


def sound(
    batch: pa.RecordBatch, schema: pa.Schema, outcome: Outcome, value_bytes: int, before: int | None = None
) -> pa.RecordBatch:
    """Return the batch with every column valid text in `schema`; `before` are the rows read ahead of it, unless those
    that `outcome` counts.

    A cell whose bytes are not UTF-8 arrives with U+FFFD in place of the bad bytes (the value's kind calls it damaged
    and its statement is quarantined) and is noted. Raises `Damage` for a value above `value_bytes`.
    """
    columns: list[pa.Array] = []
    before = outcome.rows if before is None else before
    longest_possible = batch.nbytes
    for name, column in zip(schema.names, batch.columns, strict=True):
        # the whole batch shorter than the limit: no value in it can be longer
        if longest_possible > value_bytes:
            _short_enough(column, name, before, value_bytes)
        columns.append(_text(column, name, outcome, before))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _short_enough(column: pa.Array, name: str, before: int, value_bytes: int) -> None:
    if column.nbytes <= value_bytes:
        return
    lengths = pc.binary_length(column)
    longest = pc.max(lengths).as_py()
    if longest is not None and longest > value_bytes:
        row = before + pc.index(lengths, longest).as_py() + 1
        raise Damage(
            f"第 {row} 行 {name} 列的值过长 the value in row {row}, column {name} is {longest:,} bytes long; "
            f"at most {value_bytes:,} are taken",
            "请部门更正，或在契约中忽略该列 have the department correct it, or ignore the column in the contract",
        )


def _text(column: pa.Array, name: str, outcome: Outcome, before: int) -> pa.Array:
    if pa.types.is_null(column.type):
        return column.cast(pa.string())
    if not pa.types.is_string(column.type):
        column = column.cast(pa.binary()) if pa.types.is_large_string(column.type) else column
        try:
            return column.cast(pa.string())  # checks every byte
        except pa.ArrowInvalid:
            return _mended(column, name, outcome, before)
    if _is_plainly_text(column):
        return column
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return _mended(column.cast(pa.binary()), name, outcome, before)
    return column


def _is_plainly_text(column: pa.Array) -> bool:
    """Whether the column's bytes are UTF-8 as a whole and no value begins inside a character; False: look at each."""
    if column.type != pa.string() or not len(column) or column.buffers()[2] is None:
        return False
    column.validate()
    _, ends, octets = column.buffers()
    offsets = np.frombuffer(ends, np.int32, len(column) + 1, column.offset * 4)
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.frombuffer(octets, np.uint8, last - first, first)
    if not data.size or int(data.max()) < 0x80:
        return True
    starts = offsets[: np.searchsorted(offsets, last)] - first  # values at the very end are empty
    if ((data[starts] & 0xC0) == 0x80).any():
        return False
    bounds = pa.py_buffer(np.array([first, last], np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, bounds, octets]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _mended(column: pa.Array, name: str, outcome: Outcome, before: int) -> pa.Array:
    cells: list[str | None] = []
    damaged: list[int] = []
    for row, raw in enumerate(column.to_pylist(), start=before + 1):
        try:
            cells.append(None if raw is None else raw.decode("utf-8"))
        except UnicodeDecodeError:
            damaged.append(row)
            cells.append(raw.decode("utf-8", "replace"))
    outcome.notes.append(
        f"{name}: {len(damaged)} 个值不是 UTF-8 values are not UTF-8 (row {damaged[0]} first); bad bytes became U+FFFD"
    )
    return pa.array(cells, pa.string())

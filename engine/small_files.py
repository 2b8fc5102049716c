"""Small Parquet files are read at once: a session over a few kilobytes must not pay for a database of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles, Relation, Relations

# On disk, together; in memory that is some ten times as much, for as long as the session lasts.
SMALL_BYTES = 4 << 20
_TEXT = (pa.string(), pa.large_string(), pa.string_view())


def in_memory(relations: Relations) -> dict[str, Relation] | None:
    """Return the relations with every group of Parquet files read, or None where that is not small or not plain.

    Not plain are files that are missing, broken or hold a column in another type than the relation promises: how to
    cast them, and how to say what is wrong with them, is the engine's business.
    """
    files = [one for one in relations.values() if isinstance(one, ParquetFiles)]
    if _size(path for one in files for path in one.local_paths) > SMALL_BYTES:
        return None
    held: dict[str, Relation] = {}
    for name, relation in relations.items():
        if not isinstance(relation, ParquetFiles):
            held[name] = relation
        elif (table := _read(relation)) is not None:
            held[name] = table
        else:
            return None
    return held


def _size(paths: Iterable[str]) -> int:
    total = 0
    for path in paths:
        try:
            total += Path(path).stat().st_size
        except OSError:
            return SMALL_BYTES + 1
        if total > SMALL_BYTES:
            break
    return total


def _read(files: ParquetFiles) -> pa.Table | None:
    parts = []
    for path in files.local_paths:
        try:
            with parquet.ParquetFile(path) as file:
                present = set(file.schema_arrow.names)
                columns = [name for name in files.schema.names if name in present]
                part = file.read(columns=columns, use_threads=False)
        except (OSError, pa.ArrowException):
            return None
        arrays = [_column(part, field) for field in files.schema]
        if any(array is None for array in arrays):
            return None
        parts.append(pa.Table.from_arrays(arrays, schema=files.schema))
    return pa.concat_tables(parts) if parts else files.schema.empty_table()


def _column(part: pa.Table, field: pa.Field) -> pa.ChunkedArray | None:
    if field.name not in part.column_names:
        return pa.chunked_array([pa.nulls(part.num_rows, field.type)])
    column = part[field.name]
    if column.type == field.type:
        return column
    try:
        return column.cast(field.type) if _alike(column.type, field.type) else None
    except pa.ArrowException:
        return None


def _alike(held: pa.DataType, wanted: pa.DataType) -> bool:
    """Say whether two types differ in how text is laid out and how items are called only, as Delta's writers do."""
    if pa.types.is_nested(held) and held.id == wanted.id and held.num_fields == wanted.num_fields:
        pairs = [(held.field(place), wanted.field(place)) for place in range(held.num_fields)]
        named = all(one.name == other.name for one, other in pairs) or not pa.types.is_struct(held)
        return named and all(_alike(one.type, other.type) for one, other in pairs)
    return bool(held == wanted) or (held in _TEXT and wanted in _TEXT)

"""Small Parquet files are read at once: a session over a few kilobytes must not pay for a database of its own.

What was read last is kept, because the sessions of one stage read the same few files again and again.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles, Relation, Relations

# On disk, together; in memory that is some ten times as much, for as long as the session lasts.
SMALL_BYTES = 4 << 20
KEPT_BYTES = 64 << 20  # in memory, over all files
_TEXT = (pa.string(), pa.large_string(), pa.string_view())
_Stamp: TypeAlias = tuple[int, int, int]


class _Kept:
    """Tables read from files, the latest ones; a file that was written anew has another stamp."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, pa.Schema], tuple[_Stamp, pa.Table]] = {}
        self._bytes, self._lock = 0, Lock()

    def get(self, path: str, schema: pa.Schema, stamp: _Stamp) -> pa.Table | None:
        with self._lock:
            found = self._tables.pop((path, schema), None)
            if found is None:
                return None
            if found[0] == stamp:
                self._tables[path, schema] = found  # the one used last stands last
                return found[1]
            self._bytes -= found[1].nbytes
            return None

    def put(self, path: str, schema: pa.Schema, stamp: _Stamp, table: pa.Table) -> None:
        with self._lock:
            before = self._tables.pop((path, schema), None)
            self._bytes += table.nbytes - (before[1].nbytes if before else 0)
            self._tables[path, schema] = (stamp, table)
            while self._bytes > KEPT_BYTES:
                self._bytes -= self._tables.pop(next(iter(self._tables)))[1].nbytes


_KEPT = _Kept()


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
        part = _read_file(path, files.schema)
        if part is None:
            return None
        parts.append(part)
    return pa.concat_tables(parts) if parts else files.schema.empty_table()


def _read_file(path: str, schema: pa.Schema) -> pa.Table | None:
    try:
        now = Path(path).stat()
        stamp = now.st_ino, now.st_mtime_ns, now.st_size
        if (kept := _KEPT.get(path, schema, stamp)) is not None:
            return kept
        with parquet.ParquetFile(path) as file:
            present = set(file.schema_arrow.names)
            part = file.read(columns=[name for name in schema.names if name in present], use_threads=False)
    except (OSError, pa.ArrowException):
        return None
    arrays = [_column(part, field) for field in schema]
    if any(array is None for array in arrays):
        return None
    table = pa.Table.from_arrays(arrays, schema=schema)
    _KEPT.put(path, schema, stamp, table)
    return table


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

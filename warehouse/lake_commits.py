"""The lake's commits: file format, the stamp on each commit, and merging by key (updates, inserts, deletes) as one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import ColumnProperties, CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError
from deltalake.schema import Schema as DeltaSchema

from schemas.errors import LakeConflict, LakeError
from warehouse.encoding import encodings

APPLICATION, NUMBER = "idempotency_application", "idempotency_number"
# Zstandard halves the files of snappy at the same speed; 256 k rows a group bound the writer's memory (about 0.5 GB).
_FORMAT: dict[str, Any] = {"compression": "ZSTD", "compression_level": 1, "max_row_group_size": 262_144}
WRITER = WriterProperties(**_FORMAT)
FILE_BYTES = 128 << 20

Data: TypeAlias = pa.Table | pa.RecordBatchReader
Idempotency: TypeAlias = tuple[str, int]
GONE = "merge_gone"  # marks the rows of the source that only say "delete this key"
ATTEMPTS = 4


def writer_for(reader: pa.RecordBatchReader) -> tuple[pa.RecordBatchReader, WriterProperties]:
    """Return the same stream and how to write it. Raises what the stream raises."""
    whole, found = encodings(reader)
    columns = {name: ColumnProperties(dictionary_enabled=False, encoding=one) for name, one in found.items()}
    return whole, WriterProperties(**_FORMAT, column_properties=columns) if columns else WRITER


@dataclass(frozen=True)
class MergeResult:
    """The table's version after the merge and how many rows were inserted, updated and deleted."""

    version: int
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True)
class Changes:
    """What to merge: whole rows to put, keys to remove, the key's column, and the schema if the table is new."""

    upserts: Data | None
    delete_ids: pa.Array | None
    key: str
    schema: pa.Schema | None = None


def commit_properties(metadata: Mapping[str, str] | None, idempotency: Idempotency | None) -> CommitProperties:
    """Return the stamp of a commit: metadata for the history and, if given, the number that makes a retry harmless."""
    stamp = dict(metadata or {})
    if idempotency is None:
        return CommitProperties(custom_metadata=stamp)
    application, number = idempotency
    stamp |= {APPLICATION: application, NUMBER: str(number)}
    return CommitProperties(custom_metadata=stamp, app_transactions=[Transaction(application, number)])


def merge_into(folder: str, name: str, changes: Changes, idempotency: Idempotency | None) -> MergeResult:
    """Merge into the Delta table in `folder`; `Lake.merge` tells the rest. `name` is for error messages."""
    if not DeltaTable.is_deltatable(folder):
        return _first_load(folder, name, changes, idempotency)
    if _nothing(changes):
        return MergeResult(DeltaTable(folder).version(), 0, 0, 0)
    attempts = 1 if isinstance(changes.upserts, pa.RecordBatchReader) else ATTEMPTS
    for _ in range(attempts):
        try:
            return _merge_once(DeltaTable(folder), name, changes, idempotency)
        except CommitFailedError as error:
            conflict = error
    raise LakeConflict(name, str(conflict)) from conflict


def _first_load(folder: str, name: str, changes: Changes, idempotency: Idempotency | None) -> MergeResult:
    """Write the first version: a plain streaming append, no join."""
    upserts = changes.upserts
    if upserts is None:
        if changes.schema is None:
            raise LakeError(f"{name}: 表不存在，无从删除 there is no such table to delete from")
        upserts = changes.schema.empty_table()
    check = _KeyCheck(name, changes.key, changes.delete_ids)
    reader = pa.RecordBatchReader.from_batches(upserts.schema, check.watch(_batches(upserts)))
    try:
        reader, properties = writer_for(reader)
        write_deltalake(
            folder,
            reader,
            mode="error",
            target_file_size=FILE_BYTES,
            writer_properties=properties,
            commit_properties=commit_properties(None, idempotency),
        )
    except CommitFailedError as error:
        raise LakeConflict(name, str(error)) from error
    return MergeResult(0, check.rows, 0, 0)


def _merge_once(table: DeltaTable, name: str, changes: Changes, idempotency: Idempotency | None) -> MergeResult:
    if changes.upserts is not None:
        _grow(table, changes.upserts.schema)
    schema = pa.schema(table.schema().to_arrow())
    columns = {_quoted(field.name): f"source.{_quoted(field.name)}" for field in schema}
    mark = f"source.{_quoted(GONE)}"
    metrics = (
        table.merge(
            _source(name, changes, schema),
            predicate=f"target.{_quoted(changes.key)} = source.{_quoted(changes.key)}",
            source_alias="source",
            target_alias="target",
            # Keys are keyed hashes, spread over every file: statistics could prune nothing, so the source is streamed.
            streamed_exec=True,
            writer_properties=WRITER,
            commit_properties=commit_properties(None, idempotency),
        )
        .when_matched_delete(predicate=mark)
        .when_matched_update(columns, predicate=f"not {mark}")
        .when_not_matched_insert(columns, predicate=f"not {mark}")
        .execute()
    )
    counts = (int(metrics[f"num_target_rows_{what}"]) for what in ("inserted", "updated", "deleted"))
    return MergeResult(table.version(), *counts)


def _source(name: str, changes: Changes, schema: pa.Schema) -> pa.RecordBatchReader:
    """Return upserts, then keys to delete, as one stream of the table's columns plus the mark."""
    marked = schema.append(pa.field(GONE, pa.bool_()))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in _batches(changes.upserts):
            yield _fitted(batch, marked, gone=False)
        if changes.delete_ids is not None and len(changes.delete_ids):
            ids = pc.unique(changes.delete_ids).cast(schema.field(changes.key).type)
            yield _fitted(pa.record_batch([ids], names=[changes.key]), marked, gone=True)

    return pa.RecordBatchReader.from_batches(marked, _KeyCheck(name, changes.key).watch(batches()))


def _fitted(batch: pa.RecordBatch, schema: pa.Schema, *, gone: bool) -> pa.RecordBatch:
    """Return the batch in the table's column order; columns it lacks are null, the last column is the mark."""
    have = set(batch.schema.names)
    columns = [
        batch.column(field.name).cast(field.type) if field.name in have else pa.nulls(batch.num_rows, field.type)
        for field in schema
        if field.name != GONE
    ]
    return pa.RecordBatch.from_arrays([*columns, pa.repeat(pa.scalar(gone), batch.num_rows)], schema=schema)


class _KeyCheck:
    """Watches the keys of a stream; a null or repeated key raises at its end, before anything is committed."""

    def __init__(self, name: str, key: str, gone: pa.Array | None = None) -> None:
        self.name, self.key, self.gone, self.rows = name, key, gone, 0

    def watch(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        seen: list[pa.Array] = []
        if self.gone is not None:
            seen.append(pc.unique(self.gone).cast(pa.string()))
        for batch in batches:
            seen.append(batch.column(self.key).cast(pa.string()))
            self.rows += batch.num_rows
            yield batch
        if not self.rows:
            return
        keys = pa.chunked_array(seen)
        if keys.null_count or pc.count_distinct(keys).as_py() != len(keys):
            raise LakeError(f"{self.name}: 主键为空或重复 null or repeated {self.key} in a merge of {len(keys)} rows")


def _grow(table: DeltaTable, wanted: pa.Schema) -> None:
    """Add the columns the table does not have yet: a commit of its own, harmless when the merge then fails."""
    known = {field.name for field in table.schema().fields}
    fresh = [field for field in wanted if field.name not in known]
    if fresh:
        table.alter.add_columns(DeltaSchema.from_arrow(pa.schema(fresh)).fields)


def _nothing(changes: Changes) -> bool:
    """Return whether there is provably nothing to do (a reader may still hold rows)."""
    upserts, ids = changes.upserts, changes.delete_ids
    idle = upserts is None or (isinstance(upserts, pa.Table) and not upserts.num_rows)
    return idle and (ids is None or not len(ids))


def _batches(data: Data | None) -> Iterator[pa.RecordBatch]:
    if data is not None:
        yield from data.to_batches() if isinstance(data, pa.Table) else data


def _quoted(name: str) -> str:
    """Return a column name quoted for the merge's SQL."""
    return '"' + name.replace('"', '""') + '"'

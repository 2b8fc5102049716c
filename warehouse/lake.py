"""The lake: Delta tables under one folder, Arrow in, lists of Parquet files out.

A table partitioned by `batch` keeps `batch` as an ordinary column **inside** its Parquet files (so every reader sees it
as int64, whatever its hive settings) and is partitioned by a copy called `partition_batch`, which only the folder names
and Delta's log hold. `schema`, `read` and `files` speak of the real columns only.

Every write is one Delta commit. An append or a merge may carry `idempotency=(application, number)`: when the table has
already taken that number nothing is written and the version that took it is returned. Numbers of one application rise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

from schemas.errors import LakeConflict, LakeError
from warehouse.lake_commits import (
    APPLICATION,
    FILE_BYTES,
    NUMBER,
    WRITER,
    Changes,
    Data,
    Idempotency,
    MergeResult,
    commit_properties,
    merge_into,
    writer_for,
)
from warehouse.open_tables import OpenTables
from warehouse.table_names import table_folder, table_name

SHADOW = "partition_"
_DISK = re.compile(r"os error \d+|no space left|file too large|read-only file system", re.IGNORECASE)


class Lake:
    """All Delta tables below `root`. Every call sees the table's newest version."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._tables = OpenTables(lambda folder, version: DeltaTable(str(folder), version=version))

    # -- reading -------------------------------------------------------------------------------------------------

    def exists(self, name: str) -> bool:
        """Return whether table `name` has at least one committed version."""
        return self._tables.newest(table_folder(self.root, name)) is not None

    def version(self, name: str) -> int | None:
        """Return the newest version of the table (from 0), or None if there is no such table."""
        return self._tables.newest(table_folder(self.root, name))

    def schema(self, name: str, version: int | None = None) -> pa.Schema:
        """Return the table's columns without the partition copies. Raises `LakeError` if there is no such table."""
        fields = pa.schema(self._open(name, version).schema().to_arrow())
        return pa.schema([_plain(field) for field in fields if not field.name.startswith(SHADOW)])

    def files(self, name: str, version: int | None = None, **partition: object) -> list[str]:
        """Return the absolute paths of the Parquet files of one version, for `read_parquet`; sorted, maybe empty.

        `batch=7` or `batch=[7, 8]` keep those partitions only. A missing table has no files.
        Files of different ages may lack columns added later: read with `union_by_name=true` and the `schema`.
        """
        if not self.exists(name):
            return []
        filters = [(SHADOW + column, "in", _texts(wanted)) for column, wanted in partition.items()]
        if any(not values for _, _, values in filters):
            return []
        return sorted(self._open(name, version).file_uris(file_pruning_predicate=filters or None))

    def read(self, name: str, version: int | None = None, **partition: object) -> pa.Table:
        """Return the whole table (or partitions) in memory: for small tables and tests."""
        schema = self.schema(name, version)
        files = (pq.ParquetFile(file).read() for file in self.files(name, version, **partition))
        return pa.concat_tables([schema.empty_table(), *(_fitted(table, schema) for table in files)])

    def tables(self, prefix: str = "") -> list[str]:
        """Return the names of all tables whose name starts with `prefix`, sorted."""
        names = (table_name(self.root, log.parent) for log in self.root.rglob("_delta_log"))
        return sorted(name for name in names if name.startswith(prefix))

    # -- writing -------------------------------------------------------------------------------------------------

    def append(
        self,
        name: str,
        data: Data,
        partition: tuple[str, ...] = (),
        metadata: Mapping[str, str] | None = None,
        idempotency: Idempotency | None = None,
    ) -> int:
        """Append `data` as one commit and return the table's version; creates the table, adds new columns.

        A reader is streamed, never held whole. `metadata` shows in the table's history. If the reader raises,
        nothing is committed. Rows of a table have no order. Raises `LakeConflict` when another writer got in between.
        """
        done = self._already(name, idempotency)
        if done is not None:
            return done
        if not self.exists(name):
            self._refuse_nesting(name)
        reader = data.to_reader() if isinstance(data, pa.Table) else data
        try:
            rows, properties = writer_for(_with_shadows(reader, partition))
            write_deltalake(
                str(table_folder(self.root, name)),
                rows,
                mode="append",
                partition_by=[SHADOW + column for column in partition] or None,
                schema_mode="merge",
                target_file_size=FILE_BYTES,
                writer_properties=properties,
                commit_properties=commit_properties(metadata, idempotency),
            )
        except CommitFailedError as error:
            raise LakeConflict(name, str(error)) from error
        except (OSError, DeltaError) as error:
            if not _DISK.search(str(error)):
                raise  # the reader's own error, as the writer wrapped it
            raise LakeError(
                f"{name}: 写入失败 the rows could not be written ({type(error).__name__})",
                next_step="查磁盘空间和权限后重跑 check space and rights of the disk, then run again",
            ) from error
        return self._tables.newest(table_folder(self.root, name)) or 0

    def merge(
        self,
        name: str,
        upserts: Data | None,
        delete_ids: pa.Array | None,
        key: str,
        schema: pa.Schema | None = None,
        idempotency: Idempotency | None = None,
    ) -> MergeResult:
        """Put `upserts` into the table by `key` and remove `delete_ids`, as one commit; a missing table is created.

        `schema` creates the table when there is nothing to put into it yet. Ids to delete that are not there are
        ignored. An upsert is the whole row: columns it lacks become null. The same merge twice leaves the same rows.
        Raises `LakeError` when a key is null, repeated, or both upserted and deleted; `LakeConflict` when another
        writer kept coming first (a reader, once consumed, is not tried again).
        """
        done = self._already(name, idempotency)
        if done is not None:
            return MergeResult(done, 0, 0, 0)
        if not self.exists(name):
            self._refuse_nesting(name)
        folder = str(table_folder(self.root, name))
        return merge_into(folder, name, Changes(upserts, delete_ids, key, schema), idempotency)

    def drop_partition(self, name: str, **partition: int) -> bool:
        """Remove the rows of one partition (`batch=7`) and say whether there were any: only Delta's log is written.

        For the leavings of a landing that died between the lake's commit and the ledger's.
        """
        if not self.files(name, **partition):
            return False
        predicate = " and ".join(f'"{SHADOW}{column}" = {int(value)}' for column, value in partition.items())
        try:
            self._fresh(name).delete(predicate)
        except CommitFailedError as error:
            raise LakeConflict(name, str(error)) from error
        return True

    # -- housekeeping --------------------------------------------------------------------------------------------

    def compact(self, name: str) -> int:
        """Join small files into larger ones (the rows stay the same) and return the table's version."""
        table = self._fresh(name)
        try:
            table.optimize.compact(target_size=FILE_BYTES, max_concurrent_tasks=1, writer_properties=WRITER)
        except CommitFailedError as error:
            raise LakeConflict(name, str(error)) from error
        return table.version()

    def vacuum(self, name: str, keep_versions: Sequence[int], retention_hours: int = 168) -> int:
        """Delete files that neither the newest version, nor `keep_versions`, nor the last hours need; return how many.

        `keep_versions` are those named by the manifests of published versions.
        """
        gone = self._fresh(name).vacuum(
            retention_hours=retention_hours,
            dry_run=False,
            enforce_retention_duration=False,
            full=True,
            keep_versions=list(keep_versions),
        )
        return len(gone)

    def sweep(self, older_than: datetime) -> int:
        """Delete what killed writers left (`*.parquet#1`, which no vacuum touches) before `older_than`; return
        how many.

        A table folder without any commit is swept whole: its first append never ended.
        """
        limit, swept = older_than.timestamp(), 0
        for path in sorted(self.root.rglob("*.parquet*")):
            half_written = "#" in path.name
            if not half_written and _has_log(path, self.root):
                continue
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
                swept += 1
        return swept

    # -- inside --------------------------------------------------------------------------------------------------

    def _open(self, name: str, version: int | None = None) -> DeltaTable:
        """Return the table for reading."""
        with _there(name, version):
            return self._tables.at(table_folder(self.root, name), version)

    def _fresh(self, name: str) -> DeltaTable:
        """Return the table for writing: its object moves on with what it writes."""
        with _there(name):
            return DeltaTable(str(table_folder(self.root, name)))

    def _already(self, name: str, idempotency: Idempotency | None) -> int | None:
        """Return the version in which the table took this number, None if it has not taken it yet."""
        if idempotency is None or not self.exists(name):
            return None
        application, number = idempotency
        table = self._open(name)
        last = table.transaction_version(application)
        if last is None or last < number:
            return None
        for commit in table.history():
            if commit.get(APPLICATION) == application and commit.get(NUMBER) == str(number):
                return int(commit["version"])
        raise LakeError(
            f"{name}: {application} 已写到第 {last} 号 has taken {last}, so {number} can no longer be appended",
            next_step="用新的编号 open a new batch",
        )

    def _refuse_nesting(self, name: str) -> None:
        """Refuse a table inside another one: the outer one's vacuum would delete the inner one's files."""
        folder = table_folder(self.root, name)
        outer = [parent for parent in folder.parents if parent != self.root and (parent / "_delta_log").is_dir()]
        if outer or any(log.parent != folder for log in folder.rglob("_delta_log")):
            raise LakeError(f"湖表不能嵌套 a lake table cannot lie inside another: {name}")


@contextmanager
def _there(name: str, version: int | None = None) -> Iterator[None]:
    try:
        yield
    except DeltaError as error:
        which = name if version is None else f"{name} version {version}"
        raise LakeError(f"湖中没有此表或版本 no such lake table or version: {which}") from error


def _with_shadows(reader: pa.RecordBatchReader, partition: tuple[str, ...]) -> pa.RecordBatchReader:
    """Return the stream with a copy `partition_<column>` of each partition column added."""
    if not partition:
        return reader
    shadows = [reader.schema.field(column).with_name(SHADOW + column) for column in partition]
    schema = pa.schema([*reader.schema, *shadows])

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reader:
            copies = [batch.column(column) for column in partition]
            yield pa.RecordBatch.from_arrays([*batch.columns, *copies], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _fitted(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return one file's rows with all the columns of the table: those added later are null."""
    have = set(table.schema.names)
    columns = [
        table[field.name].cast(field.type) if field.name in have else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _plain(field: pa.Field) -> pa.Field:
    """Return the field as our schemas write it: plain strings instead of views."""
    if field.type in (pa.string_view(), pa.large_string()):
        return field.with_type(pa.string())
    return field


def _texts(wanted: object) -> list[str]:
    values = wanted if isinstance(wanted, (list, tuple, set, frozenset, range)) else [wanted]
    return [str(value) for value in values]


def _has_log(path: Path, root: Path) -> bool:
    """Return whether a Parquet file lies in a table with a log (also below partition folders)."""
    return any((parent / "_delta_log").is_dir() for parent in path.parents if parent.is_relative_to(root))

"""Staging: the next version's rows, loaded outside the live tables, and the audit before they may go live.

What is staged for one version: by table the rows to put and the ids that go, the redirects of retired ids, and the
lines of the change feed. Staging the same table again replaces what was staged before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Table, delete, insert, select
from sqlalchemy.schema import CreateTable

from schemas.errors import LedgerError
from schemas.standard import Standard
from warehouse.database import Database
from warehouse.fences import Fence, check_fence
from warehouse.serving_tables import ServedTable, ensure_live, served_tables
from warehouse.staged_tables import staged_change, staged_count, staged_gone, staged_metadata, staged_redirect

# Rows per transaction: on SQLite other writers get their turn in between.
CHUNK_ROWS = 200_000
CHANGES, REDIRECTS = "change_feed", "redirect"
CHANGE_SCHEMA = pa.schema([(name, pa.string()) for name in ("op", "entity", "id", "into")])
REDIRECT_SCHEMA = pa.schema([(name, pa.string()) for name in ("id", "entity", "into")])


@dataclass(frozen=True)
class Staged:
    """What was staged under one label."""

    label: str
    rows: int
    gone: int
    whole: bool


class Staging:
    """The staging side of the hub database. Every load checks the caller's fence in each of its transactions."""

    def __init__(self, database: Database, standard: Standard) -> None:
        self.database = database
        self.tables = served_tables(standard)

    def ensure(self) -> None:
        """Create the live tables that are missing, and the columns that the standard has gained since."""
        with self.database.write() as connection:
            staged_metadata.create_all(connection)
            for served in self.tables.values():
                ensure_live(connection, served)

    def stage(
        self,
        fence: Fence,
        version: int,
        label: str,
        rows: pa.Table | pa.RecordBatchReader | None,
        delete_ids: pa.Array | None = None,
        *,
        whole: bool = False,
    ) -> Staged:
        """Load rows and ids to delete for a golden table (by its entity's name) or for `hub_member`.

        Rows carry the columns of the golden schema by name; those absent are null. `whole`: the rows are all there
        will be. Streams in transactions of 200,000 rows. Raises `LedgerError` for an unknown table or column.
        """
        served = self._served(label)
        table = served.staged
        with self.database.write() as connection:
            check_fence(connection, fence)
            connection.execute(delete(staged_count).where(staged_count.c.label == label))
            connection.execute(delete(staged_gone).where(staged_gone.c.label == label))
            table.drop(connection, checkfirst=True)
            create = CreateTable(table)
            connection.exec_driver_sql(_unlogged(str(create.compile(connection)), self.database.is_sqlite))
        loaded = 0 if rows is None else self._load(fence, table, _known(rows, served))
        self._index(fence, served)
        gone = 0 if delete_ids is None else self._load(fence, staged_gone, _gone(label, delete_ids))
        staged = Staged(label, loaded, gone, whole)
        self._count(fence, version, staged)
        return staged

    def stage_changes(self, fence: Fence, version: int, changes: pa.Table) -> Staged:
        """Load the version's change feed: columns op, entity, id, into, in the order they shall be read."""
        numbered = changes.select(CHANGE_SCHEMA.names).cast(CHANGE_SCHEMA)
        numbered = numbered.append_column("ordinal", pa.array(range(changes.num_rows), pa.int64()))
        return self._replace(fence, version, CHANGES, staged_change, numbered)

    def stage_redirects(self, fence: Fence, version: int, redirects: pa.Table) -> Staged:
        """Load the version's redirects: columns id, entity, into; `into` null takes an earlier redirect away."""
        fitted = redirects.select(REDIRECT_SCHEMA.names).cast(REDIRECT_SCHEMA)
        return self._replace(fence, version, REDIRECTS, staged_redirect, fitted)

    def staged(self, connection: Connection, version: int) -> dict[str, Staged]:
        """Return what is staged for this version, by label."""
        query = select(staged_count).where(staged_count.c.version == version).order_by(staged_count.c.label)
        return {row.label: Staged(row.label, row.rows, row.gone, row.whole) for row in connection.execute(query).all()}

    def _replace(self, fence: Fence, version: int, label: str, table: Table, rows: pa.Table) -> Staged:
        with self.database.write() as connection:
            check_fence(connection, fence)
            connection.execute(delete(staged_count).where(staged_count.c.label == label))
            connection.execute(delete(table))
        staged = Staged(label, self._load(fence, table, rows.to_reader()), 0, False)
        self._count(fence, version, staged)
        return staged

    def _load(self, fence: Fence, table: Table, reader: pa.RecordBatchReader) -> int:
        rows = 0
        for chunk in _chunks(reader):
            with self.database.write() as connection:
                check_fence(connection, fence)
                rows += self.database.load(connection, table, chunk)
        return rows

    def _index(self, fence: Fence, served: ServedTable) -> None:
        """Index the staged keys: the audit and the swap look every one of them up."""
        with self.database.write() as connection:
            check_fence(connection, fence)
            quote = connection.dialect.identifier_preparer
            table, key = quote.quote(served.staged_name), quote.quote(served.key)
            connection.exec_driver_sql(f"CREATE INDEX {quote.quote(f'ix_{served.staged_name}')} ON {table} ({key})")
            if not self.database.is_sqlite:
                connection.exec_driver_sql(f"ANALYZE {table}")

    def _count(self, fence: Fence, version: int, staged: Staged) -> None:
        with self.database.write() as connection:
            check_fence(connection, fence)
            connection.execute(insert(staged_count).values(version=version, **staged.__dict__))

    def _served(self, label: str) -> ServedTable:
        if label not in self.tables:
            raise LedgerError(f"没有此服务表 no served table {label}: {', '.join(self.tables)}")
        return self.tables[label]


def _unlogged(ddl: str, is_sqlite: bool) -> str:
    return ddl if is_sqlite else ddl.replace("CREATE TABLE", "CREATE UNLOGGED TABLE", 1)


def _known(rows: pa.Table | pa.RecordBatchReader, served: ServedTable) -> pa.RecordBatchReader:
    """Return the rows with the table's types. Raises `LedgerError` for a column the table does not have."""
    unknown = [name for name in rows.schema.names if name not in served.schema.names]
    if unknown:
        raise LedgerError(f"{served.name}: 未知列 unknown columns {', '.join(unknown)}")
    schema = pa.schema([served.schema.field(name) for name in rows.schema.names])
    batches = rows.to_batches() if isinstance(rows, pa.Table) else rows
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in batches))


def _gone(label: str, ids: pa.Array) -> pa.RecordBatchReader:
    texts = pc.unique(ids).drop_null()
    labels = pa.repeat(pa.scalar(label), len(texts))
    return pa.table({"label": labels, "id": texts.cast(pa.string())}).to_reader()


def _chunks(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield the stream in tables of about CHUNK_ROWS rows."""
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in reader:
        for part in _slices(batch):
            waiting.append(part)
            count += part.num_rows
            if count >= CHUNK_ROWS:
                yield pa.Table.from_batches(waiting)
                waiting, count = [], 0
    if count:
        yield pa.Table.from_batches(waiting)


def _slices(batch: pa.RecordBatch) -> Sequence[pa.RecordBatch]:
    return [batch.slice(start, CHUNK_ROWS) for start in range(0, batch.num_rows, CHUNK_ROWS)]

"""The hub's database: SQLite in one file, or PostgreSQL. Engines, transactions, migrations and bulk loading.

`write()` is one transaction that holds the write lock from its start (SQLite: BEGIN IMMEDIATE), `read()` one that sees
a single snapshot of the database from its first query to its last.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from schemas.errors import LedgerBusy, LedgerError
from warehouse.bulk import copy_rows, insert_rows

BUSY_SECONDS = 30
WRITING = "cityhub_writing"


class Database:
    """One database by its URL: `sqlite:///hub.sqlite` or `postgresql+psycopg://…`. Its text form hides the password."""

    def __init__(self, url: str) -> None:
        """Raises `LedgerError` for any other kind of database. Nothing is opened yet."""
        self.url: URL = make_url(url)
        if self.url.drivername == "postgresql":
            self.url = self.url.set(drivername="postgresql+psycopg")
        if self.url.get_backend_name() not in ("sqlite", "postgresql"):
            raise LedgerError(
                f"不支持的数据库 the hub database cannot be {self.url.get_backend_name()}",
                next_step="sqlite:///… or postgresql+psycopg://…",
            )
        self.engine: Engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)

    def __repr__(self) -> str:
        return f"Database({self.url.render_as_string(hide_password=True)!r})"

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection inside one writing transaction; commits at the end, rolls back on any error.

        Raises `LedgerBusy` when another process keeps the database locked.
        """
        try:
            with self.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
                yield connection
        except OperationalError as error:
            raise _translated(error) from error

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one snapshot of the database; nothing can be written through it."""
        options: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        try:
            reading = self.engine.connect().execution_options(**options, postgresql_readonly=True)
            with reading as connection, connection.begin():
                yield connection
        except OperationalError as error:
            raise _translated(error) from error

    def migrate(self) -> None:
        """Bring the schema to the newest revision; harmless when it is there already."""
        from alembic import command
        from alembic.config import Config

        settings = Config()
        settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
        with self.write() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")

    def load(self, connection: Connection, table: Table, data: pa.Table | pa.RecordBatchReader) -> int:
        """Insert the rows of `data` (columns by name) in bulk, inside the caller's transaction; return how many."""
        reader = data.to_reader() if isinstance(data, pa.Table) else data
        return (insert_rows if self.is_sqlite else copy_rows)(connection, table, reader)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


def _sqlite_engine(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A read that later writes would fail at once when another writer came between: take the lock first.
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writing else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgres_engine(url: URL) -> Engine:
    application = {"application_name": "cityhub"}
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=application)


def _translated(error: OperationalError) -> LedgerError:
    """Return our error for the driver's: without the statement's parameters, which hold personal values."""
    detail = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
    if "locked" in detail or "busy" in detail or "lock timeout" in detail or "deadlock" in detail:
        return LedgerBusy(f"数据库忙 the hub database is locked: {detail}")
    return LedgerError(f"数据库出错 the hub database failed: {detail}")

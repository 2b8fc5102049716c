"""The hub's database: SQLite in one file, or PostgreSQL. Engines, transactions, migrations and bulk loading.

`write()` is one transaction that holds the write lock from its start (SQLite: BEGIN IMMEDIATE), `read()` one that sees
a single snapshot of the database from its first query to its last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import TextualSelect

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

    @cached_property
    def _errors(self) -> tuple[type[Exception], ...]:
        """SQLAlchemy's errors and the driver's own: bulk loading talks to the driver directly."""
        driver: Any = self.engine.dialect.loaded_dbapi
        return (DBAPIError, driver.Error)

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
        except self._errors as error:
            raise translated(error) from None  # the original, and so its traceback, may quote values

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one snapshot of the database; nothing can be written through it."""
        options: dict[str, Any] = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        try:
            reading = self.engine.connect().execution_options(**options, postgresql_readonly=True)
            with reading as connection, connection.begin():
                yield connection
        except self._errors as error:
            raise translated(error) from None  # the original, and so its traceback, may quote values

    def ask(self, statement: TextualSelect, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows of one query as the driver gives them. One statement sees one snapshot without a transaction:
        for those who ask hundreds of times a second, of which a transaction would be most of the cost."""
        question = _compiled(self.engine.dialect, statement)
        given = question.construct_params(dict(values))
        places = question.positiontup
        parameters = given if places is None else [given[name] for name in places]
        try:
            with closing(self.engine.raw_connection()) as connection:
                if not self.is_sqlite:
                    connection.driver_connection.autocommit = True
                try:
                    rows: list[tuple[Any, ...]] = connection.cursor().execute(question.string, parameters).fetchall()
                    return rows
                finally:
                    if not self.is_sqlite:
                        connection.driver_connection.autocommit = False
        except self._errors as error:
            raise translated(error) from None  # the original, and so its traceback, may quote values

    def migrate(self) -> None:
        """Bring the schema to the newest revision; harmless when it is there already."""
        have, newest = self.revisions()
        if have == newest:
            return
        from alembic import command

        settings = _migrations()
        with self.write() as connection:
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")

    def revisions(self) -> tuple[str, str]:
        """Return (the schema's revision, "" for none; the newest one there is). Changes nothing."""
        from alembic.runtime.migration import MigrationContext

        with self.read() as connection:
            have = MigrationContext.configure(connection).get_current_revision()
        return have or "", _newest_revision()

    def load(self, connection: Connection, table: Table, data: pa.Table | pa.RecordBatchReader) -> int:
        """Insert the rows of `data` (columns by name) in bulk, inside the caller's transaction; return how many."""
        reader = data.to_reader() if isinstance(data, pa.Table) else data
        return (insert_rows if self.is_sqlite else copy_rows)(connection, table, reader)

    def close(self) -> None:
        """Close the pooled connections."""
        self.engine.dispose()


@lru_cache(maxsize=64)
def _compiled(dialect: Dialect, statement: TextualSelect) -> SQLCompiler:
    return statement.compile(dialect=dialect)


def _migrations() -> Any:
    """Return Alembic's settings for the revisions that ship."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return settings


@cache
def _newest_revision() -> str:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_migrations()).get_current_head() or ""


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


def translated(error: Exception) -> LedgerError:
    """Return our error for a driver's: the kind of fault and the names of table, column and constraint, no values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    detail = _shown(cause)
    if any(word in detail for word in ("locked", "busy", "LockNotAvailable", "DeadlockDetected")):
        return LedgerBusy(f"数据库忙 the hub database is locked: {detail}")
    broken = any(word in detail for word in ("malformed", "not a database", "DataCorrupted"))
    step = "用备份恢复枢纽库 restore the hub database from its backup" if broken else "cityhub doctor"
    return LedgerError(f"数据库出错 the hub database failed: {detail}", next_step=step)


def _shown(cause: BaseException) -> str:
    """SQLite's messages name columns only; PostgreSQL's quote the failing row, so its fields are picked one by one."""
    kind = type(cause).__name__
    facts = getattr(cause, "diag", None)
    if facts is None or facts.sqlstate is None:
        return f"{kind}: {(str(cause).splitlines() or [''])[0]}"
    if facts.sqlstate.startswith("42"):  # a mistake in the SQL: the message names identifiers only
        return f"{kind}: {facts.message_primary}"
    places = (facts.table_name, facts.column_name, facts.constraint_name)
    return " ".join([kind, facts.sqlstate, *(place for place in places if place)])

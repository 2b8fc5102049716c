"""What differs between kinds of database: how to open one read-only, fix its session, and make text of a column.

The text of a value is made by the source, under fixed session settings, so that two drivers, two days and two clients
get the same text. Binary columns become `\\x` and lower-case hexadecimal digits everywhere.
"""

from __future__ import annotations

import sqlite3
import warnings
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool

from connectors.failures import Damage
from connectors.source import ReadSettings

Text = sa.ColumnElement[str]
_BINARY = ("BLOB", "BINARY", "BYTEA", "IMAGE", "RAW")


def is_binary(declared: str) -> bool:
    """Whether a declared type holds bytes; an SQLite column without a type may hold anything, bytes too."""
    upper = declared.upper()
    return upper in ("", "NULL") or any(word in upper for word in _BINARY)


class Database:
    """The common part: standard SQL, one connection, nothing pooled."""

    fast_module = ""  # the ADBC driver's module, where there is a fast path

    def __init__(self, url: URL, settings: ReadSettings) -> None:
        self.url, self.settings = url, settings

    def examine(self) -> None:
        """Raise what can be known without a driver: a missing file, a directory."""

    def engine(self) -> Engine:
        return sa.create_engine(self.url, poolclass=NullPool, connect_args=self.connect_arguments())

    def connect_arguments(self) -> dict[str, Any]:
        return {}

    def session(self) -> tuple[str, ...]:
        """Statements that fix the session and open one read-only snapshot; run first on every connection."""
        return ()

    def streaming(self) -> tuple[str, ...]:
        """Statements run between the counting and the stream."""
        return ()

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        """Return the column as text made by the source."""
        return sa.cast(column, sa.Text())

    def bound(self, column: sa.ColumnClause[Any], text: str) -> sa.ColumnElement[Any]:
        """Return `text` as a value the column compares with."""
        return sa.literal(text, sa.String())

    def clock(self) -> Text:
        """Return the source's own time now, in the session's zone, as `YYYY-MM-DD HH:MM:SS…`."""
        raise NotImplementedError

    def estimate(self, table: sa.TableClause) -> sa.Select[Any] | None:
        """Return a cheap query for the rough number of rows."""
        return None

    def dialect(self) -> sa.Dialect:
        """Return the dialect used to write statements out whole, for a driver without SQLAlchemy."""
        raise NotImplementedError

    def fast_address(self) -> str:
        """Return the address the ADBC driver takes."""
        raise NotImplementedError


class Sqlite(Database):
    """A department's SQLite file, opened read-only: never created, never changed."""

    fast_module = "adbc_driver_sqlite.dbapi"

    @property
    def path(self) -> Path:
        return Path(self.url.database or "")

    def examine(self) -> None:
        if not self.path.exists():
            raise FileNotFoundError
        if self.path.is_dir():
            raise Damage("是文件夹 a folder, not a database file", "检查连接地址 check the connection's address")
        with self.path.open("rb") as file:
            start = file.read(16)
        if not start:
            raise Damage("数据库文件是空的 the database file is empty")
        if start != b"SQLite format 3\0":
            raise Damage(
                "不是 SQLite 文件，或已加密 not an SQLite file, or an encrypted one",
                "请部门提供未加密的副本 ask the department for a sound, decrypted copy",
            )

    def fast_address(self) -> str:
        return f"file:{quote(str(self.path.absolute()))}?mode=ro"

    def engine(self) -> Engine:
        # reflection warns of every home-made type name; their text is all we need
        warnings.filterwarnings("ignore", message="Did not recognize type", category=sa.exc.SAWarning)
        return sa.create_engine("sqlite://", creator=self._connect, poolclass=NullPool)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.fast_address(), uri=True, timeout=self.settings.lock_seconds, isolation_level=None
        )
        # the same reading as the fast path's: damaged bytes arrive as U+FFFD, never as an exception
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return connection

    def session(self) -> tuple[str, ...]:
        return (f"PRAGMA busy_timeout = {self.settings.lock_seconds * 1000:d}", "PRAGMA query_only = 1")

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        text = sa.cast(column, sa.Text())
        if not is_binary(declared):
            return text
        digits = sa.literal_column("'\\x'", sa.Text()).concat(sa.func.lower(sa.func.hex(column)))
        return sa.case((sa.func.typeof(column) == sa.literal_column("'blob'"), digits), else_=text)

    def clock(self) -> Text:
        # SQLite has no zones: the offset of the city's zone is added to the file system's universal time
        moment = datetime.now(ZoneInfo(self.settings.timezone)).utcoffset()
        seconds = int(moment.total_seconds()) if moment else 0
        return sa.func.strftime(
            sa.literal_column("'%Y-%m-%d %H:%M:%f'"), sa.literal_column("'now'"),
            sa.literal_column(f"'{seconds:+d} seconds'"),
        )

    def estimate(self, table: sa.TableClause) -> sa.Select[Any] | None:
        return sa.select(sa.func.max(sa.column("rowid"))).select_from(table)

    def dialect(self) -> sa.Dialect:
        return SQLiteDialect(paramstyle="named")


class Postgres(Database):
    """PostgreSQL: one REPEATABLE READ, READ ONLY transaction a table."""

    fast_module = "adbc_driver_postgresql.dbapi"

    def connect_arguments(self) -> dict[str, Any]:
        return {**self._patience(), "client_encoding": "utf8"}

    def _patience(self) -> dict[str, Any]:
        return {
            "connect_timeout": self.settings.connect_seconds,
            "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
            "application_name": "cityhub",
        }

    def fast_address(self) -> str:
        url = self.url.set(drivername="postgresql")
        patience = {name: str(value) for name, value in self._patience().items()}
        return url.update_query_dict({**patience, **dict(url.query)}).render_as_string(hide_password=False)

    def session(self) -> tuple[str, ...]:
        zone = self.settings.timezone.replace("'", "")
        return (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            "SET client_encoding = 'UTF8'", "SET DateStyle = 'ISO, YMD'", "SET IntervalStyle = 'iso_8601'",
            f"SET TimeZone = '{zone}'", "SET bytea_output = 'hex'", "SET extra_float_digits = 1",
            "SET standard_conforming_strings = on",
            f"SET lock_timeout = {self.settings.lock_seconds * 1000:d}",
            f"SET statement_timeout = {self.settings.statement_seconds * 1000:d}",
        )

    def streaming(self) -> tuple[str, ...]:
        return (f"SET statement_timeout = {self.settings.stream_seconds * 1000:d}",)

    def bound(self, column: sa.ColumnClause[Any], text: str) -> sa.ColumnElement[Any]:
        if isinstance(column.type, sa.types.NullType):
            return sa.literal(text, sa.String())
        return sa.cast(sa.literal(text, sa.String()), column.type)

    def clock(self) -> Text:
        return sa.cast(sa.literal_column("clock_timestamp()::timestamp"), sa.Text())

    def estimate(self, table: sa.TableClause) -> sa.Select[Any] | None:
        name = f"{quoted(self.dialect(), table)}"
        return sa.select(sa.literal_column("reltuples::bigint")).select_from(sa.table("pg_class")).where(
            sa.column("oid") == sa.func.to_regclass(name)
        )

    def dialect(self) -> sa.Dialect:
        return PGDialect(paramstyle="named")


class MySql(Database):
    """MySQL and MariaDB through PyMySQL: one consistent snapshot, rows streamed, never buffered."""

    def connect_arguments(self) -> dict[str, Any]:
        patience = self.settings.connect_seconds
        # the read timeout outlives any statement's own timeout: it is for a server that has gone silent
        silent = max(self.settings.statement_seconds, self.settings.lock_seconds) + 30
        return {"connect_timeout": patience, "read_timeout": silent, "charset": "utf8mb4"}

    def session(self) -> tuple[str, ...]:
        now = datetime.now(ZoneInfo(self.settings.timezone)).strftime("%z")
        return (
            "SET NAMES utf8mb4",
            f"SET SESSION time_zone = '{now[:3]}:{now[3:5]}'",  # named zones need tables a server may lack
            f"SET SESSION lock_wait_timeout = {self.settings.lock_seconds:d}",
            f"SET SESSION net_write_timeout = {self.settings.stream_seconds:d}",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        )

    def engine(self) -> Engine:
        engine = super().engine()
        if engine.dialect.supports_server_side_cursors:  # asking sets the dialect's own cursor class
            engine.dialect._sscursor = _abandoning_cursor()  # type: ignore[attr-defined]
        return engine

    def timeout(self, mariadb: bool, seconds: int) -> str:
        """Return the statement that limits how long one query runs; the two servers name it differently."""
        if mariadb:
            return f"SET SESSION max_statement_time = {seconds:d}"
        return f"SET SESSION max_execution_time = {seconds * 1000:d}"

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        upper = declared.upper()
        if is_binary(declared):
            return sa.func.concat(sa.literal_column("'\\\\x'", sa.Text()), sa.func.lower(sa.func.hex(column)))
        if upper.startswith("BIT"):
            return sa.cast(column.op("+")(sa.literal_column("0")), sa.CHAR())
        if any(word in upper for word in ("CHAR", "TEXT", "ENUM", "SET", "JSON")):
            # already text: CAST would turn a value above max_allowed_packet into NULL with only a warning
            return sa.type_coerce(column, sa.Text())
        if upper.startswith("FLOAT"):
            # CAST keeps six digits of a float; through a double every digit it holds arrives
            return sa.cast(column.op("+")(sa.literal_column("0e0")), sa.CHAR())
        return sa.cast(column, sa.CHAR())

    def clock(self) -> Text:
        return sa.cast(sa.literal_column("NOW(6)"), sa.CHAR())

    def estimate(self, table: sa.TableClause) -> sa.Select[Any] | None:
        tables = sa.table("tables", sa.column("table_rows"), sa.column("table_name"), schema="information_schema")
        return sa.select(tables.c.table_rows).where(
            tables.c.table_name == table.name, sa.column("table_schema") == sa.func.database()
        )

    def dialect(self) -> sa.Dialect:
        return MySQLDialect(paramstyle="named")


@cache
def _abandoning_cursor() -> type[Any]:
    """Return PyMySQL's streaming cursor, which on closing early lets go instead of reading the rest of the table."""
    from pymysql.cursors import SSCursor

    class AbandoningCursor(SSCursor):  # type: ignore[misc]
        def close(self) -> None:
            if self._result is not None:
                self._result.unbuffered_active = False
            super().close()

        __del__ = close

    return AbandoningCursor


KINDS: dict[str, type[Database]] = {
    "sqlite": Sqlite, "postgresql": Postgres, "postgres": Postgres, "mysql": MySql, "mariadb": MySql,
}


def quoted(dialect: sa.Dialect, table: sa.TableClause) -> str:
    """Return the table's name quoted by the dialect, with its schema."""
    return dialect.identifier_preparer.format_table(table)


def snapshot(connection: Connection, database: Database) -> None:
    """Fix the session and open the snapshot on a SQLAlchemy connection."""
    if isinstance(database, Sqlite):
        for statement in database.session():
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("BEGIN")
        return
    for statement in database.session():
        connection.exec_driver_sql(statement)
    if isinstance(database, MySql):
        mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        connection.exec_driver_sql(database.timeout(mariadb, database.settings.statement_seconds))

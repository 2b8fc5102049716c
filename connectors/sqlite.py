"""SQLite as a department's database."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.pool import NullPool

from connectors.database_kind import Database, Text, is_binary
from connectors.failures import Damage

# A primary key declared INTEGER is the number of the row itself, unless an index had to be made for it: of tables
# without row numbers, and of INTEGER PRIMARY KEY DESC (sqlite.org/lang_createtable.html, 5).
_ROW_NUMBER = """
    SELECT min(name) FROM pragma_table_info(?) WHERE pk > 0
    HAVING count(*) = 1 AND upper(min(type)) = 'INTEGER'
        AND NOT EXISTS (SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk')
"""


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

    def engine(self) -> sa.Engine:
        # reflection warns of every home-made type name; their text is all we need
        warnings.filterwarnings("ignore", message="Did not recognize type", category=sa.exc.SAWarning)
        return sa.create_engine("sqlite://", creator=self._connect, poolclass=NullPool)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.fast_address(),
            uri=True,
            timeout=self.settings.lock_seconds,
            isolation_level=None,
            check_same_thread=False,  # opened in one thread, read ahead in another, never in two at once
        )
        # the same reading as the fast path's: damaged bytes arrive as U+FFFD, never as an exception
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return connection

    def session(self) -> tuple[str, ...]:
        return (f"PRAGMA busy_timeout = {self.settings.lock_seconds * 1000:d}", "PRAGMA query_only = 1")

    def begin(self, connection: sa.Connection) -> None:
        super().begin(connection)
        connection.exec_driver_sql("BEGIN")  # the driver opens none for a SELECT

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        text = sa.cast(column, sa.Text())
        if not is_binary(declared):
            return text
        digits = sa.literal_column("'\\x'", sa.Text()).concat(sa.func.lower(sa.func.hex(column)))
        return sa.case((sa.func.typeof(column) == sa.literal_column("'blob'"), digits), else_=text)

    def plain_columns(
        self, connection: sa.Connection | None, table: sa.TableClause, declared: Mapping[str, str]
    ) -> frozenset[str]:
        """Return the columns of text affinity of an ordinary table: what it stores in them is text, or bytes as given;
        and the number of its rows, the only column that can hold whole numbers alone.

        Of a view or a virtual table a declared type promises nothing.
        """
        made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?)"
        found = connection.exec_driver_sql(made, (table.name,)).scalar() if connection is not None else None
        if connection is None or table.schema or not found or str(found).upper().startswith("CREATE VIRTUAL"):
            return frozenset()
        numbers = connection.exec_driver_sql(_ROW_NUMBER, (table.name, table.name)).scalars()
        return frozenset([*numbers, *(name for name, kind in declared.items() if _stores_text(kind.upper()))])

    def clock(self) -> Text:
        # SQLite has no zones: the offset of the city's zone is added to the file system's universal time
        moment = datetime.now(ZoneInfo(self.settings.timezone)).utcoffset()
        seconds = int(moment.total_seconds()) if moment else 0
        return sa.func.strftime(
            sa.literal_column("'%Y-%m-%d %H:%M:%f'"),
            sa.literal_column("'now'"),
            sa.literal_column(f"'{seconds:+d} seconds'"),
        )

    def estimate(self, table: sa.TableClause) -> sa.Select[Any] | None:
        return sa.select(sa.func.max(sa.column("rowid"))).select_from(table)

    def dialect(self) -> sa.Dialect:
        return SQLiteDialect(paramstyle="named")


def _stores_text(declared: str) -> bool:
    """Whether a declared type (in capitals) has text affinity, by the rules of sqlite.org/datatype3.html, 3.1."""
    return "INT" not in declared and any(word in declared for word in ("CHAR", "CLOB", "TEXT"))

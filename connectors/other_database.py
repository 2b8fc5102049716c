"""Databases read through their SQLAlchemy dialect alone: Oracle and SQL Server by name, any other by its own package.

No fast path: rows come through the driver. What follows a standard is asked for in the standard's words; Oracle and SQL
Server say some of it in their own.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.dialects.oracle.base import OracleDialect

from connectors.database_kind import Database, Text, is_binary

# One snapshot for count, high water and rows, in the order of how little it disturbs the source.
_SNAPSHOTS = ("SNAPSHOT", "REPEATABLE READ", "SERIALIZABLE")
_TEXT = ("CHAR", "TEXT", "CLOB", "STRING", "ENUM", "JSON", "XML", "UUID")


class StandardDatabase(Database):
    """Any database that has a SQLAlchemy dialect, in standard SQL.

    Raises `Damage` in `examine` when the dialect's driver is not installed.
    """

    def begin(self, connection: sa.Connection) -> None:
        offered = self._isolation_levels(connection)
        level = next((one for one in _SNAPSHOTS if one in offered), None)
        if level is not None:
            connection.execution_options(isolation_level=level)  # type: ignore[call-overload]
        super().begin(connection)

    def _isolation_levels(self, connection: sa.Connection) -> tuple[str, ...]:
        try:
            return tuple(connection.dialect.get_isolation_level_values(connection.connection.dbapi_connection))
        except NotImplementedError:
            return ()

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        upper = declared.upper()
        if any(word in upper for word in _TEXT):
            return sa.type_coerce(column, sa.Text())
        if is_binary(declared) and upper not in ("", "NULL"):
            # no standard word for hexadecimal digits: bytes come as they are and are made text here
            return sa.type_coerce(column, sa.LargeBinary())  # type: ignore[return-value]
        return sa.cast(column, sa.String(4000))

    def bound(self, column: sa.ColumnClause[Any], text: str) -> sa.ColumnElement[Any]:
        if isinstance(column.type, (sa.types.NullType, sa.String)):
            return sa.literal(text, sa.String())
        return sa.cast(sa.literal(text, sa.String()), column.type)

    def clock(self) -> Text:
        return sa.cast(sa.func.current_timestamp(), sa.String(40))

    def dialect(self) -> sa.Dialect:
        return self.url.get_dialect()()


class Oracle(StandardDatabase):
    """Oracle through oracledb (the extra `oracle`): one read-only transaction, texts by fixed session formats."""

    def session(self) -> tuple[str, ...]:
        zone = self.settings.timezone.replace("'", "")
        return (
            "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
            "ALTER SESSION SET NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6'",
            "ALTER SESSION SET NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM'",
            "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'",
            f"ALTER SESSION SET TIME_ZONE = '{zone}'",
            "SET TRANSACTION READ ONLY",  # must come first in its transaction, and is one snapshot
        )

    def begin(self, connection: sa.Connection) -> None:
        Database.begin(self, connection)

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        upper = declared.upper()
        if "RAW" in upper and "LONG" not in upper:
            digits: Text = sa.func.lower(sa.func.rawtohex(column), type_=sa.String())
            return sa.literal_column("'\\x'", sa.String()).concat(digits)
        if any(word in upper for word in ("CHAR", "CLOB", "LONG")):
            return sa.type_coerce(column, sa.Text())
        if any(word in upper for word in ("NUMBER", "INT", "DECIMAL", "NUMERIC")):
            return sa.func.to_char(column, sa.literal_column("'TM9'"), type_=sa.String())
        if upper.startswith("DATE"):  # Oracle's DATE holds a time of day
            return sa.func.to_char(column, type_=sa.String())
        return sa.func.to_char(column, type_=sa.String()) if "LOB" not in upper else super().text_of(column, declared)

    def bound(self, column: sa.ColumnClause[Any], text: str) -> sa.ColumnElement[Any]:
        kind = column.type
        if isinstance(kind, (sa.Date, sa.DateTime)):
            moment: sa.ColumnElement[Any] = sa.func.to_timestamp(text, sa.literal_column("'YYYY-MM-DD HH24:MI:SS.FF6'"))
            return moment
        if isinstance(kind, sa.Numeric):
            return sa.func.to_number(text)
        return super().bound(column, text)

    def clock(self) -> Text:
        return sa.func.to_char(
            sa.literal_column("LOCALTIMESTAMP"), sa.literal_column("'YYYY-MM-DD HH24:MI:SS.FF3'"), type_=sa.String()
        )

    def dialect(self) -> sa.Dialect:
        return OracleDialect()  # type: ignore[no-untyped-call]


class SqlServer(StandardDatabase):
    """SQL Server through pymssql (the extra `sqlserver`): snapshot isolation, which the database has to allow."""

    def connect_arguments(self) -> dict[str, Any]:
        silent = max(self.settings.statement_seconds, self.settings.lock_seconds) + 30
        return {"login_timeout": self.settings.connect_seconds, "timeout": silent, "charset": "UTF-8"}

    def session(self) -> tuple[str, ...]:
        return ("SET DATEFORMAT ymd", f"SET LOCK_TIMEOUT {self.settings.lock_seconds * 1000:d}")

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        upper = declared.upper()
        wide = sa.literal_column("NVARCHAR(MAX)")
        if any(word in upper for word in ("BINARY", "IMAGE", "TIMESTAMP", "ROWVERSION")):
            raw = sa.func.convert(sa.literal_column("VARCHAR(MAX)"), column, sa.literal_column("2"))
            return sa.literal_column("'\\x'", sa.String()).concat(sa.func.lower(raw, type_=sa.String()))
        if any(word in upper for word in ("DATE", "TIME")):
            return sa.func.convert(wide, column, sa.literal_column("121"), type_=sa.String())
        if any(word in upper for word in ("FLOAT", "REAL")):
            return sa.func.convert(wide, column, sa.literal_column("3"), type_=sa.String())
        return sa.func.convert(wide, column, type_=sa.String())

    def clock(self) -> Text:
        form = sa.literal_column("121")
        return sa.func.convert(
            sa.literal_column("NVARCHAR(30)"), sa.literal_column("SYSDATETIME()"), form, type_=sa.String()
        )

    def dialect(self) -> sa.Dialect:
        return MSDialect()  # type: ignore[no-untyped-call]

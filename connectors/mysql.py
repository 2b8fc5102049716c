"""MySQL and MariaDB as a department's database."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.mysql.base import MySQLDialect

from connectors.database_kind import Database, Text, is_binary


class MySql(Database):
    """MySQL and MariaDB through PyMySQL: one consistent snapshot, rows streamed, never buffered."""

    _mariadb = True

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

    def engine(self) -> sa.Engine:
        engine = super().engine()
        if engine.dialect.supports_server_side_cursors:  # asking sets the dialect's own cursor class
            engine.dialect._sscursor = _abandoning_cursor()  # type: ignore[attr-defined]
        return engine

    def begin(self, connection: sa.Connection) -> None:
        super().begin(connection)
        self._mariadb = bool(getattr(connection.dialect, "is_mariadb", False))
        connection.exec_driver_sql(self._timeout(self.settings.statement_seconds))

    def streaming(self) -> tuple[str, ...]:
        return (self._timeout(self.settings.stream_seconds),)

    def _timeout(self, seconds: int) -> str:
        """Return the statement that limits how long one query runs; the two servers name it differently."""
        if self._mariadb:
            return f"SET SESSION max_statement_time = {seconds:d}"
        return f"SET SESSION max_execution_time = {seconds * 1000:d}"

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        upper = declared.upper()
        if is_binary(declared):
            return sa.func.concat(sa.literal_column("'\\\\x'", sa.Text()), sa.func.lower(sa.func.hex(column)))
        if upper.startswith("BIT"):
            return sa.cast(sa.type_coerce(column, sa.Integer()) + sa.literal_column("0"), sa.CHAR())
        if any(word in upper for word in ("CHAR", "TEXT", "ENUM", "SET", "JSON")):
            # already text: CAST would turn a value above max_allowed_packet into NULL with only a warning
            return sa.type_coerce(column, sa.Text())
        if upper.startswith("FLOAT"):
            # CAST keeps six digits of a float; through a double every digit it holds arrives
            return sa.cast(sa.type_coerce(column, sa.Float()) + sa.literal_column("0e0"), sa.CHAR())
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

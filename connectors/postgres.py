"""PostgreSQL as a department's database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.base import PGDialect

from connectors.database_kind import Database, Text

_WHOLE = ("SMALLINT", "INTEGER", "BIGINT")


class Postgres(Database):
    """PostgreSQL: one REPEATABLE READ, READ ONLY transaction a table."""

    fast_module = "adbc_driver_postgresql.dbapi"

    def connect_arguments(self) -> dict[str, Any]:
        return {**self._patience(), "client_encoding": "utf8"}

    def _patience(self) -> dict[str, Any]:
        return {
            "connect_timeout": self.settings.connect_seconds,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "application_name": "cityhub",
        }

    def fast_address(self) -> str:
        url = self.url.set(drivername="postgresql")
        patience = {name: str(value) for name, value in self._patience().items()}
        return url.update_query_dict({**patience, **dict(url.query)}).render_as_string(hide_password=False)

    def session(self) -> tuple[str, ...]:
        texts = {
            "client_encoding": "UTF8",
            "DateStyle": "ISO, YMD",
            "IntervalStyle": "iso_8601",
            "TimeZone": self.settings.timezone.replace("'", ""),
            "bytea_output": "hex",
            "extra_float_digits": "1",
            "standard_conforming_strings": "on",
            "lock_timeout": f"{self.settings.lock_seconds * 1000:d}",
            "statement_timeout": f"{self.settings.statement_seconds * 1000:d}",
        }
        # one question for all: each is several ways there and back, and a department may be far away
        asked = ", ".join(f"set_config('{name}', '{text}', false)" for name, text in texts.items())
        return ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", f"SELECT {asked}")

    def streaming(self) -> tuple[str, ...]:
        return (f"SET statement_timeout = {self.settings.stream_seconds * 1000:d}",)

    def outline(self, name: str) -> sa.Select[Any] | None:
        """Return the query that the session itself can ask, without the second connection that reflection takes."""
        quoted = self.dialect().identifier_preparer.quote_identifier
        schema, dot, table = name.partition(".")
        own = sa.func.to_regclass(sa.literal(quoted(name), sa.String()))
        other = sa.func.to_regclass(sa.literal(f"{quoted(schema)}.{quoted(table)}" if dot else "", sa.String()))
        number: sa.ColumnClause[int] = sa.column("attnum", sa.Integer())
        kind = sa.func.format_type(sa.column("atttypid"), sa.column("atttypmod"))
        columns = (sa.cast(sa.column("attname"), sa.Text()), sa.cast(kind, sa.Text()))
        lists = [sa.func.array_agg(aggregate_order_by(one, number)) for one in columns]
        query: sa.Select[Any] = sa.select(*lists, own.is_not(None))  # type: ignore[assignment]
        return (
            query.select_from(sa.table("pg_attribute", schema="pg_catalog"))
            .where(sa.column("attrelid") == sa.func.coalesce(own, other) if dot else sa.column("attrelid") == own)
            .where(number > 0, ~sa.column("attisdropped", sa.Boolean()))
        )

    def plain_columns(
        self, connection: sa.Connection | None, table: sa.TableClause, declared: Mapping[str, str]
    ) -> frozenset[str]:
        """Return the whole numbers: eight bytes each are less work for the server than their digits."""
        return frozenset(name for name, kind in declared.items() if kind.upper() in _WHOLE)

    def tally(self, table: sa.TableClause) -> sa.Select[Any] | None:
        read: sa.Select[Any] = sa.select(sa.func.pg_stat_get_xact_tuples_returned(sa.column("oid")))
        return (
            read.select_from(sa.table("pg_class", schema="pg_catalog"))
            .where(sa.column("oid") == sa.func.to_regclass(self._named(table)))
            # a view has no books, and those of a table with heirs leave out the heirs' rows
            .where(sa.column("relkind") == "r", ~sa.column("relhassubclass", sa.Boolean()))
        )

    def bound(self, column: sa.ColumnClause[Any], text: str) -> sa.ColumnElement[Any]:
        if isinstance(column.type, sa.types.NullType):
            return sa.literal(text, sa.String())
        return sa.cast(sa.literal(text, sa.String()), column.type)

    def clock(self) -> Text:
        return sa.cast(sa.literal_column("clock_timestamp()::timestamp"), sa.Text())

    def estimate(self, table: sa.TableClause) -> sa.Select[Any] | None:
        return (
            sa.select(sa.literal_column("reltuples::bigint"))
            .select_from(sa.table("pg_class"))
            .where(sa.column("oid") == sa.func.to_regclass(self._named(table)))
        )

    def _named(self, table: sa.TableClause) -> str:
        return self.dialect().identifier_preparer.format_table(table)

    def dialect(self) -> sa.Dialect:
        return PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]

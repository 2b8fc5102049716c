"""What differs between kinds of database: how to open one read-only, fix its session, and make text of a column.

The text of a value is made by the source, under fixed session settings, so that two drivers, two days and two clients
get the same text. Binary columns become `\\x` and lower-case hexadecimal digits everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

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

    def __init__(self, url: sa.URL, settings: ReadSettings) -> None:
        self.url, self.settings = url, settings

    def examine(self) -> None:
        """Raise what can be known without a driver: a missing file, a directory."""

    def engine(self) -> sa.Engine:
        """Return an engine that keeps no connection."""
        return sa.create_engine(self.url, poolclass=NullPool, connect_args=self.connect_arguments())

    def connect_arguments(self) -> dict[str, Any]:
        """Return what the driver is told beside the URL."""
        return {}

    def session(self) -> tuple[str, ...]:
        """Statements that fix the session and open one read-only snapshot; run first on every connection."""
        return ()

    def begin(self, connection: sa.Connection) -> None:
        """Fix the session of a SQLAlchemy connection and open its snapshot."""
        for statement in self.session():
            connection.exec_driver_sql(statement)

    def streaming(self) -> tuple[str, ...]:
        """Statements run between the counting and the stream."""
        return ()

    def text_of(self, column: sa.ColumnClause[Any], declared: str) -> Text:
        """Return the column as text made by the source."""
        return sa.cast(column, sa.Text())

    def outline(self, name: str) -> sa.Select[Any] | None:
        """Return a query of one row for a table a contract names: its columns, their types (two lists), and whether
        the name is the table's own (else `schema.table`); None where only reflection can tell."""
        return None

    def plain_columns(
        self, connection: sa.Connection | None, table: sa.TableClause, declared: Mapping[str, str]
    ) -> frozenset[str]:
        """Return the columns the source need not make text of: they are text as stored, or whole numbers, which read
        alike wherever their digits are written."""
        return frozenset()

    def tally(self, table: sa.TableClause) -> sa.Select[Any] | None:
        """Return a query for how many rows the server has read out of an ordinary table in this transaction, by its own
        books; no row for any other table, None where there are no such books."""
        return None

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

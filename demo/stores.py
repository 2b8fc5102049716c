"""Where departments keep their tables: SQLite files, or a real PostgreSQL or MySQL server. All columns are text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import pyarrow as pa

from demo.dirt import Store
from demo.emission import Table

Row = dict[str, "str | None"]


def as_text(value: object) -> str | None:
    """Return a cell as the department would write it: a server may give dates and numbers as such."""
    return None if value is None else str(value)


def log_of(table: Table) -> Table:
    """Return the table in which changes of `table` are noted: running number, key, kind and time."""
    columns = {"LOG_ID": "key", table.key: "plain", "CZLX": "plain", "CZSJ": "stamp"}
    return Table(table.department, table.log, "LOG_ID", "CZSJ", columns, (), clock=table.clock)


class Tables(Protocol):
    """A department's place for tables."""

    holds: Store

    def create(self, table: Table) -> None:
        """Make the table empty, in place of an older one."""

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows; columns as in `table.columns`, all text."""

    def finish(self, table: Table) -> None:
        """Index key and update time after the first load."""

    def read(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the rows with these keys."""

    def update(self, table: Table, key: str, cells: Row) -> None:
        """Set cells of the row with this key."""

    def delete(self, table: Table, keys: Iterable[str]) -> None:
        """Delete rows by key."""

    def note(self, table: Table, entries: Sequence[tuple[str, str, str]]) -> None:
        """Write changes into the table's log: key, kind (I, U or D), time."""

    def close(self) -> None:
        """Commit and let go."""


class SqlTables:
    """Statements in one SQL dialect over a DBAPI connection; bulk loading differs by database."""

    quote, mark, schema = '"', "%s", ""
    connection: Any

    def name(self, word: str) -> str:
        """Return a quoted identifier."""
        return f"{self.quote}{word.replace(self.quote, self.quote * 2)}{self.quote}"

    def place(self, table: Table) -> str:
        """Return the quoted table, with its schema where there is one."""
        return f"{self.name(self.schema)}.{self.name(table.name)}" if self.schema else self.name(table.name)

    def where(self, table: Table) -> str:
        """Return the clause that finds a row by key."""
        return f"WHERE {self.name(table.key)} = {self.mark}"

    def run(self, statement: str, values: Sequence[str | None] = ()) -> list[tuple[Any, ...]]:
        """Execute one statement and return its rows, none for a change."""
        cursor = self.connection.cursor()
        cursor.execute(statement, tuple(values))
        return list(cursor.fetchall()) if cursor.description else []

    def column_types(self, table: Table) -> str:
        """Return the column list of CREATE TABLE."""
        return ", ".join(f"{self.name(column)} {self.type_of(table, column)}" for column in table.columns)

    def type_of(self, table: Table, column: str) -> str:
        """Return the type of one column: text, unless the department keeps it in another and the server knows it."""
        return table.types.get(column, "TEXT")

    def create(self, table: Table) -> None:
        """Make the table empty, in place of an older one. Departments' tables have no primary keys to rely on."""
        self.run(f"DROP TABLE IF EXISTS {self.place(table)}")
        self.run(f"CREATE TABLE {self.place(table)} ({self.column_types(table)})")
        if table.log:
            self.run(f"DROP TABLE IF EXISTS {self.place(log_of(table))}")
            self.run(f"CREATE TABLE {self.place(log_of(table))} ({self.column_types(log_of(table))})")

    def finish(self, table: Table) -> None:
        """Index key and update time after the first load."""
        for column in filter(None, (table.key, table.stamp)):
            self.run(
                f"CREATE INDEX {self.name(f'IX_{table.name}_{column}')} ON {self.place(table)} ({self.name(column)})"
            )

    def read(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the rows with these keys, in the order of the keys."""
        columns = ", ".join(self.name(column) for column in table.columns)
        query = f"SELECT {columns} FROM {self.place(table)} {self.where(table)}"  # noqa: S608  # quoted identifiers
        found = [self.run(query, [key]) for key in keys]
        return [dict(zip(table.columns, map(as_text, row), strict=True)) for rows in found for row in rows]

    def note(self, table: Table, entries: Sequence[tuple[str, str, str]]) -> None:
        """Write changes into the table's log, numbered on: key, kind (I, U or D), time."""
        log = log_of(table)
        [(last,)] = self.run(f"SELECT count(*) FROM {self.place(log)}")  # noqa: S608  # quoted identifiers
        marks = ", ".join([self.mark] * len(log.columns))
        statement = f"INSERT INTO {self.place(log)} VALUES ({marks})"  # noqa: S608  # quoted identifiers
        for number, entry in enumerate(entries, int(last) + 1):
            self.run(statement, [f"{number:012d}", *entry])

    def update(self, table: Table, key: str, cells: Row) -> None:
        """Set cells of the row with this key."""
        sets = ", ".join(f"{self.name(column)} = {self.mark}" for column in cells)
        change = f"UPDATE {self.place(table)} SET {sets} {self.where(table)}"  # noqa: S608  # quoted identifiers
        self.run(change, [*cells.values(), key])

    def delete(self, table: Table, keys: Iterable[str]) -> None:
        """Delete rows by key."""
        removal = f"DELETE FROM {self.place(table)} {self.where(table)}"  # noqa: S608  # quoted identifiers
        for key in keys:
            self.run(removal, [key])

    def close(self) -> None:
        """Commit and let go."""
        self.connection.commit()
        self.connection.close()


class SqliteTables(SqlTables):
    """One SQLite file a department, loaded through ADBC in autocommit, so that its bytes are the same each time."""

    mark, holds = "?", Store(null_characters=True, control_characters=True, repeats_rows=False)

    def type_of(self, table: Table, column: str) -> str:
        """Return TEXT: a SQLite file holds whatever was written."""
        return "TEXT"

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection = sqlite3.connect(path, check_same_thread=False)
        for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -65536"):
            self.run(f"PRAGMA {pragma}")
        self.bulk: Any = None

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows through ADBC (about 500,000 rows of 23 columns a second)."""
        import adbc_driver_sqlite.dbapi as adbc

        self.connection.commit()
        if self.bulk is None:
            self.bulk = adbc.connect(str(self.path), autocommit=True)
            with self.bulk.cursor() as cursor:
                for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -65536"):
                    cursor.execute(f"PRAGMA {pragma}")
                    cursor.fetchall() if cursor.description else None
        with self.bulk.cursor() as cursor:
            cursor.adbc_ingest(table.name, rows, mode="append")

    def finish(self, table: Table) -> None:
        """Index key and update time after the first load."""
        self.release()
        super().finish(table)

    def release(self) -> None:
        """Close the bulk connection."""
        if self.bulk is not None:
            self.bulk.close()
            self.bulk = None

    def close(self) -> None:
        """Commit and let go."""
        self.release()
        super().close()


class PostgresTables(SqlTables):
    """Tables in a schema named after the department, loaded by COPY."""

    holds = Store(null_characters=False, control_characters=True, repeats_rows=False)

    def __init__(self, url: str, department: str) -> None:
        import psycopg

        self.schema = department
        self.connection = psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"))
        self.run(f"CREATE SCHEMA IF NOT EXISTS {self.name(department)}")

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows by COPY."""
        with self.connection.cursor() as cursor, cursor.copy(f"COPY {self.place(table)} FROM STDIN") as copy:
            for batch in rows.to_batches(max_chunksize=20_000):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)


class MysqlTables(SqlTables):
    """Tables in the URL's own database, loaded by multi-row INSERT; keys and update times are VARCHAR to be indexed."""

    quote, holds = "`", Store(null_characters=True, control_characters=True, repeats_rows=False)

    def __init__(self, url: str) -> None:
        import pymysql

        parts = urlsplit(url)
        self.connection = pymysql.connect(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 3306,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=parts.path.strip("/"),
            charset="utf8mb4",
        )

    def type_of(self, table: Table, column: str) -> str:
        """Return the type of one column; what is indexed has to be narrow."""
        return table.types.get(column, "VARCHAR(64)" if column in (table.key, table.stamp) else "TEXT")

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add rows by executemany, which PyMySQL folds into multi-row INSERTs."""
        marks = ", ".join([self.mark] * len(table.columns))
        statement = f"INSERT INTO {self.place(table)} VALUES ({marks})"  # noqa: S608  # quoted identifiers
        lines = list(zip(*(column.to_pylist() for column in rows.columns), strict=True))
        with self.connection.cursor() as cursor:
            cursor.executemany(statement, lines)

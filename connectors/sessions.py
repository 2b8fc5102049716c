"""One open snapshot of a database, asked for one row or streamed as Arrow text.

Two carriers of the same statements: ADBC where its driver is installed, and SQLAlchemy with a server-side cursor
everywhere else. The source makes the text, so both deliver the same cells.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import pyarrow as pa
import sqlalchemy as sa

from connectors.database_kind import Database
from connectors.failures import Damage
from connectors.source import text_schema
from connectors.sqlite import Sqlite

# a driver's batch: above this its buffers are fetched from the system and given back for each one, page by page
_BATCH_ROWS = 16_384


class Session(Protocol):
    """An open, read-only snapshot."""

    def row(self, statement: sa.Select[Any]) -> tuple[Any, ...]:
        """Return the statement's first row."""
        ...

    def stream(self, statement: sa.Select[Any], columns: tuple[str, ...], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield batches of at most `rows` rows: columns named `columns` of text, undecoded bytes or whole numbers."""
        ...

    def close(self) -> None:
        """End the snapshot and the connection."""
        ...


def open_session(database: Database) -> Session:
    """Return a session by the fast path where its driver is installed."""
    if database.settings.fast and database.fast_module:
        try:
            driver = importlib.import_module(database.fast_module)
        except ImportError:
            return DriverSession(database)
        return AdbcSession(database, driver)
    return DriverSession(database)


class AdbcSession:
    """The snapshot through an ADBC driver: Arrow all the way."""

    def __init__(self, database: Database, driver: Any) -> None:
        self._database, self._dialect = database, database.dialect()
        self._connection = driver.connect(database.fast_address(), autocommit=False)
        self._cursor: Any = None
        try:
            self._cursor = self._connection.cursor()
            self._run(database.session())
        except BaseException:
            self.close()
            raise

    def row(self, statement: sa.Select[Any]) -> tuple[Any, ...]:
        self._cursor.execute(self._written(statement))
        found = self._cursor.fetchone()
        return tuple(found) if found else ()

    def stream(self, statement: sa.Select[Any], columns: tuple[str, ...], rows: int) -> Iterator[pa.RecordBatch]:
        self._run(self._database.streaming())
        rows = min(rows, _BATCH_ROWS)
        sqlite = isinstance(self._database, Sqlite)
        if sqlite:
            # its driver types a column from the first rows, and one that begins with NULLs as a number: a first row
            # of empty texts (of 0 where there are only whole numbers) says the types, and is taken off again below
            kinds = (column.type for column in statement.selected_columns)
            empty = ("0" if isinstance(kind, sa.Integer) else "''" for kind in kinds)
            cells = zip(empty, columns, strict=True)
            first: sa.Select[Any] = sa.select(*(sa.literal_column(cell).label(column) for cell, column in cells))
            self._cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(rows)})
            text = f"{self._written(first)} UNION ALL {self._written(statement)}"
        else:
            # about 64 bytes a row
            hint = str(max(rows * 64, 65_536))
            self._cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": hint})
            text = self._written(statement)
        self._cursor.execute(text)
        schema = text_schema(columns)
        for batch in self._cursor.fetch_record_batch():
            if sqlite:
                _first_row_is_ours(batch)
                batch, sqlite = batch.slice(1), False
            yield from _sliced(batch.rename_columns(schema.names), rows)

    def close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None
        self._connection.close()

    def _run(self, statements: Sequence[str]) -> None:
        for statement in statements:
            self._cursor.execute(statement)
            if statement.startswith(("PRAGMA", "SELECT")):
                self._cursor.fetchall()

    def _written(self, statement: sa.Select[Any]) -> str:
        return str(statement.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True}))


class DriverSession:
    """The snapshot through SQLAlchemy and the database's own driver."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine()
        self._connection: sa.Connection | None = None
        self._unfinished = False
        try:
            self._connection = self._engine.connect()
            database.begin(self._connection)
            if isinstance(database, Sqlite):
                # undecoded, so that one damaged cell is found and reported like the fast path does
                self._connection.connection.driver_connection.text_factory = bytes  # type: ignore[union-attr]
        except BaseException:
            self.close()
            raise

    def row(self, statement: sa.Select[Any]) -> tuple[Any, ...]:
        assert self._connection is not None
        found = self._connection.execute(statement).first()
        return tuple(_decoded(value) for value in found) if found else ()

    def stream(self, statement: sa.Select[Any], columns: tuple[str, ...], rows: int) -> Iterator[pa.RecordBatch]:
        assert self._connection is not None
        for prepared in self._database.streaming():
            self._connection.exec_driver_sql(prepared)
        self._unfinished = True
        # of this one statement: a connection's own options would make a cursor of the next SET, too
        options: Any = {"stream_results": True, "max_row_buffer": rows}
        result = self._connection.execute(statement, execution_options=options)
        try:
            while fetched := result.fetchmany(rows):
                arrays = [_column(cells) for cells in zip(*fetched, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names=list(columns))
            self._unfinished = False
        finally:
            result.close()

    def close(self) -> None:
        if self._connection is not None:
            if self._unfinished:
                # cut, not wound up: a tidy end would first read the rest of the table
                self._connection.invalidate()
            self._connection.close()
            self._connection = None
        self._engine.dispose()


def _first_row_is_ours(batch: pa.RecordBatch) -> None:
    if any(column[0].as_py() not in ("", b"", 0) for column in batch.columns):  # bytes where bytes follow
        raise Damage("首行不是预置行 the driver did not keep the order of rows", "改用 set ReadSettings(fast=False)")


def _sliced(batch: pa.RecordBatch, rows: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def _decoded(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _column(cells: tuple[Any, ...]) -> pa.Array:
    try:
        return pa.array(cells, pa.binary() if any(isinstance(cell, bytes) for cell in cells) else pa.string())
    except pa.ArrowException:
        # a driver that decodes some values itself and not others: text is what both can be
        return pa.array([cell if cell is None or isinstance(cell, bytes) else str(cell).encode() for cell in cells])

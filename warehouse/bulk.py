"""Loading Arrow batches into SQL tables fast: the SQLite driver's own executemany, PostgreSQL's COPY."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
from sqlalchemy import Connection, Table

BATCH_ROWS = 50_000
# PostgreSQL's text cannot hold NUL; its visible sign keeps the row loadable and the place findable, in both databases.
NUL, NUL_SIGN = "\x00", "␀"


def insert_rows(connection: Connection, table: Table, reader: pa.RecordBatchReader) -> int:
    """Insert the reader's rows into a SQLite table; dates become ISO text. Return the count."""
    quote = connection.dialect.identifier_preparer
    names = reader.schema.names
    columns = ", ".join(quote.quote(table.c[name].name) for name in names)
    marks = ", ".join("?" * len(names))
    statement = f"INSERT INTO {quote.format_table(table)} ({columns}) VALUES ({marks})"  # noqa: S608 - quoted
    cursor = connection.connection.cursor()
    rows = 0
    try:
        for batch in reader:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                part = batch.slice(start, BATCH_ROWS)
                cursor.executemany(statement, list(zip(*(_values(column) for column in part.columns), strict=True)))
            rows += batch.num_rows
    finally:
        cursor.close()
    return rows


def copy_rows(connection: Connection, table: Table, reader: pa.RecordBatchReader) -> int:
    """Insert the reader's rows into a PostgreSQL table by COPY in CSV form. Return the count."""
    quote = connection.dialect.identifier_preparer
    columns = ", ".join(quote.quote(table.c[name].name) for name in reader.schema.names)
    statement = f"COPY {quote.format_table(table)} ({columns}) FROM STDIN (FORMAT csv)"
    driver: Any = connection.connection.driver_connection
    rows = 0
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in reader:
            if batch.num_rows:
                copy.write(_csv(batch))
            rows += batch.num_rows
    return rows


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.string())
    values: list[Any] = _without_nul(column).to_pylist()
    return values


def _csv(batch: pa.RecordBatch) -> memoryview:
    """Return the batch as CSV in which a null is empty and an empty text is quoted: COPY tells them apart."""
    clean = pa.RecordBatch.from_arrays([_without_nul(column) for column in batch.columns], names=batch.schema.names)
    out = io.BytesIO()
    pacsv.write_csv(clean, out, pacsv.WriteOptions(include_header=False))
    return out.getbuffer()


def _without_nul(column: pa.Array) -> pa.Array:
    if not pa.types.is_string(column.type):
        return column
    data = column.buffers()[2]
    if data is None or b"\x00" not in memoryview(data)[:].tobytes():
        return column
    return pc.replace_substring(column, NUL, NUL_SIGN)

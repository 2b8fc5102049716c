"""How fast a source is read: rows a second of `stream()` against ADBC's own read of the same table, in the same run.

    python -m bench.landing_read [--rows N] [--postgres URL]

The table is a population register of 12 columns. The two readers take turns; the median of five rounds is shown.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi
import sqlalchemy as sa

from connectors.opening import open_source
from connectors.source import ReadRequest
from schemas.contract import Contract, Emit, FieldMapping, Schedule, TableContract

COLUMNS = ("RYID", "GMSFHM", "XM", "XB", "MZ", "CSRQ", "HYZK", "HH", "SSXQ", "MLXZ", "SWRQ", "GXSJ")
NAME = "BENCH_RKXX"
TARGET = 0.8
ROUNDS = 5


def row(number: int) -> tuple[object, ...]:
    born, moved = f"{1940 + number % 80}0101", f"2026-01-{number % 28 + 1:02d} 08:00:00"
    person = (number, f"130302{born}{number % 10_000:04d}", f"张{chr(0x4E00 + number % 5000)}", number % 2 + 1, "01")
    return (*person, born, "20", f"H{number // 3:09d}", "130302", f"河北大街{number % 900}号", None, moved)


def contract() -> Contract:
    """Return a contract that reads every column."""
    fields = tuple(FieldMapping(column.lower(), (column,)) for column in COLUMNS[1:])
    table = TableContract(NAME, COLUMNS[:1], (Emit("person", "person", fields),))
    return Contract("bench", "测量", "bench", "", "", Schedule("0 0 * * *"), (table,), {}, Path("bench.yaml"), "")


def fill_sqlite(path: Path, rows: int) -> str:
    with sqlite3.connect(path) as connection:
        types = ", ".join(f'"{name}" {"INTEGER" if name in ("RYID", "XB") else "TEXT"}' for name in COLUMNS)
        connection.execute(f"CREATE TABLE {NAME} ({types})")
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO {NAME} VALUES ({marks})", (row(number) for number in range(rows)))
    return f"sqlite:///{path}"


def fill_postgres(url: str, rows: int) -> None:
    import psycopg

    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    types = ", ".join(f'"{name}" {"bigint" if name in ("RYID", "XB") else "text"}' for name in COLUMNS)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP TABLE IF EXISTS "{NAME}"')
        connection.execute(f'CREATE UNLOGGED TABLE "{NAME}" ({types})')
        with connection.cursor().copy(f'COPY "{NAME}" FROM STDIN') as copy:
            for number in range(rows):
                copy.write_row(row(number))
        connection.execute(f'VACUUM ANALYZE "{NAME}"')


def through_connector(url: str) -> int:
    bench = contract()
    return sum(batch.num_rows for batch in open_source(bench, url).stream(ReadRequest(bench.tables[0])))


def through_adbc(url: str) -> int:
    """Read the table as ADBC gives it, with the batch size the connector asks for."""
    address = sa.make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    driver = adbc_driver_sqlite.dbapi if sqlite else adbc_driver_postgresql.dbapi
    place = address.database if sqlite else address.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"adbc.sqlite.query.batch_rows": "65536"} if sqlite else {}
    with driver.connect(str(place)) as connection, connection.cursor(adbc_stmt_kwargs=options) as cursor:
        cursor.execute(f'SELECT * FROM "{NAME}"')
        return sum(batch.num_rows for batch in cursor.fetch_record_batch())


def compare(label: str, url: str, rows: int) -> bool:
    """Print both medians and their ratio; return whether the target is met."""
    readers: dict[str, Callable[[str], int]] = {"connector": through_connector, "adbc": through_adbc}
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, read in readers.items():
            begin = time.perf_counter()
            if read(url) != rows:
                raise SystemExit(f"{label}: {name} did not read every row")
            seconds[name].append(time.perf_counter() - begin)
    ours, theirs = (rows / statistics.median(seconds[name]) for name in readers)
    verdict = "ok" if ours >= TARGET * theirs else "BELOW TARGET"
    print(
        f"{label:10} stream() {ours:>10,.0f} rows/s   ADBC {theirs:>10,.0f} rows/s   "
        f"{ours / theirs:.0%} (target {TARGET:.0%}) {verdict}"
    )
    return ours >= TARGET * theirs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--postgres", metavar="URL", help="also measure there (a table is created)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        met = compare("SQLite", fill_sqlite(Path(folder) / "bench.db", arguments.rows), arguments.rows)
    if arguments.postgres:
        fill_postgres(arguments.postgres, arguments.rows)
        met &= compare("PostgreSQL", arguments.postgres, arguments.rows)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())

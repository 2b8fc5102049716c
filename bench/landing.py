"""How fast a source is read and landed, against ADBC's own read of the same table in the same run, and in how much
memory.

    python -m bench.landing [--rows N] [--postgres URL]

The table is a population register of 12 columns. ADBC reads it in the types it gives itself (two columns are whole
numbers), with the batches the connector asks for. `stream()` is the bare read through our connector, which is more: the
table described, its rows compared with the source's own count in the same snapshot, every cell text and proven to be
UTF-8. `as text` is ADBC again, asked for the same texts and no more. `landed` is the whole way: read, hash, number,
Delta.

Each reader is paired with an ADBC read right before it, because other programs on the machine slow both; the ratio is
the median of the pairs'. Beside the wall's ratio stands that of this process's processor time: on a busy machine the
wall says how long each had to wait for its turn. Memory is the peak of a process that lands the table, at three sizes.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi
import adbc_driver_sqlite.dbapi
import pyarrow as pa
import sqlalchemy as sa

from connectors.opening import open_source
from connectors.source import ReadRequest
from pipeline.arrival import Arrival, Stamped
from schemas.contract import Contract, Emit, FieldMapping, Schedule, TableContract
from warehouse.lake import Lake

COLUMNS = ("RYID", "GMSFHM", "XM", "XB", "MZ", "CSRQ", "HYZK", "HH", "SSXQ", "MLXZ", "SWRQ", "GXSJ")
NAME = "BENCH_RKXX"
TARGETS = {"stream()": 0.8, "as text": None, "landed": 0.4}
ROUNDS = 9
HINT = str(2**20)  # bytes; the driver's own 2**24 is slower
GROWTH_MB = 150  # what four times the rows may add to the peak: buffers that fill up, not the table


def row(number: int) -> tuple[object, ...]:
    born, moved = f"{1940 + number % 80}0101", f"2026-01-{number % 28 + 1:02d} 08:00:00"
    person = (number, f"130302{born}{number % 10_000:04d}", f"张{chr(0x4E00 + number % 5000)}", number % 2 + 1, "01")
    return (*person, born, "20", f"H{number // 3:09d}", "130302", f"河北大街{number % 900}号", None, moved)


def contract() -> Contract:
    """Return a contract that reads every column."""
    fields = tuple(FieldMapping(column.lower(), (column,)) for column in COLUMNS[1:])
    table = TableContract(NAME, COLUMNS[:1], (Emit("person", "person", fields),))
    return Contract("bench", "测量", "bench", "", "", Schedule("0 0 * * *"), (table,), {}, Path("bench.yaml"), "")


def _declared(number: str, text: str) -> str:
    """Return the columns as declared: the key and one other column are whole numbers."""
    kinds = {"RYID": f"{number} PRIMARY KEY", "XB": number}
    return ", ".join(f'"{name}" {kinds.get(name, text)}' for name in COLUMNS)


def fill_sqlite(path: Path, rows: int) -> str:
    with sqlite3.connect(path) as connection:
        types = _declared("INTEGER", "TEXT")
        connection.execute(f"CREATE TABLE {NAME} ({types})")
        marks = ", ".join("?" * len(COLUMNS))
        connection.executemany(f"INSERT INTO {NAME} VALUES ({marks})", (row(number) for number in range(rows)))
    return f"sqlite:///{path}"


def fill_postgres(url: str, rows: int) -> None:
    import psycopg

    address = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    types = _declared("bigint", "text")
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


def through_adbc(url: str, columns: str = "*") -> int:
    """Read the table as ADBC gives it, with the batches the connector asks for."""
    address = sa.make_url(url)
    sqlite = address.get_backend_name() == "sqlite"
    driver = adbc_driver_sqlite.dbapi if sqlite else adbc_driver_postgresql.dbapi
    place = address.database if sqlite else address.set(drivername="postgresql").render_as_string(hide_password=False)
    options = {"adbc.sqlite.query.batch_rows": "16384"} if sqlite else {"adbc.postgresql.batch_size_hint_bytes": HINT}
    with driver.connect(str(place)) as connection, connection.cursor(adbc_stmt_kwargs=options) as cursor:
        cursor.execute(f'SELECT {columns} FROM "{NAME}"')
        return sum(batch.num_rows for batch in cursor.fetch_record_batch())


def as_text(url: str) -> int:
    return through_adbc(url, ", ".join(f'CAST("{column}" AS TEXT)' for column in COLUMNS))


def landed(url: str) -> int:
    """Land the table into a lake of its own; return the rows that arrived."""
    bench = contract()
    folder = Path(tempfile.mkdtemp(prefix="bench-lake-"))
    try:
        with open_source(bench, url).stream(ReadRequest(bench.tables[0])) as extraction:
            arrival = Arrival(extraction, bench.tables[0].key, None)
            stamped = Stamped(1, extraction, iter(arrival))
            reader = pa.RecordBatchReader.from_batches(stamped.schema, iter(stamped))
            Lake(folder).append(f"raw/bench/{NAME}", reader, ("batch",))
        return arrival.rows
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class Pair:
    """ADBC's read and another one right after it: wall and processor seconds of each."""

    adbc: tuple[float, float]
    other: tuple[float, float]


def timed(read: Callable[[str], int], url: str, rows: int) -> tuple[float, float]:
    begin, used = time.perf_counter(), time.process_time()
    if read(url) != rows:
        raise SystemExit(f"{read.__name__} did not read every row")
    return time.perf_counter() - begin, time.process_time() - used


def compare(label: str, url: str, rows: int) -> bool:
    """Print medians and ratios; return whether the targets are met."""
    readers: dict[str, Callable[[str], int]] = {"stream()": through_connector, "as text": as_text, "landed": landed}
    pairs: dict[str, list[Pair]] = {name: [] for name in readers}
    for _ in range(ROUNDS):
        for name, read in readers.items():
            pairs[name].append(Pair(timed(through_adbc, url, rows), timed(read, url, rows)))
    plain = statistics.median(one.adbc[0] for found in pairs.values() for one in found)
    print(f"{label:10} ADBC      {rows / plain:>10,.0f} rows/s")
    met = True
    for name, found in pairs.items():
        wall, work = (statistics.median(one.adbc[at] / one.other[at] for one in found) for at in (0, 1))
        speed, target = rows / statistics.median(one.other[0] for one in found), TARGETS[name]
        verdict = "" if target is None else f" (target {target:.0%}) {'ok' if wall >= target else 'BELOW TARGET'}"
        print(f"{label:10} {name:9} {speed:>10,.0f} rows/s   {wall:.0%} of ADBC{verdict}; processor time {work:.0%}")
        met &= target is None or wall >= target
    return met


def peak(url: str, answers: Any) -> None:
    """Land the table in this process and tell its peak memory in MB."""
    landed(url)
    # the kernel hands the parent's peak on to getrusage of a child; this one is the process's own
    status = Path("/proc/self/status").read_text()
    answers.put(int(status.split("VmHWM:")[1].split()[0]) / 1024)


def memory(folder: Path, rows: int) -> bool:
    """Print the peak memory of landing tables of three sizes; return whether it stays bounded by the batch."""
    context = multiprocessing.get_context("spawn")
    peaks: dict[int, float] = {}
    for size in (rows // 4, rows, rows * 4):
        url = fill_sqlite(folder / f"{size}.db", size)
        answers: Any = context.Queue()
        process = context.Process(target=peak, args=(url, answers))
        process.start()
        peaks[size] = answers.get(timeout=600)
        process.join()
        print(f"memory     {size:>10,} rows landed in at most {peaks[size]:,.0f} MB")
    return peaks[rows * 4] - peaks[rows] <= GROWTH_MB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--postgres", metavar="URL", help="also measure there (a table is created)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        met = compare("SQLite", fill_sqlite(Path(folder) / "bench.db", arguments.rows), arguments.rows)
        met &= memory(Path(folder), arguments.rows)
    if arguments.postgres:
        fill_postgres(arguments.postgres, arguments.rows)
        met &= compare("PostgreSQL", arguments.postgres, arguments.rows)
    return 0 if met else 1


if __name__ == "__main__":
    raise SystemExit(main())

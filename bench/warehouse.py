"""Rates of the warehouse on this machine: record ids, lake append and merge, staging and swap.

`python -m bench.warehouse [--rows 300000] [--postgres URL]` prints one line a measurement.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from schemas.standard_file import load_standard
from warehouse.database import Database
from warehouse.fences import Fence
from warehouse.keys import CityKey
from warehouse.lake import Lake
from warehouse.ledger import Ledger
from warehouse.serving import Publication, Serving
from warehouse.versions import VersionOpening

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHUNK = 50_000


@contextmanager
def measured(what: str, rows: int) -> Iterator[None]:
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    print(f"{what:<42} {rows:>10,} rows {seconds:>8.2f} s {rows / seconds:>12,.0f} rows/s", flush=True)


def ids(start: int, count: int) -> pa.Array:
    """Return ids spread like hashes, the same for the same numbers."""
    spread = (np.arange(start, start + count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return pa.array([f"{number:016x}{number ^ 0xA5A5A5A5A5A5A5A5:016x}" for number in spread.tolist()])


def people(start: int, count: int, commit: int) -> pa.Table:
    """Return `count` golden people with the columns a city fills."""
    numbers = pa.array([f"1303021980{number:08d}" for number in range(start, start + count)])
    texts = dict.fromkeys(("name", "citizen_id", "phone", "address", "household_number", "anchor"), numbers)
    whole = {
        "hub_id": ids(start, count),
        **texts,
        "origins": pa.array(['{"name":{"department":"police"}}' * 4] * count),
    }
    return pa.table({**whole, "commit": pa.array([commit] * count, pa.int64())})


def stream(rows: int, commit: int) -> pa.RecordBatchReader:
    parts = (people(start, min(CHUNK, rows - start), commit) for start in range(0, rows, CHUNK))
    return pa.RecordBatchReader.from_batches(people(0, 1, 1).schema, (part.to_batches()[0] for part in parts))


def bench_keys(rows: int) -> None:
    keys = pa.array([f"1303021980{number:08d}" for number in range(rows)])
    with measured("record ids", rows):
        CityKey(b"k" * 32).record_ids("police", "RK", "resident", keys)


def bench_lake(folder: Path, rows: int) -> None:
    lake = Lake(folder / "lake")
    with measured("making the rows (part of what follows)", rows):
        for _ in stream(rows, 1):
            pass
    with measured("lake append, streamed", rows):
        lake.append("raw/police/RK", stream(rows, 1), ("commit",))
    lake.merge("current/police/person", stream(rows, 1), None, "hub_id")
    for share in (100, 100_000):
        changed = max(1, rows // share)
        every = people(0, rows, 2).take(pa.array(range(0, rows, rows // changed)))
        with measured(f"lake merge of {every.num_rows:,} into", rows):
            lake.merge("current/police/person", every, None, "hub_id")


def bench_serving(url: str, rows: int) -> None:
    database = Database(url)
    database.migrate()
    ledger, serving = Ledger(database), Serving(database, load_standard())
    serving.ensure()
    fence = ledger.acquire("hub", "bench", NOW)
    for changed, what in ((rows, "whole"), (max(1, rows // 100), "1 %")):
        number = ledger.open_version(fence, VersionOpening((), date(2026, 3, 1), "bench"), NOW).number
        ledger.advance(fence, number, "survived")
        with measured(f"{database.url.get_backend_name()} stage {what}", changed):
            stage(serving, fence, number, changed)
        with measured(f"{database.url.get_backend_name()} audit {what}", changed):
            serving.audit(number)
        with measured(f"{database.url.get_backend_name()} build and swap {what}", changed):
            serving.swap(fence, number, Publication({}, {}, NOW))
    database.close()


def stage(serving: Serving, fence: Fence, number: int, changed: int) -> None:
    serving.stage(fence, number, "person", stream(changed, number))
    lines = {"op": ["CHANGED"] * changed, "entity": ["person"] * changed, "id": ids(0, changed)}
    serving.stage_changes(fence, number, pa.table({**lines, "into": pa.nulls(changed, pa.string())}))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=300_000)
    arguments.add_argument("--postgres", help="URL of an empty PostgreSQL database")
    options = arguments.parse_args()
    bench_keys(options.rows)
    with tempfile.TemporaryDirectory() as folder:
        bench_lake(Path(folder), options.rows)
        bench_serving(f"sqlite:///{folder}/hub.sqlite", options.rows)
    if options.postgres:
        bench_serving(options.postgres, options.rows)


if __name__ == "__main__":
    main()

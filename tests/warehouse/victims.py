"""What the fault tests run in processes of their own, which end by SIGKILL at a named point.

The processes are forked from a server that has the libraries loaded, so each costs little.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

import warehouse.batches
from tests.warehouse.conftest import NOON
from warehouse.batch import Landing, Opening
from warehouse.database import Database
from warehouse.lake import Lake
from warehouse.ledger import Ledger

PARTS, PART_ROWS = 50, 200
ROWS = PARTS * PART_ROWS


def run(victim: Callable[..., None], *arguments: object) -> int:
    """Run the function in a process of its own and return its exit code (negative: the signal that ended it)."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warehouse.victims"])
    process = context.Process(target=victim, args=arguments)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def append(root: Path, batch: int, die_at: int) -> None:
    """Append `PARTS` batches of rows; die before handing over number `die_at`."""
    Lake(root).append("raw/police/RK", stream(batch, die_at), ("batch",))


def land(url: str, root: Path, point: str) -> None:
    """Land one batch, dying at the point named; any other name lands it whole."""
    ledger, lake = Ledger(Database(url)), Lake(root)
    fence = ledger.acquire("land/police", "run-1", NOON)
    batch = ledger.open_batch(fence, Opening("police", "RK", "increment", "f1", "run-1"), NOON)
    rows = stream(batch, PARTS // 2 if point == "in mid append" else PARTS)
    version = lake.append("raw/police/RK", rows, ("batch",), idempotency=("land", batch))
    if point == "between lake and ledger":
        _die()
    if point == "in mid ledger commit":
        warehouse.batches._move = _moving_then_dying(warehouse.batches._move)  # type: ignore[assignment]
    ledger.land_batch(fence, batch, Landing(ROWS, "c", version, "2026-03-01"), NOON)


def stream(batch: int, die_at: int) -> pa.RecordBatchReader:
    """Return ROWS rows of one batch as a stream that kills its process before part `die_at`."""
    part = pa.record_batch({"XM": ["n"] * PART_ROWS, "batch": pa.array([batch] * PART_ROWS, pa.int64())})

    def parts() -> Iterator[pa.RecordBatch]:
        for number in range(PARTS):
            if number == die_at:
                _die()
            yield part

    return pa.RecordBatchReader.from_batches(part.schema, parts())


def _moving_then_dying(move: Callable[..., object]) -> Callable[..., None]:
    def dying(*arguments: object) -> None:
        move(*arguments)
        _die()

    return dying


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

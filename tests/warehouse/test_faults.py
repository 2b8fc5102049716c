"""Processes killed in mid append and between the lake's commit and the ledger's: nothing lost, nothing twice."""

from __future__ import annotations

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.warehouse import victims
from tests.warehouse.conftest import NOON, Hub
from warehouse.batch import Landing, Opening
from warehouse.lake import Lake

RAW = "raw/police/RK"
OPENING = Opening("police", "RK", "increment", "f1", "run-1")


@pytest.mark.parametrize("die_at", [1, victims.PARTS - 1])
def test_a_killed_append_leaves_the_last_version_readable(tmp_path: Path, die_at: int) -> None:
    lake = Lake(tmp_path / "lake")
    lake.append(RAW, pa.table({"XM": ["张伟"], "batch": pa.array([1], pa.int64())}), ("batch",))
    assert victims.run(victims.append, lake.root, 2, die_at) == -signal.SIGKILL
    assert lake.version(RAW) == 0 and lake.read(RAW)["XM"].to_pylist() == ["张伟"]
    lake.sweep(datetime.now(UTC) + timedelta(minutes=1))
    lake.vacuum(RAW, keep_versions=[], retention_hours=0)
    assert [str(path) for path in lake.root.rglob("*.parquet*")] == lake.files(RAW)
    victims.append(lake.root, 2, die_at=victims.PARTS)
    assert lake.read(RAW).num_rows == 1 + victims.ROWS


@pytest.mark.parametrize("point", ["in mid append", "between lake and ledger", "in mid ledger commit"])
def test_a_killed_landing_is_cleared_away_and_landed_again(hub: Hub, tmp_path: Path, point: str) -> None:
    url = hub.database.url.render_as_string(hide_password=False)
    lake, ledger = Lake(tmp_path / "lake"), hub.ledger
    assert victims.run(victims.land, url, lake.root, point) == -signal.SIGKILL
    [orphan] = ledger.batches(state="opening")
    assert ledger.watermark("police", "RK") is None
    assert bool(lake.files(RAW, batch=orphan.id)) == (point != "in mid append")
    # What the next run does first: refuse the orphan and drop what it left in the lake.
    fence = ledger.acquire("land/police", "run-2", NOON)
    ledger.refuse_batch(fence, orphan.id, "died while landing", NOON)
    lake.drop_partition(RAW, batch=orphan.id)
    victims.land(url, lake.root, "")
    [landed] = ledger.batches(state="landed")
    assert landed.id > orphan.id and ledger.watermark("police", "RK") == "2026-03-01"
    assert set(lake.read(RAW)["batch"].to_pylist()) == {landed.id} and lake.read(RAW).num_rows == victims.ROWS


def test_a_landing_whose_reply_was_lost_is_not_appended_twice(hub: Hub, tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    number = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    rows = pa.table({"XM": ["张伟"], "batch": pa.array([number], pa.int64())})
    for _ in range(2):
        version = lake.append(RAW, rows, ("batch",), idempotency=("land", number))
        hub.ledger.land_batch(hub.fence, number, Landing(1, "c", version, "w"), NOON)
    assert lake.read(RAW).num_rows == 1 and hub.ledger.batch(number).lake_version == 0

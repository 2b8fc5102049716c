"""A department that drops lists into a folder, with markers and an archive, and a hub to land them."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.commit import commit
from pipeline.hub import Hub, open_hub
from pipeline.land import land
from pipeline.settings import DEFAULT_CITY, Settings
from pipeline.standardise import standardise
from pipeline.validate import validate
from tests.values.cases import citizen_number

NAME = "agriculture"
CONTRACT = """
department: agriculture
label: 农业农村局
connection: agriculture
owner: 信息中心
schedule: {cron: "0 2 * * *", fresh_within: 26h}
basis: 共享目录
tables:
  people:
    key: [ID]
    file: {pattern: "people*.csv", format: csv, encoding: utf-8, ready: true, archive: landed}
    rows: {change_at_most: 20%}
    emit:
      person:
        person: {name: NAME, citizen_id: NUMBER}
"""
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
ROWS = 1200
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Mailbox:
    """The department's drop folder and the hub's home and database."""

    folder: Path
    hub_url: str

    @property
    def drop_folder(self) -> Path:
        return self.folder / "drop"

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "CITYHUB_HOME": str(self.folder / "var"),
            "CITYHUB_CITY": str(self.folder / "city"),
            "CITYHUB_DATABASE": self.hub_url,
            "CITYHUB_CONNECTION_AGRICULTURE": f"files://{self.drop_folder}",
            "CITYHUB_AS_OF": "2026-07-01",
            "CITYHUB_THREADS": "2",
            "CITYHUB_BATCH_ROWS": "100",
            **more,
        }

    @contextmanager
    def hub(self, clock: Clock = lambda: NOON, **more: str) -> Iterator[Hub]:
        with open_hub(Settings.from_environment(self.environment(**more)), clock=clock) as hub:
            yield hub

    def drop(self, day: int, rows: int = ROWS, name: str = "") -> dict[str, str]:
        """Let the department drop its list of a day; return the names in it by key."""
        people = {f"P{number}": f"张{chr(0x4E00 + number + day)}" for number in range(rows)}
        lines = ["ID,NAME,NUMBER", *(f"{key},{value},{_number(key)}" for key, value in people.items())]
        text = "\n".join(lines).encode() + b"\n"
        path = self.drop_folder / (name or f"people_202606{day:02d}.csv")
        path.with_suffix(".part").write_bytes(text)
        path.with_suffix(".part").rename(path)
        told = f"{len(text)} sha256:{hashlib.sha256(text).hexdigest()}"
        path.with_name(path.name + ".ready").write_text(told)
        return people

    def lying(self) -> list[str]:
        """Return the names of what still lies in the drop folder."""
        return sorted(path.name for path in self.drop_folder.iterdir() if path.is_file())

    def archived(self) -> list[str]:
        """Return what was put away, as batch/name; no name twice."""
        landed = self.drop_folder / "landed"
        return sorted(str(path.relative_to(landed)) for path in landed.glob("*/*"))


def _number(key: str) -> str:
    number = int(key[1:])
    return citizen_number("130302", f"19{50 + number // 400:02d}0101", f"{number % 400 + 100}")


def mailbox(folder: Path, new_database: Callable[[], str] | None) -> Mailbox:
    """Return an empty drop folder; the hub's database on PostgreSQL where `new_database` makes one, else on SQLite."""
    shutil.copytree(DEFAULT_CITY, folder / "city")
    (folder / "city" / "departments" / f"{NAME}.yaml").write_text(CONTRACT, "utf-8")
    (folder / "var").mkdir()
    (folder / "drop").mkdir()
    url = new_database() if new_database else f"sqlite:///{folder / 'var' / 'hub.sqlite'}"
    return Mailbox(folder, url)


def day(hub: Hub) -> None:
    """Take the department all the way to its current statements."""
    for stage in (land, standardise, validate, commit):
        stage(hub, NAME)


def check(hub: Hub) -> None:
    """The ledger balances with the lake, batch by batch, and nothing lies there unaccounted for."""
    held = {}
    if hub.lake.exists(f"raw/{NAME}/people"):
        numbers = hub.lake.read(f"raw/{NAME}/people").column("batch").value_counts().to_pylist()
        held = {one["values"]: one["counts"] for one in numbers}
    for batch in hub.ledger.batches():
        kept = (batch.rows_extracted or 0) - batch.left_out if batch.landed_at else 0
        assert held.pop(batch.id, 0) == kept, batch
    assert held == {}


def healed(one: Mailbox, hub: Hub, people: dict[str, str]) -> None:
    """The next run leaves exactly what the newest list says, its file put away with its marker, once."""
    day(hub)
    land(hub, NAME)
    check(hub)
    rows = hub.lake.read(f"current/{NAME}/person").to_pylist()
    assert {row["source_key"]: row["name"] for row in rows} == people
    assert not hub.ledger.batches(("opening", "landed", "standardised", "held"))
    assert one.lying() == []
    names = [Path(path).name for path in one.archived()]
    assert len(names) == len(set(names)) and all(f"{name}.ready" in names for name in names if name.endswith(".csv"))


def landing_that_dies(variables: dict[str, str], function: str, event: str) -> None:
    """Land in this process, which dies when a function (`file.py:name`) is called or returns (`call`, `return`)."""
    file, _, name = function.partition(":")

    def watch(frame: Any, what: str, _: Any) -> None:
        if what == event and frame.f_code.co_name == name and frame.f_code.co_filename.endswith(file):
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)
    with open_hub(Settings.from_environment(variables), clock=lambda: NOON) as hub:
        land(hub, NAME)


def doomed_landing(variables: dict[str, str], acknowledged: str, point: int) -> None:
    """Land in this process, which dies at the `point`-th call the house makes (0: it lives and counts them)."""
    from tests.pipeline.bureau import die_at

    made = die_at(point)
    with open_hub(Settings.from_environment(variables), clock=lambda: NOON) as hub:
        batch = land(hub, NAME)["batches"][0]["batch"]
        Path(acknowledged).write_text(f"{batch} {made()}")

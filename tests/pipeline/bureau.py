"""A department with one table of people, on SQLite or PostgreSQL, and a hub to land it: for breaking things."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from pipeline.commit import commit
from pipeline.hub import Hub, open_hub
from pipeline.land import land
from pipeline.settings import DEFAULT_CITY, Settings
from pipeline.standardise import standardise
from pipeline.validate import validate
from tests.values.cases import citizen_number

NAME = "social_security"
CONTRACT = """
department: social_security
label: 人社局
connection: social_security
owner: 信息中心
schedule: {cron: "0 2 * * *", fresh_within: 26h}
basis: 共享目录
tables:
  PEOPLE:
    key: [ID]
    cursor: {column: MOVED, overlap: 1h}
    reconcile: keys
    rows: {change_at_most: 20%}
    emit:
      person:
        person: {name: NAME, citizen_id: NUMBER}
    ignore: [FILLER]
"""
NOON = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
ROWS = 1500
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Bureau:
    """The department's database and the hub's, of one kind, with the folder that holds the rest."""

    folder: Path
    source_url: str
    hub_url: str

    @property
    def is_sqlite(self) -> bool:
        return self.source_url.startswith("sqlite")

    @property
    def source(self) -> Path:
        return Path(self.source_url.removeprefix("sqlite:///"))

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "CITYHUB_HOME": str(self.folder / "var"),
            "CITYHUB_CITY": str(self.folder / "city"),
            "CITYHUB_DATABASE": self.hub_url,
            "CITYHUB_CONNECTION_SOCIAL_SECURITY": self.source_url,
            "CITYHUB_AS_OF": "2026-07-01",
            "CITYHUB_THREADS": "2",
            "CITYHUB_BATCH_ROWS": "200",
            "CITYHUB_LOCK_SECONDS": "1",
            "CITYHUB_SILENT_SECONDS": "30",
            **more,
        }

    @contextmanager
    def hub(self, clock: Clock = lambda: NOON, **more: str) -> Iterator[Hub]:
        with open_hub(Settings.from_environment(self.environment(**more)), clock=clock) as hub:
            yield hub

    def change(self, sql: str, *rows: tuple[Any, ...]) -> None:
        """Run one statement (marks are `?`) against the department's database, once a row (or once)."""
        if self.is_sqlite:
            with sqlite3.connect(self.source) as connection:
                connection.executemany(sql, rows or [()])
            connection.close()
            return
        with self.administrator() as connection, connection.cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows or [()])

    def administrator(self) -> psycopg.Connection[Any]:
        return psycopg.connect(plain(self.source_url), autocommit=True)

    def people(self) -> dict[str, tuple[str, str]]:
        """Return what the source holds: name and time by key."""
        engine = sa.create_engine(self.source_url)
        with engine.connect() as connection:
            found = connection.exec_driver_sql('SELECT "ID", "NAME", "MOVED" FROM "PEOPLE"').all()
        engine.dispose()
        return {row[0]: (row[1], row[2]) for row in found}

    def step(self, number: int) -> None:
        """Let a day's work happen at the source: some rows changed, one new, one gone for good."""
        hour = f"2026-06-{2 + number // 20:02d} {number % 20 + 1:02d}:00:00"
        changed = [(f"李{chr(0x4E00 + number)}", hour, f"P{(number * 37 + place) % ROWS}") for place in range(40)]
        self.change('UPDATE "PEOPLE" SET "NAME" = ?, "MOVED" = ? WHERE "ID" = ?', *changed)
        self.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', person(ROWS + number, hour))
        self.change('DELETE FROM "PEOPLE" WHERE "ID" = ?', (f"P{ROWS - 1 - number}",))


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg", "postgresql", 1)


def person(number: int, moved: str = "2026-06-01 08:00:00") -> tuple[str, ...]:
    birth = f"19{50 + number // 400 % 50:02d}0101"
    return (
        f"P{number}",
        f"张{chr(0x4E00 + number)}",
        citizen_number("130302", birth, f"{number % 400 + 100}"),
        moved,
        "x" * 60,
    )


def bureau(folder: Path, new_database: Callable[[], str] | None) -> Bureau:
    """Return a bureau of `ROWS` people; on PostgreSQL where `new_database` makes databases, else on SQLite."""
    shutil.copytree(DEFAULT_CITY, folder / "city")
    (folder / "city" / "departments" / f"{NAME}.yaml").write_text(CONTRACT, "utf-8")
    (folder / "var").mkdir(parents=True)
    if new_database is None:
        made = Bureau(folder, f"sqlite:///{folder / 'source.sqlite'}", f"sqlite:///{folder / 'var' / 'hub.sqlite'}")
    else:
        made = Bureau(folder, new_database(), new_database())
    made.change(
        'CREATE TABLE "PEOPLE" ("ID" TEXT PRIMARY KEY, "NAME" TEXT, "NUMBER" TEXT, "MOVED" TEXT, "FILLER" TEXT)'
    )
    made.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', *(person(number) for number in range(ROWS)))
    return made


def day(hub: Hub) -> None:
    """Take the department all the way to its current statements."""
    for stage in (land, standardise, validate, commit):
        stage(hub, NAME)


def check(hub: Hub) -> None:
    """Whatever happened: the ledger balances with the lake, batch by batch, and nothing lies there unaccounted for."""
    held = {}
    if hub.lake.exists(f"raw/{NAME}/PEOPLE"):
        numbers = hub.lake.read(f"raw/{NAME}/PEOPLE").column("batch").value_counts().to_pylist()
        held = {one["values"]: one["counts"] for one in numbers}
    for batch in hub.ledger.batches():
        kept = (batch.rows_extracted or 0) - batch.left_out if batch.landed_at else 0
        assert held.pop(batch.id, 0) == kept, batch
        if batch.state == "accepted":
            parts = ("standardised", "rejected", "identical", "superseded", "deleted")
            assert sum(int(batch.counts.get(part, 0)) for part in parts) == batch.rows_extracted
    assert held == {}


def healed(one: Bureau, hub: Hub) -> None:
    """The next runs leave exactly what the source holds, accounted for."""
    for _ in range(3):  # a batch that waited, the news behind it, and what only then could be compared
        day(hub)
    check(hub)
    rows = hub.lake.read(f"current/{NAME}/person").to_pylist()
    assert {row["source_key"]: row["name"] for row in rows} == {key: name for key, (name, _) in one.people().items()}
    assert not hub.ledger.batches(("opening", "landed", "standardised", "held"))


def doomed_landing(variables: dict[str, str], acknowledged: str, point: int) -> None:
    """Land in this process, which dies at the `point`-th call a program of the house makes (0: it lives).

    A landing that returns writes its batch's number; one that lives writes how many calls it made as well.
    """
    made = die_at(point)
    with open_hub(Settings.from_environment(variables), clock=lambda: NOON) as hub:
        batch = land(hub, NAME)["batches"][0]["batch"]
        Path(acknowledged).write_text(f"{batch} {made()}")


def die_at(point: int) -> Callable[[], int]:
    calls = 0
    house = str(Path(__file__).resolve().parents[2])

    def count(frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        if event in ("call", "c_call", "c_return") and frame.f_code.co_filename.startswith(house):
            calls += 1
            if calls == point:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)
    return lambda: calls

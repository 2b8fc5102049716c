"""One small department with two tables, in a copy of the demo city: insured people who refer to their employers."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
  INSURED:
    key: [ID]
    cursor: {column: MOVED, overlap: 1h}
    rows: {change_at_most: 20%}
    emit:
      person:
        person: {name: NAME, citizen_id: NUMBER, sex: {from: SEX, codes: sex_word}}
      employment:
        fact:
          employer: {ref: {table: EMPLOYER, key: [FIRM]}, statement: employer}
          employee: $person
        when_present: [FIRM]
  EMPLOYER:
    key: [FIRM]
    cursor: {column: MOVED, overlap: 1h}
    emit:
      employer:
        business: {name: TITLE}
codes:
  sex_word: {男: "1"}
"""
CLOCK = datetime(2026, 7, 1, 2, 0, tzinfo=UTC)


@dataclass
class Office:
    """The department's database, the city that holds its contract, and a clock that tests set."""

    folder: Path
    now: datetime = CLOCK

    @property
    def source(self) -> Path:
        return self.folder / "var" / "demo" / "sources" / f"{NAME}.sqlite"

    @property
    def contract(self) -> Path:
        return self.folder / "city" / "departments" / f"{NAME}.yaml"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "CITYHUB_HOME": str(self.folder / "var"),
            "CITYHUB_CITY": str(self.folder / "city"),
            "CITYHUB_AS_OF": "2026-07-01",
            "CITYHUB_THREADS": "2",
        }

    @contextmanager
    def hub(self) -> Iterator[Hub]:
        with open_hub(Settings.from_environment(self.environment), clock=lambda: self.now) as hub:
            yield hub

    def change(self, sql: str, *rows: tuple[Any, ...]) -> None:
        """Run one statement against the department's own database, once a row (or once)."""
        connection = sqlite3.connect(self.source)
        connection.executemany(sql, rows or [()])
        connection.commit()
        connection.close()

    def insure(self, *rows: tuple[Any, ...]) -> None:
        self.change("INSERT INTO INSURED VALUES (?, ?, ?, ?, ?, ?)", *rows)

    def employ(self, *rows: tuple[Any, ...]) -> None:
        self.change("INSERT INTO EMPLOYER VALUES (?, ?, ?)", *rows)

    def mend(self, old: str, new: str) -> None:
        """Change a word of the contract."""
        text = self.contract.read_text("utf-8")
        assert old in text
        self.contract.write_text(text.replace(old, new), "utf-8")


def office(folder: Path) -> Office:
    """Return an office with two insured people; one works for a firm that its own table does not hold yet."""
    made = Office(folder)
    shutil.copytree(DEFAULT_CITY, folder / "city")
    for contract in (folder / "city" / "departments").glob("*.yaml"):  # what is found must not hang on the hour
        text = contract.read_text("utf-8")
        contract.write_text(re.sub(r' window: "[^"]*",', "", text), "utf-8")
    made.contract.write_text(CONTRACT, "utf-8")
    made.source.parent.mkdir(parents=True)
    made.change("CREATE TABLE INSURED (ID TEXT, NAME TEXT, NUMBER TEXT, SEX TEXT, FIRM TEXT, MOVED TEXT)")
    made.change("CREATE TABLE EMPLOYER (FIRM TEXT, TITLE TEXT, MOVED TEXT)")
    made.insure(person(1, "张伟", "F1"), person(2, "李娜", "F9", sex="女"))
    made.employ(("F1", "秦皇岛市海港区平安商店", moved(1)))
    return made


def person(number: int, name: str, firm: str | None, sex: str = "男", day: int = 1) -> tuple[Any, ...]:
    """A row of INSURED: a sound number of its own for each `number`."""
    sequence = 101 + 2 * number + (sex == "女")
    return (f"P{number}", name, citizen_number("130302", "19800101", str(sequence)), sex, firm, moved(day))


def moved(day: int) -> str:
    return f"2026-06-{day:02d} 08:00:00"


def day_run(hub: Hub) -> dict[str, Any]:
    """Run the department's four stages; return what commit told."""
    land(hub, NAME)
    standardise(hub, NAME)
    validate(hub, NAME)
    return commit(hub, NAME)


def names(hub: Hub) -> dict[str, str]:
    """Return the current persons' names by their key."""
    rows = hub.lake.read(f"current/{NAME}/person").to_pylist() if hub.lake.exists(f"current/{NAME}/person") else []
    return {row["source_key"]: row["name"] for row in rows}


def facts(hub: Hub) -> list[str]:
    """Return the keys of people whose employment stands."""
    name = f"current/{NAME}/employment"
    return sorted(row["source_key"] for row in hub.lake.read(name).to_pylist()) if hub.lake.exists(name) else []


def later(one: Office, **span: int) -> None:
    one.now += timedelta(**span)

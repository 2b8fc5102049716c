"""Build the demo city: draw chunks, let the departments write them, spoil them, store them, and keep the truth."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from demo import truth
from demo.departments import DEPARTMENTS
from demo.departments import agriculture as paper
from demo.dirt import Dirty, spoil
from demo.drops import DropTables
from demo.profile import Profile
from demo.stores import MysqlTables, PostgresTables, SqliteTables, Tables
from demo.world import FIRST_DAY, Chunk, Size, draw_chunk

Progress = Callable[[int], None]


class BuildError(RuntimeError):
    """The folder or the request does not allow this build; the message says what to do instead."""


@dataclass(frozen=True)
class Order:
    """What to build and where. `servers` maps a department to a database URL; all others stay in files."""

    size: Size
    profile: Profile
    out: Path
    truth: Path
    day: int = 0
    servers: dict[str, str] = field(default_factory=dict)


@dataclass
class Summary:
    """What was built: rows by department and table, errors, seconds."""

    day: int
    rows: dict[tuple[str, str], int] = field(default_factory=dict)
    changes: dict[tuple[str, str], int] = field(default_factory=dict)
    errors: int = 0
    detectable: int = 0
    seconds: float = 0.0

    def count(self, dirty: Dirty) -> None:
        """Add one chunk's rows and errors."""
        place = (dirty.table.department, dirty.table.name)
        self.rows[place] = self.rows.get(place, 0) + len(dirty.columns[dirty.table.key])
        self.errors += dirty.defects.num_rows
        self.detectable += pa.compute.sum(dirty.defects["detectable"]).as_py() or 0


def open_tables(order: Order, department: str) -> Tables:
    """Return where a department keeps its tables: a server when one was chosen, else its file or drop folder."""
    url = order.servers.get(department, "")
    if url.startswith("postgres"):
        return PostgresTables(url, department)
    if url.startswith("mysql"):
        return MysqlTables(url)
    if department == paper.DEPARTMENT:
        return DropTables(order.out / "drop" / department, paper.FILES, paper.SHEET)
    return SqliteTables(order.out / "sources" / f"{department}.sqlite")


class Writer(threading.Thread):
    """One thread that stores what the drawing thread makes, a few chunks behind; its first error is raised there."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.tasks: queue.Queue[Callable[[], None] | None] = queue.Queue(maxsize=16)
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Do tasks in their order until None comes; after an error only drain."""
        while (task := self.tasks.get()) is not None:
            if self.error is None:
                try:
                    task()
                except BaseException as error:  # handed to the drawing thread, which raises it
                    self.error = error

    def put(self, task: Callable[[], None]) -> None:
        """Queue a task. Raises the error of an earlier one."""
        if self.error is not None:
            raise self.error
        self.tasks.put(task)

    def end(self) -> None:
        """Wait for the last task. Raises its error."""
        self.tasks.put(None)
        self.join()
        if self.error is not None:
            raise self.error


def build_first_day(order: Order, progress: Progress = lambda people: None) -> Summary:
    """Build day 0 into empty or older places and return its summary; `progress` is told people done."""
    started, summary = time.monotonic(), Summary(0)
    for leftover in sorted((order.out / "sources").glob("*.sqlite*")) if (order.out / "sources").is_dir() else []:
        leftover.unlink()
    stores = {name: open_tables(order, name) for name in DEPARTMENTS}
    for name, module in DEPARTMENTS.items():
        for table in module.TABLES:
            stores[name].create(table)
    files, writer = truth.TruthFiles(order.truth), Writer()
    for number in range(order.size.chunks):
        chunk = draw_chunk(order.size, number, order.profile)
        for dirty in spoil_chunk(chunk, order.profile, stores):
            summary.count(dirty)
            writer.put(store_task(stores[dirty.table.department], files, dirty, 0))
        writer.put(truth_task(files, chunk))
        progress(len(chunk.people))
    writer.end()
    files.close()
    with ThreadPoolExecutor(max_workers=2) as pool:  # SQLite builds its indexes without the interpreter's lock
        list(pool.map(lambda name: finish(stores[name], name), DEPARTMENTS))
    mark(order, 0)
    summary.seconds = time.monotonic() - started
    return summary


def finish(store: Tables, department: str) -> None:
    """Index and close a department's tables after the first load."""
    for table in DEPARTMENTS[department].TABLES:
        store.finish(table)
    store.close()


def spoil_chunk(chunk: Chunk, profile: Profile, stores: dict[str, Tables]) -> list[Dirty]:
    """Return what all departments hold about a chunk."""
    made = []
    for place, (name, module) in enumerate(DEPARTMENTS.items()):
        for number, emission in enumerate(module.emit(chunk, profile)):
            random = chunk.random(1000 + place * 10 + number)
            made.append(spoil(emission, profile, random, stores[name].holds, chunk.day))
    return made


def store_task(tables: Tables, files: truth.TruthFiles, dirty: Dirty, day: int) -> Callable[[], None]:
    """Return the task that stores one chunk of one table and its truth."""

    def task() -> None:
        tables.append(dirty.table, pa.table(dirty.columns))
        files.add("records", truth.records(dirty, day))
        files.add("defects", dirty.defects)
        files.add("facts", truth.stated(dirty.emission, day))

    return task


def truth_task(files: truth.TruthFiles, chunk: Chunk) -> Callable[[], None]:
    """Return the task that stores who and what is true in a chunk."""

    def task() -> None:
        files.add("persons", truth.persons(chunk))
        files.add("businesses", truth.businesses(chunk))
        files.add("facts", truth.facts(chunk))

    return task


def as_of(day: int) -> str:
    """Return the date of a day, YYYY-MM-DD; day 0 is 2026-06-30."""
    return str(np.datetime64(FIRST_DAY + day, "D"))


def mark(order: Order, day: int) -> None:
    """Write city.json: what stands in the folder now. It is written last, so a broken build shows."""
    city = {
        "as_of": as_of(day),
        "day": day,
        "residents": order.size.residents,
        "seed": order.size.seed,
        "profile": order.profile.name,
        "on_servers": sorted(order.servers),
    }
    fresh = order.out / ".city.json"
    fresh.write_text(json.dumps(city, indent=2) + "\n", encoding="utf-8")
    fresh.replace(order.out / "city.json")


def standing(out: Path) -> dict[str, object] | None:
    """Return city.json of a folder, or None where there is none."""
    path = out / "city.json"
    if not path.is_file():
        return None
    city: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return city

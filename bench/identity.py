"""Linking a city of people: everything at once, then one per cent changed, then judgements.

`python -m bench.identity [--people 1000000] [--postgres URL]` fills a hub's lake with a register and two departments,
and prints one line a measurement, times as wall and CPU seconds of this process (all threads), and the share that an
increment costs of linking everything again by the same model, ladder and evidence. `link` is the stage; `apply` what
publishing then does to the tables of links, identities and block keys, and to what linking looks up.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from bench.identity_city import NOW, SOURCES, changed_rows, city, take
from engine.memory import keep_freed_memory
from pipeline.evidence import models_in_force
from pipeline.hub import Hub, open_hub
from pipeline.link import link
from pipeline.lookup import refresh_lookup
from pipeline.models_in_force import Acceptance
from pipeline.publish import apply_links
from pipeline.settings import Settings
from pipeline.staging import HUB_FENCE, clear, version_folder
from schemas.arrow import statement_schema
from warehouse.judgements import JudgementEntry
from warehouse.serving import Publication


@dataclass
class Spent:
    """What a measurement cost, filled in when it ends."""

    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.cpu + other.cpu)


@contextmanager
def measured(what: str, rows: int) -> Iterator[Spent]:
    """Print what the block costs."""
    spent, wall, cpu = Spent(), time.perf_counter(), time.process_time()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    cost = f"{spent.wall:>8.2f} s {spent.cpu:>8.2f} CPU s, peak {peak:.1f} GB"
    print(f"{what:<44} {rows:>10,} records {cost}", flush=True)


def compared(what: str, part: Spent, whole: Spent) -> None:
    """Print what a part cost of the whole."""
    shares = f"{part.wall / whole.wall:.1%} of the whole by the clock, {part.cpu / whole.cpu:.1%} of its CPU time"
    print(f"{what:<44} {shares}")


@contextmanager
def hub_of(folder: Path, url: str) -> Iterator[Hub]:
    """Open an empty hub of the demo city on that database, with four gigabytes and two threads."""
    told = {"CITYHUB_HOME": str(folder), "CITYHUB_DATABASE": url, "CITYHUB_THREADS": "2"}
    settings = replace(Settings.from_environment(told), as_of=date(2026, 7, 1))
    with open_hub(settings, "bench", lambda: NOW) as hub:
        yield hub


def applied(hub: Hub, number: int, what: str, rows: int) -> Spent:
    """Bring what the version decided into the lake and publish it, as the swap would; return what the lake cost."""
    fence, version = hub.ledger.acquire(HUB_FENCE, "bench", NOW), hub.ledger.version(number)
    manifest: dict[str, int] = {}
    with measured(what, rows) as spent:
        for entity in hub.city.standard.parties:
            manifest |= apply_links(hub, version, entity)
    for state in ("survived", "applying"):
        hub.ledger.advance(fence, number, state)  # type: ignore[arg-type]
    hub.serving.swap(fence, number, Publication(manifest, {}, NOW))
    with measured("  looked up from now on", rows) as kept:
        refresh_lookup(hub, hub.ledger.version(number))
    clear(version_folder(hub, number))
    return spent + kept


def run(people: int, url: str, folder: Path) -> None:
    """Measure on one database: an ordinary day, a quiet one, a hard one (bench.identity_city.DAYS), judgements."""
    with hub_of(folder, url) as hub:
        hub.serving.ensure()
        entity = hub.city.standard.entities["person"]
        parts = city(people, statement_schema(entity))
        rows = take(hub, entity, parts, "new")
        with measured("everything, with a model trained", rows):
            version = link(hub)["version"]
        first = applied(hub, version, "  applied", rows)
        models = models_in_force(hub, hub.ledger.published_version())
        with measured("everything again by that model", rows) as whole:
            link(hub, Acceptance("bench", "bench"), models)
        for number, (share, kind) in enumerate(((0.01, "ordinary"), (0.001, "ordinary"), (0.01, "hard"))):
            day = [changed_rows(one, share, 100 * number + place, kind) for place, one in enumerate(parts)]
            count = take(hub, entity, day, "changed")
            with measured(f"{share:.1%} changed, {kind} day", count) as part:
                version = link(hub)["version"]
            written = applied(hub, version, "  applied", count)
            compared("  link", part, whole)
            compared("  link and apply", part + written, whole + first)
        judge(hub, parts)
        with measured("a day of 300 judgements", 600) as part:
            link(hub)
        compared("  link", part, whole)


def judge(hub: Hub, parts: list[pa.Table]) -> None:
    """Say of 300 records of one department and 300 of another, of different people, that they are the same."""
    sides = (parts[1]["record_id"].slice(0, 300), parts[2]["record_id"].slice(300, 300))
    pairs = [sorted(pair) for pair in zip(*(side.to_pylist() for side in sides), strict=True)]
    entries = [JudgementEntry("person", *pair, "same", "bench", "bench", "bench") for pair in pairs]
    hub.ledger.judge(entries, NOW, hub.ledger.last_judgement())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=100_000)
    arguments.add_argument("--postgres", help="URL of an empty PostgreSQL database")
    options = arguments.parse_args()
    keep_freed_memory()  # as the program does
    for url in ["", *([options.postgres] if options.postgres else [])]:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{url.partition(':')[0] or 'sqlite'}: {options.people:,} people, {len(SOURCES)} sources", flush=True)
            run(options.people, url, Path(folder))


if __name__ == "__main__":
    main()

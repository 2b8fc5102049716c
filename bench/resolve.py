"""Who is this record, now: latency and rate of resolving single records against a city's index.

`python -m bench.resolve [--people 1000000] [--records 2000] [--postgres URL]` builds the index of a register in a hub
database, trains a model on a part of it, and prints how long a record takes (median, 95th, 99th percentile) and how
many a second one core resolves. Processor time is what one core would need; the clock also counts its neighbours.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.identity_city import ids, names
from engine.duckdb_engine import DuckDBEngine
from matching.linkage import Given, match
from matching.online import Online, identifier_hash, keys_of, values_table
from matching.online_ladder import identifiers
from pipeline.ladder_rules import ladder_rules
from pipeline.resolve import AT_ONCE, Resolver
from pipeline.settings import DEFAULT_CITY
from schemas.arrow import statement_schema
from schemas.city_file import load_city
from warehouse.database import Database
from warehouse.ledger import Ledger
from warehouse.resolve_index import IDENTIFIER, KEYS, ROWS, IndexState, ResolveIndex, row_number

ROADS = ("河北大街", "文化路", "民族路", "燕山大街", "迎宾路", "红旗路", "建设大街", "和平大街")
CHUNK, TRAINED_ON = 50_000, 40_000


def people(start: int, count: int) -> list[dict[str, Any]]:
    """Return register rows: numbers, names, birth dates, phones, addresses; the same for the same numbers."""
    random = np.random.default_rng(start + 7)
    named, days = names(random, count).to_pylist(), random.integers(0, 25_000, count)
    roads, houses, rooms = (random.integers(1, most, count) for most in (len(ROADS), 400, 99))
    made = []
    for place in range(count):
        born = date(1940, 1, 1) + timedelta(days=int(days[place]))
        address = f"河北省秦皇岛市海港区{ROADS[roads[place]]}{houses[place]}号{rooms[place]}室"
        values = {"name": named[place], "birth_date": born, "sex": "12"[place % 2], "address": address}
        values["citizen_id"] = f"130302{born:%Y%m%d}{(start + place) % 10_000:04d}"
        values["phone"] = f"139{start + place:08d}"
        made.append(values)
    return made


def asked(rows: list[dict[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """Yield records of these people as departments write them: most without number, some with an error or a gap."""
    random = np.random.default_rng(seed)
    for row in rows:
        record = dict(row)
        if random.random() < 0.7:
            del record["citizen_id"]
        if random.random() < 0.2:
            record["phone"] = f"138{random.integers(0, 10**8):08d}"
        if random.random() < 0.2:
            del record["address"]
        if random.random() < 0.1:
            record["name"] = record["name"][0] + "某"
        yield record


def index_parts(online: Online, total: int, schema: pa.Schema) -> Iterator[tuple[pa.Table, pa.Table]]:
    for start in range(0, total, CHUNK):
        rows = people(start, min(CHUNK, total - start))
        records = ids(start, len(rows)).to_pylist()
        blocked = keys_of(online, values_table(online, rows, schema, told=False))
        numbers = [row_number(record) for record in records]
        places, rules = np.nonzero(blocked)
        own = np.array([identifier_hash(identifiers(online.rules, row))[0] for row in rows], np.int64)
        keys = pa.table(
            [
                np.concatenate([rules, np.full(len(rows), IDENTIFIER)]).astype(np.int32),
                np.concatenate([blocked[places, rules], own]),
                np.concatenate([np.array(numbers)[places], numbers]).astype(np.int64),
            ],
            schema=KEYS,
        )
        made = [
            {"row": number, "record_id": record, "hub_id": f"P{number}", "unit": f"row:{record}", "anchor": True}
            | {"content": json.dumps(row, ensure_ascii=False, default=str)}
            for number, record, row in zip(numbers, records, rows, strict=True)
        ]
        yield pa.Table.from_pylist(made, schema=ROWS), keys


def online_of(folder: Path) -> tuple[Online, Any]:
    """Return what resolving needs: the demo city's specification, and a model trained on a part of the people."""
    city = load_city(DEFAULT_CITY)
    entity, spec = city.standard.entities["person"], city.linkage["person"]
    context = {"gazetteer": city.gazetteer, "regions": city.locality.company_prefixes}
    untrained = Online(ladder_rules(city, "person"), spec, None, context)
    schema, base = statement_schema(entity), people(0, TRAINED_ON)
    sides = [base, list(asked(base[: TRAINED_ON // 2], 1))]
    tables = [values_table(untrained, side, schema, told=place > 0) for place, side in enumerate(sides)]
    tables = [one.append_column("id", pa.array([str(place) for place in range(one.num_rows)])) for one in tables]
    model = match(DuckDBEngine("4GB", 2, folder / "spill"), tables[0], tables[1], spec, Given(context)).model
    return Online(untrained.rules, spec, model, context), entity


def run(url: str, total: int, records: int, folder: Path) -> None:
    online, entity = online_of(folder)
    database = Database(url)
    database.migrate()
    index, now = ResolveIndex(database), datetime(2026, 7, 1, tzinfo=UTC)
    fence = Ledger(database).acquire("hub", "bench", now)
    started = time.perf_counter()
    index.replace(fence, "person", None, index_parts(online, total, statement_schema(entity)), IndexState(1, ""))
    kind = database.url.get_backend_name()
    print(f"{kind}: index of {total:,} people {time.perf_counter() - started:.0f} s", flush=True)
    resolver = Resolver(entity, online, index, 1, frozenset({"birth_date"}))
    some = np.random.default_rng(3).integers(0, total // CHUNK or 1, 4).tolist()
    parts = ((place * records // 4, people(part * CHUNK, min(CHUNK, total))) for place, part in enumerate(some))
    chosen = [row for start, rows in parts for row in rows[start : start + records // 4]]  # nobody is asked for twice
    spent, clock, decisions = [], [], {}
    for place, record in enumerate(asked(chosen, 2)):
        wall, cpu = time.perf_counter(), time.thread_time()
        answer = resolver.answer(record)
        if place >= 20:  # the first ones read what all others share
            spent.append(time.thread_time() - cpu)
            clock.append(time.perf_counter() - wall)
        decisions[answer.decision] = decisions.get(answer.decision, 0) + 1
    for what, times in (("CPU", spent), ("clock", clock)):
        low, high, most = (1000 * float(np.percentile(times, part)) for part in (50, 95, 99))
        rate = len(times) / sum(times)
        print(f"  {what:<6} median {low:.1f} ms, p95 {high:.1f} ms, p99 {most:.1f} ms, {rate:,.0f} records/s a core")
    print(f"  decisions {decisions}")
    many, cpu = list(asked(chosen, 4)), time.thread_time()
    for start in range(0, len(many), AT_ONCE):
        resolver.answers(many[start : start + AT_ONCE])
    print(f"  a file, {AT_ONCE} at once: {len(many) / (time.thread_time() - cpu):,.0f} records/s a core (CPU time)")
    database.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=100_000)
    arguments.add_argument("--records", type=int, default=2_000)
    arguments.add_argument("--postgres", help="URL of an empty PostgreSQL database")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for url in [f"sqlite:///{folder}/hub.sqlite", *([options.postgres] if options.postgres else [])]:
            run(url, options.people, options.records, Path(folder))


if __name__ == "__main__":
    main()

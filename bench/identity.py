"""Linking a city of people: everything at once, then one per cent changed, then judgements; and one record now.

`python -m bench.identity [--people 1000000] [--postgres URL]` prints one line a measurement, times as wall and CPU
seconds of this process (all threads), and the share that an increment costs of linking everything.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.duckdb_engine import DuckDBEngine
from engine.relation import ParquetFiles
from matching.judgements import Judged, Judgement, judged
from matching.ladder import LinkChanges, LinkInputs, link
from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement
from matching.tables import CHANGED, IDENTITY, LINKS
from pipeline.hub_ids import mint
from values import person_name

RULES = LadderRules(
    "person",
    (KeyColumn("citizen_id", "citizen_id"), KeyColumn("document_number", "document", "document_type")),
    (AnchorSource("police", "RK"),),
    True,
    NameAgreement(
        person_name.compare,
        person_name.LEVELS,
        frozenset({"same", "variant", "same_sound"}),
        former_column="former_name",
    ),
    "bench",
)
TEXTS = ("record_id", "department", "source_table", "statement", "name", "former_name", "citizen_id")
PAPERS = ("document_type", "document_number")
SCHEMA = pa.schema([*((name, pa.string()) for name in (*TEXTS, *PAPERS)), ("observed_at", pa.timestamp("us"))])
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰萍红文斌建国志鹏晓东海波浩宇欣怡子涵"


@dataclass
class Spent:
    """What a measurement cost, filled in when it ends."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def measured(what: str, rows: int) -> Iterator[Spent]:
    spent, wall, cpu = Spent(), time.perf_counter(), time.process_time()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    cost = f"{spent.wall:>8.2f} s {spent.cpu:>8.2f} CPU s, peak {peak:.1f} GB"
    print(f"{what:<44} {rows:>10,} records {cost}", flush=True)


def compared(part: Spent, whole: Spent) -> None:
    """Print what a part cost of the whole."""
    shares = f"{part.wall / whole.wall:.1%} of the whole by the clock, {part.cpu / whole.cpu:.1%} of its CPU time"
    print(f"{'':<44} {shares}")


def ids(start: int, count: int) -> pa.Array:
    """Return ids spread like keyed hashes, the same for the same numbers."""
    spread = (np.arange(start, start + count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return pa.array([f"{number:016x}{number ^ 0xA5A5A5A5A5A5A5A5:016x}" for number in spread.tolist()])


def names(random: np.random.Generator, count: int) -> pa.Array:
    characters = [np.array(list(SURNAMES)), np.array(list(GIVEN)), np.array([*GIVEN, ""])]
    parts = [pa.array(one[random.integers(0, len(one), count)]) for one in characters]
    return pc.binary_join_element_wise(*parts, "")


def city(people: int, seed: int = 1) -> pa.Table:
    """Return one register row and two departments' records a person: some with another name, a wrong or no number."""
    random = np.random.default_rng(seed)
    numbers = pa.array([f"130302{19500000 + number % 500000:08d}{number:010d}" for number in range(people)])
    named, parts = names(random, people), []
    for place, department in enumerate(("police", "social", "insurance")):
        name, number = named, numbers
        if place:
            name = pc.if_else(pa.array(random.random(people) < 0.02), names(random, people), name)
            unknown = pc.binary_join_element_wise(pa.repeat(pa.scalar("9"), people), numbers, "")
            number = pc.if_else(pa.array(random.random(people) < 0.03), unknown, number)
            number = pc.if_else(pa.array(random.random(people) < 0.05), pa.scalar(None, pa.string()), number)
        fixed = {"department": department, "source_table": "RK" if not place else "P", "statement": "person"}
        columns = {name_: pa.repeat(pa.scalar(value), people) for name_, value in fixed.items()}
        columns |= {"record_id": ids(place * people, people), "name": name, "citizen_id": number}
        columns["observed_at"] = pa.array(random.integers(1, 10**15, people), pa.timestamp("us"))
        parts.append(_fitted(columns, people))
    return pa.concat_tables(parts)


def _fitted(columns: dict[str, pa.Array], rows: int) -> pa.Table:
    return pa.table(
        [columns.get(one.name, pa.nulls(rows, one.type)) for one in SCHEMA], schema=SCHEMA
    )


def changed_rows(records: pa.Table, share: float, seed: int) -> tuple[pa.Table, pa.Table]:
    """Return the records with a share of them changed (a new name, or another number), and which (CHANGED)."""
    random = np.random.default_rng(seed)
    chosen = pa.array(random.random(records.num_rows) < share)
    other = pc.if_else(chosen, names(random, records.num_rows), records.column("name"))
    moved = records.set_column(records.schema.get_field_index("name"), "name", other)
    which = records.filter(chosen).column("record_id").combine_chunks()
    return moved, pa.table([which, pa.repeat(pa.scalar("changed"), len(which))], schema=CHANGED)


class Standing:
    """Records, links and identities as Parquet files, as the lake keeps them."""

    def __init__(self, folder: Path, engine: DuckDBEngine) -> None:
        self.folder, self.engine, self.commit = folder, engine, 0

    def write(self, name: str, table: pa.Table) -> None:
        for place, start in enumerate(range(0, max(table.num_rows, 1), 500_000)):
            pq.write_table(table.slice(start, 500_000), self.folder / f"{name}-{place}.parquet", compression="zstd")

    def files(self, name: str, schema: pa.Schema) -> ParquetFiles:
        return ParquetFiles(tuple(str(path) for path in sorted(self.folder.glob(f"{name}-*.parquet"))), schema)

    def link(self, changed: pa.Table, obeyed: Judged = Judged()) -> LinkChanges:  # noqa: B008 - frozen and empty
        self.commit += 1
        inputs = LinkInputs(
            self.files("records", SCHEMA), changed, self.files("links", LINKS), self.files("identity", IDENTITY),
            judged=obeyed,
        )  # fmt: skip
        return link(self.engine, inputs, RULES, self.commit, partial(mint, "person"))

    def keep(self, changes: LinkChanges) -> None:
        """Put what changed into the standing tables."""
        for name, key, schema in (("links", "record_id", LINKS), ("identity", "hub_id", IDENTITY)):
            fresh = changes.link_upserts if name == "links" else changes.identity_upserts
            files = sorted(self.folder.glob(f"{name}-*.parquet"))
            old = pa.concat_tables([schema.empty_table(), *(pq.read_table(file) for file in files)])
            stays = pc.invert(pc.is_in(old.column(key), value_set=fresh.column(key).combine_chunks()))
            self.write(name, pa.concat_tables([old.filter(stays), fresh]))


def run(people: int, folder: Path) -> None:
    engine = DuckDBEngine("4GB", 2, folder / "spill")
    standing, records = Standing(folder, engine), city(people)
    standing.write("records", records)
    everything = pa.table(
        [records.column("record_id").combine_chunks(), pa.repeat(pa.scalar("new"), records.num_rows)], schema=CHANGED
    )
    with measured("everything at once", records.num_rows) as whole:
        changes = standing.link(everything)
    standing.keep(changes)
    del changes, everything
    for share in (0.01, 0.001):
        records, changed = changed_rows(records, share, int(share * 10_000))
        standing.write("records", records)
        with measured(f"{share:.1%} changed", changed.num_rows) as part:
            changes = standing.link(changed)
        standing.keep(changes)
        compared(part, whole)
    sides = [records["record_id"].slice(start, 300).to_pylist() for start in (0, records.num_rows - 300)]
    ledger = [Judgement(number, *sorted(pair), "same") for number, pair in enumerate(zip(*sides, strict=True), 1)]
    with measured("a day of 300 judgements", 600) as part:
        standing.link(CHANGED.empty_table(), judged(ledger, 0, 300))
    compared(part, whole)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=100_000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(options.people, Path(folder))


if __name__ == "__main__":
    main()

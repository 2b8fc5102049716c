"""A hub that holds a city of people: statements put straight into the lake, batches into the ledger.

One register row and two departments' records a person: some with another name or phone, a wrong number or none, no
address; some of people whom the register does not know. They live on the roads and in the villages of the demo city.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.commit import LAKE, history_schema
from pipeline.hub import Hub
from pipeline.lake_tables import current_table, history_table
from pipeline.settings import DEFAULT_CITY
from pipeline.staging import HUB_FENCE
from schemas.arrow import statement_schema
from schemas.gazetteer_file import load_gazetteer
from schemas.standard import Entity
from warehouse.batch import Landing, Opening

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰萍红文斌建国志鹏晓东海波浩宇欣怡子涵"
SOURCES = (("police_population", "RK_CZRK", "person"), ("social_security", "P", "person"), ("health", "P", "person"))
STRANGERS = 0.005  # of a department's records: people whom the register does not know
# What a day changes of a record, in shares: people move and get new phones; a name or number that disagrees with the
# register's is a clerk's error. A hard day has only changes that linking cannot take as they are.
DAYS = {
    "ordinary": {"phone": 0.5, "address": 0.4, "name": 0.06, "citizen_id": 0.04},
    "hard": {"name": 1 / 3, "citizen_id": 1 / 3, "phone": 1 / 3},
}
NOW = datetime(2026, 7, 1, tzinfo=UTC)


def ids(start: int, count: int) -> pa.Array:
    """Return ids spread like keyed hashes, the same for the same numbers."""
    spread = (np.arange(start, start + count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return pa.array([f"{number:016x}{number ^ 0xA5A5A5A5A5A5A5A5:016x}" for number in spread.tolist()])


def names(random: np.random.Generator, count: int) -> pa.Array:
    """Return so many names of a surname and one or two characters."""
    characters = [np.array(list(SURNAMES)), np.array(list(GIVEN)), np.array([*GIVEN, ""])]
    parts = [pa.array(one[random.integers(0, len(one), count)]) for one in characters]
    return pc.binary_join_element_wise(*parts, "")


def city(people: int, schema: pa.Schema, seed: int = 1) -> list[pa.Table]:
    """Return the statements of each source (SOURCES), `people` rows each."""
    random = np.random.default_rng(seed)
    base = _values(random, people, 0)
    parts = []
    for place in range(len(SOURCES)):
        values = dict(base)
        if place:
            stranger = pa.array(random.random(people) < STRANGERS)
            others = _values(random, people, people * place)
            values = {name: pc.if_else(stranger, others[name], column) for name, column in base.items()}
            values = _as_written(random, values, people)
        parts.append(_statements(values, place, people, random, schema))
    return parts


def _values(random: np.random.Generator, count: int, start: int) -> dict[str, pa.Array]:
    days = random.integers(0, 25_000, count)
    born = pa.array((np.datetime64("1940-01-01") + days).astype("datetime64[D]"), pa.date32())
    number = pa.array([f"{(start + place) % 10_000:04d}" for place in range(count)])
    written = pc.strftime(born, format="%Y%m%d")
    return {
        "name": names(random, count),
        "birth_date": born,
        "sex": pa.array(np.array(["1", "2"])[random.integers(0, 2, count)]),
        "citizen_id": pc.binary_join_element_wise("130302", written, number, ""),
        "phone": pa.array([f"139{start + place:08d}" for place in range(count)]),
        "address": _addresses(random, count),
    }


@cache
def _places() -> tuple[list[str], list[str]]:
    """Return the demo city's roads, and its villages and communities, each with what stands before it."""
    known = load_gazetteer(DEFAULT_CITY / "gazetteer")
    named = {code: f"{known.city.name}{division.name}" for code, division in known.divisions.items()}
    roads = [f"河北省{named[codes[0]]}{road}" for road, codes in known.roads.items()]
    return roads, [f"河北省{named[one.divisions[0]]}{one.name}" for one in known.villages]


def _addresses(random: np.random.Generator, count: int) -> pa.Array:
    """Return so many addresses, half of them on roads."""
    roads, villages = _places()
    drawn = (random.integers(0, most, count).tolist() for most in (2, len(roads), len(villages), 400, 99))
    return pa.array(
        [
            f"{roads[road]}{house + 1}号{room + 1}室" if town else f"{villages[village]}{house + 1}号"
            for town, road, village, house, room in zip(*drawn, strict=True)
        ]
    )


def _as_written(random: np.random.Generator, values: dict[str, pa.Array], count: int) -> dict[str, pa.Array]:
    def some(share: float) -> pa.Array:
        return pa.array(random.random(count) < share)

    nothing = pa.scalar(None, pa.string())
    wrong = pc.binary_join_element_wise("9", pc.utf8_slice_codeunits(values["citizen_id"], 1), "")
    number = pc.if_else(some(0.03), wrong, values["citizen_id"])
    phone = pa.array([f"138{one:08d}" for one in random.integers(0, 10**8, count).tolist()])
    return values | {
        "name": pc.if_else(some(0.02), names(random, count), values["name"]),
        "citizen_id": pc.if_else(some(0.05), nothing, number),
        "phone": pc.if_else(some(0.2), phone, values["phone"]),
        "address": pc.if_else(some(0.3), nothing, values["address"]),
    }


def _statements(
    values: dict[str, pa.Array], place: int, count: int, random: np.random.Generator, schema: pa.Schema
) -> pa.Table:
    department, table, statement = SOURCES[place]
    fixed = {"department": department, "source_table": table, "statement": statement}
    columns = {name: pa.repeat(pa.scalar(value), count) for name, value in fixed.items()}
    columns |= {"record_id": ids(place * count, count), "observed_at": pa.array(random.integers(1, 10**15, count))}
    columns["observed_at"] = columns["observed_at"].cast(pa.timestamp("us"))
    columns |= values | {"batch": pa.repeat(pa.scalar(0, pa.int64()), count)}
    return pa.table([columns.get(one.name, pa.nulls(count, one.type)) for one in schema], schema=schema)


def changed_rows(records: pa.Table, share: float, seed: int, day: str = "ordinary") -> pa.Table:
    """Return the share of the records that a day (DAYS) changes: each has one field of another person."""
    random, shares = np.random.default_rng(seed), DAYS[day]
    chosen = records.filter(pa.array(random.random(records.num_rows) < share))
    kind = random.choice(len(shares), chosen.num_rows, p=list(shares.values()))
    other = _values(random, chosen.num_rows, 10**7 + seed)
    for place, name in enumerate(shares):
        moved = pc.if_else(pa.array(kind == place), other[name], chosen[name].combine_chunks())
        chosen = chosen.set_column(chosen.schema.get_field_index(name), name, moved)
    return chosen


def take(hub: Hub, entity: Entity, parts: list[pa.Table], operation: str) -> int:
    """Put each source's statements into the lake as one accepted batch; return how many there were."""
    fence, schema = hub.ledger.acquire(HUB_FENCE, "bench", NOW), statement_schema(entity)
    for (department, table, _), rows in zip(SOURCES, parts, strict=True):
        current, opening = current_table(department, entity.name), Opening(department, table, "increment", "", "bench")
        number = max((one.id for one in hub.ledger.batches("accepted")), default=0) + 1
        stamp = pa.repeat(pa.scalar(number, pa.int64()), rows.num_rows)
        rows = rows.set_column(schema.get_field_index("batch"), "batch", stamp)
        told = rows.append_column("op", pa.repeat(pa.scalar(operation), rows.num_rows))
        hub.lake.append(history_table(department, entity.name), told.cast(history_schema(entity)), ("batch",))
        hub.lake.merge(current, rows, None, "record_id", schema)
        versions = {current: hub.lake.version(current)}
        facts = {operation: rows.num_rows, LAKE: versions}
        found = hub.ledger.record_consultation(fence, opening, NOW, Landing(0, "", 0), facts)
        assert found == number, "the batch's number stands in its rows"
    return sum(rows.num_rows for rows in parts)

"""不动产 · registered rights of people, several owners in a cell (names by 、, numbers by a comma), and of firms."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import SOLE
from demo.emission import (
    SLASHED,
    Emission,
    Facts,
    Party,
    Table,
    choose,
    codes_of,
    joined,
    numbered,
    paper_codes,
    shown_number,
    some,
    stamp,
    take,
)
from demo.households import CHILD, HEAD
from demo.names import Index
from demo.papers import CITIZEN
from demo.people import People
from demo.places import Addresses, draw_addresses, draw_divisions, gazetteer, whole
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "real_estate"
# id types of the register: 1 identity card, 2 Hong Kong/Macao/Taiwan, 3 passport, 99 other (permanent residence)
PAPERS = codes_of("1", "2", "2", "99", "3")
PATTERNS = {"1": "citizen_id", "2": "residence", "3": "passport", "4": "citizen_id"}
UNIT = {
    "YWH": "key",
    "BDCDYH": "plain",
    "BDCQZH": "plain",
}
REST = {
    "ZL": "address",
    "FWYT": "code:estate_use",
    "JZMJ": "plain",
    "DJSJ": "date_slash",
    "QSZT": "code:estate_state",
    "GXSJ": "stamp",
}
DJ_QLR_GR = Table(
    department=DEPARTMENT,
    name="DJ_QLR_GR",
    key="YWH",
    stamp="GXSJ",
    columns={
        **UNIT,
        "QLR": "name:、",
        "ZJZL": "code:estate_paper",
        "ZJH": "citizen_id:,",
        "LXDH": "phone",
        "GYFS": "code:estate_share",
        **REST,
    },
    parties=tuple(
        Party(
            statement,
            "person",
            number="ZJH",
            paper="ZJZL",
            papers=PATTERNS,
            names="QLR",
            joins=("、", ","),
            others=("QLR", "LXDH"),
            optional=statement != "owner",
        )
        for statement in ("owner", "owner#2", "owner#3")
    ),
    swaps=(("QLR", "ZJH"), ("GYFS", "QSZT")),
    neighbours=(("LXDH",), ("QLR", "ZJH")),
    unlimited=("ZL",),
    clock=SLASHED,
)
DJ_QLR_DW = Table(
    department=DEPARTMENT,
    name="DJ_QLR_DW",
    key="YWH",
    stamp="GXSJ",
    columns={**UNIT, "QLR": "company", "ZJH": "uscc", **REST},
    parties=(Party("owner", "business", number="ZJH"),),
    swaps=(("QLR", "ZJH"),),
    neighbours=(("QLR", "ZJH"),),
    unlimited=("ZL",),
    clock=SLASHED,
)
TABLES = (DJ_QLR_GR, DJ_QLR_DW)
BUSINESS_UNITS = 20_000_000  # running numbers of businesses' units begin here


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return what people own and what businesses own, of a chunk."""
    return [homes(chunk, profile), premises(chunk)]


def homes(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of DJ_QLR_GR: heads of households who own, often with the spouse and a grown child."""
    random, people = chunk.random(75), chunk.people
    may = (people.role == HEAD) & (people.age(chunk.as_of) >= 22) & (people.state != 3)
    first = np.flatnonzero(may & (random.random(len(people)) < profile.world["owns_home"]))
    more = first[random.random(len(first)) < 0.25]  # a second home
    place = np.r_[np.zeros(len(first), dtype=np.int64), np.ones(len(more), dtype=np.int64)]
    rows = np.r_[first, more]
    second, third = co_owners(random, people, rows, chunk.as_of)
    owners = (rows, second, third)
    unit, key = estate(random, chunk, (rows + people.start) * 2 + place, homes_of(random, people, rows, place))
    in_parts = (third >= 0) | (random.random(len(rows)) < 0.2)
    shares = np.where(second < 0, 0, np.where(in_parts, 2, 1))
    number = joined(*(shown_number(people, one, travels=False) for one in owners), between=",")
    columns = {
        "YWH": key,
        "BDCDYH": unit["BDCDYH"],
        "BDCQZH": unit["BDCQZH"],
        "QLR": joined(*(take(people.name, one) for one in owners), between="、"),
        "ZJZL": paper_codes(people, rows, PAPERS),
        "ZJH": number,
        "LXDH": some(random, take(people.phone, rows), profile.filled("DJ_QLR_GR", "LXDH")),
        "GYFS": choose(["0", "1", "2"], shares),
        **{name: unit[name] for name in REST},
    }
    truth = {name: people.ids(one) for name, one in zip(("owner", "owner#2", "owner#3"), owners, strict=True)}
    since = np.asarray(unit["since"])
    facts = tuple(Facts("property", ids, None, unit["BDCDYH"], since) for ids in truth.values())
    return Emission(DJ_QLR_GR, columns, truth, (), facts)


def co_owners(random: np.random.Generator, people: People, rows: Index, as_of: int) -> tuple[Index, Index]:
    """Return the second and third owner of each home as rows, or -1: all of them hold citizens' papers."""
    spouse = people.spouse[rows]
    citizens = (people.paper[rows] == CITIZEN) & (people.paper[spouse] == CITIZEN) & (spouse >= 0)
    second = np.where(citizens & (random.random(len(rows)) < 0.6), spouse, -1)
    child = np.minimum(rows + 2, len(people) - 1)
    grown = (people.role[child] == CHILD) & (people.household[child] == people.household[rows])
    grown &= (people.age(as_of)[child] >= 18) & (people.paper[child] == CITIZEN)
    third = np.where((second >= 0) & grown & (random.random(len(rows)) < 0.15), child, -1)
    return second, third


def homes_of(random: np.random.Generator, people: People, rows: Index, place: Index) -> Addresses:
    """Return where the homes stand: the first one where the household lives, others anywhere in the city."""
    home, other = people.address.take(rows), draw_addresses(random, draw_divisions(random, len(rows)))
    first = pa.array(place == 0)

    def chosen(name: str) -> pa.Array:
        return pc.if_else(first, getattr(home, name), getattr(other, name))

    texts = {name: chosen(name) for name in ("code", "district", "town", "community", "road", "number", "detail")}
    return Addresses(division=np.where(place == 0, home.division, other.division), **texts)


def premises(chunk: Chunk) -> Emission:
    """Return the rows of DJ_QLR_DW: premises of businesses that own some."""
    random, firms = chunk.random(76), chunk.companies
    rows = np.flatnonzero((firms.kind != SOLE) & (firms.state == 1) & (random.random(len(firms)) < 0.4))
    number = BUSINESS_UNITS + rows + firms.start
    unit, key = estate(random, chunk, number, firms.address.take(rows), firms.founded[rows])
    rest = {name: unit[name] for name in REST} | {"FWYT": choose(["21", "31", "60"], random.integers(0, 3, len(rows)))}
    columns = {
        "YWH": key,
        "BDCDYH": unit["BDCDYH"],
        "BDCQZH": unit["BDCQZH"],
        "QLR": take(firms.name, rows),
        "ZJH": take(firms.uscc, rows),
        **rest,
    }
    fact = Facts("property", firms.ids(rows), None, unit["BDCDYH"], np.asarray(unit["since"]))
    return Emission(DJ_QLR_DW, columns, {"owner": firms.ids(rows)}, (), (fact,))


def estate(
    random: np.random.Generator, chunk: Chunk, number: Index, where: Addresses, earliest: Index | None = None
) -> tuple[dict[str, pa.Array | Index], pa.Array]:
    """Return the columns of units with running numbers, the day of registration as `since`, and their keys."""
    count = len(number)
    since = chunk.as_of - 1 - (random.random(count) ** 1.4 * 8000).astype(np.int64)
    since = since if earliest is None else np.minimum(np.maximum(since, earliest), chunk.as_of - 1)
    year = digits.year_month_day(since) // 10000
    serial = digits.text(digits.scramble(number, 8))
    unit = digits.join(
        digits.matrix(gazetteer().codes[where.division], 6),
        digits.matrix(number % 37 + 1, 3),
        digits.matrix(number % 91 + 1, 3),
        digits.constant("GB", count),
        digits.matrix(number // 10**8, 5),
        digits.constant("F", count),
        digits.scramble(number, 8),
    )
    area = (random.random(count) * 9000 + 4000).astype(np.int64)
    return {
        "BDCDYH": digits.text(unit),
        "BDCQZH": pc.binary_join_element_wise("冀（", whole(year, "）秦皇岛市不动产权第"), serial, "号", ""),
        "ZL": where.free_text(np.searchsorted([0.1, 0.3], random.random(count))),
        "FWYT": choose(["10", "11"], (random.random(count) < 0.8).astype(np.int64)),
        "JZMJ": pc.binary_join_element_wise(whole(area // 100, "."), digits.text(digits.matrix(area % 100, 2)), ""),
        "DJSJ": digits.dates(since, "/"),
        "QSZT": pa.repeat("1", count),
        "GXSJ": stamp(random, chunk, count, SLASHED),
        "since": since,
    }, numbered("YW1303", number, 9)


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or what the premises are used for."""
    if "LXDH" in row:
        return {"LXDH": f"134{int(random.integers(10**8)):08d}"}
    return {"FWYT": "60" if row["FWYT"] != "60" else "31"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the right is history, its row stays."""
    return {"QSZT": "2"}

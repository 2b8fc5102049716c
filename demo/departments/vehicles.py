"""交管 · registered vehicles of people and of businesses. No update time: a log table says which rows changed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import SOLE
from demo.emission import (
    Emission,
    Facts,
    Party,
    Table,
    choose,
    codes_of,
    numbered,
    paper_codes,
    shown_number,
    some,
    take,
    written_name,
)
from demo.names import Index
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "vehicles"
# SFZMMC: A identity card, C officer's card, F papers of people from elsewhere, H household book, M temporary card
PAPERS = codes_of("A", "F", "F", "F", "F")
REGISTERED = {
    "XH": "key",
    "HPZL": "code:plate_kind",
    "HPHM": "plate",
    "CLSBDH": "vin",
    "CLPP": "plain",
}
REST = {
    "SYXZ": "code:vehicle_use",
    "CCDJRQ": "date10",
    "YXQZ": "plain",
    "ZT": "code:vehicle_state",
}
VEH_GR = Table(
    department=DEPARTMENT,
    name="VEH_GR",
    key="XH",
    stamp="",
    columns={
        **REGISTERED,
        "SYR": "name",
        "SFZMMC": "code:vehicle_paper",
        "SFZMHM": "citizen_id",
        "LXDH": "phone",
        "ZSXXDZ": "address",
        **REST,
    },
    parties=(
        Party(
            "owner",
            "person",
            number="SFZMHM",
            paper="SFZMMC",
            papers={"A": "citizen_id", "H": "citizen_id", "M": "citizen_id"},
            others=("SYR", "LXDH", "ZSXXDZ"),
        ),
    ),
    swaps=(("SYR", "SFZMHM"), ("HPZL", "SYXZ")),
    neighbours=(("LXDH", "ZSXXDZ"), ("SYR", "SFZMHM")),
    unlimited=("ZSXXDZ",),
    log="VEH_GR_LOG",
)
VEH_DW = Table(
    department=DEPARTMENT,
    name="VEH_DW",
    key="XH",
    stamp="",
    columns={**REGISTERED, "SYR": "company", "SFZMHM": "uscc", "LXDH": "phone", "ZSXXDZ": "address", **REST},
    parties=(Party("owner", "business", number="SFZMHM"),),
    swaps=(("SYR", "SFZMHM"),),
    neighbours=(("LXDH",),),
    unlimited=("ZSXXDZ",),
    log="VEH_DW_LOG",
)
TABLES = (VEH_GR, VEH_DW)
BUSINESS_VEHICLES = 8_000_000  # running numbers of businesses' vehicles begin here
MAKERS = ["LFV", "LSV", "LGB", "LVS", "LDC", "LS5"]
BRANDS = ["大众牌", "别克牌", "日产牌", "福特牌", "标致牌", "长安牌"]


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return the vehicles of people and of businesses of a chunk."""
    return [private(chunk, profile), fleet(chunk, profile)]


def private(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of VEH_GR: adults with a car, a few with two."""
    random, people = chunk.random(79), chunk.people
    age = people.age(chunk.as_of)
    first = np.flatnonzero(
        (age >= 19) & (age < 70) & (people.state != 3) & (random.random(len(people)) < profile.world["owns_vehicle"])
    )
    more = first[random.random(len(first)) < 0.08]
    place = np.r_[np.zeros(len(first), dtype=np.int64), np.ones(len(more), dtype=np.int64)]
    rows = np.r_[first, more]
    name, planted = written_name(random, people, rows, "SYR", profile.world["office_writes_former_name"])
    car, since = registered(random, chunk, (rows + people.start) * 2 + place)
    home = people.address.take(rows).free_text(np.zeros(len(rows), dtype=np.int64))
    columns = {
        **{one: car[one] for one in REGISTERED},
        "SYR": name,
        "SFZMMC": paper_codes(people, rows, PAPERS),
        "SFZMHM": shown_number(people, rows, travels=False),
        "LXDH": some(random, take(people.phone, rows), profile.filled("VEH_GR", "LXDH")),
        "ZSXXDZ": home,
        "SYXZ": choose(["A", "L", "T"], np.searchsorted([0.95, 0.98], random.random(len(rows)))),
        **{one: car[one] for one in ("CCDJRQ", "YXQZ", "ZT")},
    }
    fact = Facts("vehicle", people.ids(rows), None, car["HPHM"], since)
    return Emission(VEH_GR, columns, {"owner": people.ids(rows)}, planted, (fact,))


def fleet(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of VEH_DW: one to three vehicles of businesses that have any."""
    random, firms = chunk.random(80), chunk.companies
    able = np.flatnonzero((firms.kind != SOLE) & (firms.state == 1) & (random.random(len(firms)) < 0.5))
    many = random.integers(1, 4, len(able))
    rows = np.repeat(able, many)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
    car, since = registered(random, chunk, BUSINESS_VEHICLES + (rows + firms.start) * 4 + place)
    columns = {
        **{one: car[one] for one in REGISTERED},
        "SYR": take(firms.name, rows),
        "SFZMHM": take(firms.uscc, rows),
        "LXDH": some(random, take(firms.phone, rows), profile.filled("VEH_DW", "LXDH")),
        "ZSXXDZ": firms.address.take(rows).free_text(np.ones(len(rows), dtype=np.int64)),
        "SYXZ": choose(["A", "F", "G"], random.integers(0, 3, len(rows))),
        **{one: car[one] for one in ("CCDJRQ", "YXQZ", "ZT")},
    }
    fact = Facts("vehicle", firms.ids(rows), None, car["HPHM"], since)
    return Emission(VEH_DW, columns, {"owner": firms.ids(rows)}, (), (fact,))


def registered(random: np.random.Generator, chunk: Chunk, number: Index) -> tuple[dict[str, pa.Array], Index]:
    """Return what the register says of vehicles with running numbers, and their first days."""
    count = len(number)
    since = chunk.as_of - 1 - (random.random(count) ** 1.3 * 5000).astype(np.int64)
    make = random.integers(0, len(MAKERS), count)
    maker = np.array([np.frombuffer(one.encode(), dtype=np.uint8) for one in MAKERS])[make]
    kind = np.where(number % 7 == 3, 3, np.searchsorted([0.04, 0.94], random.random(count)))
    plate, green = digits.text(digits.plates(number)), digits.text(digits.green_plates(number // 7))
    shown = pc.if_else(pa.array(kind == 3), green, plate)  # a new-energy plate has one more character
    return {
        "XH": numbered("1303", number, 10),
        "HPZL": choose(["01", "02", "07", "52"], kind),
        "HPHM": pc.binary_join_element_wise(pa.scalar("冀C"), shown, ""),
        "CLSBDH": digits.text(digits.vin(maker, number)),
        "CLPP": choose(BRANDS, make),
        "CCDJRQ": digits.dates(since, "-"),
        "YXQZ": digits.dates(chunk.as_of + (random.random(count) * 700).astype(np.int64), "-"),
        "ZT": choose(["A", "G", "Q"], np.searchsorted([0.9, 0.96], random.random(count))),
    }, since


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or the state of the vehicle."""
    if random.random() < 0.6:
        return {"LXDH": f"153{int(random.integers(10**8)):08d}"}
    return {"ZT": "G" if row["ZT"] != "G" else "A"}


def gone(table: Table) -> dict[str, str] | None:
    """Return None: a scrapped vehicle leaves the table; only the log remembers it."""
    return None

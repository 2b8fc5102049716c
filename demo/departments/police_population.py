"""公安 · population register: one row a registered person, in national codes; duplicates and errors inside."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.emission import Emission, Facts, Party, Planted, Table, blank, some, stamp, take, written_name
from demo.households import GRANDFATHER, HEAD, SPOUSE
from demo.names import Index
from demo.people import People
from demo.places import gazetteer
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "police_population"
RK_CZRK = Table(
    department=DEPARTMENT,
    name="RK_CZRK",
    key="RYID",
    stamp="GXSJ",
    columns={
        "RYID": "key",
        "GMSFHM": "citizen_id",
        "XM": "name",
        "CYM": "plain",
        "XB": "code:sex",
        "MZ": "code:ethnic",
        "CSRQ": "date8",
        "WHCD": "code:education",
        "HYZK": "code:marital",
        "HH": "plain",
        "YHZGX": "code:relation",
        "SSXQ": "code:division",
        "XZJD": "place",
        "JCWH": "place",
        "JLX": "place",
        "MLPH": "place",
        "MLXZ": "place",
        "LXDH": "phone",
        "PCS": "plain",
        "HJZT": "code:register_state",
        "SWRQ": "plain",
        "GXSJ": "stamp",
    },
    parties=(Party("person", "person", number="GMSFHM", birth="CSRQ", sex="XB"),),
    swaps=(("XB", "MZ"),),
    neighbours=(("LXDH",), ("MLPH", "MLXZ")),
    unlimited=("MLXZ",),
)
TABLES = (RK_CZRK,)
UNKNOWN = -1  # the register does not say since when somebody belongs to a household
# relation to the head of the household, GB/T 4761: 01 self, 12 wife, 20 son, 30 daughter, 51 father, 52 mother
RELATIONS = pa.array(["01", "12", "20", "30", "51", "52"])


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return the register's rows of a chunk; duplicates stand at the end."""
    random, people = chunk.random(10), chunk.people
    known = np.flatnonzero(people.known)
    again = known[random.random(len(known)) < profile.world["registered_twice"]]
    rows = np.r_[known, again]
    number, wrong = register_numbers(random, people, rows, len(again), profile)
    name, former = written_name(random, people, rows, "XM", profile.world["register_writes_former_name"])
    copies = np.arange(len(known), len(rows))
    empty = pa.nulls(len(copies), pa.string())
    planted = (
        *wrong,
        *former,
        *((Planted("", "duplicate_registration", copies, empty, empty),) if len(copies) else ()),
    )
    columns = {
        **identity(people, rows, len(again)),
        "GMSFHM": number,
        "XM": name,
        **particulars(random, people, rows, profile),
        **whereabouts(random, people, rows, profile),
        "GXSJ": stamp(random, chunk, len(rows)),
    }
    fact = Facts("household", people.ids(rows), None, columns["HH"], np.full(len(rows), UNKNOWN))
    columns = {name: columns[name] for name in RK_CZRK.columns}
    return [Emission(RK_CZRK, columns, {"person": people.ids(rows)}, planted, (fact,))]


def identity(people: People, rows: Index, repeats: int) -> dict[str, pa.Array]:
    """Return row keys and household numbers; a second registration has a key and household of its own."""
    second = np.zeros(len(rows), dtype=np.int64)
    second[len(rows) - repeats :] = 1
    key = (rows + people.start) * 2 + second
    home = (people.start + people.household[rows]) * 2 + second
    prefix = digits.constant("1303", len(rows))
    return {
        "RYID": digits.text(digits.join(prefix, digits.scramble(key, 10))),
        "HH": digits.text(digits.join(prefix, digits.scramble(home, 10))),
    }


def register_numbers(
    random: np.random.Generator, people: People, rows: Index, repeats: int, profile: Profile
) -> tuple[pa.Array, tuple[Planted, ...]]:
    """Return GMSFHM: some second registrations under another number, some numbers given to two people."""
    number = take(people.number, rows)
    first = len(rows) - repeats
    other = first + np.flatnonzero((random.random(repeats) < 0.4) & (people.paper[rows[first:]] == 0))
    outside = gazetteer().outside_regions
    made = digits.text(
        digits.citizen(
            outside[rows[other] % len(outside)],
            digits.year_month_day(people.birth[rows[other]]),
            448 + rows[other] % 20 * 2 + np.where(people.sex[rows[other]] == 1, 1, 0),
        )
    )
    key = people.birth[rows[:first]] * 4 + people.sex[rows[:first]] + (people.paper[rows[:first]] > 0) * 10**9
    order = np.argsort(key, kind="stable")
    twin = np.flatnonzero((key[order][1:] == key[order][:-1]) & (key[order][1:] < 10**8))
    wanted = int(np.ceil(first * profile.world["numbers_given_twice"]))
    twin = np.sort(random.permutation(twin)[:wanted])
    twin = twin[np.r_[True, np.diff(twin) > 1]] if len(twin) else twin
    victims, owners = order[twin + 1], order[twin]
    planted = (
        planted_numbers("second_number", number, other, made),
        planted_numbers("shared_number", number, victims, number.take(pa.array(owners))),
    )
    for one in planted:
        number = put(number, one.rows, one.planted)
    return number, tuple(one for one in planted if len(one.rows))


def planted_numbers(defect: str, number: pa.Array, rows: Index, made: pa.Array) -> Planted:
    """Return the record of numbers replaced at rows, in row order and only where they differ."""
    order = np.argsort(rows, kind="stable")
    rows, made = rows[order], made.take(pa.array(order))
    kept = np.flatnonzero(pc.not_equal(number.take(pa.array(rows)), made).to_numpy(zero_copy_only=False))
    return Planted("GMSFHM", defect, rows[kept], number.take(pa.array(rows[kept])), made.take(pa.array(kept)))


def put(values: pa.Array, rows: Index, new: pa.Array) -> pa.Array:
    """Return values with `new` at rows (which are in order)."""
    mask = np.zeros(len(values), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(values, pa.array(mask), new) if len(rows) else values


def particulars(random: np.random.Generator, people: People, rows: Index, profile: Profile) -> dict[str, pa.Array]:
    """Return the columns about the person in the register's codes."""
    former = some(random, take(people.former_name, rows), 0.7)
    relation = RELATIONS.take(pa.array(people.role[rows]))
    child = (people.role[rows] != HEAD) & (people.role[rows] != SPOUSE) & (people.role[rows] < GRANDFATHER)
    relation = pc.if_else(pa.array(child), RELATIONS.take(pa.array(people.sex[rows].astype(np.int64) + 1)), relation)
    dead = pa.array(people.death[rows] >= 0)
    return {
        "XB": digits.text(digits.matrix(people.sex[rows], 1)),
        "CYM": blank(former),
        "MZ": digits.text(digits.matrix(people.ethnic[rows], 2)),
        "CSRQ": digits.dates(people.birth[rows]),
        "WHCD": some(random, digits.text(digits.matrix(people.education[rows], 2)), profile.filled("RK_CZRK", "WHCD")),
        "HYZK": digits.text(digits.matrix(people.marital[rows], 2)),
        "YHZGX": relation,
        "HJZT": digits.text(digits.matrix(people.state[rows], 1)),
        "SWRQ": pc.if_else(dead, digits.dates(np.maximum(people.death[rows], 0)), pa.scalar("")),
        "LXDH": some(random, take(people.phone, rows), profile.filled("RK_CZRK", "LXDH")),
    }


def whereabouts(random: np.random.Generator, people: People, rows: Index, profile: Profile) -> dict[str, pa.Array]:
    """Return the address parts and the police station."""
    home = people.address
    stations = gazetteer().stations
    return {
        "SSXQ": take(home.code, rows),
        "XZJD": take(home.town, rows),
        "JCWH": take(home.community, rows),
        "JLX": take(home.road, rows),
        "MLPH": take(home.number, rows),
        "MLXZ": some(random, take(home.detail, rows), profile.filled("RK_CZRK", "MLXZ")),
        "PCS": stations.take(pa.array(home.division[rows] % len(stations))),
    }


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells a clerk changes later: a new phone, a new house number, another education, a death."""
    draw = random.random()
    if draw < 0.4:
        return {"LXDH": f"139{int(random.integers(10**8)):08d}"}
    if draw < 0.7:
        return {"MLPH": f"{int(random.integers(1, 900))}号"}
    if draw < 0.85:
        return {"WHCD": "71" if row["WHCD"] != "71" else "61"}
    return {"HJZT": "3", "SWRQ": today} if row["HJZT"] != "3" else {"PCS": "海港分局文化路派出所"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life; None would be a hard delete. The register marks people as moved away."""
    return {"HJZT": "2"}

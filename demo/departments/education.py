"""教育 · pupils of the city's schools, with names in pinyin. The table says nothing of when a row changed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.emission import (
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
    take,
    written_name,
)
from demo.names import read
from demo.places import whole
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "education"
# SFZJLXM after JY/T 1001: 1 identity card, 6 Hong Kong, 8 Taiwan, 9 permanent residence, A passport, B household book
PAPERS = codes_of("1", "6", "8", "9", "A")
LONGEST_NAME = 20
XJ_XSXX = Table(
    department=DEPARTMENT,
    name="XJ_XSXX",
    key="XJH",
    stamp="",
    columns={
        "XJH": "key",
        "XM": "name",
        "XMPY": "plain",
        "XBM": "code:sex",
        "CSRQ": "date8",
        "SFZJLXM": "code:school_paper",
        "SFZJH": "citizen_id",
        "MZM": "code:ethnic",
        "XXMC": "plain",
        "JDM": "code:school_stage",
        "NJ": "plain",
        "BJ": "plain",
        "RXRQ": "date8",
        "XJZTM": "code:school_state",
        "LXDH": "phone",
    },
    parties=(
        Party(
            "student",
            "person",
            number="SFZJH",
            paper="SFZJLXM",
            birth="CSRQ",
            sex="XBM",
            papers={
                "1": "citizen_id",
                "B": "citizen_id",
                "6": "permit",
                "7": "permit",
                "8": "permit",
                "9": "permanent",
                "A": "passport",
            },
        ),
    ),
    swaps=(("XM", "SFZJH"), ("XBM", "MZM")),
    neighbours=(("LXDH",), ("SFZJH",)),
    unlimited=("BJ",),
)
TABLES = (XJ_XSXX,)
STAGES = ("第一幼儿园", "第二小学", "第三中学", "第一高级中学", "职业技术学校")


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return the pupils of a chunk: nearly all children from six, most of the others up to nineteen."""
    random, people = chunk.random(78), chunk.people
    age = people.age(chunk.as_of)
    share = np.select([age < 3, age < 6, age < 16, age < 19], [0.0, 0.75, 0.98, 0.85], 0.0)
    rows = np.flatnonzero((people.state == 1) & (random.random(len(people)) < share))
    count, years = len(rows), age[rows]
    stage = np.select([years < 6, years < 12, years < 15], [0, 1, 2], np.where(random.random(count) < 0.7, 3, 4))
    grade = np.minimum(years - np.array([3, 6, 12, 15, 15])[stage] + 1, np.array([3, 6, 3, 3, 3])[stage])
    autumn = np.datetime64("2025-09-01").astype("datetime64[D]").astype(np.int64)
    since = autumn - (grade - 1) * 365
    name, planted = written_name(random, people, rows, "XM", profile.world["office_writes_former_name"])
    key = numbered("G13030", rows + people.start, 13)
    columns = {
        "XJH": key,
        "XM": name,
        "XMPY": some(random, pinyin(take(people.name, rows)), profile.filled("XJ_XSXX", "XMPY")),
        "XBM": digits.text(digits.matrix(people.sex[rows], 1)),
        "CSRQ": digits.dates(people.birth[rows]),
        "SFZJLXM": paper_codes(people, rows, PAPERS),
        "SFZJH": some(random, shown_number(people, rows, travels=True), profile.filled("XJ_XSXX", "SFZJH")),
        "MZM": digits.text(digits.matrix(people.ethnic[rows], 2)),
        "XXMC": joined("秦皇岛市", take(people.address.district, rows), choose(list(STAGES), stage)),
        "JDM": choose(["1", "2", "3", "4", "5"], stage),
        "NJ": whole(grade, "年级"),
        "BJ": whole(random.integers(1, 13, count), "班"),
        "RXRQ": digits.dates(since),
        "XJZTM": choose(["01", "02"], (random.random(count) < 0.01).astype(np.int64)),
        "LXDH": some(random, take(people.phone, rows), profile.filled("XJ_XSXX", "LXDH")),
    }
    fact = Facts("education_enrolment", people.ids(rows), None, key, since)
    return [Emission(XJ_XSXX, columns, {"student": people.ids(rows)}, planted, (fact,))]


@lru_cache(maxsize=1)
def readings() -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the characters that names are made of, how each is read, and how each is read as a surname."""
    source = read("pinyin")
    sounds: dict[str, str] = {letter: sound for sound, letters in source["readings"].items() for letter in letters}
    leading = {**sounds, **source["surnames"]}
    return pa.array(list(sounds)), pa.array(list(sounds.values())), pa.array([leading[letter] for letter in sounds])


def pinyin(names: pa.Array) -> pa.Array:
    """Return names as in a passport, after GB/T 28039: Zhang Wei, Ouyang Xiu; names in Latin letters as they are."""
    letters, sounds, leading = readings()
    longest = min(int(pc.max(pc.utf8_length(names)).as_py() or 0), LONGEST_NAME) if len(names) else 0
    read_as = []
    for place in range(longest):
        spot = pc.index_in(pc.utf8_slice_codeunits(names, place, place + 1), value_set=letters)
        read_as.append((leading if place == 0 else sounds).take(spot))
    if not read_as:
        return names
    compound = pa.array(str(read("pinyin")["compound"]).split())
    double = pc.is_in(pc.utf8_slice_codeunits(names, 0, 2), value_set=compound)
    second, nothing = read_as[1] if longest > 1 else read_as[0], pa.scalar(None, pa.string())
    family = joined(read_as[0], pc.if_else(double, second, nothing))
    given = joined(pc.if_else(double, nothing, second), *read_as[2:])
    spelled = pc.binary_join_element_wise(pc.utf8_capitalize(family), pc.utf8_capitalize(given), " ")
    return pc.if_else(pc.is_valid(read_as[0]), spelled, names)


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: the parents' phone, or another class."""
    if random.random() < 0.6:
        return {"LXDH": f"152{int(random.integers(10**8)):08d}"}
    return {"BJ": f"{int(random.integers(1, 13))}班"}


def gone(table: Table) -> dict[str, str] | None:
    """Return None: who left the city's schools is no longer in the table."""
    return None

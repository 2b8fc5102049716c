"""卫健 · health records of residents and death certificates, in WS/T data element names; times as fourteen digits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from demo import digits
from demo.emission import (
    DIGITS,
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
    stamp,
    take,
    written_name,
)
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "health"
# id types of WS 364.3: 01 identity card, 02 household book, 03 passport, 06 Hong Kong/Macao permit, 07 Taiwan permit;
# permanent residents have no code of their own
PAPERS = codes_of("01", "06", "07", "99", "03")
PATTERNS = {"01": "citizen_id", "02": "citizen_id", "03": "passport", "06": "permit", "07": "permit"}
COUNTRIES = ["156", "840", "643", "410", "392", "276"]
DA_JKDA = Table(
    department=DEPARTMENT,
    name="DA_JKDA",
    key="WS01_00_009_01",
    stamp="LAST_UPDATE_DTIME",
    columns={
        "WS01_00_009_01": "key",
        "WS02_01_039_01": "name",
        "WS02_01_040_01": "code:sex",
        "WS02_01_005_01_01": "date8",
        "WS02_01_025_01": "code:ethnic",
        "WS02_01_018_01": "code:marital",
        "WS02_01_015_01": "code:health_country",
        "WS02_01_031_01": "code:health_paper",
        "WS02_01_030_01": "citizen_id",
        "WS02_01_010_01": "phone",
        "WS02_01_009_04": "place",
        "WS02_01_009_05": "place",
        "WS02_01_009_06": "place",
        "CANCEL_FLAG": "plain",
        "LAST_UPDATE_DTIME": "stamp",
    },
    parties=(
        Party(
            "person",
            "person",
            number="WS02_01_030_01",
            paper="WS02_01_031_01",
            papers=PATTERNS,
            birth="WS02_01_005_01_01",
            sex="WS02_01_040_01",
        ),
    ),
    swaps=(("WS02_01_039_01", "WS02_01_030_01"), ("WS02_01_040_01", "WS02_01_025_01")),
    neighbours=(("WS02_01_010_01",), ("WS02_01_030_01",)),
    unlimited=("WS02_01_009_06",),
    clock=DIGITS,
)
SW_SWYXZM = Table(
    department=DEPARTMENT,
    name="SW_SWYXZM",
    key="ZMBH",
    stamp="LAST_UPDATE_DTIME",
    columns={
        "ZMBH": "key",
        "WS02_01_039_01": "name",
        "WS02_01_040_01": "code:sex",
        "WS02_01_005_01_01": "date8",
        "WS02_01_031_01": "code:health_paper",
        "WS02_01_030_01": "citizen_id",
        "WS02_01_036_01": "date_past",
        "WS05_01_010_01": "plain",
        "DE05_10_014_00": "plain",
        "CANCEL_FLAG": "plain",
        "LAST_UPDATE_DTIME": "stamp",
    },
    parties=(
        Party(
            "deceased",
            "person",
            number="WS02_01_030_01",
            paper="WS02_01_031_01",
            papers=PATTERNS,
            birth="WS02_01_005_01_01",
            sex="WS02_01_040_01",
        ),
    ),
    neighbours=(("WS02_01_030_01",),),
    unlimited=("WS05_01_010_01",),
    clock=DIGITS,
)
TABLES = (DA_JKDA, SW_SWYXZM)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return the health records of residents who ever saw a doctor here, and death certificates, of a chunk."""
    return [records(chunk, profile), deaths(chunk, profile)]


def records(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of DA_JKDA: most of those who live here, whatever the police know of them."""
    random, people = chunk.random(70), chunk.people
    rows = np.flatnonzero((people.state == 1) & (random.random(len(people)) < profile.world["health_record"]))
    count = len(rows)
    name, planted = written_name(random, people, rows, "WS02_01_039_01", profile.world["office_writes_former_name"])
    foreign = people.paper[rows] >= 4
    columns = {
        "WS01_00_009_01": numbered("13030", rows + people.start, 12),
        "WS02_01_039_01": name,
        "WS02_01_040_01": digits.text(digits.matrix(people.sex[rows], 1)),
        "WS02_01_005_01_01": digits.dates(people.birth[rows]),
        "WS02_01_025_01": some(
            random, digits.text(digits.matrix(people.ethnic[rows], 2)), profile.filled("DA_JKDA", "WS02_01_025_01")
        ),
        "WS02_01_018_01": digits.text(digits.matrix(people.marital[rows], 2)),
        "WS02_01_015_01": choose(COUNTRIES, np.where(foreign, (rows + people.start) % 5 + 1, 0)),
        "WS02_01_031_01": paper_codes(people, rows, PAPERS),
        "WS02_01_030_01": some(
            random, shown_number(people, rows, travels=True), profile.filled("DA_JKDA", "WS02_01_030_01")
        ),
        "WS02_01_010_01": some(random, take(people.phone, rows), profile.filled("DA_JKDA", "WS02_01_010_01")),
        "WS02_01_009_04": take(people.address.town, rows),
        "WS02_01_009_05": take(people.address.road, rows),
        "WS02_01_009_06": take(people.address.number, rows),
        "CANCEL_FLAG": pa.repeat("0", count),
        "LAST_UPDATE_DTIME": stamp(random, chunk, count, DIGITS),
    }
    return Emission(DA_JKDA, columns, {"person": people.ids(rows)}, planted)


def deaths(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of SW_SWYXZM and the deaths they certify: most of the dead."""
    random, people = chunk.random(71), chunk.people
    rows = np.flatnonzero((people.death >= 0) & (random.random(len(people)) < profile.world["death_certificate"]))
    count = len(rows)
    name, planted = written_name(random, people, rows, "WS02_01_039_01", profile.world["office_writes_former_name"])
    key = numbered("S1303", rows + people.start, 10)
    columns = {
        "ZMBH": key,
        "WS02_01_039_01": name,
        "WS02_01_040_01": digits.text(digits.matrix(people.sex[rows], 1)),
        "WS02_01_005_01_01": digits.dates(people.birth[rows]),
        "WS02_01_031_01": paper_codes(people, rows, PAPERS),
        "WS02_01_030_01": shown_number(people, rows, travels=True),
        "WS02_01_036_01": digits.dates(people.death[rows]),
        "WS05_01_010_01": choose(["医疗卫生机构", "来院途中", "家中", "养老服务机构"], random.integers(0, 4, count)),
        "DE05_10_014_00": choose(["I21.9", "I64", "C34.9", "J44.9", "I25.1", "C16.9"], random.integers(0, 6, count)),
        "CANCEL_FLAG": pa.repeat("0", count),
        "LAST_UPDATE_DTIME": stamp(random, chunk, count, DIGITS),
    }
    fact = Facts("death", people.ids(rows), None, key, people.death[rows])
    return Emission(SW_SWYXZM, columns, {"deceased": people.ids(rows)}, planted, (fact,))


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone; on a certificate, where the person died."""
    if "ZMBH" in row:
        return {"WS05_01_010_01": "家中" if row["WS05_01_010_01"] != "家中" else "医疗卫生机构"}
    return {"WS02_01_010_01": f"133{int(random.integers(10**8)):08d}"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the record is cancelled, its row stays."""
    return {"CANCEL_FLAG": "1"}

"""人社 · social insurance after LD/T 92: insured persons (AC01) with employer and pension, and employers (AB01)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import SOLE, Companies
from demo.emission import (
    Emission,
    Facts,
    Party,
    Table,
    choose,
    codes_of,
    paper_codes,
    shown_number,
    some,
    stale_rows,
    stamp,
    take,
    written_name,
)
from demo.households import GRANDFATHER
from demo.names import Index
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "social_security"
# AAC058 in this city's system: 01 identity card, 03 passport, 06 Hong Kong/Macao residence permit, 07 Taiwan residence
# permit, 08 permanent residence card, 99 other (02 household book and 04 officer's card exist but nobody uses them)
PAPERS = codes_of("01", "06", "07", "08", "03")
AC01 = Table(
    department=DEPARTMENT,
    name="AC01",
    key="AAC001",
    stamp="AAE036",
    columns={
        "AAC001": "key",
        "AAC058": "code:social_paper",
        "AAC002": "citizen_id",
        "AAC003": "name",
        "AAC004": "code:sex",
        "AAC005": "code:ethnic",
        "AAC006": "date10",
        "AAE005": "phone",
        "AAE006": "address",
        "AAB001": "plain",
        "AAC008": "code:insured_state",
        "AAE140": "code:pension",
        "AAC030": "date10",
        "AAC031": "code:payment_state",
        "AAB301": "code:division",
        "AAE036": "stamp",
    },
    parties=(
        Party(
            "person",
            "person",
            number="AAC002",
            paper="AAC058",
            birth="AAC006",
            sex="AAC004",
            papers={
                "01": "citizen_id",
                "03": "passport",
                "06": "residence",
                "07": "residence",
                "08": "permanent",
                "99": "any",
            },
        ),
    ),
    swaps=(("AAC004", "AAC005"), ("AAC003", "AAC002")),
    neighbours=(("AAE005", "AAE006"), ("AAC002",)),
    unlimited=("AAE006",),
)
AB01 = Table(
    department=DEPARTMENT,
    name="AB01",
    key="AAB001",
    stamp="AAE036",
    columns={
        "AAB001": "key",
        "AAB003": "uscc",
        "AAB004": "company",
        "AAB013": "name",
        "AAB014": "citizen_id",
        "AAE004": "phone",
        "AAE006": "address",
        "AAE036": "stamp",
    },
    parties=(
        Party("employer", "business", number="AAB003", others=("AAB004", "AAE004", "AAE006")),
        Party("representative", "person", number="AAB014", others=("AAB013",)),
    ),
    neighbours=(("AAE004",),),
    unlimited=("AAE006",),
)
TABLES = (AC01, AB01)


def employer_keys(firms: Companies, rows: Index) -> pa.Array:
    """Return the department's employer keys of businesses at rows (-1 gives null)."""
    made = digits.text(digits.join(digits.constant("D1303", len(rows)), digits.scramble(rows + firms.start, 9)))
    return pc.if_else(pa.array(rows >= 0), made, pa.scalar(None, pa.string()))


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return insured people and pensioners, and all employers, of a chunk."""
    return [insured(chunk, profile), employers(chunk, profile)]


def insured(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of AC01: people with jobs, and most people over 60."""
    random, people, jobs = chunk.random(50), chunk.people, chunk.jobs
    old = np.flatnonzero((people.age(chunk.as_of) >= 61) & (people.state != 3) & (random.random(len(people)) < 0.55))
    rows, company = np.r_[jobs.person, old], np.r_[jobs.company, np.full(len(old), -1)]
    count = len(rows)
    since, retired = np.r_[jobs.since, np.full(len(old), -1)], people.role[rows] >= GRANDFATHER
    since = np.where(since >= 0, since, people.birth[rows] + 16 * 366 + (random.random(count) * 9000).astype(np.int64))
    name, planted = written_name(random, people, rows, "AAC003", profile.world["office_writes_former_name"])
    style = np.searchsorted([0.2, 0.6, 0.85], random.random(count))
    phone = pc.if_else(
        pa.array(random.random(count) < profile.world["insured_has_old_phone"]),
        take(people.old_phone, rows),
        take(people.phone, rows),
    )
    # pensioners without an employer behind them are insured as residents
    kind = choose(["110", "170"], ((company < 0) & (random.random(count) < 0.4)).astype(np.int64))
    columns = {
        "AAC001": digits.text(digits.join(digits.constant("1303", count), digits.scramble(rows + people.start, 10))),
        "AAC058": paper_codes(people, rows, PAPERS),
        "AAC002": some(random, shown_number(people, rows, travels=False), profile.filled("AC01", "AAC002")),
        "AAC003": name,
        "AAC004": digits.text(digits.matrix(people.sex[rows], 1)),
        "AAC005": some(random, digits.text(digits.matrix(people.ethnic[rows], 2)), profile.filled("AC01", "AAC005")),
        "AAC006": some(random, digits.dates(people.birth[rows], "-"), profile.filled("AC01", "AAC006")),
        "AAE005": some(random, phone, profile.filled("AC01", "AAE005")),
        "AAE006": some(random, people.address.take(rows).free_text(style), profile.filled("AC01", "AAE006")),
        "AAB001": employer_keys(chunk.companies, company),
        "AAC008": choose(["1", "2"], retired.astype(np.int64)),
        "AAE140": kind,
        "AAC030": digits.dates(since, "-"),
        "AAC031": choose(["1", "2", "4"], np.where(retired, 2, random.random(count) < 0.04)),
        "AAB301": take(people.address.code, rows),
        "AAE036": stamp(random, chunk, count),
    }
    fact = Facts("social_insurance", people.ids(rows), chunk.companies.ids(company), kind, since)
    return Emission(AC01, columns, {"person": people.ids(rows)}, planted, (fact,))


def employers(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of AB01: operating businesses other than sole traders."""
    random, people, firms = chunk.random(51), chunk.people, chunk.companies
    rows = np.flatnonzero((firms.kind != SOLE) & (firms.state == 1))
    count = len(rows)
    stale = (firms.previous[rows] >= 0) & (random.random(count) < profile.world["employer_names_old_representative"])
    leads = np.where(stale, firms.previous[rows], firms.representative[rows])
    name, planted = written_name(random, people, leads, "AAB013", profile.world["office_writes_former_name"])
    columns = {
        "AAB001": employer_keys(firms, rows),
        "AAB003": take(firms.uscc, rows),
        "AAB004": take(firms.name, rows),
        "AAB013": name,
        "AAB014": some(random, shown_number(people, leads, travels=False), profile.filled("AB01", "AAB014")),
        "AAE004": take(firms.phone, rows),
        "AAE006": firms.address.take(rows).free_text(np.ones(count, dtype=np.int64)),
        "AAE036": stamp(random, chunk, count),
    }
    truth = {"employer": firms.ids(rows), "representative": people.ids(leads)}
    old = stale_rows(np.flatnonzero(stale), people.ids(firms.representative[rows]), truth["representative"])
    return Emission(AB01, columns, truth, (*planted, *old))


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: phone or state of a person; phone of an employer."""
    if "AAB003" in row:
        return {"AAE004": f"136{int(random.integers(10**8)):08d}"}
    if random.random() < 0.6:
        return {"AAE005": f"136{int(random.integers(10**8)):08d}"}
    return {"AAC008": "2" if row["AAC008"] == "1" else "1"}


def gone(table: Table) -> dict[str, str] | None:
    """Return None for AC01, whose rows are deleted for good; employers are never deleted (empty)."""
    return None if table is AC01 else {}

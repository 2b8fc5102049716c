"""审批 · applications of people and of businesses for items of government service; moments in the form of ISO 8601."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import SOLE
from demo.emission import (
    ISO,
    NOTHING,
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
from demo.names import Index
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "approval"
# ApplyerPageType: identity card, Hong Kong/Macao permit, Taiwan permit, permanent residence, passport, other
PAPERS = codes_of("SFZ", "GAT", "TBZ", "YJZ", "HZ")
ITEMS = {
    "11130300MB0001A1-3130": "食品经营许可",
    "11130300MB0002B2-0014": "户口迁移审批",
    "11130300MB0003C3-0107": "不动产转移登记",
    "11130300MB0004D4-2011": "灵活就业人员参保登记",
    "11130300MB0005E5-0633": "公共场所卫生许可",
    "11130300MB0006F6-0420": "教师资格认定",
}
CASE = {"ProjectNo": "key", "TaskCode": "plain", "TaskName": "plain", "ApplyerType": "plain"}
COURSE = {"ApplyDate": "date10", "FinishDate": "date10", "Status": "code:approval_state", "UpdateTime": "stamp"}
APPLY_PERSON = Table(
    department=DEPARTMENT,
    name="APPLY_PERSON",
    key="ProjectNo",
    stamp="UpdateTime",
    columns={
        **CASE,
        "ApplyerName": "name",
        "ApplyerPageType": "code:approval_paper",
        "ApplyerPageCode": "citizen_id",
        "ContactMobile": "phone",
        "Address": "address",
        **COURSE,
    },
    parties=(
        Party(
            "applicant",
            "person",
            number="ApplyerPageCode",
            paper="ApplyerPageType",
            papers={
                "SFZ": "citizen_id",
                "HZ": "passport",
                "GAT": "permit",
                "TBZ": "permit",
                "YJZ": "permanent",
            },
            others=("ApplyerName", "ContactMobile", "Address"),
        ),
    ),
    swaps=(("ApplyerName", "ApplyerPageCode"),),
    neighbours=(("ContactMobile",), ("ApplyerPageCode",)),
    unlimited=("Address",),
    clock=ISO,
)
APPLY_ORG = Table(
    department=DEPARTMENT,
    name="APPLY_ORG",
    key="ProjectNo",
    stamp="UpdateTime",
    columns={
        **CASE,
        "ApplyerName": "company",
        "ApplyerPageCode": "uscc",
        "LegalMan": "name",
        "LegalManPageCode": "citizen_id",
        "ContactMobile": "phone",
        **COURSE,
    },
    parties=(
        Party("applicant", "business", number="ApplyerPageCode", others=("ApplyerName", "ContactMobile")),
        Party("representative", "person", number="LegalManPageCode", others=("LegalMan",)),
    ),
    swaps=(("LegalMan", "LegalManPageCode"),),
    neighbours=(("ContactMobile",),),
    clock=ISO,
)
TABLES = (APPLY_PERSON, APPLY_ORG)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return the applications of people and of businesses of a chunk; some apply more than once."""
    return [by_people(chunk, profile), by_businesses(chunk, profile)]


def by_people(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of APPLY_PERSON."""
    random, people = chunk.random(82), chunk.people
    able = np.flatnonzero((people.age(chunk.as_of) >= 18) & (people.state == 1))
    count = round(len(people) * profile.world["applications"]) if len(able) else 0
    rows = able[(random.random(count) * len(able)).astype(np.int64)]
    name, planted = written_name(random, people, rows, "ApplyerName", profile.world["office_writes_former_name"])
    case, since = cases(random, chunk, people.start * 4 + np.arange(count), "1")
    columns = {
        **{one: case[one] for one in CASE},
        "ApplyerName": name,
        "ApplyerPageType": paper_codes(people, rows, PAPERS),
        "ApplyerPageCode": shown_number(people, rows, travels=True),
        "ContactMobile": take(people.phone, rows),
        "Address": some(
            random,
            people.address.take(rows).free_text(np.full(count, 2)),
            profile.filled("APPLY_PERSON", "Address"),
        ),
        **{one: case[one] for one in COURSE},
    }
    fact = Facts("application", people.ids(rows), None, case["ProjectNo"], since)
    return Emission(APPLY_PERSON, columns, {"applicant": people.ids(rows)}, planted, (fact,))


def by_businesses(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of APPLY_ORG, signed by the representative of the day."""
    random, people, firms = chunk.random(83), chunk.people, chunk.companies
    able = np.flatnonzero((firms.kind != SOLE) & (firms.state == 1))
    count = round(len(firms) * profile.world["applications"]) if len(able) else 0
    rows = able[(random.random(count) * len(able)).astype(np.int64)]
    leads = firms.representative[rows]
    name, planted = written_name(random, people, leads, "LegalMan", profile.world["office_writes_former_name"])
    case, since = cases(random, chunk, 2 * 10**8 + firms.start * 4 + np.arange(count), "2")
    columns = {
        **{one: case[one] for one in CASE},
        "ApplyerName": take(firms.name, rows),
        "ApplyerPageCode": take(firms.uscc, rows),
        "LegalMan": name,
        "LegalManPageCode": shown_number(people, leads, travels=True),
        "ContactMobile": some(random, take(firms.phone, rows), profile.filled("APPLY_ORG", "ContactMobile")),
        **{one: case[one] for one in COURSE},
    }
    truth = {"applicant": firms.ids(rows), "representative": people.ids(leads)}
    fact = Facts("application", truth["applicant"], None, case["ProjectNo"], since)
    return Emission(APPLY_ORG, columns, truth, planted, (fact,))


def cases(
    random: np.random.Generator, chunk: Chunk, number: Index, applicant: str
) -> tuple[dict[str, pa.Array], Index]:
    """Return number, item and course of applications with running numbers, and the days they were handed in."""
    count = len(number)
    since = chunk.as_of - 1 - (random.random(count) ** 1.5 * 700).astype(np.int64)
    state = np.searchsorted([0.05, 0.12, 0.15, 0.90, 0.95], random.random(count))
    over = pa.array(state >= 3)
    item = random.integers(0, len(ITEMS), count)
    done = digits.dates(np.minimum(since + random.integers(0, 15, count), chunk.as_of), "-")
    return {
        "ProjectNo": numbered("130300S", number, 12),
        "TaskCode": choose(list(ITEMS), item),
        "TaskName": choose(list(ITEMS.values()), item),
        "ApplyerType": pa.repeat(applicant, count),
        "ApplyDate": digits.dates(since, "-"),
        "FinishDate": pc.if_else(over, done, NOTHING),
        "Status": choose(["10", "20", "30", "50", "60", "90"], state),
        "UpdateTime": stamp(random, chunk, count, ISO),
    }, since


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or the application decided."""
    if random.random() < 0.4 or row["Status"] == "50":
        return {"ContactMobile": f"156{int(random.integers(10**8)):08d}"}
    return {"Status": "50", "FinishDate": f"{today[:4]}-{today[4:6]}-{today[6:]}"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the application is withdrawn, its row stays."""
    return {"Status": "90"}

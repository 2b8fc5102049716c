"""医保 · insured people, nearly everyone, and the employers who insure their staff; national column names."""

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
    numbered,
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
from demo.papers import MACAO
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "medical_insurance"
# PSN_CERT_TYPE: 01 identity card, 04 Hong Kong, 05 Macao, 06 Taiwan, 07 permanent residence, 08 foreign passport
PAPERS = codes_of("01", "04", "06", "07", "08") | {MACAO: "05"}
PSN_INFO_B = Table(
    department=DEPARTMENT,
    name="PSN_INFO_B",
    key="PSN_NO",
    stamp="UPDT_TIME",
    columns={
        "PSN_NO": "key",
        "PSN_CERT_TYPE": "code:medical_paper",
        "CERTNO": "citizen_id",
        "PSN_NAME": "name",
        "GEND": "code:sex",
        "NATY": "code:ethnic",
        "BRDY": "date10",
        "TEL": "phone",
        "ADDR": "address",
        "INSUTYPE": "code:insurance",
        "INSU_ADMDVS": "code:division",
        "PSN_INSU_STAS": "code:medical_state",
        "PSN_INSU_DATE": "date10",
        "EMP_NO": "plain",
        "EMP_NAME": "plain",
        "UPDT_TIME": "stamp",
    },
    parties=(
        Party(
            "person",
            "person",
            number="CERTNO",
            paper="PSN_CERT_TYPE",
            birth="BRDY",
            sex="GEND",
            papers={
                "01": "citizen_id",
                "04": "permit",
                "05": "permit",
                "06": "permit",
                "07": "permanent",
                "08": "passport",
            },
        ),
    ),
    swaps=(("PSN_NAME", "CERTNO"), ("GEND", "NATY")),
    neighbours=(("TEL", "ADDR"), ("CERTNO",)),
    unlimited=("ADDR",),
)
INSU_EMP_B = Table(
    department=DEPARTMENT,
    name="INSU_EMP_B",
    key="EMP_NO",
    stamp="UPDT_TIME",
    columns={
        "EMP_NO": "key",
        "EMP_NAME": "company",
        "UNISCID": "uscc",
        "LEGREP_NAME": "name",
        "LEGREP_CERTNO": "citizen_id",
        "TEL": "phone",
        "EMP_ADDR": "address",
        "UPDT_TIME": "stamp",
    },
    parties=(
        Party("employer", "business", number="UNISCID", others=("EMP_NAME", "TEL", "EMP_ADDR")),
        Party("representative", "person", number="LEGREP_CERTNO", others=("LEGREP_NAME",)),
    ),
    neighbours=(("TEL",),),
    unlimited=("EMP_ADDR",),
)
TABLES = (PSN_INFO_B, INSU_EMP_B)


def employer_numbers(firms: Companies, rows: Index) -> pa.Array:
    """Return the department's employer numbers of businesses at rows (-1 gives null)."""
    made = numbered("3713", rows + firms.start, 9)
    return pc.if_else(pa.array(rows >= 0), made, pa.scalar(None, pa.string()))


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return insured people and insuring employers of a chunk."""
    return [insured(chunk, profile), employers(chunk, profile)]


def insured(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of PSN_INFO_B: 310 with an employer or a pension, 390 for everyone else who pays."""
    random, people, jobs, firms = chunk.random(72), chunk.people, chunk.jobs, chunk.companies
    company = np.full(len(people), -1, dtype=np.int64)
    company[jobs.person] = jobs.company
    rows = np.flatnonzero((people.state != 3) & (random.random(len(people)) < profile.world["medically_insured"]))
    count, employer = len(rows), company[rows]
    pensioner = (people.role[rows] >= GRANDFATHER) & (random.random(count) < 0.5)
    kind = choose(["390", "310"], ((employer >= 0) | pensioner).astype(np.int64))
    since = np.maximum(chunk.as_of - 1 - (random.random(count) * 7000).astype(np.int64), people.birth[rows])
    name, planted = written_name(random, people, rows, "PSN_NAME", profile.world["office_writes_former_name"])
    old = pa.array(random.random(count) < profile.world["insured_has_old_phone"])
    phone = pc.if_else(old, take(people.old_phone, rows), take(people.phone, rows))
    home = people.address.take(rows).free_text(np.searchsorted([0.1, 0.5, 0.8], random.random(count)))
    columns = {
        "PSN_NO": numbered("1303000", rows + people.start, 12),
        "PSN_CERT_TYPE": paper_codes(people, rows, PAPERS),
        "CERTNO": some(random, shown_number(people, rows, travels=True), profile.filled("PSN_INFO_B", "CERTNO")),
        "PSN_NAME": name,
        "GEND": digits.text(digits.matrix(people.sex[rows], 1)),
        "NATY": some(random, digits.text(digits.matrix(people.ethnic[rows], 2)), profile.filled("PSN_INFO_B", "NATY")),
        "BRDY": digits.dates(people.birth[rows], "-"),
        "TEL": some(random, phone, profile.filled("PSN_INFO_B", "TEL")),
        "ADDR": some(random, home, profile.filled("PSN_INFO_B", "ADDR")),
        "INSUTYPE": kind,
        "INSU_ADMDVS": take(people.address.code, rows),
        "PSN_INSU_STAS": choose(["1", "2"], (random.random(count) < 0.05).astype(np.int64)),
        "PSN_INSU_DATE": digits.dates(since, "-"),
        "EMP_NO": employer_numbers(firms, employer),
        "EMP_NAME": take(firms.name, employer),
        "UPDT_TIME": stamp(random, chunk, count),
    }
    fact = Facts("medical_insurance", people.ids(rows), firms.ids(employer), kind, since)
    return Emission(PSN_INFO_B, columns, {"person": people.ids(rows)}, planted, (fact,))


def employers(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of INSU_EMP_B: operating businesses but no sole traders, some under an old representative."""
    random, people, firms = chunk.random(73), chunk.people, chunk.companies
    rows = np.flatnonzero((firms.kind != SOLE) & (firms.state == 1))
    count = len(rows)
    stale = (firms.previous[rows] >= 0) & (random.random(count) < profile.world["employer_names_old_representative"])
    leads = np.where(stale, firms.previous[rows], firms.representative[rows])
    name, planted = written_name(random, people, leads, "LEGREP_NAME", profile.world["office_writes_former_name"])
    columns = {
        "EMP_NO": employer_numbers(firms, rows),
        "EMP_NAME": take(firms.name, rows),
        "UNISCID": take(firms.uscc, rows),
        "LEGREP_NAME": name,
        "LEGREP_CERTNO": some(
            random, shown_number(people, leads, travels=True), profile.filled("INSU_EMP_B", "LEGREP_CERTNO")
        ),
        "TEL": take(firms.phone, rows),
        "EMP_ADDR": firms.address.take(rows).free_text(np.zeros(count, dtype=np.int64)),
        "UPDT_TIME": stamp(random, chunk, count),
    }
    truth = {"employer": firms.ids(rows), "representative": people.ids(leads)}
    old = stale_rows(np.flatnonzero(stale), people.ids(firms.representative[rows]), truth["representative"])
    return Emission(INSU_EMP_B, columns, truth, (*planted, *old))


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or payment suspended and taken up again."""
    if "UNISCID" in row or random.random() < 0.7:
        return {"TEL": f"131{int(random.integers(10**8)):08d}"}
    return {"PSN_INSU_STAS": "2" if row["PSN_INSU_STAS"] == "1" else "1"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the insurance is ended, its row stays; employers are never deleted."""
    return {"PSN_INSU_STAS": "4"} if table is PSN_INFO_B else {}

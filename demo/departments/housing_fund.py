"""公积金 · personal accounts with their employer in the same row; small letters and typed columns, as on a server."""

from __future__ import annotations

import numpy as np

from demo import digits
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
    stamp,
    take,
    written_name,
)
from demo.places import whole
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "housing_fund"
# zjlx: 01 identity card, 02 officer's card, 03 passport, 04 permanent residence, 99 other
PAPERS = codes_of("01", "99", "99", "04", "03")
GR_ZHXX = Table(
    department=DEPARTMENT,
    name="gr_zhxx",
    key="grzh",
    stamp="gxsj",
    columns={
        "grzh": "key",
        "xingming": "name",
        "zjlx": "code:fund_paper",
        "zjh": "citizen_id",
        "sjhm": "phone",
        "dwzh": "plain",
        "dwmc": "company",
        "tyshxydm": "uscc",
        "khrq": "plain",
        "jzny": "plain",
        "jcjs": "plain",
        "zhzt": "code:fund_state",
        "gxsj": "stamp",
    },
    parties=(
        Party(
            "member",
            "person",
            number="zjh",
            paper="zjlx",
            papers={"01": "citizen_id", "03": "passport", "04": "permanent"},
            others=("xingming", "sjhm"),
        ),
        Party("employer", "business", number="tyshxydm", others=("dwmc",)),
    ),
    swaps=(("xingming", "zjh"), ("zjlx", "zhzt")),
    neighbours=(("sjhm",), ("zjh",), ("dwmc", "tyshxydm")),
    unlimited=(),
    types={"khrq": "DATE", "jzny": "DATE", "jcjs": "NUMERIC(12,2)", "gxsj": "TIMESTAMP(0)"},
)
TABLES = (GR_ZHXX,)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return the accounts of a chunk: most of those with an employer."""
    random, people, jobs, firms = chunk.random(81), chunk.people, chunk.jobs, chunk.companies
    chosen = np.flatnonzero((jobs.company >= 0) & (random.random(len(jobs.person)) < profile.world["housing_fund"]))
    rows, company, since = jobs.person[chosen], jobs.company[chosen], jobs.since[chosen]
    count = len(rows)
    name, planted = written_name(random, people, rows, "xingming", profile.world["office_writes_former_name"])
    key = numbered("1303", rows + people.start, 8)
    month = np.datetime64(chunk.as_of, "D").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    columns = {
        "grzh": key,
        "xingming": name,
        "zjlx": paper_codes(people, rows, PAPERS),
        "zjh": shown_number(people, rows, travels=False),
        "sjhm": some(random, take(people.phone, rows), profile.filled("gr_zhxx", "sjhm")),
        "dwzh": numbered("D", company + firms.start, 7),
        "dwmc": take(firms.name, company),
        "tyshxydm": some(random, take(firms.uscc, company), profile.filled("gr_zhxx", "tyshxydm")),
        "khrq": digits.dates(since, "-"),
        "jzny": digits.dates(np.full(count, month), "-"),
        "jcjs": whole(random.integers(2200, 25000, count), ".00"),
        "zhzt": choose(["01", "02", "06"], np.searchsorted([0.9, 0.995], random.random(count))),
        "gxsj": stamp(random, chunk, count),
    }
    truth = {"member": people.ids(rows), "employer": firms.ids(company)}
    fact = Facts("housing_fund", truth["member"], truth["employer"], key, since)
    return [Emission(GR_ZHXX, columns, truth, planted, (fact,))]


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or another base of contributions."""
    if random.random() < 0.5:
        return {"sjhm": f"155{int(random.integers(10**8)):08d}"}
    return {"jcjs": f"{int(random.integers(2200, 25000))}.00"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the account is sealed, then closed; its row stays."""
    return {"zhzt": "05"}

"""市场监管 · business register: enterprises, sole traders, co-operatives, with its own id type codes and states."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import PUBLIC, TYPE_CODES
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
    stamp,
    take,
    written_name,
)
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "market_regulation"
# id types here: 10 identity card, 40 passport, 50 Hong Kong/Macao permit, 60 Taiwan permit, 70 permanent residence
PAPERS = codes_of("10", "50", "60", "70", "40")
E_BASEINFO = Table(
    department=DEPARTMENT,
    name="E_BASEINFO",
    key="PRIPID",
    stamp="S_EXT_TIMESTAMP",
    columns={
        "PRIPID": "key",
        "UNISCID": "uscc",
        "REGNO": "regno",
        "ENTNAME": "company",
        "ENTTYPE": "code:entity_type",
        "NAME": "name",
        "CERTYPE": "code:market_paper",
        "CERNO": "citizen_id",
        "TEL": "phone",
        "DOM": "address",
        "INDUSTRYCO": "plain",
        "REGCAP": "plain",
        "ESTDATE": "date10",
        "REGSTATE": "code:market_state",
        "S_EXT_TIMESTAMP": "stamp",
    },
    parties=(
        Party(
            "business",
            "business",
            number="UNISCID",
            others=("REGNO", "ENTNAME", "ENTTYPE", "TEL", "DOM", "INDUSTRYCO", "REGCAP", "ESTDATE", "REGSTATE"),
        ),
        Party(
            "representative",
            "person",
            number="CERNO",
            paper="CERTYPE",
            papers={
                "10": "citizen_id",
                "40": "passport",
                "50": "permit",
                "60": "permit",
                "70": "permanent",
                "90": "any",
            },
            others=("NAME",),
        ),
    ),
    swaps=(("ENTTYPE", "REGSTATE"), ("NAME", "CERNO")),
    neighbours=(("TEL",), ("NAME", "CERNO")),
    unlimited=("DOM",),
)
TABLES = (E_BASEINFO,)
HANDOVER = (
    "NAME",
    "CERNO",
    "CERTYPE",
    "10",
)  # where a new representative is written, and the code of a citizen's paper


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return one row of every business that market regulation registers (public bodies are not)."""
    random, firms = chunk.random(30), chunk.companies
    rows = np.flatnonzero(firms.kind != PUBLIC)
    count, leads = len(rows), firms.representative[rows]
    name, planted = written_name(random, chunk.people, leads, "NAME", profile.world["office_writes_former_name"])
    style = np.searchsorted([0.35, 0.75, 0.9], random.random(count))
    columns = {
        "PRIPID": digits.text(digits.join(digits.constant("1303", count), digits.scramble(rows + firms.start, 10))),
        "UNISCID": take(firms.uscc, rows),
        "REGNO": take(firms.regno, rows),
        "ENTNAME": take(firms.name, rows),
        "ENTTYPE": choose(TYPE_CODES, firms.kind[rows]),
        "NAME": name,
        "CERTYPE": paper_codes(chunk.people, leads, PAPERS),
        "CERNO": shown_number(chunk.people, leads, travels=True),
        "TEL": some(random, take(firms.phone, rows), profile.filled("E_BASEINFO", "TEL")),
        "DOM": firms.address.take(rows).free_text(style),
        "INDUSTRYCO": digits.text(digits.matrix(firms.industry[rows], 4)),
        "REGCAP": pc.binary_join_element_wise(pa.array(firms.capital[rows]).cast(pa.string()), pa.scalar(".0000"), ""),
        "ESTDATE": digits.dates(firms.founded[rows], "-"),
        "REGSTATE": choose(["", "1", "2", "3"], firms.state[rows]),
        "S_EXT_TIMESTAMP": stamp(random, chunk, count),
    }
    truth = {"business": firms.ids(rows), "representative": chunk.people.ids(leads)}
    licensed = pc.if_else(pc.is_valid(columns["UNISCID"]), truth["business"], pa.scalar(None, pa.string()))
    fact = Facts("licence", licensed, None, columns["UNISCID"], firms.founded[rows])
    return [Emission(E_BASEINFO, columns, truth, planted, (fact,))]


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: phone, state or capital."""
    draw = random.random()
    if draw < 0.5:
        return {"TEL": f"138{int(random.integers(10**8)):08d}"}
    if draw < 0.75:
        return {"REGSTATE": "3" if row["REGSTATE"] == "1" else "1"}
    return {"REGCAP": f"{int(random.integers(10, 5000))}.0000"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the business is cancelled, its row stays."""
    return {"REGSTATE": "3"}

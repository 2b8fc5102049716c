"""税务 · taxpayers: every business, sole traders under their owner's number, with the tax id type codes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import PUBLIC, SOLE
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
from demo.names import Index
from demo.papers import PERMANENT_OLD
from demo.people import People
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "tax"
# id types of the tax authority: 201 identity card, 208 foreign passport, 210 Hong Kong/Macao, 213 Taiwan, 233 permanent
PAPERS = codes_of("201", "210", "213", "233", "208")
DJ_NSRXX = Table(
    department=DEPARTMENT,
    name="DJ_NSRXX",
    key="DJXH",
    stamp="XGRQ",
    columns={
        "DJXH": "key",
        "NSRSBH": "taxno",
        "NSRMC": "company",
        "SHXYDM": "uscc",
        "ZZJG_DM": "plain",
        "FDDBRXM": "name",
        "FDDBRSFZJLX_DM": "code:tax_paper",
        "FDDBRSFZJHM": "citizen_id",
        "LXDH": "phone",
        "SCJYDZ": "address",
        "NSRLX_DM": "code:tax_kind",
        "NSRZT_DM": "code:tax_state",
        "ZGSWJ_MC": "plain",
        "DJRQ": "date8",
        "XGRQ": "stamp",
    },
    parties=(
        Party(
            "business",
            "business",
            number="SHXYDM",
            others=("NSRSBH", "NSRMC", "ZZJG_DM", "LXDH", "SCJYDZ", "NSRLX_DM", "NSRZT_DM", "ZGSWJ_MC", "DJRQ"),
        ),
        Party(
            "representative",
            "person",
            number="FDDBRSFZJHM",
            paper="FDDBRSFZJLX_DM",
            papers={
                "201": "citizen_id",
                "208": "passport",
                "210": "permit",
                "213": "permit",
                "227": "passport",
                "233": "permanent",
            },
            others=("FDDBRXM",),
        ),
    ),
    swaps=(("FDDBRXM", "FDDBRSFZJHM"), ("NSRLX_DM", "NSRZT_DM")),
    neighbours=(("LXDH",), ("FDDBRXM", "FDDBRSFZJHM")),
    unlimited=("SCJYDZ",),
)
TABLES = (DJ_NSRXX,)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return one row of every taxpayer of a chunk; a cancelled one stays with its state."""
    random, people, firms = chunk.random(74), chunk.people, chunk.companies
    rows = np.flatnonzero(random.random(len(firms)) < np.where(firms.kind == SOLE, 0.9, 0.98))
    count = len(rows)
    stale = (firms.previous[rows] >= 0) & (random.random(count) < profile.world["tax_names_old_representative"])
    leads = np.where(stale, firms.previous[rows], firms.representative[rows])
    name, planted = written_name(random, people, leads, "FDDBRXM", profile.world["office_writes_former_name"])
    key, since, code = numbered("1011303", rows + firms.start, 13), firms.founded[rows] + 15, take(firms.uscc, rows)
    owners = traders_numbers(people, firms.representative[rows])
    older = pa.array(random.random(count) < 0.4)
    kind = np.where(firms.kind[rows] == PUBLIC, 2, (firms.capital[rows] < 500).astype(np.int64))
    columns = {
        "DJXH": key,
        "NSRSBH": pc.coalesce(code, owners),
        "NSRMC": take(firms.name, rows),
        "SHXYDM": some(random, code, profile.filled("DJ_NSRXX", "SHXYDM")),
        "ZZJG_DM": pc.if_else(older, pc.utf8_slice_codeunits(code, 8, 17), pa.scalar(None, pa.string())),
        "FDDBRXM": name,
        "FDDBRSFZJLX_DM": paper_codes(people, leads, PAPERS),
        "FDDBRSFZJHM": shown_number(people, leads, travels=True),
        "LXDH": some(random, take(firms.phone, rows), profile.filled("DJ_NSRXX", "LXDH")),
        "SCJYDZ": firms.address.take(rows).free_text(np.searchsorted([0.6, 0.9], random.random(count))),
        "NSRLX_DM": choose(["1", "2", "3"], kind),
        "NSRZT_DM": choose(["", "03", "05", "07"], firms.state[rows]),
        "ZGSWJ_MC": pc.binary_join_element_wise("国家税务总局", take(firms.address.district, rows), "税务局", ""),
        "DJRQ": digits.dates(since),
        "XGRQ": stamp(random, chunk, count),
    }
    truth = {"business": firms.ids(rows), "representative": people.ids(leads)}
    old = stale_rows(np.flatnonzero(stale), people.ids(firms.representative[rows]), truth["representative"])
    fact = Facts("tax_registration", firms.ids(rows), None, columns["NSRSBH"], since)
    return [Emission(DJ_NSRXX, columns, truth, (*planted, *old), (fact,))]


def traders_numbers(people: People, rows: Index) -> pa.Array:
    """Return the numbers under which sole traders pay: their own, or W and the birth date."""
    own, serial = take(people.number, rows), digits.scramble(rows + people.start, 9)
    foreign = digits.join(digits.constant("W", len(rows)), digits.date_matrix(people.birth[rows], ""), serial)
    return pc.if_else(pa.array(people.paper[rows] >= PERMANENT_OLD), digits.text(foreign), own)


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or another kind of taxpayer."""
    if random.random() < 0.6:
        return {"LXDH": f"132{int(random.integers(10**8)):08d}"}
    return {"NSRLX_DM": "1" if row["NSRLX_DM"] == "2" else "2"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the taxpayer is cancelled, its row stays."""
    return {"NSRZT_DM": "07"}

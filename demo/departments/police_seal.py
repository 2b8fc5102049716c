"""公安 · seal register: the police side of businesses. Sole traders have no seal; cancelled seals stay as rows."""

from __future__ import annotations

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
    paper_codes,
    shown_number,
    some,
    stale_rows,
    stamp,
    take,
    written_name,
)
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "police_seal"
# id types of the police: 111 identity card, 414 passport, 516 Hong Kong/Macao permit, 511 Taiwan permit, 553 permanent
PAPERS = codes_of("111", "516", "511", "553", "414")
YZ_YZXX = Table(
    department=DEPARTMENT,
    name="YZ_YZXX",
    key="YZBM",
    stamp="GXSJ",
    columns={
        "YZBM": "key",
        "YZLXDM": "code:seal_kind",
        "YZNR": "plain",
        "YZZT": "code:seal_state",
        "SYDWMC": "company",
        "TYSHXYDM": "uscc",
        "FRXM": "name",
        "FRZJLX": "code:police_paper",
        "FRZJHM": "citizen_id",
        "ZXBZ": "plain",
        "GXSJ": "stamp",
    },
    parties=(
        Party("business", "business", number="TYSHXYDM", others=("YZLXDM", "YZNR", "YZZT", "SYDWMC")),
        Party(
            "representative",
            "person",
            number="FRZJHM",
            paper="FRZJLX",
            papers={
                "111": "citizen_id",
                "414": "passport",
                "516": "permit",
                "511": "permit",
                "553": "permanent",
                "990": "any",
            },
            others=("FRXM",),
        ),
    ),
    swaps=(("YZLXDM", "YZZT"), ("FRXM", "FRZJHM")),
    neighbours=(("FRXM", "FRZJHM"),),
    unlimited=("YZNR",),
)
TABLES = (YZ_YZXX,)
UNKNOWN = -1  # the register does not say when a seal was made


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return one or more seals of each sealed business; some still name the representative before."""
    random, firms = chunk.random(20), chunk.companies
    sealed = np.flatnonzero(firms.sealed)
    more = sealed[random.random(len(sealed)) < 0.35]  # finance or contract seals beside the official one
    rows, count = np.r_[sealed, more], len(sealed) + len(more)
    kind = np.r_[np.zeros(len(sealed), dtype=np.int64), random.integers(1, 4, len(more))]
    stale = (firms.previous[rows] >= 0) & (random.random(count) < profile.world["seal_names_old_representative"])
    leads = np.where(stale, firms.previous[rows], firms.representative[rows])
    name = take(firms.name, rows)
    former, planted = written_name(random, chunk.people, leads, "FRXM", profile.world["office_writes_former_name"])
    number = digits.scramble((rows + firms.start) * 4 + kind, 8)
    cancelled = (firms.state[rows] == 3) & (random.random(count) < 0.7)
    columns = {
        "YZBM": digits.text(digits.join(digits.constant("130300", count), number)),
        "YZLXDM": choose(["01", "02", "04", "03"], kind),
        "YZNR": pc.binary_join_element_wise(name, choose(["", "财务专用章", "合同专用章", "发票专用章"], kind), ""),
        "YZZT": choose(["1", "2"], (firms.state[rows] > 1).astype(np.int64)),
        "SYDWMC": name,
        "TYSHXYDM": some(random, take(firms.uscc, rows), profile.filled("YZ_YZXX", "TYSHXYDM")),
        "FRXM": former,
        "FRZJLX": paper_codes(chunk.people, leads, PAPERS),
        "FRZJHM": shown_number(chunk.people, leads, travels=True),
        "ZXBZ": choose(["0", "1"], cancelled.astype(np.int64)),
        "GXSJ": stamp(random, chunk, count),
    }
    truth = {"business": firms.ids(rows), "representative": chunk.people.ids(leads)}
    old = stale_rows(np.flatnonzero(stale), chunk.people.ids(firms.representative[rows]), truth["representative"])
    standing = pc.if_else(pa.array(cancelled), pa.scalar(None, pa.string()), truth["business"])
    fact = Facts("seal", standing, truth["representative"], columns["YZBM"], np.full(count, UNKNOWN))
    return [Emission(YZ_YZXX, columns, truth, (*planted, *old), (fact,))]


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: mostly the state of the seal, sometimes its text."""
    if random.random() < 0.7:
        return {"YZZT": "2" if row["YZZT"] == "1" else "1"}
    return {"YZNR": f"{row['YZNR'] or ''}（新）"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the seal is cancelled, its row stays."""
    return {"ZXBZ": "1"}

"""住建 · filed contracts to buy or rent housing; id types and dates in words, update times as fourteen digits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import LIMITED, OWNED
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
from demo.places import draw_addresses, draw_divisions, whole
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "housing_contracts"
PAPERS = codes_of("居民身份证", "港澳居民居住证", "台湾居民居住证", "永久居留身份证", "护照")
FW_HTBA = Table(
    department=DEPARTMENT,
    name="FW_HTBA",
    key="HTBH",
    stamp="GXSJ",
    columns={
        "HTBH": "key",
        "HTLX": "code:housing_kind",
        "MSRXM": "name",
        "MSRZJLX": "word:housing_paper",
        "MSRZJHM": "citizen_id",
        "MSRDH": "phone",
        "CMRMC": "company",
        "CMRTYDM": "uscc",
        "FWZL": "address",
        "JZMJ": "plain",
        "HTJE": "plain",
        "QDRQ": "date_mixed",
        "BARQ": "date8",
        "HTZT": "code:housing_state",
        "JBR": "plain",
        "GXSJ": "stamp",
    },
    parties=(
        Party(
            "buyer",
            "person",
            number="MSRZJHM",
            paper="MSRZJLX",
            papers={
                "居民身份证": "citizen_id",
                "护照": "passport",
                "港澳居民居住证": "residence",
                "台湾居民居住证": "residence",
                "永久居留身份证": "permanent",
            },
            others=("MSRXM", "MSRDH"),
        ),
        Party("seller", "business", number="CMRTYDM", others=("CMRMC",), optional=True),
    ),
    swaps=(("MSRXM", "MSRZJHM"),),
    neighbours=(("MSRDH",), ("MSRXM", "MSRZJHM"), ("CMRMC", "CMRTYDM")),
    unlimited=("FWZL",),
    clock=DIGITS,
)
TABLES = (FW_HTBA,)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return contracts of a chunk: new homes from companies, older ones and leases between people."""
    random, people, firms = chunk.random(77), chunk.people, chunk.companies
    adult = (people.age(chunk.as_of) >= 20) & (people.state == 1)
    rows = np.flatnonzero(adult & (random.random(len(people)) < profile.world["housing_contract"]))
    count = len(rows)
    builders = np.flatnonzero(((firms.kind == LIMITED) | (firms.kind == OWNED)) & (firms.state == 1))
    kind = random.integers(0, 4, count) if len(builders) else random.integers(2, 4, count)
    chosen = (random.random(count) ** 3 * max(len(builders), 1)).astype(np.int64)  # a few build most
    seller = np.where(kind < 2, builders[chosen], -1) if len(builders) else np.full(count, -1)
    since = chunk.as_of - 1 - (random.random(count) * 4000).astype(np.int64)
    name, planted = written_name(random, people, rows, "MSRXM", profile.world["office_writes_former_name"])
    area, key = random.integers(45, 160, count), numbered("QHD", rows + people.start, 10)
    whole_date = digits.year_month_day(since)
    words = [whole(part, mark) for part, mark in zip(split_date(whole_date), "年月日", strict=True)]
    columns = {
        "HTBH": key,
        "HTLX": choose(["1", "2", "3", "4"], kind),
        "MSRXM": name,
        "MSRZJLX": paper_codes(people, rows, PAPERS),
        "MSRZJHM": shown_number(people, rows, travels=False),
        "MSRDH": some(random, take(people.phone, rows), profile.filled("FW_HTBA", "MSRDH")),
        "CMRMC": take(firms.name, seller),
        "CMRTYDM": take(firms.uscc, seller),
        "FWZL": draw_addresses(random, draw_divisions(random, count)).free_text(np.ones(count, dtype=np.int64)),
        "JZMJ": whole(area, ""),
        "HTJE": whole(np.where(kind == 3, area * 240, area * 7800), ".00"),
        "QDRQ": pc.if_else(
            pa.array(random.random(count) < 0.5), pc.binary_join_element_wise(*words, ""), digits.dates(since)
        ),
        "BARQ": digits.dates(np.minimum(since + 3, chunk.as_of)),
        "HTZT": choose(["1", "2"], (random.random(count) < 0.9).astype(np.int64)),
        "JBR": choose(["王芳", "刘强", "赵敏"], random.integers(0, 3, count)),
        "GXSJ": stamp(random, chunk, count, DIGITS),
    }
    truth = {"buyer": people.ids(rows), "seller": firms.ids(seller)}
    fact = Facts("housing_contract", truth["buyer"], truth["seller"], key, since)
    return [Emission(FW_HTBA, columns, truth, planted, (fact,))]


def split_date(whole_date: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return year, month and day of whole numbers YYYYMMDD."""
    return whole_date // 10000, whole_date // 100 % 100, whole_date % 100


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or the state of the contract."""
    if random.random() < 0.6:
        return {"MSRDH": f"151{int(random.integers(10**8)):08d}"}
    return {"HTZT": "3" if row["HTZT"] != "3" else "2"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the contract is withdrawn, its row stays."""
    return {"HTZT": "9"}

"""民政 · marriage register: one row is two people and one fact. Ethnic groups are words, id types its own codes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.emission import (
    Emission,
    Party,
    Planted,
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
from demo.names import Index
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "civil_affairs"
# id types of civil affairs: 1 identity card, 2 passport, 3 Hong Kong/Macao, 4 Taiwan, 5 permanent residence
PAPERS = codes_of("1", "3", "4", "5", "2")
PATTERNS = {"1": "citizen_id", "2": "passport", "3": "residence", "4": "residence", "5": "permanent", "9": "any"}
FOLK = {1: "汉", 2: "蒙古", 3: "回", 5: "维吾尔", 11: "满"}


def side(suffix: str) -> dict[str, str]:
    """Return the columns of one side of the register."""
    return {
        f"NAME_{suffix}": "name",
        f"CERT_TYPE_{suffix}": "code:civil_paper",
        f"CERT_NUM_{suffix}": "citizen_id",
        f"BIRTH_{suffix}": "date8",
        f"FOLK_{suffix}": "word:folk",
        f"NATION_{suffix}": "word:nation",
        f"TEL_{suffix}": "phone",
    }


def party(statement: str, suffix: str, sex: str) -> Party:
    """Return the party of one side; its sex is given by the side."""
    return Party(
        statement,
        "person",
        number=f"CERT_NUM_{suffix}",
        paper=f"CERT_TYPE_{suffix}",
        papers=PATTERNS,
        birth=f"BIRTH_{suffix}",
        sex=sex,
        others=tuple(f"{one}_{suffix}" for one in ("NAME", "FOLK", "NATION", "TEL")),
    )


MARRIAGE_REG = Table(
    department=DEPARTMENT,
    name="MARRIAGE_REG",
    key="REG_NO",
    stamp="UPDATE_TIME",
    columns={
        "REG_NO": "key",
        **side("MAN"),
        **side("WOMAN"),
        "OP_TYPE": "code:marriage",
        "OP_DATE": "date_mixed",
        "STATUS": "plain",
        "OPERATOR": "plain",
        "PRINT_NO": "plain",
        "UPDATE_TIME": "stamp",
    },
    parties=(party("husband", "MAN", "1"), party("wife", "WOMAN", "2")),
    swaps=(("FOLK_MAN", "NATION_MAN"), ("FOLK_WOMAN", "NATION_WOMAN"), ("NAME_MAN", "CERT_NUM_MAN")),
    crosses=(("CERT_NUM_MAN", "CERT_NUM_WOMAN"), ("TEL_MAN", "TEL_WOMAN")),
    neighbours=(("TEL_MAN",), ("NAME_WOMAN", "CERT_NUM_WOMAN", "BIRTH_WOMAN")),
    unlimited=("OPERATOR",),
)
TABLES = (MARRIAGE_REG,)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return marriages registered here, then dissolutions, each a row of its own."""
    random, all_pairs = chunk.random(40), chunk.marriages
    wed = np.flatnonzero(random.random(len(all_pairs.since)) < profile.world["marriages_registered_here"])
    over = np.flatnonzero((all_pairs.ended >= 0) & (random.random(len(all_pairs.since)) < 0.9))
    pairs = np.r_[wed, over]
    operation = np.r_[np.zeros(len(wed), dtype=np.int64), np.ones(len(over), dtype=np.int64)]
    on = np.where(operation == 1, all_pairs.ended[pairs], all_pairs.since[pairs])
    count = len(pairs)
    number = digits.scramble(chunk.people.start * 2 + np.arange(count), 9)
    void = random.random(count) < 0.004
    man, one = person_columns(random, chunk, all_pairs.husband[pairs], "MAN", profile)
    woman, two = person_columns(random, chunk, all_pairs.wife[pairs], "WOMAN", profile)
    columns = {
        "REG_NO": digits.text(digits.join(digits.constant("J130300-", count), number)),
        **man,
        **woman,
        "OP_TYPE": choose(["1", "2"], operation),
        "OP_DATE": written_dates(random, on),
        "STATUS": choose(["1", "9"], void.astype(np.int64)),
        "OPERATOR": choose(["王丽", "李建国", "张敏", "刘洋", "赵静"], random.integers(0, 5, count)),
        "PRINT_NO": digits.text(digits.join(digits.constant("130300", count), number)),
        "UPDATE_TIME": stamp(random, chunk, count),
    }
    truth = {"husband": chunk.people.ids(all_pairs.husband[pairs]), "wife": chunk.people.ids(all_pairs.wife[pairs])}
    return [Emission(MARRIAGE_REG, columns, truth, (*one, *two))]


def person_columns(
    random: np.random.Generator, chunk: Chunk, rows: Index, suffix: str, profile: Profile
) -> tuple[dict[str, pa.Array], tuple[Planted, ...]]:
    """Return the columns of one side for people at rows, and the former names written there."""
    people = chunk.people
    name, planted = written_name(random, people, rows, f"NAME_{suffix}", profile.world["office_writes_former_name"])
    phone = pc.if_else(
        pa.array(random.random(len(rows)) < profile.world["marriage_has_old_phone"]),
        take(people.old_phone, rows),
        take(people.phone, rows),
    )
    foreign = people.paper[rows] >= 4
    columns = {
        f"NAME_{suffix}": name,
        f"CERT_TYPE_{suffix}": paper_codes(people, rows, PAPERS),
        f"CERT_NUM_{suffix}": shown_number(people, rows, travels=False),
        f"BIRTH_{suffix}": digits.dates(people.birth[rows]),
        f"FOLK_{suffix}": choose(FOLK, people.ethnic[rows]),
        f"NATION_{suffix}": choose(
            ["中国", "美国", "俄罗斯", "韩国", "日本", "德国"], np.where(foreign, (rows + people.start) % 5 + 1, 0)
        ),
        f"TEL_{suffix}": some(random, phone, profile.filled("MARRIAGE_REG", "TEL")),
    }
    return columns, planted


def written_dates(random: np.random.Generator, on: Index) -> pa.Array:
    """Return dates as YYYYMMDD; most rows before 2003 have them as 1998年3月5日."""
    whole = digits.year_month_day(on)
    old = pa.array((whole < 20030101) & (random.random(len(on)) < 0.8))
    parts = [pa.array(part).cast(pa.string()) for part in (whole // 10000, whole // 100 % 100, whole % 100)]
    written = pc.binary_join_element_wise(
        parts[0], pa.scalar("年"), parts[1], pa.scalar("月"), parts[2], pa.scalar("日"), ""
    )
    return pc.if_else(old, written, digits.dates(on))


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed later: a phone, or the row made void."""
    if random.random() < 0.8:
        return {"TEL_MAN" if random.random() < 0.5 else "TEL_WOMAN": f"137{int(random.integers(10**8)):08d}"}
    return {"STATUS": "9" if row["STATUS"] == "1" else "1"}


def gone(table: Table) -> dict[str, str] | None:
    """Return the cells that end a row's life: the entry is made void, its row stays."""
    return {"STATUS": "9"}

"""农业农村 · the paper department: each day a full list of subsidy recipients (CSV) and of co-operatives (.xlsx)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.companies import COOPERATIVE
from demo.emission import Emission, Party, Table, choose, shown_number, some, stale_rows, take, written_name
from demo.papers import PASSPORT
from demo.profile import Profile
from demo.world import Chunk

DEPARTMENT = "agriculture"
FILES = {"subsidy_recipients": "subsidy_recipients.csv", "cooperatives": "cooperatives.xlsx"}
SHEET = "合作社名录"
SUBSIDY_RECIPIENTS = Table(
    department=DEPARTMENT,
    name="subsidy_recipients",
    key="登记编号",
    stamp="",
    columns={
        "登记编号": "key",
        "姓名": "name",
        "身份证号": "citizen_id",
        "性别": "word:sex",
        "乡镇": "place",
        "村": "place",
        "补贴项目": "plain",
        "面积亩": "plain",
        "金额元": "plain",
        "联系电话": "phone",
        "登记日期": "date10",
    },
    parties=(Party("person", "person", number="身份证号", sex="性别"),),
    swaps=(("性别", "村"), ("姓名", "身份证号")),
    neighbours=(("联系电话",), ("身份证号",)),
    unlimited=("补贴项目",),
)
COOPERATIVES = Table(
    department=DEPARTMENT,
    name="cooperatives",
    key="登记编号",
    stamp="",
    columns={
        "登记编号": "key",
        "合作社名称": "company",
        "统一社会信用代码": "uscc",
        "法定代表人": "name",
        "身份证号": "citizen_id",
        "联系电话": "phone",
        "地址": "address",
        "登记日期": "date10",
    },
    parties=(
        Party("business", "business", number="统一社会信用代码", others=("合作社名称", "联系电话", "地址", "登记日期")),
        Party("representative", "person", number="身份证号", others=("法定代表人",)),
    ),
    swaps=(("法定代表人", "身份证号"),),
    neighbours=(("联系电话",),),
    unlimited=("地址",),
    printable_only=True,
)
TABLES = (SUBSIDY_RECIPIENTS, COOPERATIVES)


def emit(chunk: Chunk, profile: Profile) -> list[Emission]:
    """Return recipients (people in villages) and co-operatives of a chunk."""
    return [recipients(chunk, profile), cooperatives(chunk, profile)]


def recipients(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of the subsidy list: villagers of working age, without foreigners on passports."""
    random, people = chunk.random(60), chunk.people
    rural = pc.equal(people.address.detail, "").to_numpy(zero_copy_only=False)
    able = rural & (people.age(chunk.as_of) >= 20) & (people.state == 1) & (people.paper != PASSPORT)
    rows = np.flatnonzero(able & (random.random(len(people)) < profile.world["villagers_subsidised"]))
    count = len(rows)
    name, planted = written_name(random, people, rows, "姓名", profile.world["office_writes_former_name"])
    area = (random.random(count) * 200 + 5).astype(np.int64)
    tenths = pc.binary_join_element_wise(
        pa.array(area // 10).cast(pa.string()), pa.array(area % 10).cast(pa.string()), "."
    )
    columns = {
        "登记编号": digits.text(digits.join(digits.constant("NB", count), digits.scramble(rows + people.start, 9))),
        "姓名": name,
        "身份证号": shown_number(people, rows, travels=False),
        "性别": choose(["", "男", "女"], people.sex[rows].astype(np.int64)),
        "乡镇": take(people.address.town, rows),
        "村": take(people.address.road, rows),
        "补贴项目": choose(["耕地地力保护补贴", "玉米大豆生产者补贴", "农机购置补贴"], random.integers(0, 3, count)),
        "面积亩": tenths,
        "金额元": pc.binary_join_element_wise(pa.array(area * 9).cast(pa.string()), pa.scalar(".00"), ""),
        "联系电话": some(random, take(people.phone, rows), profile.filled("subsidy_recipients", "联系电话")),
        "登记日期": digits.dates(chunk.as_of - (random.random(count) * 900).astype(np.int64), "-"),
    }
    return Emission(SUBSIDY_RECIPIENTS, columns, {"person": people.ids(rows)}, planted)


def cooperatives(chunk: Chunk, profile: Profile) -> Emission:
    """Return the rows of the co-operatives' list; an old list, so some representatives are out of date."""
    random, people, firms = chunk.random(61), chunk.people, chunk.companies
    rows = np.flatnonzero(firms.kind == COOPERATIVE)
    count = len(rows)
    stale = (firms.previous[rows] >= 0) & (random.random(count) < profile.world["list_names_old_representative"])
    leads = np.where(stale, firms.previous[rows], firms.representative[rows])
    name, planted = written_name(random, people, leads, "法定代表人", profile.world["office_writes_former_name"])
    columns = {
        "登记编号": digits.text(digits.join(digits.constant("HZ", count), digits.scramble(rows + firms.start, 8))),
        "合作社名称": take(firms.name, rows),
        "统一社会信用代码": take(firms.uscc, rows),
        "法定代表人": name,
        "身份证号": shown_number(people, leads, travels=False),
        "联系电话": take(firms.phone, rows),
        "地址": firms.address.take(rows).free_text(np.full(count, 3)),
        "登记日期": digits.dates(firms.founded[rows], "-"),
    }
    truth = {"business": firms.ids(rows), "representative": people.ids(leads)}
    old = stale_rows(np.flatnonzero(stale), people.ids(firms.representative[rows]), truth["representative"])
    return Emission(COOPERATIVES, columns, truth, (*planted, *old))


def alter(random: np.random.Generator, row: dict[str, str | None], today: str) -> dict[str, str | None]:
    """Return the cells changed in a later list: area and amount, or a co-operative's phone."""
    if "面积亩" not in row:
        return {"联系电话": f"135{int(random.integers(10**8)):08d}"}
    area = int(random.integers(5, 200))
    return {"面积亩": f"{area // 10}.{area % 10}", "金额元": f"{area * 9}.00"}


def gone(table: Table) -> dict[str, str] | None:
    """Return None: a line that is no longer on the list is gone."""
    return None

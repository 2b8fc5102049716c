"""Drafts: a contract that reads, doubts that are marked, crosswalks by label, nothing personal in the text."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from profiling.column_profile import profile_column
from profiling.crosswalk_draft import CrosswalkDraft, draft_crosswalk
from profiling.draft import draft_table
from profiling.draft_text import contract_text
from profiling.likely_field import Knowledge
from profiling.table_profile import TableProfile, profile_table
from profiling.twin_tables import with_twins
from schemas.code_table import code_table_names, load_code_table
from schemas.contract import Contract
from schemas.contract_file import load_contract
from schemas.standard_file import load_standard
from tests.profiling.test_table_profile import NAMES, NUMBERS

TABLES = {name: load_code_table(name) for name in code_table_names()}
STANDARD = load_standard()


@pytest.fixture(scope="module")
def known() -> Knowledge:
    return Knowledge.of(STANDARD, TABLES, date(2026, 1, 1))


def drafted(folder: Path, known: Knowledge, **columns: list[str]) -> tuple[str, Contract]:
    crosswalks: dict[str, CrosswalkDraft] = {}
    rows = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    table = draft_table(profile_table("T", rows, known), known, crosswalks)
    text = contract_text("office", [table], crosswalks)
    path = folder / "office.yaml"
    path.write_text(text, "utf-8")
    return text, load_contract(path, STANDARD, TABLES)


def test_a_register_of_people_becomes_a_contract_that_reads(tmp_path: Path, known: Knowledge) -> None:
    text, contract = drafted(
        tmp_path, known,
        ID=[str(number) for number in range(200)], XM=list(NAMES), SFZH=list(NUMBERS), XB=["男", "女"] * 100,
        JBR=["赵六"] * 200, LEVEL=["甲", "乙", "丙", "丁"] * 50, GXSJ=["2026-01-01 08:00:00"] * 200,
    )  # fmt: skip
    [table] = contract.tables
    assert (table.key, table.cursor and table.cursor.column) == (("ID",), "GXSJ")
    [emit] = table.emit
    assert {one.field: one.columns[0] for one in emit.fields} == {"name": "XM", "citizen_id": "SFZH", "sex": "XB"}
    assert set(table.ignore) == {"JBR", "LEVEL"}
    assert contract.codes["sex"].entries == {"女": "2", "男": "1"}
    assert not [value for value in (*NUMBERS, *NAMES, "赵六") if value in text]


def test_husband_and_wife_become_two_people_and_a_marriage(tmp_path: Path, known: Knowledge) -> None:
    _, contract = drafted(
        tmp_path, known,
        REG_NO=[f"M{number}" for number in range(100)], NAME_MAN=NAMES[:100], CERT_NUM_MAN=NUMBERS[:100],
        NAME_WOMAN=NAMES[100:], CERT_NUM_WOMAN=NUMBERS[100:],
    )  # fmt: skip
    emits = {emit.name: emit for emit in contract.tables[0].emit}
    assert set(emits) == {"husband", "wife", "marriage"}
    assert [party.statement for party in emits["marriage"].parties] == ["husband", "wife"]


def test_other_papers_among_the_numbers_make_an_identifier(tmp_path: Path, known: Knowledge) -> None:
    numbers = [f"E{number:08d}" if number % 10 == 0 else NUMBERS[number] for number in range(200)]
    _, contract = drafted(tmp_path, known, ID=[str(n) for n in range(200)], XM=list(NAMES), SFZH=numbers)
    assert "identifier" in {one.field for one in contract.tables[0].emit[0].fields}


def test_a_doubt_is_marked(tmp_path: Path, known: Knowledge) -> None:
    text, _ = drafted(tmp_path, known, ID=[str(n) for n in range(200)], C1=list(NAMES), C2=list(NUMBERS))
    assert "name: C1" in text
    line = next(line for line in text.splitlines() if "name: C1" in line)
    assert "# 不确定 unsure:" in line


def crosswalk(table: str, *values: str) -> tuple[str | None, dict[str, CrosswalkDraft]]:
    made: dict[str, CrosswalkDraft] = {}
    _, kept = profile_column("C", pa.chunked_array([pa.array(list(values) * 5)]))
    return draft_crosswalk(kept, TABLES[table], made), made


def test_crosswalks_by_label_by_likeness_and_not_at_all() -> None:
    assert crosswalk("sex", "1", "2") == ("", {})
    name, made = crosswalk("document_type", "居民身份证", "身份证", "XYZ")
    assert name == "document_type"
    assert dict(made["document_type"].entries) == {"居民身份证": "citizen_id", "身份证": "citizen_id"}
    assert made["document_type"].guessed == {"身份证"}
    assert made["document_type"].unknown == ("XYZ",)
    assert crosswalk("sex", "甲", "乙") == (None, {})


def test_a_name_in_a_code_column_is_not_written_down() -> None:
    _, made = crosswalk("sex", "男", "女", "张三丰")
    assert "张三丰" not in str(made)


def test_a_moment_with_its_zone_is_a_cursor(tmp_path: Path, known: Knowledge) -> None:
    _, contract = drafted(
        tmp_path, known,
        ID=[str(number) for number in range(200)], XM=list(NAMES), SFZH=list(NUMBERS),
        GXSJ=[f"2026-01-01 08:{number % 60:02d}:00.5+08" for number in range(200)],
    )  # fmt: skip
    assert contract.tables[0].cursor is not None


def test_a_list_of_codes_is_no_register_of_businesses(known: Knowledge) -> None:
    def names(*cells: str) -> tuple[str, ...]:
        rows = pa.table({"DM": [str(number) for number in range(len(cells))], "MC": list(cells)})
        table = draft_table(profile_table("DM_LB", rows, known), known, {})
        return tuple(emit.entity for emit in table.emits)

    assert names("视力残疾", "听力残疾", "肢体残疾", "智力残疾") == ()
    assert names("海港区平安商店", "秦皇岛港务公司", "山海关饭店", "北戴河超市") == ("business",)


def test_a_table_with_the_columns_of_a_larger_one_may_be_its_view(known: Knowledge) -> None:
    def profile(name: str, rows: int) -> TableProfile:
        return profile_table(name, pa.table({"ID": [str(n) for n in range(rows)], "XM": NAMES[:rows]}), known)

    profiles = [profile("V_ALL", 50), profile("ALL", 90)]
    first, second = with_twins([draft_table(one, known, {}) for one in profiles], profiles)
    assert any("列与 ALL 相同" in note for note in first.unsure)
    assert not any("相同" in note for note in second.unsure)

"""Profiles: patterns and proofs, never a value; likely fields by name, initials and values; candidate keys."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest

from profiling.column_profile import profile_column, shape
from profiling.detection import detect
from profiling.known_names import role_of
from profiling.likely_field import Knowledge
from profiling.name_index import NameIndex, initials, spelled
from profiling.table_profile import TableProfile, profile_table
from schemas.code_table import code_table_names, load_code_table
from schemas.standard_file import load_standard
from tests.values.cases import citizen_numbers

NUMBERS = citizen_numbers(200, 5, ["130302", "130303"])
NAMES = [f"{surname}{given}" for surname in "王李张刘陈" for given in ("伟", "芳", "小明", "丽华")] * 10


@pytest.fixture(scope="module")
def known() -> Knowledge:
    tables = {name: load_code_table(name) for name in code_table_names()}
    return Knowledge.of(load_standard(), tables, date(2026, 1, 1))


def register(**more: list[str | None]) -> pa.Table:
    columns: dict[str, list[str | None]] = {
        "BH": [f"A{number:05d}" for number in range(200)],
        "C1": list(NAMES),
        "C2": list(NUMBERS),
        "C3": [f"{number[6:10]}-{number[10:12]}-{number[12:14]}" for number in NUMBERS],
        "C4": ["男" if int(number[16]) % 2 else "女" for number in NUMBERS],
        "SJH": [f"138{number:08d}" for number in range(12345678, 12345878)],
    }
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in (columns | more).items()})


@pytest.fixture(scope="module")
def profile(known: Knowledge) -> TableProfile:
    return profile_table("REGISTER", register(), known)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("13030219800101123X", "9{17}A{1}"),
        ("张三", "汉{2}"),
        ("2026-01-02 08:00", "9{4}-9{2}-9{2} 9{2}:…"),
        ("Zhang San", "A{1}a{4} A{1}a{2}"),
        ("☎1", "?9{1}"),
    ],
)
def test_a_shape_says_the_form_and_not_the_value(text: str, pattern: str) -> None:
    assert shape(text) == pattern


def test_blank_cells_and_words_for_nothing_are_counted_apart() -> None:
    texts = pa.chunked_array([pa.array(["张三", "", None, "  ", "无", "NULL", "李四"])])
    found, kept = profile_column("XM", texts)
    assert (found.rows, found.nulls, found.sentinels, found.filled, found.distinct) == (7, 3, 2, 2, 2)
    assert kept.rows == 2


def test_an_empty_column_and_an_empty_table_are_profiled(known: Knowledge) -> None:
    empty = profile_table("T", pa.table({"A": pa.array([], pa.string())}), known)
    assert (empty.rows, empty.keys, empty.columns[0].detected.kind) == (0, (), "empty")
    nulls = profile_table("T", pa.table({"A": pa.nulls(3, pa.string())}), known)
    assert (nulls.keys, nulls.columns[0].filled) == ((), 0)


def test_a_checksum_that_holds_is_told_with_its_share() -> None:
    import numpy as np

    spoilt = [*NUMBERS[:150], *(number[:17] + ("0" if number[17] != "0" else "1") for number in NUMBERS[150:])]
    found = detect(pa.array(spoilt), np.ones(200, np.int64))
    assert (found.kind, found.share, found.sound) == ("citizen_id", 1.0, 0.75)


def test_columns_without_a_telling_name_are_known_by_their_values(profile: TableProfile) -> None:
    best = {column: f"{ones[0].entity}.{ones[0].field}" for column, ones in profile.likely.items() if ones}
    assert best["C1"] == "person.name"
    assert best["C2"] == "person.citizen_id"
    assert best["C3"] == "person.birth_date"  # it agrees with the number row by row
    assert best["SJH"] == "person.phone"
    assert profile.likely["C3"][0].score >= 0.95


def test_keys_are_columns_or_pairs_that_repeat_nowhere(known: Knowledge) -> None:
    halves = {"BH": [f"A{number // 2}" for number in range(200)], "SJH": [str(number % 2) for number in range(200)]}
    rows = register(**halves, C2=["x"] * 200, C3=["x"] * 200)
    assert profile_table("T", register(), known).keys[0] == ("BH",)
    assert ("BH", "SJH") in profile_table("T", rows, known).keys


def test_no_value_of_a_person_is_in_the_profile(profile: TableProfile) -> None:
    text = json.dumps(profile.as_dict(), ensure_ascii=False)
    assert not [value for value in (*NUMBERS, *NAMES) if value in text]
    assert "13812345" not in text


def test_pinyin_of_labels_is_found() -> None:
    assert (initials("姓名"), initials("身份证号"), spelled("姓名")) == ("xm", "sfzh", "xingming")


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ("GMSFHM", "person.citizen_id"),
        ("AAC002", "person.citizen_id"),
        ("sfzh", "person.citizen_id"),
        ("xm", "person.name"),
        ("XINGMING", "person.name"),
        ("出生日期", "person.birth_date"),
        ("残疾人姓名", "person.name"),
        ("ENTNAME", "business.name"),
        ("tyshxydm", "business.uscc"),
        ("date_of_birth", "person.birth_date"),
        ("HPHM", "vehicle.plate"),
        ("ZQX_17", ""),
    ],
)
def test_a_name_leads_to_its_field(column: str, place: str) -> None:
    found = NameIndex(load_standard()).find(column)
    assert (f"{found[0].entity}.{found[0].field}" if found else "") == place


@pytest.mark.parametrize(
    ("column", "role"),
    [("FDDBRXM", "representative"), ("NAME_WOMAN", "wife"), ("NAME_MAN", "husband"), ("经办人", "other"), ("XM", ""),
     ("FRUIT", ""), ("HUMAN_ID", "")],
)  # fmt: skip
def test_whose_value_a_column_holds(column: str, role: str) -> None:
    assert role_of(column)[0] == role


def test_a_name_that_the_values_contradict_counts_for_little(known: Knowledge) -> None:
    found = profile_table("T", pa.table({"XM": pa.array(NUMBERS)}), known).likely["XM"]
    assert (found[0].entity, found[0].field) == ("person", "citizen_id")
    assert next(one.score for one in found if one.field == "name") < 0.5

"""Addresses cut into parts: 250 checked by hand, the rules one by one, and laws for any text."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.values.cases import texts
from tests.values.gazetteers import shipped, tiny
from values import address
from values.address_numerals import number_of, with_digits
from values.address_parts import COLUMNS, parse
from values.cleaned import Cleaned

CHECKED = Path(__file__).with_name("addresses.csv")


def checked() -> list[dict[str, str]]:
    with CHECKED.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(items: list[str], gazetteer: object = None) -> list[dict[str, str]]:
    """Parse and return what the checked file says: text, parts, outside, reasons, without what is empty."""
    parsed = parse(texts(items), gazetteer or shipped())  # type: ignore[arg-type]
    found = Cleaned.of(pa.array(items), parsed.flags)
    rows = []
    for row, (text, parts) in enumerate(zip(items, parsed.parts.to_pylist(), strict=True)):
        said = {"text": text, **{name: parts[name] for name in COLUMNS}, "outside": "yes" * parts["outside"]}
        said["reason"] = " ".join(reason.value for reason in found.reasons_of(row))
        rows.append({name: value for name, value in said.items() if value})
    return rows


def test_the_addresses_checked_by_hand() -> None:
    rows = checked()
    assert len(rows) >= 200
    expected = [{name: value for name, value in row.items() if value} for row in rows]
    found = read([row["text"] for row in rows])
    assert [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]] == []


def test_they_hold_every_part_and_every_reason() -> None:
    rows = checked()
    assert {name for row in rows for name, value in row.items() if value} == {"text", *COLUMNS, "outside", "reason"}
    assert {row["reason"] for row in rows} == {"", "ambiguous_place", "unlisted_place", "unparsed_address"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("海港区河北大街12号", {"division": "130302", "road": "河北大街", "number": "12"}),
        ("河北省海港区甲镇东村3号", {"division": "130302", "town": "130302100", "village": "东村", "number": "3"}),
        ("抚宁县甲镇", {"division": "130302", "town": "130302100"}),
        ("抚宁县", {"division": "130306"}),
        ("抚宁县丙镇", {"division": "130306", "town": "130306100", "town_name": "乙镇"}),
        ("乙镇石桥5号", {"division": "130306", "village": "石桥村", "number": "5"}),
        ("石桥5号", {"village": None, "estate": "石桥"}),
        ("东部新区新区路1号", {"division": "130371", "road": "新区路"}),
        ("海港区新区路1号", {"division": "130302", "road": "新区路"}),
        ("抚宁长街1号", {"division": "130306", "road": "长街"}),
        ("长街路1号", {"division": "130306", "road": "长街"}),
        ("长街1号", {"division": None, "road": "长街"}),
        ("柳树里3-2-1", {"division": "130302", "estate": "柳树里", "building": "3", "unit": "2", "room": "1"}),
    ],
)
def test_places_by_the_gazetteer(text: str, parts: dict[str, str | None]) -> None:
    found = parse(texts([text]), tiny()).parts.to_pylist()[0]
    assert {name: found[name] for name in parts} == parts


def test_without_a_gazetteer_endings_alone_tell_and_nothing_is_flagged() -> None:
    parsed = parse(texts(["秦皇岛市海港区河北大街12号", "朝阳路3号", "垃圾"]), None)
    assert parsed.parts.column("road").to_pylist() == ["河北大街", "朝阳路", None]
    assert parsed.parts.column("division").to_pylist() == ["130302", None, None]
    assert parsed.flags.tolist() == [0, 0, 0]


def test_nulls_blanks_slices_and_nothing_at_all() -> None:
    assert parse(pa.array([], pa.string()), shipped()).parts.num_rows == 0
    parsed = parse(texts([None, "", "海港区河北大街1号"]).slice(1), shipped())
    assert parsed.parts.column("road").to_pylist() == [None, "河北大街"]
    assert parsed.flags.tolist() == [0, 0]
    assert parse(texts(["海港区" * 10_000]), shipped()).parts.column("division").to_pylist() == [None]


@pytest.mark.parametrize(
    ("numerals", "number"),
    [("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103), ("三百二十一", 321), ("一二", 12), ("四〇一", 401),
     ("两", 2), ("一千二百", 1200), ("十百", None), ("二十三四", None)],
)  # fmt: skip
def test_chinese_numerals(numerals: str, number: int | None) -> None:
    assert number_of(numerals) == number


def test_numerals_count_before_units_only() -> None:
    assert with_digits("八一路十二号三单元") == "八一路12号3单元"
    for name in ("八一路", "十里铺乡", "台营五村", "第一关镇", "二号村", "三座店"):
        assert with_digits(name) == name


PIECES = [
    "秦皇岛市",
    "河北省",
    "海港区",
    "抚宁县",
    "城关镇",
    "河北大街",
    "朝阳路",
    "下庄村",
    "玉龙湾",
    "12",
    "3",
    "号",
    "栋",
]
PIECES += [
    "单元",
    "室",
    "-",
    "#",
    "A",
    "座",
    "十二",
    "附",
    "院",
    "(",
    ")",
    "对面",
    "唐山",
    "辽宁",
    "某某",
    "期",
    "国道",
    "０",
]
MADE = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)


@settings(max_examples=200, deadline=None)
@given(st.one_of(MADE, st.text(max_size=40)))
def test_any_text_is_read_and_stays_the_same_when_clean(text: str) -> None:
    column = texts([text.encode("utf-8", "replace").decode()])
    parse(column, shipped())
    once = address.clean(column, gazetteer=shipped()).values
    again = address.clean(once, gazetteer=shipped())
    assert again.values.equals(once)
    assert parse(once, shipped()).parts.equals(parse(again.values, shipped()).parts)


@settings(max_examples=40, deadline=None)
@given(st.lists(MADE, max_size=5))
def test_an_address_does_not_depend_on_its_neighbours(items: list[str]) -> None:
    together = parse(texts(items), shipped())
    for row, item in enumerate(items):
        alone = parse(texts([item]), shipped())
        assert alone.parts.to_pylist() == together.parts.slice(row, 1).to_pylist()
        assert alone.flags[0] == together.flags[row]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), MADE, st.text(max_size=20)), max_size=9))
def test_a_column_is_read_as_each_address_alone(items: list[str | None]) -> None:
    """Columns are cut in arrays and a few addresses one by one, with the same parts, keys and flags."""
    known = [text and text.encode("utf-8", "replace").decode() for text in items] + [row["text"] for row in checked()]
    together, keys = parse(texts(known), shipped()), address.keys(texts(known), shipped())
    for row in (*range(len(items)), *range(len(items), len(known), 13)):
        alone = parse(texts([known[row]]), shipped())
        assert alone.parts.to_pylist() == together.parts.slice(row, 1).to_pylist()
        assert alone.flags[0] == together.flags[row]
        own = address.keys(texts([known[row]]), shipped())
        assert {name: key[0] for name, key in own.items()} == {name: key[row] for name, key in keys.items()}


def test_few_addresses_are_compared_as_many_are() -> None:
    few = [row["text"] for row in checked()][:: len(checked()) // 30]
    many = few + [f"海港区河北大街{number}号" for number in range(200)]
    a, b = (side.ravel() for side in np.meshgrid(np.arange(len(few)), np.arange(len(few))))
    levels = address.likeness(texts(few), shipped())(a, b)
    assert np.array_equal(levels, address.likeness(texts(many), shipped())(a, b))
    assert len(np.unique(levels)) > 3


@settings(deadline=None)
@given(MADE)
def test_no_digit_is_lost(text: str) -> None:
    """Every number of an address stands in a part: nothing that tells two houses apart is dropped."""
    parts = parse(texts([text]), shipped()).parts.to_pylist()[0]
    shown = "".join(str(parts[name] or "") for name in COLUMNS if name not in ("division", "town"))
    assert sum(letter in "123456789" for letter in shown) >= sum(letter in "123456789" for letter in text)

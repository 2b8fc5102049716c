"""Levels of numbers, phones and amounts by literal cases; laws that the comparisons of all kinds keep."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.values.cases import citizen_number, texts
from values import amount, document, phone, tax_number, uscc
from values.kinds import KINDS

CITIZEN = citizen_number("130302", "19800101", "123")
Case = tuple[str | None, str | None, str]


def swapped(text: str, place: int) -> str:
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def levels_of(kind: str, cases: list[Case]) -> list[str]:
    left, right = (texts(case[side] for case in cases) for side in (0, 1))
    found, back = KINDS[kind].compare(left, right), KINDS[kind].compare(right, left)
    assert found.tolist() == back.tolist()
    return [KINDS[kind].levels[level] for level in found]


NUMBERS: list[Case] = [
    (CITIZEN, CITIZEN, "same"),
    (CITIZEN, CITIZEN[:6] + CITIZEN[8:17], "other_form"),
    (citizen_number("130302", "20050101", "123"), "130302050101123", "different"),
    (CITIZEN, swapped(CITIZEN, 10), "transposed"),
    (CITIZEN, CITIZEN[:16] + "9" + CITIZEN[17], "one_character"),
    (CITIZEN, citizen_number("130302", "19800101", "125"), "two_characters"),
    (CITIZEN, citizen_number("130302", "19800217", "123"), "different"),
    (CITIZEN, None, "missing"),
    ("", CITIZEN, "missing"),
]


def test_citizen_and_document_numbers() -> None:
    assert levels_of("citizen_id", NUMBERS) == [case[2] for case in NUMBERS]
    more: list[Case] = [
        *NUMBERS, ("A123456(7)", "A1234567", "other_form"), ("E12345678", "E12345687", "transposed"),
        ("E12345678", "E12345679", "one_character"), ("E12345678", "E12345099", "different"),
        ("冀军字第12号", "冀军字第13号", "one_character"),
    ]  # fmt: skip
    assert levels_of("document", more) == [case[2] for case in more]
    assert document.LEVELS == uscc.LEVELS


def test_codes_of_businesses() -> None:
    code = "91130300MA07ABCD1X"
    cases: list[Case] = [
        (code, code, "same"), (code, swapped(code, 3), "transposed"),
        (code, code[:9] + "B" + code[10:], "one_character"), (code, code[:9] + "B8" + code[11:], "two_characters"),
        (code, "92130300MA07ZZZZ1X", "different"),
        (code, None, "missing"), (code, code[2:17], "different"), (code, code.lower(), "different"),
    ]  # fmt: skip
    assert levels_of("uscc", cases) == [case[2] for case in cases]
    taxes: list[Case] = [*cases[:6], (code, code[2:17], "other_form"), (CITIZEN + "01", CITIZEN, "other_form")]
    assert levels_of("tax_number", taxes) == [case[2] for case in taxes]
    assert tax_number.LEVELS == uscc.LEVELS


def test_short_numbers_with_two_wrong_characters_are_other_numbers() -> None:
    cases: list[Case] = [("冀C12345", "冀C12399", "different"), ("冀C12345", "冀A12345", "one_character")]
    assert levels_of("plate", cases) == [case[2] for case in cases]


def test_phones() -> None:
    cases: list[Case] = [
        ("13812345678", "13812345678", "same"), ("0335-3456789-801", "0335-3456789", "same"),
        ("0335-3456789", "3456789", "same_local"), ("0335-3456789", "0315-3456789", "same_local"),
        ("010-62345678", "62345678", "same_local"), ("13812345678", "13812345687", "transposed"),
        ("13812345678", "13812345679", "one_digit"), ("13812345678", "13812345099", "different"),
        ("13812345678", "0335-3456789", "different"), ("13812345678", None, "missing"),
    ]  # fmt: skip
    assert levels_of("phone", cases) == [case[2] for case in cases]
    keys = phone.keys(texts(["13812345678", "0335-3456789-8", None]))
    assert keys["last8"].to_pylist() == ["12345678", "3456789", None]
    assert keys["last4"].to_pylist() == ["5678", "6789", None]


def test_amounts() -> None:
    cases: list[Case] = [
        ("100", "100", "same"), ("100", "99", "within_hundredth"), ("100", "101", "within_hundredth"),
        ("100", "90", "within_tenth"), ("-100", "-95.5", "within_tenth"), ("100", "89.9", "different"),
        ("100", "-100", "different"), ("0", "0.01", "different"), ("100", None, "missing"), ("5万", "5万", "same"),
        ("5万", "5", "different"), ("12345678901234567890", "12345678901234567891", "within_hundredth"),
    ]  # fmt: skip
    assert levels_of("amount", cases) == [case[2] for case in cases]
    assert amount.LEVELS[amount.SAME] == "same"


ODD = st.one_of(
    st.none(), st.text(max_size=12), st.text(alphabet="0123456789X-", max_size=20),
    st.text(alphabet="秦皇岛市海港区河北大街号12鑫海商贸有限公司张伟·Ab ", max_size=16),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("name", sorted(set(KINDS) - {"date"}))
@given(items=st.lists(st.tuples(ODD, ODD), min_size=1, max_size=4))
def test_laws_of_every_comparison(name: str, items: list[tuple[str | None, str | None]]) -> None:
    kind = KINDS[name]
    clean = [tuple(one and one.encode("utf-8", "replace").decode() for one in pair) for pair in items]
    left, right = (texts(pair[side] for pair in clean) for side in (0, 1))
    levels = kind.compare(left, right)
    assert levels.dtype == np.int8
    assert levels.tolist() == kind.compare(right, left).tolist()
    nothing = [not (one and other) for one, other in clean]
    assert (levels[nothing] == 0).all()
    assert levels.max() < len(kind.levels)
    equal = kind.compare(left, left)
    expected = [0 if not one else len(kind.levels) - 1 for one, _ in clean]
    assert name == "address" or equal.tolist() == expected
    keys = kind.keys(pa.concat_arrays([left, left]))
    assert all(key.slice(0, len(left)).equals(key.slice(len(left))) for key in keys.values())
    compare_rows = kind.compare_rows_with_context(pa.concat_arrays([left, right]), {})
    rows = np.flatnonzero([bool(one and other and one != other) for one, other in clean])
    assert compare_rows(rows, rows + len(left)).tolist() == levels[rows].tolist()

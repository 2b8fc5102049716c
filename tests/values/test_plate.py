"""Plates: every form of GA 36 by a literal case, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.values.cases import assert_cases, texts
from values import plate


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("冀C12345", "ordinary"),
        ("京A1B2C3", "ordinary"),
        ("新Z0000A", "ordinary"),
        ("冀CD12345", "new_energy"),
        ("冀CF1234A", None),  # the last five of a small one open with a letter or digit and end in four digits
        ("冀CFA2345", "new_energy"),
        ("冀C12345D", "new_energy"),
        ("冀C12345F", "new_energy"),
        ("冀CA12345", "new_energy"),
        ("冀CK12345", "new_energy"),
        ("冀CL12345", None),
        ("冀C1234警", "special"),
        ("冀C1234学", "special"),
        ("冀C1234挂", "special"),
        ("沪A0023领", "special"),
        ("使014578", "embassy"),
        ("224578使", "embassy"),
        ("粤Z1234港", "hong_kong_macao"),
        ("粤ZB123澳", "hong_kong_macao"),
        ("粤A1234港", None),
        ("冀C1234军", None),
        ("冀CABCDE", None),
    ],
)
def test_forms(text: str, form: str | None) -> None:
    assert plate.forms(texts([text])).to_pylist() == [form]
    assert plate.check(texts([text])).tolist() == [form is not None]


def test_clean() -> None:
    assert_cases(
        plate.clean,
        [
            ("冀C12345", "冀C12345", set()),
            ("冀CD12345", "冀CD12345", set()),
            ("冀C·12345", "冀C12345", {Reason.SEPARATOR_UNIFIED}),
            ("冀C-12345", "冀C12345", {Reason.SEPARATOR_UNIFIED}),
            ("冀c12345", "冀C12345", {Reason.CASE_FOLDED}),
            (" 冀C 12345", "冀C12345", {Reason.SPACES_REMOVED}),
            ("冀Ｃ１２３４５", "冀C12345", {Reason.WIDTH_FOLDED}),
            ("冀CI2345", None, {Reason.WRONG_CHARACTER}),
            ("冀CI23456", None, {Reason.WRONG_CHARACTER}),
            ("冀C1234O", None, {Reason.WRONG_CHARACTER}),
            ("冀I12345", None, {Reason.WRONG_CHARACTER}),
            ("C12345", None, {Reason.WRONG_LENGTH}),
            ("冀C1234567", None, {Reason.WRONG_LENGTH}),
            ("冀C12***", None, {Reason.MASKED}),
            ("无", None, {Reason.SENTINEL}),
            ("未上牌", None, {Reason.WRONG_LENGTH}),
            (None, None, set()),
            ("x" * 100_000, None, {Reason.TOO_LONG}),
        ],
    )
    assert plate.mask(texts(["冀C12345", "冀CD12345", "无名车"])).to_pylist() == ["冀C***45", "冀C***45", "*****"]


def test_levels() -> None:
    levels = plate.compare(texts(["冀C12345"] * 4), texts(["冀C12345", "冀C12354", "冀C99999", None]))
    assert [plate.LEVELS[level] for level in levels] == ["same", "transposed", "different", "missing"]


@settings(deadline=None)
@given(st.text(alphabet="冀京粤使CAZDFIO0123456789警港·- *", max_size=12))
def test_clean_is_idempotent_and_agrees_with_check(text: str) -> None:
    once = plate.clean(texts([text])).values
    assert plate.clean(once).values.equals(once)
    assert plate.clean(once).findings == ()
    assert plate.check(once).tolist() == [once[0].is_valid]

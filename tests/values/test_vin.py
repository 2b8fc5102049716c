"""Vehicle identification numbers: form refuses, the check digit only doubts."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.values.cases import assert_cases, texts
from values import vin

RIGHT = "1M8GDM9AXKP042788"  # the example of the standard's annex
VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, *range(2, 10)], strict=True))


def check_digit(number: str) -> str:
    """The check by the words of the standard, one character at a time."""
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2]
    worth = [int(letter) if letter.isdigit() else VALUES[letter] for letter in number]
    return "0123456789X"[sum(a * b for a, b in zip(worth, weights, strict=True)) % 11]


def test_clean() -> None:
    unchecked = RIGHT[:8] + "5" + RIGHT[9:]
    assert_cases(
        vin.clean,
        [
            (RIGHT, RIGHT, set()),
            (RIGHT.lower(), RIGHT, {Reason.CASE_FOLDED}),
            (unchecked, unchecked, {Reason.CHECK_DIGIT_DOUBTED}),
            (RIGHT[:3] + " " + RIGHT[3:], RIGHT, {Reason.SPACES_REMOVED}),
            (RIGHT[:3] + "-" + RIGHT[3:], RIGHT, {Reason.SEPARATOR_UNIFIED}),
            (RIGHT[:-1], None, {Reason.WRONG_LENGTH}),
            (RIGHT[:-1] + "O", None, {Reason.WRONG_CHARACTER}),
            (RIGHT[:-1] + "I", None, {Reason.WRONG_CHARACTER}),
            (RIGHT[:-1] + "Q", None, {Reason.WRONG_CHARACTER}),
            ("1" * 17, None, {Reason.SENTINEL}),
            ("LSV***********123", None, {Reason.MASKED}),
            ("不详", None, {Reason.SENTINEL}),
            (None, None, set()),
        ],
    )
    assert vin.mask(texts([RIGHT, "冀C12345"])).to_pylist() == ["1M8***********788", "******"]
    assert vin.keys(texts([RIGHT]))["serial"].to_pylist() == ["KP042788"]


@settings(deadline=None)
@given(st.text(alphabet="ABCDEFGHJKLMNPRSTUVWXYZ0123456789", min_size=17, max_size=17))
def test_checked_is_the_formula_of_the_standard(number: str) -> None:
    alike = len(set(number)) > 1
    assert vin.check(texts([number])).tolist() == [alike]
    assert vin.checked(texts([number])).tolist() == [alike and check_digit(number) == number[8]]


@settings(deadline=None)
@given(st.text(max_size=20))
def test_clean_is_idempotent(text: str) -> None:
    once = vin.clean(pa.array([text.encode("utf-8", "replace").decode()], pa.string())).values
    assert vin.clean(once).values.equals(once)

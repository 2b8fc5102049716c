"""Paths: how far two go together; a part that is not told is no disagreement."""

from __future__ import annotations

import pytest

from tests.values.cases import texts
from values import path


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("河北大街|407|11|1-1802", "河北大街|407|11|1-1802", "same"),
        ("河北大街|407|11|1-1802", "河北大街|407|11|1-1801", "three_parts"),
        ("河北大街|407|11|1-1802", "河北大街|407|11|", "ends_after_three"),
        ("河北大街|407|11|1-1802", "河北大街|407", "ends_after_two"),
        ("河北大街|407|11|1-1802", "河北大街||11|1-1802", "ends_after_one"),
        ("河北大街|407", "河北大街|408", "one_part"),
        ("河北大街|407", "文化路|407", "different"),
        ("|407", "河北大街|407", "missing"),
        ("", "河北大街", "missing"),
        ("a|b|c|d|e", "a|b|c|d|f", "three_parts"),
    ],
)
def test_levels(left: str, right: str, level: str) -> None:
    assert path.LEVELS[path.compare(texts([left]), texts([right]))[0]] == level
    assert path.LEVELS[path.compare(texts([right]), texts([left]))[0]] == level


def test_keys_are_the_beginnings_as_far_as_they_are_told() -> None:
    keys = path.keys(texts(["a|b|c|d", "a|b", "a||c", "|b", None]))
    assert keys["one_part"].to_pylist() == ["a", "a", "a", None, None]
    assert keys["two_parts"].to_pylist() == ["a|b", "a|b", None, None, None]
    assert keys["three_parts"].to_pylist() == ["a|b|c", None, None, None, None]


def test_a_path_has_a_first_part() -> None:
    assert path.check(texts(["a|b", "a", "|b", "", None])).tolist() == [True, True, False, False, False]

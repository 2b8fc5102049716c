"""Comparing by codes: missing, equal, unequal, and values whose equal says little."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matching.comparing import FieldComparer, Levels, Rows
from matching.encoding import encode

LEVELS = ("missing", "different", "alike", "same")


def letters(values: pa.Array) -> FieldComparer:
    """Values are alike where their first letter is; a value of one letter says little."""
    column = encode("word", pa.array(values), pa.array(values), lambda _: {})
    firsts = np.array([one[0] for one in column.values.to_pylist()])
    short = np.array([len(one) == 1 for one in column.values.to_pylist()])

    def compare(a: Rows, b: Rows) -> Levels:
        return np.where(firsts[a] != firsts[b], 1, np.where((a == b) & ~short[a], 3, 2)).astype(np.int8)

    return FieldComparer(column, LEVELS, compare, equal_is_top=False)


def test_each_pair_has_its_level() -> None:
    comparer = letters(["ab", "ac", "b", None, ""])
    pairs = [(0, 0), (0, 1), (0, 2), (0, 3), (4, 0), (2, 2)]
    found = comparer.between(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
    assert [LEVELS[level] for level in found] == ["same", "alike", "different", "missing", "missing", "alike"]


def test_only_values_that_say_all_are_tops() -> None:
    assert letters(["ab", "b", "ab"]).tops.tolist() == [True, False]

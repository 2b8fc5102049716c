"""Paths: parts from coarse to fine in one text, joined by a bar, such as 河北大街|407|11|1-1802 or A|A12|A123.

A part that is not told is empty. What is compared is how far two paths go together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values import plain_text
from values.cleaned import Cleaned
from values.levels import DIFFERENT, MISSING, CompareRows, Levels, Rows, compare_by
from values.text_column import TextColumn, with_nulls

LEVELS = (
    "missing", "different", "one_part", "two_parts", "three_parts", "ends_after_one", "ends_after_two",
    "ends_after_three", "same",
)  # fmt: skip
BAR = "|"
_PARTS = 4  # what lies deeper counts as one with the fourth
_ENDS = 3  # levels from "the next part differs" to "one side ends here"


def clean(texts: pa.Array, *, length: int = 200) -> Cleaned:
    """Return the texts as free text is cleaned; paths come from keys and codes that are clean already."""
    return plain_text.clean(texts, length=length)


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a path whose first part is told."""
    column = TextColumn(values)
    first = pc.starts_with(column.texts, BAR).to_numpy(zero_copy_only=False)
    told: npt.NDArray[np.bool_] = ~(column.empty | first)
    return told


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `one_part`, `two_parts` and `three_parts`: the beginnings; null where the last part of one is not told."""
    parts, words = _parts(TextColumn(values).texts)
    told = np.logical_and.accumulate(parts >= 0, axis=1)
    found = {}
    for count in range(1, _PARTS):
        columns = [words.take(pa.array(np.maximum(parts[:, place], 0))) for place in range(count)]
        joined = pc.binary_join_element_wise(*columns, BAR) if count > 1 else columns[0]
        found[LEVELS[count + 1]] = with_nulls(joined, ~told[:, count - 1])
    return found


def compare(left: pa.Array, right: pa.Array) -> Levels:
    """Return levels: same; one side ends after three, two or one parts that are equal; as many parts are equal and the
    next one differs; different; missing.
    """
    return compare_by(likeness, left, right, len(LEVELS) - 1)


def likeness(values: pa.Array) -> CompareRows:
    """Return a comparison of rows of `values` that differ and are there; each value is read once."""
    parts, _ = _parts(values)
    told = np.logical_and.accumulate(parts >= 0, axis=1).sum(axis=1).astype(np.int8)  # from the first on
    columns = np.ascontiguousarray(parts.T)

    def compare_rows(left: Rows, right: Rows) -> Levels:
        told_left, told_right = told[left], told[right]
        both = np.minimum(told_left, told_right)
        levels = np.full(len(left), DIFFERENT, dtype=np.int8)
        rows = np.flatnonzero(both)
        for place, column in enumerate(columns):
            rows = rows[(column[left[rows]] == column[right[rows]]) & (both[rows] > place)]
            levels[rows] += 1
        count = levels - DIFFERENT
        levels[(count == both) & (count > 0) & (count < _PARTS)] += _ENDS
        levels[both == 0] = MISSING
        return levels

    return compare_rows


def _parts(texts: pa.StringArray) -> tuple[npt.NDArray[np.int32], pa.StringArray]:
    """Return (rows, 4) numbers of parts, -1 where a part is not told, and the parts that they number."""
    lists = pc.split_pattern(texts, BAR, max_splits=_PARTS - 1)
    encoded = pc.list_flatten(lists).dictionary_encode()
    numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    nothing = pc.equal(encoded.dictionary, "").to_numpy(zero_copy_only=False)
    numbers = np.append(np.where(nothing[numbers], -1, numbers) if len(numbers) else numbers, np.int32(-1))
    starts = lists.offsets.to_numpy()
    place = starts[:-1, None] - starts[0] + np.arange(_PARTS)
    return numbers[np.where(place < starts[1:, None] - starts[0], place, -1)], encoded.dictionary


def mask(values: pa.Array) -> pa.Array:
    """Return the path as free text is masked."""
    return plain_text.mask(values)

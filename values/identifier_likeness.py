"""How alike two numbers are: one character wrong, two neighbours swapped, two wrong, another form of the same number.

The order is that of the evidence. Two wrong characters are weakest: people registered one after the other have numbers
that differ in the last of the sequence and in the check digit. A number has about nine times more neighbours by one
wrong digit than by a swap, and clerks make the first slip only about three times as often, so a swap says more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Mask
from values.levels import DIFFERENT, MISSING, Levels
from values.text_column import TextColumn

LEVELS = ("missing", "different", "two_characters", "one_character", "transposed", "other_form", "same")
TWO_CHARACTERS, ONE_CHARACTER, TRANSPOSED, OTHER_FORM, SAME = range(2, 7)

OtherForm = Callable[[TextColumn, TextColumn], Mask]  # longer side, shorter side -> the same number?

_LONG = 12  # characters: in shorter numbers two wrong ones leave too little that agrees
_LONGEST = 64
_Units = tuple[npt.NDArray[Any], npt.NDArray[np.int64]]  # of a column, and where each text starts
Picked = tuple[TextColumn, npt.NDArray[np.int64]]  # some rows of a column
_LOW, _HIGH = np.uint64(0x7F7F7F7F7F7F7F7F), np.uint64(0x8080808080808080)


def compare_identifiers(left: pa.Array, right: pa.Array, other_form: OtherForm | None = None) -> Levels:
    """Return levels (see LEVELS) of aligned arrays; null and "" are missing.

    `other_form` says of texts of unequal length, the longer first, whether they are forms of one number.
    """
    first, second = TextColumn(left), TextColumn(right)
    levels = np.full(len(first), DIFFERENT, dtype=np.int8)
    same = pc.equal(first.texts, second.texts).to_numpy(zero_copy_only=False)
    there = ~(first.empty | second.empty)
    rows = np.flatnonzero(~same & there)
    levels[rows] = slips((first, rows), (second, rows))
    if other_form is not None:
        unequal = np.flatnonzero(there & (first.lengths != second.lengths))
        if len(unequal):
            levels[unequal[_forms(first, second, unequal, other_form)]] = OTHER_FORM
    levels[same] = SAME
    levels[~there] = MISSING
    return levels


def _forms(first: TextColumn, second: TextColumn, rows: npt.NDArray[np.int64], other_form: OtherForm) -> Mask:
    picked = pa.array(rows)
    a, b = first.texts.take(picked), second.texts.take(picked)
    longer = pa.array(first.lengths[rows] > second.lengths[rows])
    return other_form(TextColumn(pc.if_else(longer, a, b)), TextColumn(pc.if_else(longer, b, a)))


def slips(one: Picked, other: Picked) -> Levels:
    """Return the levels of aligned texts that differ, as rows of their columns, by their slips alone."""
    (first, a_rows), (second, b_rows) = one, other
    levels = np.full(len(a_rows), DIFFERENT, dtype=np.int8)
    if not len(a_rows):
        return levels
    narrow = first.ascii and second.ascii
    a_starts, b_starts = (side.offsets if narrow else side.points.starts for side in (first, second))
    widths = a_starts[a_rows + 1] - a_starts[a_rows]
    widths = np.where(widths == b_starts[b_rows + 1] - b_starts[b_rows], widths, 0)
    for width in np.flatnonzero(np.bincount(np.minimum(widths, _LONGEST + 1), minlength=2)).tolist():
        if 2 <= width <= _LONGEST:
            some = np.flatnonzero(widths == width)
            starts = a_starts[a_rows[some]], b_starts[b_rows[some]]
            if narrow:
                unlike = _unlike_bytes((first.words, starts[0]), (second.words, starts[1]), width)
                levels[some] = _slips_of((first.data, starts[0]), (second.data, starts[1]), width, unlike)
            else:
                units = (first.points.points, starts[0]), (second.points.points, starts[1])
                levels[some] = _slips_of(*units, width, _unlike(*units, width))
    return levels


def _unlike_bytes(one: _Units, other: _Units, width: int) -> npt.NDArray[np.uint8]:
    """Return how many of the `width` bytes from each start differ, eight at a time (columns of TextColumn.words)."""
    (a, a_starts), (b, b_starts) = one, other
    unlike = np.zeros(len(a_starts), dtype=np.uint8)
    for place in range(0, width, 8):
        differs: npt.NDArray[np.uint64] = np.bitwise_xor(a[a_starts + place], b[b_starts + place])
        if width - place < 8:
            differs = differs & np.uint64((1 << 8 * (width - place)) - 1)
        differs = differs | ((differs & _LOW) + _LOW)  # the high bit of each byte that is not 0
        unlike += np.bitwise_count(differs & _HIGH)
    return unlike


def _unlike(one: _Units, other: _Units, width: int) -> npt.NDArray[np.uint8]:
    """Return how many of the `width` units from each start differ."""
    (a, a_starts), (b, b_starts) = one, other
    unlike = np.zeros(len(a_starts), dtype=np.uint8)
    for place in range(width):
        unlike += a[a_starts + place] != b[b_starts + place]
    return unlike


def _slips_of(one: _Units, other: _Units, width: int, unlike: npt.NDArray[np.uint8]) -> Levels:
    """Return the levels of texts that are all `width` units long, from where each starts and how many are unlike."""
    levels = np.full(len(unlike), DIFFERENT, dtype=np.int8)
    levels[unlike == 1] = ONE_CHARACTER
    two = np.flatnonzero(unlike == 2)
    if len(two):
        if width >= _LONG:
            levels[two] = TWO_CHARACTERS
        (a, a_starts), (b, b_starts) = ((units, starts[two]) for units, starts in (one, other))
        swapped = np.zeros(len(two), bool)
        for place in range(1, width):
            here, before = a[a_starts + place], a[a_starts + place - 1]
            swapped |= (here != before) & (here == b[b_starts + place - 1]) & (before == b[b_starts + place])
        levels[two[swapped]] = TRANSPOSED
    return levels

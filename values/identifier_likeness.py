"""How alike two numbers are: one character wrong, two neighbours swapped, two wrong, another form of the same number.

The order is that of the evidence. Two wrong characters are weakest: people registered one after the other have numbers
that differ in the last of the sequence and in the check digit. A number has about nine times more neighbours by one
wrong digit than by a swap, and clerks make the first slip only about three times as often, so a swap says more.
"""

from __future__ import annotations

from collections.abc import Callable

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
_Units = npt.NDArray[np.uint8] | npt.NDArray[np.uint32]


def compare_identifiers(left: pa.Array, right: pa.Array, other_form: OtherForm | None = None) -> Levels:
    """Return levels (see LEVELS) of aligned arrays; null and "" are missing.

    `other_form` says of texts of unequal length, the longer first, whether they are forms of one number.
    """
    first, second = TextColumn(left), TextColumn(right)
    levels = np.full(len(first), DIFFERENT, dtype=np.int8)
    same = pc.equal(first.texts, second.texts).to_numpy(zero_copy_only=False)
    there = ~(first.empty | second.empty)
    _slips(first, second, np.flatnonzero(~same & there), levels)
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


def _slips(first: TextColumn, second: TextColumn, rows: npt.NDArray[np.int64], levels: Levels) -> None:
    """Set, in place, the levels of rows whose texts differ but are of one length."""
    if not len(rows):
        return
    narrow = all(not len(side.data) or int(side.data.max()) < 0x80 for side in (first, second))
    a_units, a_starts = (first.data, first.offsets) if narrow else (first.points.points, first.points.starts)
    b_units, b_starts = (second.data, second.offsets) if narrow else (second.points.points, second.points.starts)
    widths = (a_starts[1:] - a_starts[:-1])[rows]
    widths = np.where(widths == (b_starts[1:] - b_starts[:-1])[rows], widths, 0)
    for width in np.flatnonzero(np.bincount(np.minimum(widths, _LONGEST + 1), minlength=2)).tolist():
        if 2 <= width <= _LONGEST:
            some = rows[widths == width]
            levels[some] = _slips_of(a_units, a_starts[some], b_units, b_starts[some], width)


def _slips_of(
    a: _Units, a_starts: npt.NDArray[np.int64], b: _Units, b_starts: npt.NDArray[np.int64], width: int
) -> Levels:
    """Return the levels of texts that are all `width` units long, from where each starts."""
    unlike = np.zeros(len(a_starts), dtype=np.uint8)
    place = np.zeros(len(a_starts), dtype=np.uint8)  # of the last difference
    for column in range(width):
        differs = a[a_starts + column] != b[b_starts + column]
        unlike += differs
        place[differs] = column
    levels = np.full(len(a_starts), DIFFERENT, dtype=np.int8)
    levels[unlike == 1] = ONE_CHARACTER
    two = np.flatnonzero(unlike == 2)
    if len(two):
        if width >= _LONG:
            levels[two] = TWO_CHARACTERS
        here_a, here_b = a_starts[two] + place[two], b_starts[two] + place[two]
        swapped = (place[two] > 0) & (a[here_a] == b[here_b - 1]) & (a[here_a - 1] == b[here_b])
        levels[two[swapped]] = TRANSPOSED
    return levels

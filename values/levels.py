"""Agreement levels: how alike two columns of values are, 0 missing, 1 different, higher more alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Mask
from values.text_column import CodePoints, TextColumn

Levels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
CompareRows = Callable[[Rows, Rows], Levels]  # row numbers of values that are there
Agreement = Callable[[TextColumn, TextColumn], Mask]

MISSING, DIFFERENT = 0, 1


def compare_with(left: pa.Array, right: pa.Array, agreements: Mapping[int, Agreement], top: int) -> Levels:
    """Return the level of the last agreement that holds; `top` where texts are equal.

    Agreements are asked only about pairs where both are there and differ.
    """
    first, second = TextColumn(left), TextColumn(right)
    levels = np.full(len(first), DIFFERENT, dtype=np.int8)
    same = pc.equal(first.texts, second.texts).to_numpy(zero_copy_only=False)
    missing = first.empty | second.empty
    rest = np.flatnonzero(~same & ~missing)
    if len(rest):
        rows = pa.array(rest)
        a, b = TextColumn(first.texts.take(rows)), TextColumn(second.texts.take(rows))
        for level, agree in agreements.items():
            levels[rest[agree(a, b)]] = level
    levels[same] = top
    levels[missing] = MISSING
    return levels


def same_text(left: pa.Array, right: pa.Array) -> Mask:
    """Say, per row, whether two arrays hold the same text; null agrees with nothing."""
    found: Mask = pc.fill_null(pc.equal(left, right), False).to_numpy(zero_copy_only=False)
    return found & (TextColumn(left).lengths > 0)


def one_edit(left: TextColumn, right: TextColumn) -> Mask:
    """Say where texts of one length differ in one character, or in two neighbours swapped."""
    found = np.zeros(len(left), dtype=bool)
    a, b = left.points, right.points
    alike = a.lengths == b.lengths
    for length in np.unique(a.lengths[alike]).tolist():
        if not 1 <= length <= 64:
            continue
        rows = np.flatnonzero(alike & (a.lengths == length))
        found[rows] = _one_edit_rows(_matrix(a, rows, length), _matrix(b, rows, length))
    return found


def _matrix(points: CodePoints, rows: npt.NDArray[np.int64], width: int) -> npt.NDArray[np.uint32]:
    picked: npt.NDArray[np.uint32] = points.points[points.starts[rows][:, None] + np.arange(width)]
    return picked


def _one_edit_rows(a: npt.NDArray[np.uint32], b: npt.NDArray[np.uint32]) -> Mask:
    unlike = a != b
    count = unlike.sum(axis=1)
    one: Mask = count == 1
    if a.shape[1] > 1:
        first = unlike.argmax(axis=1)
        here = np.arange(len(a))
        after = np.minimum(first + 1, a.shape[1] - 1)
        one |= (count == 2) & (a[here, first] == b[here, after]) & (a[here, after] == b[here, first])
    return one


def compare_by(likeness: Callable[[pa.Array], CompareRows], left: pa.Array, right: pa.Array, top: int) -> Levels:
    """Return the levels of aligned arrays by a likeness of rows: every distinct value of both is read once.

    Null and "" are missing; equal texts are `top`.
    """
    first, second = TextColumn(left), TextColumn(right)
    encoded = pa.concat_arrays([first.texts, second.texts]).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    one, other = codes[: len(first)], codes[len(first) :]
    levels = np.full(len(first), top, dtype=np.int8)
    rows = np.flatnonzero((one != other) & ~first.empty & ~second.empty)
    if len(rows):
        compare_rows = likeness(encoded.dictionary)
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            levels[part] = compare_rows(one[part], other[part])
    levels[first.empty | second.empty] = MISSING
    return levels


_AT_ONCE = 131_072  # pairs: what is gathered for them stays small

"""Levels of likeness: how alike two values are, 0 missing, 1 different, higher more alike; the top is the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.text_column import TextColumn

Levels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
CompareRows = Callable[[Rows, Rows], Levels]  # row numbers of values that are there

MISSING, DIFFERENT = 0, 1
_AT_ONCE = 131_072  # pairs: what is gathered for them stays small


def compare_exact(left: pa.Array, right: pa.Array, top: int) -> Levels:
    """Return `top` where the texts of aligned arrays are equal, else DIFFERENT; null and "" are missing."""
    first, second = TextColumn(left), TextColumn(right)
    equal = pc.equal(first.texts, second.texts).to_numpy(zero_copy_only=False)
    levels = np.where(equal, top, DIFFERENT).astype(np.int8)
    levels[first.empty | second.empty] = MISSING
    return levels


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

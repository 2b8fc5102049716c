"""Whether a registration number of 15 digits is right: ISO 7064 MOD 11,10. The unified code asks it too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from values.cleaned import Mask
from values.text_column import TextColumn


def digits(column: TextColumn) -> Mask:
    """Say, per value, whether it is 15 digits and not one digit over and over."""
    shaped = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 15)
    shaped[rows] = (column.matrix(rows, 15) - np.uint8(48)).max(axis=1, initial=0) <= 9
    zeros = np.flatnonzero(shaped)
    first = column.matrix(zeros, 15)
    shaped[zeros[(first == first[:, :1]).all(axis=1)]] = False  # one digit over and over is nobody's number
    return shaped


def checks(matrix: npt.NDArray[np.uint8]) -> Mask:
    """Return whether the fifteenth digit is right: p runs through (p + d) mod 10, doubled, mod 11."""
    digits = (matrix - np.uint8(48)).astype(np.int16)
    running = np.full(len(matrix), 10, dtype=np.int16)
    for place in range(14):
        total = (running + digits[:, place]) % 10
        total[total == 0] = 10
        running = total * 2 % 11
    right: Mask = (running + digits[:, 14]) % 10 == 1
    return right


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a right number; null is not."""
    column = TextColumn(values)
    right = digits(column)
    rows = np.flatnonzero(right)
    right[rows] = checks(column.matrix(rows, 15))
    return right

"""The arithmetic of 18-digit identity numbers (GB 11643), on matrices of ASCII bytes.

Shared by citizen numbers and by the document numbers that borrow their form.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from values.calendar_days import real_day
from values.cleaned import Mask

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int32]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS: Bytes = np.frombuffer(b"10X98765432", dtype=np.uint8)
EARLIEST_YEAR = 1880
_CHUNK = 16_384  # rows at a time: the working set stays in the processor's cache


def _columns() -> npt.NDArray[np.float32]:
    """Return the (17, 4) matrix that turns 17 digits into check sum, region, year and month-day in one product.

    Every result is below 2 ** 24, so single precision is exact.
    """
    table = np.zeros((17, 4), dtype=np.float32)
    table[:, 0] = _WEIGHTS
    table[0:6, 1] = [10.0**power for power in range(5, -1, -1)]
    table[6:10, 2] = [1000.0, 100.0, 10.0, 1.0]
    table[10:14, 3] = [1000.0, 100.0, 10.0, 1.0]
    return table


_PRODUCT = _columns()


@dataclass(frozen=True)
class IdentityDigits:
    """What 18 characters say, row by row. Numbers of rows that are not `shaped` mean nothing."""

    shaped: Mask  # 17 digits, then a digit or X
    checked: Mask  # the last character is the right one
    region: Integers
    year: Integers
    month_day: Integers

    def born(self, latest: int | None) -> Mask:
        """Say, per row, whether the birth date exists, from 1880 to `latest` (yyyymmdd)."""
        good = real_day(self.year, self.month_day) & (self.year >= EARLIEST_YEAR)
        return good if latest is None else good & (self.year * 10_000 + self.month_day <= latest)


def read_digits(matrix: Bytes) -> IdentityDigits:
    """Return what each row of an (n, 18) byte matrix says."""
    count = len(matrix)
    shaped = np.empty(count, dtype=bool)
    checked = np.empty(count, dtype=bool)
    numbers = np.empty((3, count), dtype=np.int32)
    for start in range(0, count, _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = matrix[rows]
        digits = part[:, :17] - np.uint8(48)
        last = part[:, 17]
        shaped[rows] = (digits.max(axis=1) <= 9) & ((last - np.uint8(48) <= 9) | (last == 88))
        product = digits.astype(np.float32) @ _PRODUCT
        sums = product.T.astype(np.int32)
        checked[rows] = CHECK_CHARACTERS[sums[0] % 11] == last
        numbers[:, rows] = sums[1:]
    numbers[:, ~shaped] = 0
    return IdentityDigits(shaped, checked & shaped, numbers[0], numbers[1], numbers[2])


def check_characters(matrix: Bytes) -> Bytes:
    """Return the check character of each row of an (n, 17 or more) matrix of digits."""
    sums = (matrix[:, :17] - np.uint8(48)).astype(np.float32) @ _PRODUCT[:, :1]
    return CHECK_CHARACTERS[sums[:, 0].astype(np.int32) % 11]

"""64-bit fingerprints of rows of code points, so that whole columns are compared as integers.

Equal rows have equal fingerprints; rows that differ share one by chance only: about once in ten million columns of a
million distinct texts. They say how alike values are, never what is the same record.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from values.text_column import CodePoints

Prints = npt.NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BASE = 0xD1342543DE82EF95  # odd, so that no place loses a bit


def scattered(numbers: npt.NDArray[np.integer]) -> Prints:
    """Return each number scattered over 64 bits (the finaliser of SplitMix64); 0 is scattered too."""
    mixed: Prints = numbers.astype(np.uint64) + _STEP
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


@cache
def _powers(count: int) -> Prints:
    powers = np.full(count, _BASE, dtype=np.uint64)
    powers[0] = 1
    return np.asarray(np.multiply.accumulate(powers), dtype=np.uint64)


@cache
def _scattered_points() -> Prints:
    """The table number -> `scattered`, of code points and of what stands for one behind them."""
    return scattered(np.arange(0x130000))


def place_weights(starts: npt.NDArray[np.int64]) -> Prints:
    """Return a weight for each item of rows that begin at `starts` (one longer than rows): another for every place."""
    lengths = np.diff(starts)
    place = np.arange(int(lengths.sum())) - np.repeat(starts[:-1] - starts[0], lengths)
    weights: Prints = _powers(1 << int(lengths.max(initial=1)).bit_length())[place]
    return weights


class Fingerprints:
    """The fingerprints of the rows of `points`, of their beginnings, and of what stands for them. Empty rows have 0."""

    def __init__(self, points: CodePoints) -> None:
        self._starts = points.starts
        self._weights = place_weights(points.starts)
        self._sums = running(_scattered_points()[points.points] * self._weights)

    @property
    def rows(self) -> Prints:
        """The fingerprint of each row."""
        return row_sums(self._sums, self._starts)

    def of(self, points: npt.NDArray[np.integer]) -> Prints:
        """Return the fingerprint of each row with other numbers (below 0x130000) in the places of its code points."""
        return row_sums(running(_scattered_points()[points] * self._weights), self._starts)

    def beginnings(self, rows: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Prints:
        """Return the fingerprint that the first `lengths` code points of the given rows have as rows of their own."""
        starts = self._starts[rows]
        return np.asarray(self._sums[starts + lengths] - self._sums[starts], dtype=np.uint64)


def bags(points: CodePoints) -> Prints:
    """Return a fingerprint of each row whatever the order of its code points."""
    return row_sums(running(_scattered_points()[points.points]), points.starts)


def running(numbers: Prints) -> Prints:
    """Return the sums before each number and behind the last, modulo 2 ** 64."""
    sums = np.zeros(len(numbers) + 1, dtype=np.uint64)
    np.cumsum(numbers, out=sums[1:])
    return sums


def row_sums(sums: Prints, starts: npt.NDArray[np.int64]) -> Prints:
    """Return the sum of each row from `running` sums and where rows start."""
    bounds = sums[starts]
    return np.asarray(bounds[1:] - bounds[:-1], dtype=np.uint64)

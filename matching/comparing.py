"""Comparing: the agreement level of every field of every candidate pair, distinct pairs of values compared once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from matching.encoding import EncodedField

Levels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
CompareRows = Callable[[Rows, Rows], Levels]  # codes of the record and base value, never missing, never equal

MISSING, DIFFERENT = 0, 1
_AT_ONCE = 262_144


@dataclass(frozen=True)
class FieldComparer:
    """How one field is compared: the names of its levels (0 missing, 1 different, the last one same), and the function
    that compares distinct values by their codes. `once`: a pair of values costs so much that each is compared once."""

    column: EncodedField
    levels: tuple[str, ...]
    compare: CompareRows
    once: bool = True

    @property
    def same(self) -> int:
        return len(self.levels) - 1

    def between(self, record: Rows, base: Rows) -> Levels:
        """Return the level of each pair of a record row and a base row."""
        return self.of_codes(self.column.record[record], self.column.base[base])

    def of_codes(self, a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> Levels:
        """Return the level of each pair of value codes."""
        levels = np.full(len(a), DIFFERENT, dtype=np.int8)
        missing = (a < 0) | (b < 0)
        same = a == b
        levels[same] = self.same
        levels[missing] = MISSING
        rest = np.flatnonzero(~same & ~missing)
        if len(rest) and self.same > 1:
            levels[rest] = self._unequal(a[rest].astype(np.int64), b[rest].astype(np.int64))
        return levels

    def _unequal(self, a: Rows, b: Rows) -> Levels:
        if not self.once:
            return self._in_parts(a, b)
        size = np.int64(len(self.column.values))
        places, distinct = pd.factorize(a * size + b)
        found = self._in_parts(distinct // size, distinct % size)
        return found[places]

    def _in_parts(self, a: Rows, b: Rows) -> Levels:
        parts = [self.compare(a[i : i + _AT_ONCE], b[i : i + _AT_ONCE]) for i in range(0, len(a), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty(0, np.int8)


def by_values(values: pa.Array, compare: Callable[[pa.Array, pa.Array], Levels]) -> CompareRows:
    """Return a comparison of codes made from one of aligned arrays of values."""

    def compare_rows(a: Rows, b: Rows) -> Levels:
        return compare(values.take(pa.array(a)), values.take(pa.array(b)))

    return compare_rows

"""Comparing: the agreement level of every field of every candidate pair, distinct pairs of values compared once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching.encoding import EncodedField
from matching.grouping import grouped

Levels = npt.NDArray[np.int8]
Rows = npt.NDArray[np.int64]
CompareRows = Callable[[Rows, Rows], Levels]  # codes of the record and base value, never missing

MISSING, DIFFERENT = 0, 1
_AT_ONCE = 262_144


@dataclass(frozen=True)
class FieldComparer:
    """How one field is compared: the names of its levels (0 missing, 1 different, the last one same), and the function
    that compares distinct values by their codes. `once`: a pair of values costs so much that each is compared once.
    `equal_is_top` False: equal values are compared too, because they may say little (a district and nothing else).
    `level_keys`: by level the key that values on it share, where the kind has one; else equal values share themselves.
    `kin_key`: what kin have in common because they are kin, `chance_key` what by chance, where these are parts.
    `instead_of`: the field that this one speaks for where it agrees and that one does not (see `stood_in`)."""

    column: EncodedField
    levels: tuple[str, ...]
    compare: CompareRows
    once: bool = True
    equal_is_top: bool = True
    level_keys: Mapping[str, str] = field(default_factory=dict)
    kin_key: str | None = None
    chance_key: str | None = None
    instead_of: str = ""

    @cached_property
    def tops(self) -> npt.NDArray[np.bool_]:
        """Say, per distinct value, whether it and its equal are on the top level."""
        codes = np.arange(len(self.column.values), dtype=np.int64)
        if self.equal_is_top or not len(codes):
            return np.ones(len(codes), bool)
        found: npt.NDArray[np.bool_] = self._in_parts(codes, codes) == self.same
        return found

    def shared_keys(self) -> dict[str, str]:
        """Return, by level, the key ("" is the value itself) that two values of the level share."""
        return {self.levels[-1]: "", **self.level_keys}

    @property
    def same(self) -> int:
        return len(self.levels) - 1

    @property
    def least_agreeing(self) -> int:
        """The lowest level on which two values agree: those in the upper half."""
        return (self.same + 1) // 2 + 1

    def between(self, record: Rows, base: Rows) -> Levels:
        """Return the level of each pair of a record row and a base row."""
        return self.of_codes(self.column.record.take(record), self.column.base.take(base))

    def of_codes(self, a: npt.NDArray[np.int32], b: npt.NDArray[np.int32]) -> Levels:
        """Return the level of each pair of value codes."""
        levels = np.full(len(a), DIFFERENT, dtype=np.int8)
        missing = (a < 0) | (b < 0)
        same = a == b
        levels[same] = self.same
        levels[missing] = MISSING
        rest = np.flatnonzero(~missing & ~(same & self.equal_is_top))
        if len(rest) and self.same > 1:
            levels[rest] = self._compared(a[rest].astype(np.int64), b[rest].astype(np.int64))
        return levels

    def _compared(self, a: Rows, b: Rows) -> Levels:
        if not self.once:
            return self._in_parts(a, b)
        size = np.int64(len(self.column.values))
        places, distinct = grouped(a * size + b)
        found = self._in_parts(distinct // size, distinct % size)
        return found[places]

    def _in_parts(self, a: Rows, b: Rows) -> Levels:
        parts = [self.compare(a[i : i + _AT_ONCE], b[i : i + _AT_ONCE]) for i in range(0, len(a), _AT_ONCE)]
        return np.concatenate(parts) if parts else np.empty(0, np.int8)


def stood_in(comparers: Sequence[FieldComparer], levels: Sequence[Levels], place: int) -> npt.NDArray[np.bool_] | None:
    """Say for which pairs another field speaks instead of this one (a former name for the name); None: none can."""
    name = comparers[place].column.name
    found = None
    for other, own in zip(comparers, levels, strict=True):
        if other.instead_of == name:
            speaks = (own >= other.least_agreeing) & (levels[place] < comparers[place].least_agreeing)
            found = speaks if found is None else found | speaks
    return found


def silent(comparers: Sequence[FieldComparer], levels: Sequence[Levels], place: int) -> npt.NDArray[np.bool_] | None:
    """Say for which pairs a field says nothing: another speaks for it, or it would speak for one and does not. None
    where it always speaks."""
    of = comparers[place].instead_of
    if not of:
        return stood_in(comparers, levels, place)
    names = [one.column.name for one in comparers]
    speaks = stood_in(comparers, levels, names.index(of))
    return None if speaks is None else ~(speaks & (levels[place] >= comparers[place].least_agreeing))

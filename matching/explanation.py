"""Explanation: why a pair got its weight, kept as one short text at decision time and told in words later.

The text reads `evidence name=same+13.2 birth_date=same+14.6 phone=missing kin-0.3 prior-4.1`: the reason of the
decision, then each field's level with its bits (missing has none), what the household explains away, and the prior.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.comparing import MISSING, FieldComparer
from matching.explanation_words import REASON_WORDS, level_word
from matching.grouping import grouped
from matching.scoring import Rows, Scorer
from matching.weights import Bits

KIN, LENT, PRIOR = "kin", "household", "prior"
_UNTOLD = np.iinfo(np.int64).min

_PART = re.compile(r"(?P<name>[^\s=]+?)(?:=(?P<level>[^\s+-]+))?(?P<bits>[+-]\d+(?:\.\d+)?)?$")


@dataclass(frozen=True)
class Part:
    """One field (or `household`, `kin`, `prior`) of an explanation: its level ("" for those three), its bits."""

    name: str
    level: str
    bits: float


@dataclass(frozen=True)
class Explanation:
    """A decision's reason and what each field gave. `weight` is the sum of all bits: log2 of the odds."""

    reason: str
    parts: tuple[Part, ...]

    @property
    def weight(self) -> float:
        return sum(part.bits for part in self.parts)

    def words(self) -> list[str]:
        """Return the explanation as lines, Chinese first: the reason, then a line a part with a bar of its bits."""
        width = max((len(part.name) for part in self.parts), default=0)
        lines = [REASON_WORDS.get(self.reason, self.reason)]
        running = 0.0
        for part in self.parts:
            running += part.bits
            level = level_word(part.level)
            bar = ("█" if part.bits > 0 else "░") * round(min(abs(part.bits), 30))
            lines.append(f"  {part.name:<{width}}  {part.bits:+6.1f}  → {running:+6.1f}  {bar} {level}".rstrip())
        return lines

    def waterfall(self) -> list[tuple[str, float, float]]:
        """Return (name, from, to) of each part in order, in bits: what a waterfall picture draws."""
        steps, running = [], 0.0
        for part in self.parts:
            steps.append((part.name, running, running + part.bits))
            running += part.bits
        return steps


def read(text: str) -> Explanation:
    """Return the explanation kept in a link's `reason`; a reason without parts has none."""
    words = text.split(" ")
    parts = []
    for word in words[1:]:
        found = _PART.match(word)
        if found:
            parts.append(Part(found["name"], found["level"] or "", float(found["bits"] or 0.0)))
    return Explanation(words[0], tuple(parts))


def texts(scorer: Scorer, record: Rows, base: Rows, reasons: pa.Array, decided: Bits | None = None) -> pa.Array:
    """Return the text of each pair; `reasons` are the first words. Pairs without a base row (-1) keep only those.

    `decided`: the bits each was decided by; what they are above those of the fields, its kin lent. Pairs that say the
    same share one text, which is written once.
    """
    words = reasons.dictionary_encode()
    said = Said(words.indices.to_numpy(zero_copy_only=False).astype(np.int64))
    some = np.flatnonzero(base >= 0)
    match, kin, alike = np.zeros(len(some)), np.zeros(len(some)), np.zeros(len(some))
    fields = []
    levels = [comparer.between(record[some], base[some]) for comparer in scorer.comparers]
    for place, comparer in enumerate(scorer.comparers):
        bits, shared = scorer.bits(place, levels, base[some])
        match += bits
        kin += shared
        if comparer.column.name in scorer.model.alike:
            alike += np.where(levels[place] >= comparer.least_agreeing, bits, -np.inf)
        fields.append((comparer, said.add(some, levels[place]), said.add(some, _tenths(bits))))
    lent = said.add(some, _tenths(decided[some] - match if decided is not None else np.zeros(len(some))))
    other = scorer.others(kin if _knows_kin(scorer) else None, alike if scorer.model.alike else None, record[some])
    taken = said.add(some, _tenths(-np.log2(1.0 + np.minimum(other, 1e150))))
    prior = said.add(some, _tenths(scorer.prior(record[some])))
    rows, places = said.distinct()
    whole = [words.dictionary.take(words.indices.take(pa.array(rows)))]
    there = base[rows] >= 0
    for comparer, told, tenths in fields:
        whole.append(_named_level(comparer, told[rows], tenths[rows], there))
    whole += [_named(LENT, lent[rows], there & (lent[rows] != 0))]
    whole += [_named(KIN, taken[rows], there & (_knows_kin(scorer) or bool(scorer.model.alike)))]
    whole += [_named(PRIOR, prior[rows], there)]
    return pc.binary_join_element_wise(*whole, " ", null_handling="skip").take(pa.array(places))


class Said:
    """What is said of each row, number by number, so that rows of which the same is said are found."""

    def __init__(self, first: Rows) -> None:
        self._said, self._most = first, int(first.max(initial=0)) + 1

    def add(self, rows: Rows, numbers: npt.NDArray[np.integer]) -> Rows:
        """Take a number (of at most 32 bits) of some rows, 0 of all others; return it for every row."""
        every = np.zeros(len(self._said), np.int64)
        every[rows] = numbers
        least = int(every.min(initial=0))
        span = int(every.max(initial=0)) - least + 1
        if self._most * span >= 1 << 62:  # all that is said of a row is one number as long as it has room
            self._said, distinct = grouped(self._said)
            self._most = len(distinct)
        self._said = self._said * span + (every - least)
        self._most *= span
        return every

    def distinct(self) -> tuple[Rows, Rows]:
        """Return the first row of each group, and every row's group."""
        groups, distinct = grouped(self._said)
        rows = np.zeros(len(distinct), np.int64)
        rows[groups[::-1]] = np.arange(len(groups))[::-1]
        return rows, groups


def _knows_kin(scorer: Scorer) -> bool:
    return scorer.model.kinship > 0 and all(weight.kin is not None for weight in scorer.weights)


def _tenths(bits: Bits) -> Rows:
    found: Rows = np.round(np.clip(bits, -9_000, 9_000) * 10).astype(np.int64)
    return found


def _named(name: str, tenths: Rows, there: npt.NDArray[np.bool_]) -> pa.Array:
    """Return the named bits, null where they are not to be told."""
    places, distinct = grouped(np.where(there, tenths, _UNTOLD))
    told = [None if value == _UNTOLD else f"{name}{value / 10:+.1f}" for value in distinct.tolist()]
    return pa.array(told, pa.string()).take(pa.array(places))


def _named_level(comparer: FieldComparer, levels: Rows, tenths: Rows, there: npt.NDArray[np.bool_]) -> pa.Array:
    """Return a field's level and bits; a missing field has no bits."""
    name, words = comparer.column.name.replace(" ", "_"), comparer.levels
    places, distinct = grouped(np.where(there, tenths * len(words) + levels, _UNTOLD))
    told = [None if one == _UNTOLD else divmod(one, len(words)) for one in distinct.tolist()]
    pieces = [one and f"{name}={words[one[1]]}" + ("" if one[1] == MISSING else f"{one[0] / 10:+.1f}") for one in told]
    return pa.array(pieces, pa.string()).take(pa.array(places))


def words_of(reason: str) -> Sequence[str]:
    """Return the lines of a link's reason text."""
    return read(reason).words()

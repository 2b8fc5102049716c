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

from matching.comparing import MISSING
from matching.explanation_words import REASON_WORDS, level_word
from matching.scoring import Bits, Rows, Scorer

KIN, LENT, PRIOR = "kin", "household", "prior"

_WORTH_A_WORD = 0.05
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

    `decided`: the bits each was decided by; what they are above those of the fields, its kin lent.
    """
    some = np.flatnonzero(base >= 0)
    if not len(some):
        return reasons
    pieces: list[pa.Array] = [reasons.take(pa.array(some))]
    match, kin = np.zeros(len(some)), np.zeros(len(some))
    for comparer, weight in zip(scorer.comparers, scorer.weights, strict=True):
        levels = comparer.between(record[some], base[some])
        bits = weight.match[levels]
        same = levels == comparer.same
        term = np.zeros(len(some))
        if weight.term is not None:
            term[same] = weight.term[comparer.column.base[base[some[same]]]]
        bits = bits + term
        match += bits
        if weight.kin is not None:
            kin += weight.kin[levels] + (term if weight.inherited else 0.0)
        name = comparer.column.name.replace(" ", "_")
        level = pa.array(np.array([f"{name}={level}" for level in comparer.levels], dtype=object)[levels], pa.string())
        pieces.append(pc.binary_join_element_wise(level, _signed(bits, levels == MISSING), ""))
    if decided is not None:
        pieces.append(_signed_if_any(LENT, decided[some] - match))
    pieces += _household(scorer, match, kin)
    joined = pc.binary_join_element_wise(*pieces, " ", null_handling="skip")
    whole = np.array(reasons.to_numpy(zero_copy_only=False), dtype=object)
    whole[some] = joined.to_numpy(zero_copy_only=False)
    return pa.array(whole, pa.string())


def _household(scorer: Scorer, match: Bits, kin: Bits) -> list[pa.Array]:
    """Return what kinship takes off each weight, and the prior."""
    prior = pa.array([f"{PRIOR}{scorer.prior:+.1f}"] * len(match), pa.string())
    if scorer.model.kinship <= 0 or any(weight.kin is None for weight in scorer.weights):
        return [prior]
    share = np.log2(scorer.model.kinship / max(scorer.model.base_rows, 1))
    taken = -np.log2(1.0 + np.exp2(np.clip(kin + share, -60, 500)))
    return [pc.binary_join_element_wise(KIN, _signed(taken, np.zeros(len(match), bool)), ""), prior]


def _signed_if_any(name: str, bits: Bits) -> pa.Array:
    """Return the named bits, null where there are none worth a word."""
    nothing = np.abs(bits) < _WORTH_A_WORD
    named = pc.binary_join_element_wise(name, _signed(bits, nothing), "")
    return pc.if_else(pa.array(nothing), pa.scalar(None, pa.string()), named)


def _signed(bits: Bits, nothing: npt.NDArray[np.bool_]) -> pa.Array:
    tenths = np.round(bits * 10).astype(np.int64)
    known, places = np.unique(tenths, return_inverse=True)
    shown = np.array([f"{value / 10:+.1f}" for value in known.tolist()], dtype=object)[places]
    shown[nothing] = ""
    return pa.array(shown, pa.string())


def words_of(reason: str) -> Sequence[str]:
    """Return the lines of a link's reason text."""
    return read(reason).words()

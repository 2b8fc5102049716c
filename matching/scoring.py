"""Scoring: from agreement levels to weights in bits, and to the probability of every candidate of a record.

Three explanations of a pair compete (Fellegi and Sunter 1969, with a third class for households): the record *is* the
candidate; it is an unrelated party; it is *kin* of the candidate, a wife or son under the same roof, for whom surname,
address and phone agree together and so count once. With π the share of records known to the register, N its size and κ
the kin a party has on average, candidate i of a record has

    A_i = π/N · Π match/random,   B_i = (1 − π) · κ/N · Π kin/random,   P_i = A_i / (ΣA + ΣB + 1 − π)

so candidates compete with one another, with their kin, and with the record being nobody the register knows. B of a
candidate that is itself kin of the likeliest one does not count: the father's phone is the son's as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.comparing import FieldComparer, Levels
from matching.model import FieldModel, Model

Bits = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_LEAST = 1e-12
_INHERITED = 0.05  # share of kin with the same value, from which it is no chance


@dataclass(frozen=True)
class FieldWeights:
    """Bits of each level of one field (missing: 0), of a match and of kin; `term` adds bits to `same` by value.

    `inherited`: kin share the value because they are kin (a surname), so that a rare one tells of kin as well; where
    they share it by chance (a whole name) a rare value is as rare among them as anywhere.
    """

    match: Bits
    kin: Bits | None
    term: Bits | None  # by value code; None without term frequency
    inherited: bool = False

    @property
    def most(self) -> float:
        """The most bits that agreement can give, without term frequency."""
        return float(self.match.max())


def field_weights(model: FieldModel, comparer: FieldComparer) -> FieldWeights:
    """Return the weights of one field for the values that this comparison knows."""
    match = _ratio(model.match, model.random)
    kin = None if model.kin is None else _ratio(_as_records_tell(model.kin, model.match), model.random)
    term = None
    if model.frequencies is not None:
        shares = np.maximum(model.frequencies.of(comparer.column.key_hashes("")), _LEAST)
        term = np.log2(max(model.random[-1], _LEAST)) - np.log2(shares)
    inherited = model.kin is not None and model.kin[-1] >= _INHERITED
    return FieldWeights(match, kin, term, inherited)


def _as_records_tell(kin: Sequence[float], match: Sequence[float]) -> list[float]:
    """Return the levels of a record about a base row's kin, from those of kin among base rows.

    Where kin have one value a record tells it as well or badly as it tells the party's own: whole, in part, or wrong.
    """
    other = [*kin[:-1], 0.0]
    return [one + kin[-1] * told for one, told in zip(other, match, strict=True)]


def _ratio(one: Sequence[float], other: Sequence[float]) -> Bits:
    ratio = np.log2(np.maximum(one, _LEAST)) - np.log2(np.maximum(other, _LEAST))
    return np.concatenate(([0.0], ratio))


@dataclass(frozen=True)
class Scored:
    """Aligned with the candidates: `levels` by field, `match` and `kin` bits."""

    levels: tuple[Levels, ...]
    match: Bits
    kin: Bits | None


@dataclass(frozen=True)
class Scorer:
    """Everything that turns pairs of rows into weights."""

    model: Model
    comparers: tuple[FieldComparer, ...]
    weights: tuple[FieldWeights, ...]

    @classmethod
    def of(cls, model: Model, comparers: Sequence[FieldComparer]) -> Scorer:
        weights = tuple(field_weights(model.field(one.column.name), one) for one in comparers)
        return cls(model, tuple(comparers), weights)

    def score(self, record: Rows, base: Rows) -> Scored:
        """Return levels and weights of each pair."""
        match = np.zeros(len(record))
        kin = np.zeros(len(record)) if all(one.kin is not None for one in self.weights) else None
        levels = []
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            found = comparer.between(record, base)
            bits = weight.match[found]
            extra = None
            if weight.term is not None:
                same = np.flatnonzero(found == comparer.same)
                extra = weight.term[comparer.column.base[base[same]]]
                bits[same] += extra
            match += bits
            if kin is not None and weight.kin is not None:
                kin += weight.kin[found]
                if extra is not None and weight.inherited:
                    kin[same] += extra
            levels.append(found)
        return Scored(tuple(levels), match, kin)

    def possible(self, rows: int, side: str = "record") -> Bits:
        """Return, per row, the bits it would have if every field present agreed: the most it can prove."""
        total = np.zeros(rows)
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            codes = comparer.column.record if side == "record" else comparer.column.base
            present = codes >= 0
            total[present] += weight.most
            if weight.term is not None:
                total[present] += weight.term[codes[present]]
        return total

    def base_kin(self, first: Rows, second: Rows) -> npt.NDArray[np.bool_]:
        """Say which pairs of base rows look more like kin than like strangers."""
        bits = np.zeros(len(first))
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            if weight.kin is not None:
                bits += weight.kin[comparer.of_codes(comparer.column.base[first], comparer.column.base[second])]
        found: npt.NDArray[np.bool_] = bits > 0
        return found

    @property
    def prior(self) -> float:
        """Bits of prior odds that a candidate is the one, against the record being unknown."""
        rows = max(self.model.base_rows, 1)
        if self.model.itself:
            return float(np.log2(max(self.model.known, 1e-6) / rows))
        known = min(max(self.model.known, 1e-6), 1 - 1e-6)
        return float(np.log2(known / (1 - known) / rows))

    def odds(self, scored: Scored) -> tuple[Bits, Bits]:
        """Return per candidate A_i / (1 − π) and B_i / (1 − π): the odds of match and of kin against unknown."""
        with np.errstate(over="ignore"):
            match = np.exp2(np.minimum(scored.match + self.prior, 900.0))
            if scored.kin is None or self.model.kinship <= 0:
                return match, np.zeros(len(match))
            share = np.log2(self.model.kinship / max(self.model.base_rows, 1))
            return match, np.exp2(np.minimum(scored.kin + share, 900.0))


def group_starts(sorted_rows: Rows) -> Rows:
    """Return where each new row number begins in a sorted array."""
    if not len(sorted_rows):
        return np.empty(0, np.int64)
    starts: Rows = np.flatnonzero(np.concatenate(([True], sorted_rows[1:] != sorted_rows[:-1])))
    return starts


def logits(probability: Bits) -> Bits:
    """Return the natural logarithm of the odds, bounded where a probability is 0 or 1."""
    safe = np.clip(probability, 1e-15, 1 - 1e-15)
    found: Bits = np.log(safe) - np.log1p(-safe)
    return found


def probabilities(values: Bits) -> Bits:
    """Return probabilities of natural logits."""
    found: Bits = 1.0 / (1.0 + np.exp(-np.clip(values, -700, 700)))
    return found

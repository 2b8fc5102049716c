"""Scoring: from agreement levels to weights in bits, and to the probability of every candidate of a record.

Three explanations of a pair compete (Fellegi and Sunter 1969, with a third class for households): the record *is* the
candidate; it is an unrelated party; it is *kin* of the candidate, a wife or son under the same roof, for whom surname,
address and phone agree together and so count once. With π the share of records known to the register, N its size, μ
how often the right row of a record that tells as much is no candidate, κ the kin a party has on average, and ρ how
often one unknown lives under a known roof, candidate i has

    A_i = π(1 − μ)/N · Π match/random,   B_i = ((1 − π)ρ + πμκ)/N · Π kin/random
    P_i = A_i / (ΣA + ΣB + ΣC + 1 − π(1 − μ))

where C_i = (1 − π)ν/N · Π match/random, over the fields that namesakes have alike: ν of the parties have one, more than
chance would have it, and an unknown one is nobody's double.

so candidates compete with one another, with their kin, and with the record being nobody the register knows. B of a
candidate that is itself kin of the likeliest one does not count: the father's phone is the son's as well.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching.comparing import FieldComparer, Levels, silent
from matching.model import Model
from matching.weights import Bits, FieldWeights, field_weights, kin_ratio, ratio

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Scored:
    """Aligned with the candidates: `levels` by field, `match` and `kin` bits; `alike`: what a namesake of the base row
    would explain of the match, in bits (minus infinity: nothing)."""

    levels: tuple[Levels, ...]
    match: Bits
    kin: Bits | None
    alike: Bits | None = None

    def take(self, places: Rows) -> Scored:
        """Return some of the candidates."""
        kin = None if self.kin is None else self.kin[places]
        alike = None if self.alike is None else self.alike[places]
        return Scored(tuple(one[places] for one in self.levels), self.match[places], kin, alike)


@dataclass(frozen=True)
class Scorer:
    """Everything that turns pairs of rows into weights. `bound`: per record row, whether a base row holds its number,
    so that no rule can miss it."""

    model: Model
    comparers: tuple[FieldComparer, ...]
    weights: tuple[FieldWeights, ...]
    bound: npt.NDArray[np.bool_] | None = None

    @classmethod
    def of(cls, model: Model, comparers: Sequence[FieldComparer]) -> Scorer:
        weights = tuple(field_weights(model.field(one.column.name), one) for one in comparers)
        return cls(model, tuple(comparers), weights)

    def by(self, model: Model) -> Scorer:
        """Return the scorer of a model that differs in its probabilities of a match alone."""
        weights = (
            replace(weight, match=ratio(one.match, one.random), kin=kin_ratio(one))
            for weight, one in zip(self.weights, (model.field(one.column.name) for one in self.comparers), strict=True)
        )
        return Scorer(model, self.comparers, tuple(weights))

    def score(self, record: Rows, base: Rows, levels: tuple[Levels, ...] | None = None) -> Scored:
        """Return levels and weights of each pair; `levels` where they are known already."""
        if levels is None:
            levels = tuple(one.between(record, base) for one in self.comparers)
        match = np.zeros(len(record))
        kin = np.zeros(len(record)) if all(one.kin is not None for one in self.weights) else None
        alike = np.zeros(len(record)) if self.model.alike and not self.model.itself else None
        for place, comparer in enumerate(self.comparers):
            bits, shared = self.bits(place, levels, base)
            match += bits
            if kin is not None:
                kin += shared
            if alike is not None and comparer.column.name in self.model.alike:
                alike += np.where(levels[place] >= comparer.least_agreeing, bits, -np.inf)
        return Scored(levels, match, kin, alike)

    def bits(self, place: int, levels: Sequence[Levels], base: Rows) -> tuple[Bits, Bits]:
        """Return what one field (by its place) says of each pair, of a match and of kin, given the levels of all."""
        comparer, weight, found = self.comparers[place], self.weights[place], levels[place]
        match = weight.match[found]
        kin = np.zeros(len(found)) if weight.kin is None else weight.kin[found]
        if weight.terms:
            rarity, shared = weight.rarity(found, comparer.column.base[base])
            match += rarity
            kin += shared
        nothing = silent(self.comparers, levels, place)
        if nothing is not None:
            match[nothing] = kin[nothing] = 0.0
        return match, kin

    def possible(self, rows: int, side: str = "record") -> Bits:
        """Return, per row, the bits it would have if every field present agreed: the most it can prove."""
        total = np.zeros(rows)
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            codes = comparer.column.record if side == "record" else comparer.column.base
            present = codes >= 0
            total[present] += weight.most
            if comparer.same in weight.terms:
                total[present] += weight.terms[comparer.same][codes[present]]
        return total

    def base_kin(self, first: Rows, second: Rows) -> npt.NDArray[np.bool_]:
        """Say which pairs of base rows look more like kin than like strangers."""
        bits = np.zeros(len(first))
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            if weight.kin is not None:
                bits += weight.kin[comparer.of_codes(comparer.column.base[first], comparer.column.base[second])]
        found: npt.NDArray[np.bool_] = bits > 0
        return found

    def double(self, first: Rows, second: Rows) -> npt.NDArray[np.bool_]:
        """Say which pairs of base rows look more like one party entered twice than like two of one household, by all
        fields but identifiers: who is entered twice has two numbers."""
        bits = np.zeros(len(first))
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            if weight.kin is not None and comparer.column.name not in self.model.identifiers:
                levels = comparer.of_codes(comparer.column.base[first], comparer.column.base[second])
                bits += (weight.match - weight.kin)[levels]
        found: npt.NDArray[np.bool_] = bits > 0
        return found

    def twice(self, first: Rows, second: Rows, but: Container[str]) -> Bits:
        """Return how likely two base rows are one party entered twice, not two strangers, by all fields `but` some."""
        bits = np.zeros(len(first))
        for comparer, weight in zip(self.comparers, self.weights, strict=True):
            if comparer.column.name not in but:
                bits += weight.match[comparer.of_codes(comparer.column.base[first], comparer.column.base[second])]
        found: Bits = 1.0 / (1.0 + np.exp2(-np.clip(bits, -500, 500)))
        return found

    def prior(self, record: Rows | slice = slice(None)) -> Bits:
        """Return bits of prior odds, per record row, that a candidate is the one, against the record being nobody whose
        row is a candidate."""
        rows = max(self.model.base_rows, 1)
        if self.model.itself:
            return np.full(len(self.found[record]), np.log2(max(self.model.known, 1e-6) / rows))
        found = self.found[record]
        bits: Bits = np.log2(found / (1 - found) / rows)
        return bits

    def kin_share(self, record: Rows) -> Bits:
        """Return bits of prior odds that each record is about kin of a candidate, against the same.

        About one whom the base does not know, under a roof that it does; or about one whom it knows and no rule made a
        candidate: who has no phone in the base is not found by his phone, but his wife is.
        """
        rows, kinship = max(self.model.base_rows, 1), self.model.kinship
        if self.model.itself:
            return np.full(len(record), np.log2(kinship / rows))
        found = self.found[record]
        about = (1 - self.model.known) * self.model.roofs + kinship * np.maximum(self.model.known - found, 0.0)
        bits: Bits = np.log2(np.maximum(about, 1e-9) / (1 - found) / rows)
        return bits

    @cached_property
    def found(self) -> Bits:
        """Return, per record row, how likely its right row is a candidate: known, and not missed by every rule."""
        missed = self.model.missed
        known = {name for key in missed for name in key.split("+")}  # without identifiers, which labels do not tell
        kinds, which = told_fields(self.comparers, known)
        shares = np.array([missed.get(kind, missed.get("", 0.0)) for kind in kinds])
        lost = shares[which] if len(which) else np.empty(0)
        if self.bound is not None:
            lost[self.bound] = 0.0
        found: Bits = min(max(self.model.known, 1e-6), 1 - 1e-6) * (1.0 - lost)
        return found

    def odds(self, scored: Scored, record: Rows) -> tuple[Bits, Bits]:
        """Return per candidate the odds of a match, and those of kin or a namesake, against unknown."""
        with np.errstate(over="ignore"):
            match = np.exp2(np.minimum(scored.match + self.prior(record), 900.0))
            return match, self.others(scored.kin, scored.alike, record)

    def others(self, kin: Bits | None, alike: Bits | None, record: Rows) -> Bits:
        """Return the odds, against unknown, that each record is about kin of the candidate or about its namesake."""
        odds = np.zeros(len(record))
        if kin is not None and self.model.kinship > 0:
            odds += np.exp2(np.minimum(kin + self.kin_share(record), 900.0))
        if alike is not None and self.model.namesakes > 0:
            share = (1 - self.model.known) * self.model.namesakes / max(self.model.base_rows, 1)
            odds += np.exp2(np.minimum(alike + np.log2(share / (1 - self.found[record])), 900.0))
        return odds


def told_fields(
    comparers: Sequence[FieldComparer], names: Container[str], rows: Rows | slice = slice(None)
) -> tuple[list[str], Rows]:
    """Return the kinds of records by which of the named fields they tell (in order, joined by a plus), and the place of
    each record row's kind among them."""
    some = [one for one in comparers if one.column.name in names]
    kind = np.zeros(len(comparers[0].column.record[rows]), np.int64)
    for place, comparer in enumerate(some):
        kind |= (comparer.column.record[rows] >= 0).astype(np.int64) << place
    there = np.flatnonzero(np.bincount(kind, minlength=1 << len(some)))
    words = [[one.column.name for place, one in enumerate(some) if told >> place & 1] for told in there.tolist()]
    return ["+".join(one) for one in words], np.searchsorted(there, kind)


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

"""Scoring: from agreement levels to weights in bits, and to the probability of every candidate of a record.

Three explanations of a pair compete (Fellegi and Sunter 1969, with a third class for households): the record *is* the
candidate; it is an unrelated party; it is *kin* of the candidate, a wife or son under the same roof, for whom surname,
address and phone agree together and so count once. With π the share of records known to the register, N its size, μ
how often the right row of a record that tells as much is no candidate, κ the kin a party has on average, and ρ how
often one unknown lives under a known roof, candidate i has

    A_i = π(1 − μ)/N · Π match/random,   B_i = ((1 − π)ρ + πμκ)/N · Π kin/random
    P_i = A_i / (ΣA + ΣB + 1 − π(1 − μ))

so candidates compete with one another, with their kin, and with the record being nobody the register knows. B of a
candidate that is itself kin of the likeliest one does not count: the father's phone is the son's as well.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from matching.comparing import FieldComparer, Levels, silent
from matching.encoding import NO_KEY
from matching.model import FieldModel, Model

Bits = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
_LEAST = 1e-12
_INHERITED = 0.05  # share of kin with the same value, from which it is no chance


@dataclass(frozen=True)
class FieldWeights:
    """Bits of each level of one field (missing: 0), of a match and of kin; `terms` adds bits to a level by the value of
    the base row: a rare name, a small village.

    `kin_terms`: the same for kin, of what they share because they are kin (a surname): a rare one tells of kin as well.
    What they share by chance (a given name) is as rare among them as anywhere.
    """

    match: Bits
    kin: Bits | None
    terms: Mapping[int, Bits] = field(default_factory=dict)  # by level, by value code
    kin_terms: Mapping[int, Bits] = field(default_factory=dict)
    shared: bool = False  # kin have one value, and not by chance

    @property
    def most(self) -> float:
        """The most bits that agreement can give, without term frequency."""
        return float(self.match.max())

    def rarity(self, levels: Levels, base: npt.NDArray[np.int32]) -> tuple[Bits, Bits]:
        """Return what the rarity of the base rows' values (codes) adds to the bits of each level, of a match and of
        kin."""
        match, kin = np.zeros(len(levels)), np.zeros(len(levels))
        for level, by_value in self.terms.items():
            there = np.flatnonzero(levels == level)
            match[there] = by_value[base[there]]
            if level in self.kin_terms:
                kin[there] = self.kin_terms[level][base[there]]
        return match, kin


def field_weights(model: FieldModel, comparer: FieldComparer) -> FieldWeights:
    """Return the weights of one field for the values that this comparison knows."""
    match = _ratio(model.match, model.random)
    kin = _kin_ratio(model)
    shared = model.kin is not None and model.kin[-1] >= _INHERITED
    if not model.frequencies:
        return FieldWeights(match, kin, shared=shared)
    of_key = {key: _rarity(model, comparer, key) for key in model.frequencies}
    places = {comparer.levels.index(level): key for level, key in comparer.shared_keys().items()}
    terms = {level: of_key[key] for level, key in places.items()}
    inherited = _inherited(model)
    own = {level: of_key[comparer.kin_key or key] for level, key in places.items() if level in inherited}
    if comparer.chance_key:  # a whole name is as rare among kin as its given name
        chance = of_key[comparer.chance_key]
        own |= {level: bits - chance for level, bits in terms.items() if level not in inherited}
    return FieldWeights(match, kin, terms, own, shared)


def _rarity(model: FieldModel, comparer: FieldComparer, key: str) -> Bits:
    """Return, by value code, the bits that a value of a rare key has more than one of an average key."""
    frequencies = model.frequencies[key]
    kept = comparer.column.rarities.get(key)
    if kept is not None and kept[0] is frequencies:
        return kept[1]
    hashes = comparer.column.key_hashes(key)
    mean = frequencies.mean if key else model.random[-1]
    bits = np.log2(max(mean, _LEAST)) - np.log2(np.maximum(frequencies.of(hashes), _LEAST))
    found: Bits = np.where(hashes == NO_KEY, 0.0, bits)
    comparer.column.rarities[key] = (frequencies, found)
    return found


def _kin_ratio(model: FieldModel) -> Bits | None:
    return None if model.kin is None else _ratio(_as_records_tell(model.kin, model.match), model.random)


def _inherited(model: FieldModel) -> list[int]:
    """Return the levels that kin are on because they are kin; where they share the value, all that tell less of it."""
    if model.kin is None:
        return []
    whole = model.kin[-1] >= _INHERITED
    return [level for level, share in enumerate(model.kin, 1) if whole or share >= _INHERITED]


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
            replace(weight, match=_ratio(one.match, one.random), kin=_kin_ratio(one))
            for weight, one in zip(self.weights, (model.field(one.column.name) for one in self.comparers), strict=True)
        )
        return Scorer(model, self.comparers, tuple(weights))

    def score(self, record: Rows, base: Rows) -> Scored:
        """Return levels and weights of each pair."""
        levels = tuple(one.between(record, base) for one in self.comparers)
        match = np.zeros(len(record))
        kin = np.zeros(len(record)) if all(one.kin is not None for one in self.weights) else None
        for place in range(len(levels)):
            bits, shared = self.bits(place, levels, base)
            match += bits
            if kin is not None:
                kin += shared
        return Scored(levels, match, kin)

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
        """Return per candidate A_i / (1 − π) and B_i / (1 − π): the odds of match and of kin against unknown."""
        with np.errstate(over="ignore"):
            match = np.exp2(np.minimum(scored.match + self.prior(record), 900.0))
            if scored.kin is None or self.model.kinship <= 0:
                return match, np.zeros(len(match))
            return match, np.exp2(np.minimum(scored.kin + self.kin_share(record), 900.0))


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

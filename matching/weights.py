"""Weights: what each level of one field is worth in bits, of a match and of kin, and what a rare value adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.comparing import FieldComparer, Levels
from matching.encoding import NO_KEY
from matching.model import FieldModel

Bits = npt.NDArray[np.float64]
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
    match = ratio(model.match, model.random)
    kin = kin_ratio(model)
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


def kin_ratio(model: FieldModel) -> Bits | None:
    return None if model.kin is None else ratio(_as_records_tell(model.kin, model.match), model.random)


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


def ratio(one: Sequence[float], other: Sequence[float]) -> Bits:
    ratio = np.log2(np.maximum(one, _LEAST)) - np.log2(np.maximum(other, _LEAST))
    return np.concatenate(([0.0], ratio))

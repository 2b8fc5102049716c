"""Weights: what each level of one field is worth in bits, of a match and of kin, and what a rare value adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

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
        for level in self.terms:
            there = np.flatnonzero(levels == level)
            if not len(there):
                continue
            match[there] = self.terms[level][base[there]]
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
    places = {comparer.levels.index(level): key for level, key in comparer.shared_keys().items()}
    inherited = _inherited(model)
    rarity, by_chance = (partial(made, model, comparer) for made in (_rarity, _by_chance))
    terms = {level: partial(rarity, key) for level, key in places.items()}
    own = {level: partial(rarity, comparer.kin_key or key) for level, key in places.items() if level in inherited}
    if comparer.chance_key:  # a whole name is as rare among kin as its given name
        own |= {level: partial(by_chance, key) for level, key in places.items() if level not in inherited}
    return FieldWeights(match, kin, Terms(terms), Terms(own), shared)


class Terms(Mapping[int, Bits]):
    """Bits by level, by value code; made when a level is first asked for: most comparisons reach few of them."""

    def __init__(self, made_by: Mapping[int, Callable[[], Bits]]) -> None:
        self._made_by = made_by

    def __getitem__(self, level: int) -> Bits:
        return self._made_by[level]()

    def __contains__(self, level: object) -> bool:
        return level in self._made_by  # asking makes nothing

    def __iter__(self) -> Iterator[int]:
        return iter(self._made_by)

    def __len__(self) -> int:
        return len(self._made_by)


def _by_chance(model: FieldModel, comparer: FieldComparer, key: str) -> Bits:
    """Return what of a key's rarity is left where the part that kin share by chance is taken away."""
    return _rarity(model, comparer, key) - _rarity(model, comparer, comparer.chance_key or "")


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


def _as_records_tell(kin: Sequence[float], match: Sequence[float]) -> tuple[float, ...]:
    """Return the levels of a record about a base row's kin, from those of kin among base rows.

    Where kin have one value a record tells it as well or badly as it tells the party's own: whole, in part, or wrong.
    """
    other = [*kin[:-1], 0.0]
    return tuple(one + kin[-1] * told for one, told in zip(other, match, strict=True))


@lru_cache(maxsize=256)
def ratio(one: tuple[float, ...], other: tuple[float, ...]) -> Bits:
    """Return the bits of each level, missing (0) first, from its two probabilities; not to be written to."""
    ratio = np.log2(np.maximum(one, _LEAST)) - np.log2(np.maximum(other, _LEAST))
    found = np.concatenate(([0.0], ratio))
    found.flags.writeable = False
    return found

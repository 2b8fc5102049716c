"""Blocks: the keys of every block rule, with what becomes of keys that too many rows share.

A crowded key is taken out of its rule and, where the specification says `split`, comes back narrowed: its rows meet
only where another compared field agrees as well. Which keys are crowded is part of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matching.candidates import BlockKeys, without
from matching.encoding import NO_KEY, Hashes
from matching.fields import Fields
from schemas.errors import CrowdedBlock


@dataclass(frozen=True)
class Blocks:
    """Keys by rule, then narrowed rules; `names` says each rule in words; `crowded` keys by rule of the spec."""

    keys: BlockKeys
    names: tuple[str, ...]
    crowded: tuple[tuple[int, ...], ...]


def blocks(fields: Fields, crowded: Sequence[Sequence[int]] | None) -> Blocks:
    """Return the block keys of both sides. `crowded` None finds the crowded keys now; else they are the model's.

    Raises CrowdedBlock where the specification refuses crowded keys and there are some.
    """
    spec = fields.spec
    itself = all(column.record is column.base for column in fields.columns.values())
    record_keys, base_keys, names, found = [], [], [], []
    narrowed: list[tuple[str, Hashes, Hashes]] = []
    for number, rule in enumerate(spec.block):
        own = fields.rule_keys(rule, "record")
        other = own if itself else fields.rule_keys(rule, "base")
        heavy = _heavy(own, other, spec.skew.at_most) if crowded is None else np.array(crowded[number], np.uint64)
        if len(heavy) and spec.skew.otherwise == "refuse":
            raise CrowdedBlock(" + ".join(rule), len(heavy), spec.skew.at_most)
        found.append(tuple(int(key) for key in heavy))
        names.append(" + ".join(rule))
        if len(heavy):
            narrowed += _narrowed(fields, rule, (own, other), heavy)
        record_keys.append(without(own, heavy))
        base_keys.append(record_keys[-1] if itself else without(other, heavy))
    for name, own, other in narrowed:
        names.append(name)
        record_keys.append(own)
        base_keys.append(own if itself else other)
    return Blocks(BlockKeys(tuple(record_keys), tuple(base_keys), itself), tuple(names), tuple(found))


_BUCKET, _BUCKETS = np.uint64(44), 1 << 20  # by the 20 highest bits of a key


def _heavy(own: Hashes, other: Hashes, at_most: int) -> Hashes:
    """Return the keys whose block would make more than `at_most` pairs.

    Keys are first counted in buckets: no key of a bucket with fewer pairs needs to be looked at.
    """
    buckets = np.bincount(other >> _BUCKET, minlength=_BUCKETS) * np.bincount(own >> _BUCKET, minlength=_BUCKETS)
    full = buckets > at_most
    own, other = own[full[own >> _BUCKET]], own if own is other else other[full[other >> _BUCKET]]
    values, counts = np.unique(other[other != NO_KEY], return_counts=True)
    mine, mine_counts = (values, counts) if own is other else np.unique(own[own != NO_KEY], return_counts=True)
    both, a, b = np.intersect1d(values, mine, assume_unique=True, return_indices=True)
    pairs = counts[a].astype(np.int64) * mine_counts[b]
    heavy: Hashes = both[pairs > at_most]
    return heavy


def _narrowed(
    fields: Fields, rule: tuple[str, ...], keys: tuple[Hashes, Hashes], heavy: Hashes
) -> list[tuple[str, Hashes, Hashes]]:
    """Return, for each compared field outside the rule, the crowded rows' keys mixed with that field's value."""
    inside = {word.partition(".")[0] for word in rule}
    made = []
    for one in fields.spec.compare:
        if one.field in inside:
            continue
        sides = []
        for key, side in zip(keys, ("record", "base"), strict=True):
            whole = fields.rule_keys((*rule, one.field), side)
            whole[~np.isin(key, heavy)] = NO_KEY
            sides.append(whole)
        made.append((" + ".join((*rule, one.field)), sides[0], sides[1]))
    return made

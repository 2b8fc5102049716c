"""Blocks: the keys of every block rule, with what becomes of keys that too many rows share.

A crowded key is taken out of its rule and, where the specification says `split`, comes back narrowed: its rows meet
only where another compared field agrees as well. Which keys are crowded is part of the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.candidates import BlockKeys
from matching.encoding import NO_KEY
from matching.fields import Fields
from matching.text_hashes import Hashes
from schemas.errors import CrowdedBlock
from schemas.linkage_spec import LinkageSpec

Crowded = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Blocks:
    """Keys by rule, then narrowed rules; `names` says each rule in words; `crowded` keys by rule of the spec."""

    keys: BlockKeys
    names: tuple[str, ...]
    crowded: tuple[tuple[int, ...], ...]


def blocks(fields: Fields, crowded: Crowded | None) -> Blocks:
    """Return the block keys of both sides. `crowded` None finds the crowded keys now; else they are the model's.

    Raises CrowdedBlock where the specification refuses crowded keys and there are some.
    """
    spec = fields.spec
    itself = fields.itself
    own = [fields.rule_keys(rule, "record") for rule in spec.block]
    other = own if itself else [fields.rule_keys(rule, "base") for rule in spec.block]
    if crowded is None:
        crowded = [_heavy(a, b, spec.skew.at_most) for a, b in zip(own, other, strict=True)]
        for rule, heavy in zip(spec.block, crowded, strict=True):
            if len(heavy) and spec.skew.otherwise == "refuse":
                raise CrowdedBlock(" + ".join(rule), len(heavy), spec.skew.at_most)
    record = side_keys(fields, "record", crowded, own)
    base = record if itself else side_keys(fields, "base", crowded, other)
    frozen = tuple(tuple(int(key) for key in keys) for keys in crowded)
    return Blocks(BlockKeys(record, base, itself), rule_names(spec, crowded), frozen)


def rule_names(spec: LinkageSpec, crowded: Crowded) -> tuple[str, ...]:
    """Return each rule in words, the narrowed ones after those of the specification."""
    return tuple(" + ".join(rule) for rule in (*spec.block, *_narrowed_rules(spec, crowded)))


def side_keys(fields: Fields, side: str, crowded: Crowded, whole: Sequence[Hashes] | None = None) -> tuple[Hashes, ...]:
    """Return the keys of one side, an array a rule of `rule_names`; 0 where a row has none.

    `whole` are the keys of the specification's rules where they are known already.
    """
    spec = fields.spec
    keys = whole or fields.keys_of_rules(spec.block, side)
    is_heavy = [
        np.isin(key, np.array(heavy, np.uint64)) if len(heavy) else np.zeros(len(key), bool)
        for key, heavy in zip(keys, crowded, strict=True)
    ]
    made = [np.where(heavy, NO_KEY, key) if heavy.any() else key for key, heavy in zip(keys, is_heavy, strict=True)]
    for narrowed in _narrowed_rules(spec, crowded):
        heavy = is_heavy[spec.block.index(narrowed[:-1])]
        made.append(np.where(heavy, fields.rule_keys(narrowed, side), NO_KEY))
    return tuple(made)


def _narrowed_rules(spec: LinkageSpec, crowded: Crowded) -> list[tuple[str, ...]]:
    """Return, for each rule with crowded keys, the rule with one more compared field, in order."""
    rules = []
    for rule, heavy in zip(spec.block, crowded, strict=True):
        inside = {word.partition(".")[0] for word in rule}
        if len(heavy):
            rules += [(*rule, one.field) for one in spec.compare if one.field not in inside]
    return rules


_BUCKET, _BUCKETS = np.uint64(48), 1 << 16  # by the 16 highest bits of a key


def _in_buckets(keys: Hashes) -> npt.NDArray[np.int64]:
    counts = np.bincount((keys >> _BUCKET).view(np.int64), minlength=_BUCKETS)
    counts[0] -= np.count_nonzero(keys == NO_KEY)
    return counts


def _heavy(own: Hashes, other: Hashes, at_most: int) -> list[int]:
    """Return the keys whose block would make more than `at_most` pairs.

    Keys are first counted in buckets: no key of a bucket with fewer pairs needs to be looked at.
    """
    full = _in_buckets(own) * _in_buckets(other) > at_most
    if not full.any():
        return []
    own, other = own[full[own >> _BUCKET]], own if own is other else other[full[other >> _BUCKET]]
    values, counts = np.unique(other[other != NO_KEY], return_counts=True)
    mine, mine_counts = (values, counts) if own is other else np.unique(own[own != NO_KEY], return_counts=True)
    both, a, b = np.intersect1d(values, mine, assume_unique=True, return_indices=True)
    pairs = counts[a].astype(np.int64) * mine_counts[b]
    heavy: list[int] = both[pairs > at_most].tolist()
    return heavy

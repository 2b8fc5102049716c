"""What one member of a household tells of another: a value that the base lacks for the one and holds for the other.

A record gives a phone. The base knows none of the son's, but the mother's, and it is this one. Pair by pair the
phone speaks for the mother alone and for the son not at all; in truth the son may well have given his mother's phone.
So a candidate that lacks a value gets, for a value its kin among the candidates agree in, what that says of kin.
"""

from __future__ import annotations

import numpy as np

from matching.candidates import Candidates
from matching.comparing import MISSING
from matching.scoring import Rows, Scored, Scorer
from matching.weights import Bits


def lent(scorer: Scorer, candidates: Candidates, scored: Scored) -> Bits:
    """Return, per candidate (ordered by record row), the bits that its kin among the candidates lend it."""
    bits = np.zeros(len(candidates))
    if scored.kin is None:
        return bits
    for comparer, weight, levels in zip(scorer.comparers, scorer.weights, scored.levels, strict=True):
        if weight.kin is None or not weight.shared:
            continue
        given = comparer.column.record[candidates.record] >= 0
        lacking = np.flatnonzero((levels == MISSING) & given)
        holders = np.flatnonzero(levels == comparer.same)
        if not len(lacking) or not len(holders):
            continue
        one, other = _of_one_record(candidates.record, lacking, holders)
        related = np.flatnonzero(scorer.base_kin(candidates.base[one], candidates.base[other]))
        double = scorer.double(candidates.base[one[related]], candidates.base[other[related]])
        kin = related[~double]
        bits[np.unique(one[kin])] += weight.kin[comparer.same]
    return bits


def _of_one_record(record: Rows, first: Rows, second: Rows) -> tuple[Rows, Rows]:
    """Return all pairs of a place in `first` and one in `second` (both sorted) that belong to one record."""
    left = np.searchsorted(record[second], record[first], side="left")
    right = np.searchsorted(record[second], record[first], side="right")
    counts = right - left
    one = np.repeat(first, counts)
    inner = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return one, second[np.repeat(left, counts) + inner]

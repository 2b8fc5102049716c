"""What values do by chance: how often two unrelated parties agree on a field, and how common each value is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.comparing import FieldComparer
from matching.encoding import Codes
from matching.model import TermFrequencies

Shares = npt.NDArray[np.float64]

MOST_TERMS = 20_000
_PAIRS = 300_000
_SEED = 20_260_630
_SEEN_BY_CHANCE = 0.5  # added to each count: a level never seen by chance is rare, not impossible


def term_frequencies(comparer: FieldComparer) -> TermFrequencies:
    """Return the shares of the commonest values of the base side, and the mean share of the others."""
    counts = comparer.column.base_counts()
    total = max(int(counts.sum()), 1)
    held = np.flatnonzero(counts > 0)
    order = held[np.lexsort((comparer.column.key_hashes("")[held], -counts[held]))]
    order = order[counts[order] > 1]
    common, rest = order[:MOST_TERMS], order[MOST_TERMS:]
    single = int((counts == 1).sum())
    others = len(rest) + single
    rare = (int(counts[rest].sum()) + single) / others / total if others else 0.5 / total
    hashes = comparer.column.key_hashes("")[common]
    by_hash = np.argsort(hashes)
    return TermFrequencies(
        tuple(int(one) for one in hashes[by_hash]),
        tuple(float(one) for one in counts[common][by_hash] / total),
        float(max(rare, 0.5 / total)),
    )


def random_levels(comparer: FieldComparer, base_is_distinct: bool, match_share: float) -> Shares:
    """Return the probability of each level from 1 up for two unrelated parties.

    Equality is counted exactly, lower levels on a million random pairs. Where the base side holds each party once, two
    of its rows are unrelated, and pairs are drawn there; otherwise `match_share`, the share of pairs that are one
    party, is taken off what agrees.
    """
    column = comparer.column
    record = column.base if base_is_distinct else column.record
    a, b = _random_pairs(record, column.base, base_is_distinct or column.record is column.base)
    levels = comparer.of_codes(a, b)
    counts = np.bincount(levels[levels > 0], minlength=len(comparer.levels))[1:].astype(float)
    unequal = counts[:-1].sum()
    same = _equal_share(record, column.base, record is column.base)
    same = max(same - match_share, same * 0.02, 0.1 / max(len(column.base), 1))
    added = np.full(max(len(counts) - 1, 0), _SEEN_BY_CHANCE)
    lower = (counts[:-1] + added) / max(unequal + added.sum(), 1.0)
    shares = np.append(lower * (1 - same), same)
    found: Shares = shares / shares.sum()
    return found


def _random_pairs(record: Codes, base: Codes, one_table: bool) -> tuple[Codes, Codes]:
    random = np.random.default_rng(_SEED)
    if not len(record) or not len(base):
        return record[:0], base[:0]
    pairs = min(_PAIRS, 50 * (len(record) + len(base)))
    i, j = random.integers(0, len(record), pairs), random.integers(0, len(base), pairs)
    if one_table:
        apart = i != j
        i, j = i[apart], j[apart]
    a, b = record[i], base[j]
    both = (a >= 0) & (b >= 0)
    return a[both], b[both]


def _equal_share(record: Codes, base: Codes, one_table: bool) -> float:
    """Return the probability that a random pair, present on both sides, has equal values."""
    size = int(max(record.max(initial=-1), base.max(initial=-1))) + 1
    b = np.bincount(base[base >= 0], minlength=size).astype(float)
    if one_table:
        total = b.sum()
        return float((b * (b - 1)).sum() / max(total * (total - 1), 1.0))
    a = np.bincount(record[record >= 0], minlength=size).astype(float)
    return float((a * b).sum() / max(a.sum() * b.sum(), 1.0))

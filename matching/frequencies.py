"""What values do by chance: how often two unrelated parties agree on a field, and how common each value is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matching.comparing import MISSING, FieldComparer, Levels
from matching.encoding import NO_KEY, Codes, EncodedField
from matching.grouping import grouped
from matching.model import TermFrequencies
from matching.text_hashes import Hashes
from matching.workers import in_order

Shares = npt.NDArray[np.float64]

MOST_TERMS = 20_000
_PAIRS = 300_000
_FEWEST = 1_000  # unequal pairs, to tell how unequal values are by chance
_SEED = 20_260_630
_SEEN_BY_CHANCE = 0.5  # added to each count: a level never seen by chance is rare, not impossible


def term_frequencies(comparer: FieldComparer) -> dict[str, TermFrequencies]:
    """Return, by key ("" is the value itself), how common each is that two values can share."""
    keys = {*comparer.shared_keys().values(), comparer.kin_key, comparer.chance_key} - {None}
    return {key: _frequencies(comparer.column, key) for key in sorted(str(key) for key in keys)}


def _frequencies(column: EncodedField, key: str) -> TermFrequencies:
    """Return the shares of the commonest keys of the base side, and the mean share of the others."""
    total = max(int((column.base >= 0).sum()), 1)
    hashes, counts = _counted(column, key)
    several = np.flatnonzero(counts > 1)
    order = several[np.lexsort((hashes[several], -counts[several]))]
    common, rest = order[:MOST_TERMS], order[MOST_TERMS:]
    single = int((counts == 1).sum())
    others = len(rest) + single
    rare = (int(counts[rest].sum()) + single) / others / total if others else 0.5 / total
    by_hash = common[np.argsort(hashes[common])]
    mean = float((counts.astype(float) * (counts - 1)).sum() / max(total * (total - 1.0), 1.0))
    return TermFrequencies(
        tuple(int(one) for one in hashes[by_hash]),
        tuple(float(one) for one in counts[by_hash] / total),
        float(max(rare, 0.5 / total)),
        float(f"{max(mean, 0.1 / total):.6g}"),
    )


def _counted(column: EncodedField, key: str) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """Return the distinct hashes of a key on the base side, and how many rows hold each."""
    hashes, counts = column.key_hashes(key), column.base_counts()
    held = np.flatnonzero((counts > 0) & (hashes != NO_KEY))
    if not key:
        return hashes[held], counts[held]
    places, distinct = grouped(hashes[held])
    return distinct, np.bincount(places, weights=counts[held], minlength=len(distinct)).astype(np.int64)


def random_levels(comparers: Sequence[FieldComparer], itself: bool, match_shares: Sequence[float]) -> list[Shares]:
    """Return, per field, the probability of each level from 1 up for two unrelated parties.

    Equality is counted exactly: among base rows, which are different parties, or where records are compared with one
    another (`itself`) less `match_shares`, the share of pairs that are one party. Lower levels are seen on random pairs
    of a record and a base row, since a record may tell less of a value (an address without its house) than the base;
    of a field that hardly a record tells, on pairs of base rows as well.
    """
    levels = _random_pairs(comparers, itself)
    for place, (comparer, found) in enumerate(zip(comparers, levels, strict=True)):
        if not itself and ((found != MISSING) & (found != comparer.same)).sum() < _FEWEST:
            levels[place] = np.concatenate((found, _among_base(comparer)))
    return [
        _chance(comparer, found, itself, share)
        for comparer, found, share in zip(comparers, levels, match_shares, strict=True)
    ]


def _chance(comparer: FieldComparer, levels: Levels, itself: bool, match_share: float) -> Shares:
    column = comparer.column
    counts = np.bincount(levels[levels > 0], minlength=len(comparer.levels))[1:].astype(float)
    unequal = counts[:-1].sum()
    same = _equal_share(column.record if itself else column.base, comparer.tops)
    same = max(same - match_share, same * 0.02, 0.1 / max(len(column.base), 1))
    added = np.full(max(len(counts) - 1, 0), _SEEN_BY_CHANCE)
    lower = (counts[:-1] + added) / max(unequal + added.sum(), 1.0)
    shares = np.append(lower * (1 - same), same)
    found: Shares = shares / shares.sum()
    return found


def _random_pairs(comparers: Sequence[FieldComparer], itself: bool) -> list[Levels]:
    """Return the levels of random pairs by field; pairs equal in most fields that both sides tell are left out, for
    they are one party met by chance."""
    random = np.random.default_rng(_SEED)
    records, base = len(comparers[0].column.record), len(comparers[0].column.base)
    if not records or not base:
        return [np.empty(0, np.int8) for _ in comparers]
    pairs = min(_PAIRS, 50 * (records + base))
    i, j = random.integers(0, records, pairs), random.integers(0, base, pairs)
    if itself:
        apart = i != j
        i, j = i[apart], j[apart]
    levels = list(in_order(lambda comparer: comparer.between(i, j), comparers))
    told = np.sum([found != MISSING for found in levels], axis=0)
    equal = np.sum([found == one.same for found, one in zip(levels, comparers, strict=True)], axis=0)
    apart = (2 * equal <= told) | (told < 2)
    return [found[apart] for found in levels]


def _among_base(comparer: FieldComparer) -> Levels:
    """Return the levels of random pairs of base rows, which are different parties: those whose values are unequal."""
    told = comparer.column.base[comparer.column.base >= 0]
    if len(told) < 2:
        return np.empty(0, np.int8)
    first, second = np.random.default_rng(_SEED).integers(0, len(told), (2, _PAIRS // 10))
    return comparer.of_codes(*(told[side[told[first] != told[second]]] for side in (first, second)))


def _equal_share(codes: Codes, tops: npt.NDArray[np.bool_]) -> float:
    """Return the probability that two random rows, present both, have equal values that say all (`tops`)."""
    counts = np.bincount(codes[codes >= 0], minlength=len(tops)).astype(float)
    total = counts.sum()
    return float((counts * (counts - 1))[tops].sum() / max(total * (total - 1), 1.0))

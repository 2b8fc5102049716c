"""Shares estimated from a sample, with how far off they may be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054  # of the normal distribution, 95 % two-sided


@dataclass(frozen=True)
class Estimate:
    """A share between 0 and 1 and its 95 % interval; `sample` is how many it rests on."""

    value: float
    low: float
    high: float
    sample: int


def wilson(right: int, sample: int) -> Estimate | None:
    """Return Wilson's score interval of `right` of `sample`; None for an empty sample.

    E. B. Wilson, JASA 22 (1927): unlike the textbook interval it is never empty at 0 or 1, where good links stand.
    """
    if sample <= 0:
        return None
    share, square = right / sample, Z95 * Z95
    middle = (share + square / (2 * sample)) / (1 + square / sample)
    half = Z95 * math.sqrt(share * (1 - share) / sample + square / (4 * sample * sample)) / (1 + square / sample)
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0), sample)


def stratified(strata: Sequence[tuple[int, int, int]]) -> Estimate | None:
    """Return the share over strata of (size, right, sample), each weighted by its size; None if nothing was sampled.

    Strata without a sample are left out and the rest stand for them. The interval adds up the strata's own Wilson
    half-widths as independent errors, low and high side apart.
    """
    sampled = [(size, found) for size, right, sample in strata if (found := wilson(right, sample)) and size]
    total = sum(size for size, _ in sampled)
    if not total:
        return None
    value = math.fsum(size / total * one.value for size, one in sampled)
    below = math.sqrt(math.fsum((size / total * (one.value - one.low)) ** 2 for size, one in sampled))
    above = math.sqrt(math.fsum((size / total * (one.high - one.value)) ** 2 for size, one in sampled))
    return Estimate(value, max(value - below, 0.0), min(value + above, 1.0), sum(one.sample for _, one in sampled))

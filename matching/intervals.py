"""Shares with the interval that a count of so few cases leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

NINETY_FIVE = 1.959964  # standard normal quantile of 97.5 %


@dataclass(frozen=True)
class Interval:
    """A share of 0 to 1 lies between `low` and `high` with 95 % confidence."""

    low: float
    high: float


def wilson(successes: float, trials: float, z: float = NINETY_FIVE) -> Interval | None:
    """Return Wilson's score interval, which holds near 0 and 1 and for few trials; None without any trial.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
    """
    if trials <= 0:
        return None
    share = successes / trials
    spread = z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / trials + spread / (4 * trials)) / (1 + spread)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))

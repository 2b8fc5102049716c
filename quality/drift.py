"""How far a distribution of codes moved between two periods."""

from __future__ import annotations

from collections.abc import Mapping

ENOUGH = 200  # counted on both sides before a move means anything


def moved(before: Mapping[str, int], now: Mapping[str, int]) -> float | None:
    """Return the total variation distance of two distributions: half the sum of the differences of their shares.

    0 is no move, 1 nothing in common; None where either side counts too few to say.
    """
    earlier, later = sum(before.values()), sum(now.values())
    if min(earlier, later) < ENOUGH:
        return None
    codes = sorted({*before, *now})
    return sum(abs(before.get(code, 0) / earlier - now.get(code, 0) / later) for code in codes) / 2

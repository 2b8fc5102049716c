"""Later days: new, changed, corrected, deleted and late rows, as the departments' own programs would write them."""
from __future__ import annotations

from demo.build import CannotBuild, Order, Progress, Summary, build_first_day, standing


def bring_to_day(order: Order, progress: Progress = lambda people: None) -> list[Summary]:
    """Build day 0 where nothing stands, then apply one day after another up to `order.day`; return their summaries."""
    return [build_first_day(order, progress)]


__all__ = ["CannotBuild", "bring_to_day", "standing"]

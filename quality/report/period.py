"""Periods: which point of a trend a day belongs to, and which reports make a trend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

LONGEST = 24  # periods a trend shows


def period_of(day: date, length: Literal["day", "week", "month"]) -> str:
    """Return the period of a day as text that sorts in time: 2026-06-30, 2026-W27 or 2026-06."""
    if length == "day":
        return day.isoformat()
    if length == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}"
    return f"{day.year}-{day.month:02d}"


def trend(bodies: Sequence[Mapping[str, Any]], current: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the last report of each of the latest periods, oldest first, `current` as the last of them.

    `bodies` are reports in the order they were made; those made after `current` are not looked at.
    """
    last: dict[str, Mapping[str, Any]] = {}
    for body in bodies:
        if body["version"] < current["version"] and body["period"] < current["period"]:
            last[body["period"]] = body
    return [*(last[name] for name in sorted(last)), current][-LONGEST:]

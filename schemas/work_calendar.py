"""China's working days: weekends, the State Council's holidays, and the weekend days it swaps for them.

The days off and the swapped days are data (`holidays.csv`), one line a day with the number of the notice that set it.
A year the State Council has not announced yet knows weekends only, and `is_announced` says so.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from schemas.errors import ConfigurationError

HOLIDAYS = Path(__file__).with_name("holidays.csv")
_COLUMNS = ["date", "kind", "name", "source"]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkCalendar:
    """Days `off` and swapped days of `work`, for the `years` announced; all other days follow the week."""

    off: frozenset[date]
    work: frozenset[date]
    years: frozenset[int]

    def is_working_day(self, day: date) -> bool:
        """Return whether offices work on this day."""
        return day in self.work or (day.weekday() < 5 and day not in self.off)

    def is_announced(self, year: int) -> bool:
        """Return whether the State Council's notice for the year is among the data."""
        return year in self.years

    def after(self, day: date, working_days: int) -> date:
        """Return the last day of a term of `working_days` (1 or more) that begins the day after `day`."""
        if working_days < 1:
            raise ValueError("a term has at least one working day")
        left = working_days
        while left:
            day += _DAY
            left -= self.is_working_day(day)
        return day

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first`, up to and including `last`; 0 if it is not later."""
        days = (last - first).days
        return sum(self.is_working_day(first + timedelta(days=number)) for number in range(1, days + 1))


def load_calendar(path: Path) -> WorkCalendar:
    """Return the calendar in a CSV of date, kind (off, work), name, source. Raises ConfigurationError with the line."""
    off: set[date] = set()
    work: set[date] = set()
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != _COLUMNS:
            raise ConfigurationError(path, 1, "", ",".join(reader.fieldnames or ()), ",".join(_COLUMNS))
        for row in reader:
            day = _day(path, reader.line_num, row)
            if row["kind"] not in ("off", "work"):
                raise ConfigurationError(path, reader.line_num, "kind", str(row["kind"]), "off or work")
            if row["kind"] == "work" and day.weekday() < 5:
                raise ConfigurationError(path, reader.line_num, "date", str(day), "a Saturday or Sunday to work on")
            if day in off | work:
                raise ConfigurationError(path, reader.line_num, "date", str(day), "each day once")
            (off if row["kind"] == "off" else work).add(day)
    return WorkCalendar(frozenset(off), frozenset(work), frozenset(day.year for day in off))


def _day(path: Path, line: int, row: dict[str, str]) -> date:
    try:
        return date.fromisoformat(row["date"] or "")
    except ValueError:
        raise ConfigurationError(path, line, "date", str(row["date"]), "a day as YYYY-MM-DD") from None


@cache
def china() -> WorkCalendar:
    """Return the calendar that the product ships."""
    return load_calendar(HOLIDAYS)

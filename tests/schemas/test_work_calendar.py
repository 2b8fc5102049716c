"""Working days: weekends, holidays, swapped days, and a file with a mistake."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from schemas.errors import ConfigurationError
from schemas.work_calendar import china, load_calendar


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-06-30", True),
        ("2026-07-04", False),  # a Saturday
        ("2026-10-01", False),  # National Day, a Thursday
        ("2026-10-10", True),  # a Saturday swapped for it
        ("2026-09-20", True),  # a Sunday swapped for it
        ("2026-02-14", True),  # a Saturday before Spring Festival
        ("2026-02-23", False),
        ("2025-10-08", False),
        ("2025-01-26", True),
    ],
)
def test_a_day_is_worked_as_the_state_council_says(day: str, works: bool) -> None:
    assert china().is_working_day(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("day", "days", "last"),
    [
        ("2026-06-30", 1, "2026-07-01"),
        ("2026-06-30", 3, "2026-07-03"),
        ("2026-06-30", 4, "2026-07-06"),  # over a weekend
        ("2026-09-30", 1, "2026-10-08"),  # over seven days off
        ("2026-09-30", 3, "2026-10-10"),  # Saturday the tenth is worked
        ("2026-02-13", 2, "2026-02-24"),
    ],
)
def test_a_term_ends_on_a_working_day(day: str, days: int, last: str) -> None:
    first = date.fromisoformat(day)
    assert china().after(first, days) == date.fromisoformat(last)
    assert china().between(first, date.fromisoformat(last)) == days


def test_a_term_counts_its_own_days() -> None:
    day = date(2025, 12, 20)
    for days in range(1, 60):
        last = china().after(day, days)
        assert china().is_working_day(last)
        assert china().between(day, last) == days
        assert china().between(day, last - timedelta(days=1)) == days - 1


def test_a_year_not_announced_knows_weekends_only() -> None:
    assert china().is_announced(2026)
    assert not china().is_announced(2031)
    assert china().is_working_day(date(2031, 10, 1))


def test_a_term_of_no_days_is_no_term() -> None:
    with pytest.raises(ValueError, match="at least one"):
        china().after(date(2026, 6, 30), 0)


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("date,kind,name\n", 1, "date,kind,name,source"),
        ("date,kind,name,source\n2026-13-01,off,x,y\n", 2, "a day as YYYY-MM-DD"),
        ("date,kind,name,source\n2026-10-01,free,x,y\n", 2, "off or work"),
        ("date,kind,name,source\n2026-10-01,off,x,y\n2026-10-01,off,x,y\n", 3, "each day once"),
        ("date,kind,name,source\n2026-10-01,work,x,y\n", 2, "a Saturday or Sunday"),
    ],
)
def test_a_mistake_in_the_calendar_names_its_line(text: str, line: int, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "holidays.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=expected) as caught:
        load_calendar(path)
    assert caught.value.line == line

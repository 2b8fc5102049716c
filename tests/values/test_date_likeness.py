"""Levels of dates, and the lunar calendar behind one of them."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from values import date
from values.date_likeness import civil
from values.lunar_calendar import lunar_days, lunar_of

PAIRS = {
    "different": [("1980-03-05", "1975-11-30"), ("1980-03-05", "1991-03-05"), ("1980-03-05", "1980-12-27")],
    "year_alone": [("1980-03-25", "1980-01-01"), ("1980-12-31", "1980-01-01")],
    "same_month": [("1980-03-05", "1980-03-28"), ("1980-03-09", "1980-03-10")],
    "one_digit": [("1980-03-05", "1980-03-06"), ("1980-03-05", "1980-08-05"), ("1980-03-05", "1988-03-05"),
                  ("1980-03-15", "1980-03-25"), ("1968-03-05", "1988-03-05")],
    "year_slip": [("1980-03-05", "1979-03-05"), ("1980-03-05", "1981-03-05"), ("1980-03-05", "1990-03-05"),
                  ("1999-12-31", "2000-12-31")],
    "transposed": [("1980-03-12", "1980-03-21"), ("1987-03-05", "1978-03-05"), ("1980-10-05", "1980-01-05")],
    "day_and_month_swapped": [("1980-03-05", "1980-05-03"), ("1980-12-01", "1980-01-12")],
    "lunar": [("1980-03-05", "1980-01-19"), ("1981-01-15", "1980-12-10"), ("1981-01-15", "1981-12-10"),
              ("2000-02-05", "2000-01-01"), ("1985-10-01", "1985-08-17")],
    "same": [("1980-03-05", "1980-03-05"), ("2000-02-29", "2000-02-29")],
    "missing": [("1980-03-05", None), (None, None)],
}  # fmt: skip


def days(items: list[str | None]) -> pa.Array:
    return pa.array([item and datetime.date.fromisoformat(item) for item in items], pa.date32())


@pytest.mark.parametrize("level", date.LEVELS)
def test_levels(level: str) -> None:
    pairs = PAIRS[level]
    left, right = (days([pair[side] for pair in pairs]) for side in (0, 1))
    for one, other in ((left, right), (right, left)):
        found = [date.LEVELS[number] for number in date.compare(one, other)]
        assert dict(zip(pairs, found, strict=True)) == dict.fromkeys(pairs, level)


@given(st.lists(st.dates(), min_size=1, max_size=5))
def test_days_are_read_as_the_calendar_reads_them(dates: list[datetime.date]) -> None:
    years, month_days = civil(np.array([(day - datetime.date(1970, 1, 1)).days for day in dates], dtype=np.int32))
    assert years.tolist() == [day.year for day in dates]
    assert month_days.tolist() == [day.month * 100 + day.day for day in dates]


@pytest.mark.parametrize(
    ("day", "lunar"),
    [
        ("1900-01-31", (1900, 101)), ("1949-10-01", (1949, 810)), ("1976-09-09", (1976, 816)),
        ("1976-09-30", (1976, 807)), ("1984-11-25", (1984, 1003)), ("2000-02-05", (2000, 101)),
        ("2020-05-25", (2020, 403)), ("2023-01-22", (2023, 101)),
        ("2023-03-25", (2023, 204)), ("2024-02-10", (2024, 101)), ("1900-01-30", (0, 0)), ("2060-01-01", (0, 0)),
    ],
)  # fmt: skip
def test_lunar_days(day: str, lunar: tuple[int, int]) -> None:
    number = days([day]).cast(pa.int32()).to_numpy()
    assert tuple(int(part[0]) for part in lunar_of(number)) == lunar


def test_the_lunar_table_has_years_of_twelve_or_thirteen_months() -> None:
    years, month_days = lunar_days()
    lengths = np.bincount(years - 1900)
    assert len(lengths) == 156
    assert set(np.unique(lengths).tolist()) <= {353, 354, 355, 383, 384, 385}
    assert (month_days[np.flatnonzero(np.diff(years)) + 1] == 101).all()

"""Days of the calendar as numpy look-ups: is yyyymmdd a real day, and which."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int32]
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@cache
def _real_days() -> npt.NDArray[np.bool_]:
    """Table [leap year?, mmdd] of the days that exist."""
    table = np.zeros((2, 10_000), dtype=bool)
    for month, length in enumerate(_MONTH_LENGTHS, start=1):
        table[:, month * 100 + 1 : month * 100 + length + 1] = True
    table[0, 229] = False
    return table


def real_day(year: Integers, month_day: Integers) -> npt.NDArray[np.bool_]:
    """Say, per row, whether the day exists; `month_day` is month * 100 + day, both below 10,000."""
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    exists: npt.NDArray[np.bool_] = _real_days()[leap.astype(np.int8), month_day] & (year > 0)
    return exists


def day_numbers(year: Integers, month_day: Integers) -> Integers:
    """Return days since 1970-01-01 of real days (Howard Hinnant's days_from_civil)."""
    month = month_day // 100
    day = month_day % 100
    shifted = year - (month <= 2)
    era = shifted // 400
    year_of_era = shifted - era * 400
    day_of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return np.asarray(era * 146_097 + day_of_era - 719_468, dtype=np.int32)

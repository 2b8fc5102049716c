"""How alike two dates are, in levels ordered by how much they say for one and the same event.

From low to high, with about how many of a person's possible 25,000 birthdays are so near to a given one:

* `year_alone`: the same year, and one of them is the first of January, as where only the year was known (365 or 1);
* `same_month`: the same year and month (30);
* `one_digit`: one digit of yyyymmdd is another (30; a slip more frequent by far than a wrong day within the month);
* `year_slip`: month and day are the same, the year is off by one (age counted the Chinese way) or by ten (4);
* `transposed`: two neighbouring digits swapped (5);
* `day_and_month_swapped`: 03-05 for 05-03 (1);
* `lunar`: one is the lunar date of the other, its numbers written as if they were solar (2);
* `same`.

All is integer arithmetic on days since 1970-01-01; a date outside the years 1 to 9999 agrees with its equal only.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from values.cleaned import Mask
from values.levels import DIFFERENT, MISSING, Levels
from values.lunar_calendar import lunar_of

LEVELS = (
    "missing", "different", "year_alone", "same_month", "one_digit", "year_slip", "transposed",
    "day_and_month_swapped", "lunar", "same",
)  # fmt: skip
YEAR_ALONE, SAME_MONTH, ONE_DIGIT, YEAR_SLIP, TRANSPOSED, SWAPPED, LUNAR, SAME = range(2, 10)

Integers = npt.NDArray[np.int32]
_FIRST, _LAST = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31


def compare_days(left: pa.Array, right: pa.Array) -> Levels:
    """Return levels (see LEVELS) of aligned date32 arrays; null is missing."""
    there = left.is_valid().to_numpy(zero_copy_only=False) & right.is_valid().to_numpy(zero_copy_only=False)
    a, b = (side.cast(pa.int32()).fill_null(0).to_numpy() for side in (left, right))
    levels = np.full(len(a), DIFFERENT, dtype=np.int8)
    same = a == b
    rows = np.flatnonzero(~same & there & (np.minimum(a, b) >= _FIRST) & (np.maximum(a, b) <= _LAST))
    levels[rows] = _unequal(a[rows], b[rows])
    levels[same] = SAME
    levels[~there] = MISSING
    return levels


def _unequal(a: Integers, b: Integers) -> Levels:
    levels = np.full(len(a), DIFFERENT, dtype=np.int8)
    year_a, month_day_a = civil(a)
    year_b, month_day_b = civil(b)
    same_year = year_a == year_b
    levels[same_year & ((month_day_a == 101) | (month_day_b == 101))] = YEAR_ALONE
    levels[same_year & (month_day_a // 100 == month_day_b // 100)] = SAME_MONTH
    digits_a, digits_b = _digits(year_a, month_day_a), _digits(year_b, month_day_b)
    unlike = _places(digits_a ^ digits_b)
    count = np.bitwise_count(unlike)
    levels[count == 1] = ONE_DIGIT
    apart = np.abs(year_a - year_b)
    levels[(month_day_a == month_day_b) & ((apart == 1) | (apart == 10))] = YEAR_SLIP
    two = np.flatnonzero(count == 2)
    levels[two[_neighbours_swapped(digits_a[two], digits_b[two])]] = TRANSPOSED
    swapped = (month_day_a // 100 == month_day_b % 100) & (month_day_a % 100 == month_day_b // 100)
    levels[same_year & swapped] = SWAPPED
    near = np.flatnonzero((np.abs(a - b) < 75) | (apart <= 1))
    lunar = _lunar(a[near], year_b[near], month_day_b[near]) | _lunar(b[near], year_a[near], month_day_a[near])
    levels[near[lunar]] = LUNAR
    return levels


def civil(days: Integers) -> tuple[Integers, Integers]:
    """Return year and month * 100 + day of days since 1970-01-01 (Howard Hinnant's civil_from_days)."""
    shifted = days + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + np.where(shifted_month < 10, 3, -9)
    return year_of_era + era * 400 + (month <= 2), month * 100 + day


@cache
def _four_digits() -> npt.NDArray[np.uint32]:
    """Return the table number below 10,000 -> its four decimal digits, four bits each."""
    numbers = np.arange(10_000, dtype=np.uint32)
    digits = np.zeros_like(numbers)
    for place in range(4):
        digits |= numbers // np.uint32(10**place) % np.uint32(10) << np.uint32(4 * place)
    return digits


def _digits(year: Integers, month_day: Integers) -> npt.NDArray[np.uint32]:
    """Return yyyymmdd as eight digits of four bits."""
    table = _four_digits()
    digits: npt.NDArray[np.uint32] = table[year] << np.uint32(16) | table[month_day]
    return digits


def _places(bits: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return one bit for each digit that holds any."""
    pairs = bits | bits >> np.uint32(1)
    places: npt.NDArray[np.uint32] = (pairs | pairs >> np.uint32(2)) & np.uint32(0x11111111)
    return places


def _neighbours_swapped(a: npt.NDArray[np.uint32], b: npt.NDArray[np.uint32]) -> Mask:
    """Say of dates that differ in two digits whether these are neighbours that changed places."""
    found = np.zeros(len(a), dtype=bool)
    for place in range(0, 28, 4):
        low, high = np.uint32(15 << place), np.uint32(15 << (place + 4))
        swapped = (a & ~(low | high)) | (a & low) << np.uint32(4) | (a & high) >> np.uint32(4)
        found |= swapped == b
    return found


def _lunar(days: Integers, year: Integers, month_day: Integers) -> Mask:
    """Say where year, month and day are the lunar date of `days`; the civil year may stand for the lunar one."""
    lunar_year, lunar_month_day = lunar_of(days)
    found: Mask = (lunar_month_day == month_day) & ((lunar_year == year) | (civil(days)[0] == year))
    return found

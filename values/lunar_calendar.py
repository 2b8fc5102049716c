"""The Chinese lunar calendar (农历, GB/T 33661) from 1900 to 2055: which lunar day a day is.

The lengths of the months are a table of our own, made by comparing three independent computed calendars (lunar-python
1.4.8 and LunarCalendar 0.0.9, both MIT, sxtwl 2.0.7, BSD) day by day: they agree on every day of these years. They part
first in September 2057, where a new moon falls upon midnight.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from values.text_forms import words

FIRST_YEAR = 1900
FIRST_DAY = -25_537  # 1900-01-31, the first day of the first year, as days since 1970-01-01

# A word a year: bit 4 + k is 1 where the month k from the beginning has 30 days, else it has 29; the last four bits are
# the number of the month that is followed by a leap month, 0 for none.
_YEARS = tuple(
    int(word, 16)
    for word in words(
        "16d28 07520 0ea50 164a5 064b0 0a9b0 15564 056a0 0b590 17522 07520 1b256 0b250 0a4b0 14ab5 02ad0 056b0 0b692 "
        "0da90 1d927 0e920 0d250 1a4d5 0a560 02b60 15b54 06d40 0ea90 1e922 0e920 0d266 052b0 0a570 12b65 0b5a0 06d40 "
        "0ec93 07490 16937 0a930 052b0 0a5b6 0aad0 056a0 1b554 0ba40 0b490 1a932 0a950 152d7 05360 0aad0 15aa5 05b20 "
        "0da50 1d4a3 0d4a0 0a958 0a970 05560 0ab56 0ad50 06d20 0ea54 0ea50 064a0 0c973 0a9b0 155a7 056a0 0b690 17525 "
        "0b520 0b250 164b4 0a4b0 14ab8 02ad0 056d0 0b696 0da90 0d920 1d254 0d250 1a4da 0a560 02b60 05b56 06d50 0ea90 "
        "1e925 0e920 0d260 0a563 0a570 14d68 035a0 06d50 16c95 07490 06930 152b4 052b0 0a5b0 155a2 056a0 1b557 0ba40 "
        "0b490 1a935 0a950 052d0 0aad4 0ab50 15aa9 05d20 0da50 1d4a6 0d4a0 0c950 152e4 05560 0ab50 15b22 06d20 0ea56 "
        "07250 064b0 0c975 0cab0 055a0 0ad63 0b690 1752b 0b520 0b250 1a4b6 0a4b0 04ab0 055b5 05ad0 0b6a0 1b522 0d920 "
        "1d257 0d250 0a550 14ad5 04b60 05b50 0daa3 0ec90 1e928 0e920 0d260 0a566"
    )
)

Integers = npt.NDArray[np.int32]


@cache
def lunar_days() -> tuple[Integers, Integers]:
    """Return lunar year, and lunar month * 100 + day, of each day from FIRST_DAY on; a leap month as its month."""
    years, month_days = [], []
    for year, word in enumerate(_YEARS, start=FIRST_YEAR):
        leap = word & 15
        months = [month for month in range(1, 13) for _ in range(2 if month == leap else 1)]
        for place, month in enumerate(months):
            length = 29 + (word >> (4 + place) & 1)
            years += [year] * length
            month_days += [month * 100 + day for day in range(1, length + 1)]
    return np.array(years, dtype=np.int32), np.array(month_days, dtype=np.int32)


def lunar_of(days: Integers) -> tuple[Integers, Integers]:
    """Return lunar year and month * 100 + day of days since 1970-01-01; 0 and 0 outside the table."""
    years, month_days = lunar_days()
    place = days - FIRST_DAY
    inside = (place >= 0) & (place < len(years))
    at = np.where(inside, place, 0)
    nothing = np.int32(0)
    return np.where(inside, years[at], nothing), np.where(inside, month_days[at], nothing)

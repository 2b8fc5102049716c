"""Columns of days written 03/14/1985 or 14.3.1985: which number is the month is seen from the whole column."""

from __future__ import annotations

from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

DayOrder = Literal["month_first", "day_first", ""]
MOST = 0.6  # of the values must be written so
_FORM = r"^\s*(?P<one>\d{1,2})\s*[-/. ]\s*(?P<two>\d{1,2})\s*[-/. ]\s*(?P<year>\d{4})(?P<time>[T ].*)?$"


def day_order(texts: pa.Array) -> DayOrder:
    """Return how a column's distinct texts order day and month before the year; "" where they are written otherwise.

    A number above 12 is no month. Without any, or with both, the day is taken to come first, as most countries write.
    """
    parts = pc.extract_regex(texts.drop_null(), _FORM)
    written = parts.drop_null()
    if not len(parts) or len(written) < MOST * len(parts):
        return ""
    above = [
        int(pc.sum(pc.greater(pc.struct_field(written, part).cast(pa.int32()), 12).cast(pa.int64())).as_py() or 0)
        for part in ("one", "two")
    ]
    return "month_first" if above[1] > above[0] else "day_first"


def year_first(texts: pa.Array, order: DayOrder) -> pa.Array:
    """Return the texts with the days rewritten as 1985-03-14; what is written otherwise stays as it is."""
    if not order:
        return texts
    parts = pc.extract_regex(texts, _FORM)
    one, two = (pc.utf8_lpad(pc.struct_field(parts, part), 2, padding="0") for part in ("one", "two"))
    month, day = (one, two) if order == "month_first" else (two, one)
    rewritten = pc.binary_join_element_wise(pc.struct_field(parts, "year"), month, day, "-")
    return pc.coalesce(rewritten, texts)

"""Watermarks as text: moved back by an overlap, and held under a ceiling, in the form the source writes them.

A watermark is compared by the source, so its form must stay the source's own: a text cursor `20260301120000` compared
with `2026-03-01 11:00:00` would skip or repeat everything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_SPELLED = re.compile(
    r"(?P<year>\d{4})(?P<dash>[-/.])(?P<month>\d{1,2})(?P=dash)(?P<day>\d{1,2})"
    r"(?:(?P<gap>[ T])(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_DIGITS = re.compile(r"(?P<date>\d{8})(?P<time>\d{6})?(?P<fraction>\d{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Moment:
    """A watermark read as a time: the naive `when` and the `form` (strftime, `%f` cut to `fraction` digits)."""

    when: datetime
    form: str
    fraction: int = 0
    tail: str = ""

    def spell(self, when: datetime) -> str:
        """Return `when` in this watermark's form, rounded down to its precision."""
        text = when.strftime(self.form.replace("%Y", f"{when.year:04d}"))
        if self.fraction:
            separator = "." if "-" in self.form or "/" in self.form or "." in self.form else ""
            text += separator + f"{when.microsecond:06d}".ljust(9, "0")[: self.fraction]
        return text + self.tail


def moment(watermark: str) -> Moment | None:
    """Return the watermark as a time with its form, or None when it is not one (an integer, a version text)."""
    text = watermark.strip()
    if spelled := _SPELLED.fullmatch(text):
        return _spelled(spelled)
    if digits := _DIGITS.fullmatch(text):
        return _digits(digits)
    return None


def lower_bound(watermark: str, overlap: timedelta) -> str:
    """Return the watermark moved back by `overlap`, in the same form; unchanged for no overlap.

    Raises ValueError when there is an overlap and the watermark is not a time (a sequence number has no hours).
    """
    if not overlap:
        return watermark
    found = moment(watermark)
    if found is None:
        raise ValueError("this cursor is not a time: its overlap must be 0")
    try:
        return found.spell(found.when - overlap)
    except OverflowError:
        return found.spell(datetime.min)  # noqa: DTZ901 - a source's local time, as it writes it


def _spelled(match: re.Match[str]) -> Moment | None:
    dash = match["dash"]
    # "2026-3-1" is a text no order can be trusted in: only padded months and days count as times
    if len(match["month"]) != 2 or len(match["day"]) != 2:
        return None
    form = f"%Y{dash}%m{dash}%d"
    if match["gap"]:
        form += match["gap"] + ("%H:%M:%S" if match["second"] else "%H:%M")
    parts = [int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    fraction = match["fraction"] or ""
    return _moment(parts, fraction, form, match["zone"] or "")


def _digits(match: re.Match[str]) -> Moment | None:
    text = match["date"] + (match["time"] or "")
    if match["fraction"] and not match["time"]:
        return None
    padded = text.ljust(14, "0")
    parts = [int(padded[:4]), *(int(padded[start : start + 2]) for start in range(4, 14, 2))]
    # a plain sequence number may have 8 digits too: only a year of our times makes it a date
    if not 1900 <= parts[0] <= 2200:
        return None
    return _moment(parts, match["fraction"] or "", "%Y%m%d%H%M%S" if match["time"] else "%Y%m%d", "")


def _moment(parts: list[int], fraction: str, form: str, tail: str) -> Moment | None:
    year, month, day, hour, minute, second = parts
    try:
        micro = int(fraction[:6].ljust(6, "0")) if fraction else 0
        when = datetime(year, month, day, hour, minute, second, micro)  # noqa: DTZ001 - a source's local time
    except ValueError:
        return None
    return Moment(when, form, len(fraction), tail)

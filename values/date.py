"""Dates in every form departments write them; the value is an Arrow date32.

A form that could mean two days is no date. Republican years (民国) and spreadsheet serial numbers are read only where
the contract says the column holds them.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.calendar_days import day_numbers, real_day
from values.cleaned import Cleaned, Flags, bits, mark, no_flags
from values.date_likeness import LEVELS as LEVELS
from values.date_likeness import compare_days
from values.text_column import TextColumn
from values.text_forms import is_number_sentinel, suspicious_form, tidy

EARLIEST = datetime.date(1880, 1, 1)
SENTINEL_DAYS = tuple(
    datetime.date(*day)
    for day in ((1899, 12, 30), (1899, 12, 31), (1900, 1, 1), (9999, 9, 9), (9999, 12, 31), (2099, 12, 31), (1, 1, 1))
)

_EPOCH = datetime.date(1970, 1, 1)
_TIME = r"(?:[T ]?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:AM|PM))?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?"
_NUMERIC = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}})\.?{_TIME}")
_EIGHT = re.compile(rf"(\d{{4}})(\d{{2}})(\d{{2}})(?:\.0+|\d{{6}}|{_TIME})")
_CHINESE = re.compile(rf"(\d{{4}})年(\d{{1,2}})月(\d{{1,2}})[日号]?{_TIME}")
_MINGUO = re.compile(r"(?:中华民国|民国)?(\d{1,3}|元)(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})[日号]?")
_SLASHED = re.compile(r"\d{4}/\d{2}/\d{2}", re.ASCII)
_ISO = re.compile(r"\d{4}(-?)\d{2}\1\d{2}", re.ASCII)  # what needs no rewriting worth a word
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_MASKED = re.compile(r"[\d年月日./-]*[*＊]+[\d年月日./*-]*")


@dataclass(frozen=True)
class _Reading:
    """What a column's dates may look like and where they must lie."""

    formats: frozenset[str]
    earliest: datetime.date
    latest: datetime.date | None


def clean(
    texts: pa.Array,
    *,
    formats: tuple[str, ...] = (),
    as_of: datetime.date | None = None,
    earliest: datetime.date = EARLIEST,
) -> Cleaned:
    """Return date32 values (null: none, or unusable) with every reason found.

    `formats` may hold `excel` and `minguo`, read nowhere else, and the column's own forms, which are no rewriting worth
    a word: `words` (1980年1月15日), `slashes` (1980/01/15). Days after `as_of` or before `earliest` are
    DATE_OUT_OF_RANGE; days that stand for "none" (1899-12-31, 1900-01-01, 9999-09-09, 2099-12-31 …) are SENTINEL.
    """
    column = TextColumn(texts)
    reading = _Reading(frozenset(formats), earliest, as_of)
    days = np.zeros(len(column), dtype=np.int32)
    known = np.zeros(len(column), dtype=bool)
    flags = no_flags(len(column))
    _read_plain(column, days, known, flags, "slashes" in formats)
    _read_odd(column, reading, days, known, flags)
    _judge_days(days, known, flags, reading)
    return Cleaned.of(pa.array(days, mask=~known).cast(pa.date32()), flags)


def _read_plain(
    column: TextColumn, days: npt.NDArray[np.int32], known: npt.NDArray[np.bool_], flags: Flags, slashes: bool
) -> None:
    """Read the forms that whole columns come in: 19800115, 1980-01-15 (or with / or .) and ISO with a time."""
    for width in (8, 10, 19):
        separated = width > 8
        places = [0, 1, 2, 3, 5, 6, 8, 9] if separated else [0, 1, 2, 3, 4, 5, 6, 7]
        rows = np.flatnonzero(column.lengths == width)
        if not len(rows):
            continue
        matrix = column.matrix(rows, width)
        digits = matrix[:, places] - np.uint8(48)
        good = digits.max(axis=1) <= 9
        if separated:
            mark_used = matrix[:, 4]
            good &= (mark_used == matrix[:, 7]) & ((mark_used == 45) | (mark_used == 47) | (mark_used == 46))
        if width == 19:
            good &= _is_time(matrix[:, 10:])
        numbers = digits.astype(np.int32)
        year = numbers[:, 0] * 1000 + numbers[:, 1] * 100 + numbers[:, 2] * 10 + numbers[:, 3]
        month_day = numbers[:, 4] * 1000 + numbers[:, 5] * 100 + numbers[:, 6] * 10 + numbers[:, 7]
        month_day[~good] = 0
        good &= real_day(year, month_day)
        taken = rows[good]
        days[taken] = day_numbers(year[good], month_day[good])
        known[taken] = True
        if separated:
            own = (matrix[:, 4] == 45) | ((matrix[:, 4] == 47) & slashes)
            rewritten = good if width == 19 else good & ~own
            flags[rows[rewritten]] |= np.uint64(bits(Reason.DATE_REFORMATTED))


def _is_time(matrix: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    digits = matrix[:, [1, 2, 4, 5, 7, 8]] - np.uint8(48)
    opening = (matrix[:, 0] == 32) | (matrix[:, 0] == 84)
    good: npt.NDArray[np.bool_] = opening & (digits.max(axis=1) <= 9) & (matrix[:, 3] == 58) & (matrix[:, 6] == 58)
    return good & (digits[:, 0] * 10 + digits[:, 1] < 24) & (digits[:, 2] < 6) & (digits[:, 4] < 6)


def _read_odd(
    column: TextColumn,
    reading: _Reading,
    days: npt.NDArray[np.int32],
    known: npt.NDArray[np.bool_],
    flags: Flags,
) -> None:
    """Read the rest, each distinct text once."""
    rows = np.flatnonzero(~known & ~column.empty)
    if not len(rows):
        return
    encoded = column.texts.take(pa.array(rows)).dictionary_encode()
    answers = [_judge(text, reading) for text in encoded.dictionary.to_pylist()]
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    read = np.array([(day - _EPOCH).days if day else 0 for day, _ in answers], dtype=np.int32)
    days[rows] = read[indices]
    known[rows] = np.array([day is not None for day, _ in answers])[indices]
    flags[rows] = np.array([reasons for _, reasons in answers], dtype=np.uint64)[indices]


def _judge(text: str, reading: _Reading) -> tuple[datetime.date | None, int]:
    """Return the day an odd text means, or None, and the reasons."""
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_number_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    if re.fullmatch(r"[09]{4}[-/.年]?[09]{2}[-/.月]?[09]{2}日?.*", shown) and shown[:4] == "0000":
        return None, flags | bits(Reason.SENTINEL)
    if _MASKED.fullmatch(shown):
        return None, flags | bits(Reason.MASKED)
    packed = re.sub(r"\s*([-/.年月])\s*", r"\1", shown)
    if packed != shown:
        flags |= bits(Reason.SPACES_REMOVED)
    for pattern, places in ((_NUMERIC, (1, 3, 4)), (_CHINESE, (1, 2, 3)), (_EIGHT, (1, 2, 3))):
        if found := pattern.fullmatch(packed):
            plain = _ISO.fullmatch(packed) or _own_form(found, pattern, reading.formats)
            day, reasons = _day(tuple(int(found[place]) for place in places), flags)
            return day, reasons if day is None or plain else reasons | bits(Reason.DATE_REFORMATTED)
    return _judge_special(packed, flags, reading)


def _own_form(found: re.Match[str], pattern: re.Pattern[str], formats: frozenset[str]) -> bool:
    if pattern is _NUMERIC:
        return "slashes" in formats and found[2] == "/" and _SLASHED.fullmatch(found[0]) is not None
    return pattern is _CHINESE and "words" in formats


def _day(parts: tuple[int, ...], flags: int) -> tuple[datetime.date | None, int]:
    """Return the day of year, month, day."""
    try:
        return datetime.date(*parts), flags
    except ValueError:
        return None, flags | bits(Reason.IMPOSSIBLE_DATE)


def _judge_special(text: str, flags: int, reading: _Reading) -> tuple[datetime.date | None, int]:
    """Read what only some columns hold: Republican years and serial numbers; else say what is wrong."""
    if found := _MINGUO.fullmatch(text):
        if "minguo" not in reading.formats:
            return None, flags | bits(Reason.IMPOSSIBLE_DATE)
        year = 1911 + (1 if found[1] == "元" else int(found[1]))
        return _day((year, int(found[2]), int(found[3])), flags | bits(Reason.DATE_REFORMATTED))
    if found := _SERIAL.fullmatch(text):
        if "excel" not in reading.formats:
            return None, flags | bits(Reason.EXCEL_SERIAL, Reason.IMPOSSIBLE_DATE)
        day = datetime.date(1899, 12, 30) + datetime.timedelta(days=int(found[1]))
        return day, flags | bits(Reason.EXCEL_SERIAL)
    return None, flags | bits(Reason.IMPOSSIBLE_DATE) | suspicious_form(text)


def _judge_days(
    days: npt.NDArray[np.int32], known: npt.NDArray[np.bool_], flags: Flags, reading: _Reading
) -> None:
    """Drop the days that stand for "none" and those out of range, in place."""
    sentinel = known & np.isin(days, [(day - _EPOCH).days for day in SENTINEL_DAYS])
    flags[sentinel] = np.uint64(bits(Reason.SENTINEL))
    known &= ~sentinel
    outside = known & (days < (reading.earliest - _EPOCH).days)
    if reading.latest is not None:
        outside |= known & (days > (reading.latest - _EPOCH).days)
    mark(flags, outside, Reason.DATE_OUT_OF_RANGE)
    known &= ~outside


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per date32 value, whether there is a date; null is not."""
    there: npt.NDArray[np.bool_] = values.is_valid().to_numpy(zero_copy_only=False)
    return there


def _dates(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    plain = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return plain if pa.types.is_date32(plain.type) else plain.cast(pa.date32())


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `date` (1980-01-15), `month` (1980-01), `year` (1980) and `day` (01-15), as texts."""
    text = _dates(values).cast(pa.string())
    return {
        "date": text,
        "month": pc.utf8_slice_codeunits(text, 0, 7),
        "year": pc.utf8_slice_codeunits(text, 0, 4),
        "day": pc.utf8_slice_codeunits(text, 5, 10),
    }


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.date_likeness`."""
    return compare_days(_dates(left), _dates(right))


def mask(values: pa.Array) -> pa.Array:
    """Return the year only: 1980-**-**; a text that does not open with a year is all hidden."""
    texts = values.cast(pa.string())
    year = pc.utf8_slice_codeunits(texts, 0, 4)
    shown = pc.match_substring_regex(year, r"^(18|19|20)[0-9]{2}$")
    hidden = pc.if_else(pc.is_valid(texts), "****", pa.scalar(None, pa.string()))
    return pc.if_else(pc.fill_null(shown, False), pc.binary_join_element_wise(year, "**-**", "-"), hidden)

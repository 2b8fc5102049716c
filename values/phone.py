"""Telephone numbers: mobile as 11 digits, land lines as area code, dash, number (0335-3456789)."""

from __future__ import annotations

import re
from collections.abc import Callable, Container

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.area_codes import AREA_CODES
from values.cleaned import Cleaned, Mask, bits
from values.identifier_likeness import slips
from values.levels import CompareRows, Levels, Rows, compare_by
from values.text_column import TextColumn, replaced_rows, with_nulls
from values.text_forms import is_number_sentinel, suspicious_form, tidy

City = tuple[str, int]  # its area code, and how many digits a land line has
LEVELS = ("missing", "different", "one_digit", "transposed", "same_local", "same")
MISSING, DIFFERENT, ONE_DIGIT, TRANSPOSED, SAME_LOCAL, SAME = range(6)

_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_SERVICE = re.compile(r"[48]00\d{7}", re.ASCII)
_LAND = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))([2-8]\d{6,7})(?:转|-|x|ext\.?|#)?(\d{1,6})?", re.ASCII | re.IGNORECASE)
_LAND_DASHED = re.compile(
    r"(0(?:10|2\d|[3-9]\d{2}))-([2-8]\d{6,7})(?:(?:转|-|x|ext\.?|#)(\d{1,6}))?", re.ASCII | re.IGNORECASE
)
_LOCAL = re.compile(r"([2-8]\d{6,7})(?:(?:转|-|x|ext\.?|#)(\d{1,6}))?", re.ASCII | re.IGNORECASE)
_PREFIX = re.compile(r"(?:\+|00)86-?|^86-?(?=1[3-9]\d{9}$)", re.ASCII)
_SEVERAL = re.compile(r"[/,，、;；|\\]|(?<=\d{7})\s+(?=(?:1[3-9]\d{9}|(?:0\d{2,3}-?)?[2-8]\d{6,7})(?!\d))|或|和")
_MASKED = re.compile(r"[\d-]*\*+[\d*-]*")
_DASHES = re.compile("[—–－‐‑−_.·]")
_AREAS = pa.array(sorted(AREA_CODES))


def clean(texts: pa.Array, *, area_code: str = "0335", local_digits: int = 0) -> Cleaned:
    """Return the numbers (null: none, or unusable) with every reason found.

    A land line opens with an area code that some place has or had; any other is NOT_A_PHONE. `area_code` is put before
    a local land line of the city, which has `local_digits` digits (0: 7 or 8). Of several numbers in a cell the first
    right one stays.
    """
    column = TextColumn(texts)
    city = (area_code, local_digits)
    values, flags = column.judged(~_plain_mobile(column) & ~column.empty, lambda text: _judge(text, city))
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _plain_mobile(column: TextColumn) -> Mask:
    plain = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 11)
    digits = column.matrix(rows, 11) - np.uint8(48)
    plain[rows] = (digits.max(axis=1, initial=0) <= 9) & (digits[:, 0] == 1) & (digits[:, 1] >= 3)
    return plain


def _judge(text: str, city: City) -> tuple[str | None, int]:
    """Return one odd text as a number, or None, and the reasons."""
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_number_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    if len(shown) > 200:
        return None, flags | bits(Reason.TOO_LONG)
    pieces = [piece for piece in _SEVERAL.split(shown) if piece and piece.strip()]
    answers = [_single(piece, city) for piece in pieces] or [(None, bits(Reason.NOT_A_PHONE))]
    for number, reasons in answers:
        if number is not None:
            return number, flags | reasons | (bits(Reason.SEVERAL_VALUES) if len(answers) > 1 else 0)
    return None, flags | answers[0][1] | suspicious_form(shown)


def _single(text: str, city: City) -> tuple[str | None, int]:
    """Return what is written as one number."""
    flags = 0
    packed = re.sub(r"\s+", "", text)
    if packed != text.strip():
        flags |= bits(Reason.SPACES_REMOVED)
    unified = _DASHES.sub("-", packed).replace("(", "").replace(")", "-").strip("-")
    if unified != packed:
        flags |= bits(Reason.SEPARATOR_UNIFIED)
    bare = _PREFIX.sub("", unified, count=1) if _PREFIX.match(unified) else unified
    if bare != unified:
        flags |= bits(Reason.PREFIX_REMOVED)
        if re.fullmatch(r"(?:10|2\d|[3-9]\d\d)-?\d{7,8}", bare):
            bare = "0" + bare
    if _MASKED.fullmatch(bare):
        return None, flags | bits(Reason.MASKED)
    number, reasons = _recognised(bare, city)
    if number is None and (found := re.fullmatch(r"0(1[3-9]\d{9})", bare)):
        return found[1], flags | bits(Reason.PREFIX_REMOVED)
    return number, flags | reasons


def _recognised(bare: str, city: City) -> tuple[str | None, int]:
    area_code, local_digits = city
    digits = bare.replace("-", "")
    if _MOBILE.fullmatch(digits):
        return digits, 0 if digits == bare else bits(Reason.SEPARATOR_UNIFIED)
    if _SERVICE.fullmatch(digits):
        return digits, 0 if digits == bare else bits(Reason.SEPARATOR_UNIFIED)
    found = _LAND_DASHED.fullmatch(bare) or _LAND.fullmatch(bare)
    if found and found[1] in AREA_CODES and (found[1] != area_code or local_digits in (0, len(found[2]))):
        number = _joined(found[1], found[2], found[3])
        return number, 0 if number == bare else bits(Reason.SEPARATOR_UNIFIED)
    if area_code and (found := _LOCAL.fullmatch(bare)) and local_digits in (0, len(found[1])):
        return _joined(area_code, found[1], found[2]), bits(Reason.AREA_CODE_ADDED)
    return None, bits(Reason.NOT_A_PHONE)


def _joined(area: str, number: str, extension: str | None) -> str:
    return f"{area}-{number}-{extension}" if extension else f"{area}-{number}"


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a number in clean form; null is not."""
    column = TextColumn(values)
    right = _plain_mobile(column)
    rest = np.flatnonzero(~right & ~column.empty)
    if len(rest):
        form = r"^(0(10|2[0-9]|[3-9][0-9]{2})-[2-8][0-9]{6,7}(-[0-9]{1,6})?|[48]00[0-9]{7})$"
        texts = column.texts.take(pa.array(rest))
        known = pc.is_in(pc.replace_substring_regex(texts, r"-.*$", ""), value_set=_AREAS)
        service = pc.not_equal(pc.utf8_slice_codeunits(texts, 0, 1), "0")
        found = pc.and_(pc.match_substring_regex(texts, form), pc.or_(known, service))
        right[rest] = found.to_numpy(zero_copy_only=False)
    return right


def keys(values: pa.Array, wanted: Container[str] | None = None) -> dict[str, pa.Array]:
    """Return keys (all, or those `wanted`): `number` (the clean number without its extension), `last8` (the last eight
    digits of a mobile, the local number of a land line), `last4` and `first7`: of a mobile the network and the place it
    was first sold in."""
    column = TextColumn(values)
    number = with_nulls(_without_extension(column), column.empty)
    made: dict[str, Callable[[], pa.Array]] = {
        "number": lambda: number,
        "last8": lambda: pc.utf8_slice_codeunits(pc.replace_substring_regex(number, r"^0\d+-", ""), -8, None),
        "last4": lambda: pc.utf8_slice_codeunits(number, -4, None),
        "first7": lambda: pc.utf8_slice_codeunits(number, 0, 7),
    }
    return {name: make() for name, make in made.items() if wanted is None or name in wanted}


def _without_extension(column: TextColumn) -> pa.StringArray:
    rows = _dashed(column)
    if not len(rows):
        return column.texts
    whole = column.texts.take(pa.array(rows))
    return replaced_rows(column.texts, rows, pc.replace_substring_regex(whole, r"^(0\d+-\d+)-\d+$", r"\1"))


def _dashed(column: TextColumn) -> npt.NDArray[np.int64]:
    """Return the rows with a dash: all land lines."""
    dashes = np.flatnonzero(column.data == ord("-"))
    return np.unique(np.searchsorted(column.offsets, dashes, side="right") - 1)


def compare(left: pa.Array, right: pa.Array) -> Levels:
    """Return levels, extensions aside: see LEVELS. `same_local`: a land line without, or with another, area code."""
    return compare_by(likeness, left, right, SAME)


def likeness(values: pa.Array) -> CompareRows:
    """Return a comparison of rows of `values` that differ and are there; each value is read once."""
    column = TextColumn(_without_extension(TextColumn(values)))
    land = np.zeros(len(column), dtype=bool)
    land[_dashed(column)] = True

    def compare_rows(left: Rows, right: Rows) -> Levels:
        levels: Levels = _LEVEL_OF[slips((column, left), (column, right))]
        rows = np.flatnonzero(land[left] | land[right])
        if len(rows):
            both = [column.texts.take(pa.array(side[rows])) for side in (left, right)]
            levels[rows[pc.equal(*both).to_numpy(zero_copy_only=False)]] = SAME
            rows = rows[levels[rows] != SAME]
            both = [column.texts.take(pa.array(side[rows])) for side in (left, right)]
            locals_ = (pc.replace_substring_regex(texts, r"^0\d+-", "") for texts in both)
            levels[rows[pc.equal(*locals_).to_numpy(zero_copy_only=False)]] = SAME_LOCAL
        return levels

    return compare_rows


# identifier_likeness to LEVELS: two wrong digits of a phone are another phone
_LEVEL_OF = np.array([MISSING, DIFFERENT, DIFFERENT, ONE_DIGIT, TRANSPOSED, SAME_LOCAL, SAME], dtype=np.int8)


def mask(values: pa.Array) -> pa.Array:
    """Return 138****1234 for a mobile, 0335-****789 for a land line, stars for anything else."""
    column = TextColumn(values)
    mobile = _plain_mobile(column)
    masked = pc.utf8_replace_slice(column.texts, 3, 7, "****")
    if bool((~mobile & ~column.empty).any()):
        land = pc.replace_substring_regex(column.texts, r"^(0\d{2,3}-)\d+?(\d{3})(-\d+)?$", r"\1****\2")
        rest = pc.if_else(pc.match_substring_regex(land, r"^0\d{2,3}-\*{4}\d{3}$"), land, "****")
        masked = pc.if_else(pa.array(mobile), masked, rest)
    return with_nulls(masked, column.empty)

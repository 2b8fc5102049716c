"""Citizen identity numbers (公民身份号码, GB 11643), those of residents from Hong Kong, Macao and Taiwan included.

A number is right or it is nothing: a wrong one is never mended, and what looks like X is not X. Fifteen-digit numbers
become eighteen, recorded as such.
"""

from __future__ import annotations

import datetime
import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.calendar_days import day_numbers
from values.cleaned import Cleaned, Flags, Mask, bits, mark
from values.divisions import ever_divisions
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import compare_identifiers
from values.identity_digits import Bytes, IdentityDigits, check_characters, read_digits
from values.text_column import TextColumn, matrix_texts, replaced_rows, with_nulls
from values.text_forms import is_number_sentinel, is_sentinel, suspicious_form, tidy, without_spaces

_LOOKALIKE_X = re.compile(r"\d{17}[×ХхΧχ✕✖╳⨯乂]")
_FLOAT = re.compile(r"\d(?:\.\d+)?[Ee][+]?\d{1,2}|\d{14,18}\.0*")
_MASKED = re.compile(r"[0-9A-Za-z]*[*＊#•●…]{2,}[0-9A-Za-z*#]*|\d{3,}[Xx]{3,}[0-9Xx]*")
_DATE_AS_NUMBER = re.compile(r"\d{8}")


def clean(texts: pa.Array, *, as_of: datetime.date | None = None) -> Cleaned:
    """Return 18-character numbers (null: none, or unusable) with every reason found.

    `as_of` bounds the birth dates inside the numbers; without it a date in the future passes.
    """
    column = TextColumn(texts)
    candidates, flags = column.judged(_odd(column), _judge)
    column = TextColumn(candidates)
    column, flags = _upgraded(column, flags)
    values, flags = _verdict(column, flags, as_of)
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _odd(column: TextColumn) -> Mask:
    """Rows that are not plainly 15 digits, or 17 digits and a digit or X, or that are one digit over and over."""
    odd = ~column.empty
    for width, digits_before in ((18, 17), (15, 15)):
        rows = np.flatnonzero(column.lengths == width)
        if not len(rows):
            continue
        matrix = column.matrix(rows, width)
        digits = matrix[:, :digits_before] - np.uint8(48)
        last = matrix[:, -1]
        highest, lowest = digits.max(axis=1), digits.min(axis=1)
        plain = (highest <= 9) & (highest != lowest) & ((last - np.uint8(48) <= 9) | (last == 88))
        odd[rows] = ~plain
    return odd


def _judge(text: str) -> tuple[str | None, int]:
    """Return an odd text as a candidate of 15 or 18 plain characters, or None, and the reasons."""
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_number_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    packed, flags = without_spaces(shown, flags)
    if packed[0] in "'’`" and len(packed) > 1:
        packed, flags = packed[1:], flags | bits(Reason.PREFIX_REMOVED)
    if _LOOKALIKE_X.fullmatch(packed):
        return None, flags | bits(Reason.LOOKALIKE_X)
    if _MASKED.fullmatch(packed):
        return None, flags | bits(Reason.MASKED)
    if _FLOAT.fullmatch(packed):
        return None, flags | bits(Reason.FLOAT_DAMAGED)
    if packed[-1] == "x" and packed[:-1].isascii() and packed[:-1].isdigit():
        packed, flags = packed[:-1] + "X", flags | bits(Reason.CASE_FOLDED)
    if is_sentinel(packed):
        return None, flags | bits(Reason.SENTINEL)
    if re.fullmatch(r"[0-9]{15}|[0-9]{17}[0-9X]", packed):
        return packed, flags
    digits_only = re.fullmatch(r"[0-9]+X?", packed) is not None
    wrong = Reason.WRONG_LENGTH if digits_only else Reason.WRONG_CHARACTER
    return None, flags | bits(wrong) | suspicious_form(packed)


def _upgraded(column: TextColumn, flags: Flags) -> tuple[TextColumn, Flags]:
    """Return the column with 15-digit numbers written as 18; sequences 996 to 999 were kept for people of the 1800s."""
    rows = np.flatnonzero(column.lengths == 15)
    if not len(rows):
        return column, flags
    old = column.matrix(rows, 15)
    new = np.empty((len(rows), 18), dtype=np.uint8)
    new[:, :6], new[:, 6:8], new[:, 8:17] = old[:, :6], np.frombuffer(b"19", np.uint8), old[:, 6:]
    new[:, 17] = check_characters(new)
    century = (new[:, 14] == 57) & (new[:, 15] == 57) & (new[:, 16] >= 54)
    flags[rows] |= np.uint64(bits(Reason.UPGRADED_FROM_15))
    flags[rows[century]] |= np.uint64(bits(Reason.BORN_BEFORE_1900))
    return TextColumn(replaced_rows(column.texts, rows, matrix_texts(new))), flags


def _verdict(column: TextColumn, flags: Flags, as_of: datetime.date | None) -> tuple[pa.Array, Flags]:
    """Return the numbers that are right, the others null with all that is wrong with them."""
    rows = np.flatnonzero(column.lengths == 18)
    matrix = column.matrix(rows, 18)
    said = read_digits(matrix)
    latest = None if as_of is None else as_of.year * 10_000 + as_of.month * 100 + as_of.day
    born = said.born(latest)
    known = ever_divisions()[said.region]
    good = said.checked & born & known
    if not bool(good.all()):
        bad = np.flatnonzero(~good)
        flags[rows[bad]] |= _faults(matrix[bad], said, bad, born, known)
    unusable = np.zeros(len(column), dtype=bool)
    unusable[rows] = ~good
    upgraded_and_wrong = unusable & ((flags & np.uint64(bits(Reason.UPGRADED_FROM_15))) != 0)
    flags[upgraded_and_wrong] &= ~np.uint64(bits(Reason.UPGRADED_FROM_15, Reason.BORN_BEFORE_1900))
    return with_nulls(column.texts, unusable), flags


def _faults(
    matrix: Bytes, said: IdentityDigits, bad: npt.NDArray[np.int64], born: Mask, known: Mask
) -> npt.NDArray[np.uint64]:
    """Return the reasons of each bad number; all that are true, not only the first."""
    faults = np.zeros(len(bad), dtype=np.uint64)
    foreign = said.checked[bad] & (matrix[:, 0] == 57)
    mark(faults, foreign, Reason.TYPE_CONTRADICTED)
    rounded = ~said.checked[bad] & (matrix[:, 15:18] == 48).all(axis=1)
    mark(faults, rounded, Reason.FLOAT_DAMAGED)
    rest = ~foreign & ~rounded
    mark(faults, rest & ~said.checked[bad], Reason.WRONG_CHECK_DIGIT)
    mark(faults, rest & ~born[bad], Reason.WRONG_DATE_INSIDE)
    mark(faults, rest & ~known[bad], Reason.UNKNOWN_DIVISION)
    return faults


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a right 18-character number; null is not. Dates in the future are not judged."""
    column = TextColumn(values)
    rows = np.flatnonzero(column.lengths == 18)
    said = read_digits(column.matrix(rows, 18))
    right = np.zeros(len(column), dtype=bool)
    right[rows] = said.checked & ever_divisions()[said.region] & said.born(None)
    return right


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return the match keys: `number` itself, and `birth` with the sequence (`birth_sequence`), region left out."""
    texts = TextColumn(values)
    known = with_nulls(texts.texts, texts.empty)
    return {"number": known, "birth_sequence": pc.utf8_slice_codeunits(known, 6, 17)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`."""
    return compare_identifiers(left, right, fifteen_of)


def fifteen_of(longer: TextColumn, shorter: TextColumn) -> Mask:
    """Say where the shorter is the 15-digit form of an 18-character number of the last century."""
    whole = longer.texts
    old = pc.binary_join_element_wise(pc.utf8_slice_codeunits(whole, 0, 6), pc.utf8_slice_codeunits(whole, 8, 17), "")
    century = pc.equal(pc.utf8_slice_codeunits(whole, 6, 8), "19").to_numpy(zero_copy_only=False)
    same = pc.equal(old, shorter.texts).to_numpy(zero_copy_only=False)
    return np.asarray(same & century & (longer.lengths == 18) & (shorter.lengths == 15), dtype=bool)


def mask(values: pa.Array) -> pa.Array:
    """Return the numbers with the birth date hidden: 130302********1234. Any other text is stars of its length."""
    column = TextColumn(values)
    whole = pc.utf8_replace_slice(column.texts, 6, 14, "********")
    number = pc.match_substring_regex(column.texts, r"^[0-9]{17}[0-9Xx]$")
    shown = pc.if_else(number, whole, pc.binary_repeat("*", pa.array(column.points.lengths)))
    return with_nulls(shown, column.empty)


def birth_dates(values: pa.Array) -> pa.Array:
    """Return the birth date inside each number as date32; null where the value is no 18-character number."""
    column = TextColumn(values)
    rows = np.flatnonzero(column.lengths == 18)
    said = read_digits(column.matrix(rows, 18))
    days = np.zeros(len(column), dtype=np.int32)
    real = said.shaped & said.born(None)
    days[rows[real]] = day_numbers(said.year[real], said.month_day[real])
    known = np.zeros(len(column), dtype=bool)
    known[rows[real]] = True
    return pa.array(days, mask=~known).cast(pa.date32())


def sexes(values: pa.Array) -> pa.Array:
    """Return the sex inside each number as GB/T 2261.1 "1" (man) or "2" (woman); null where there is no number."""
    column = TextColumn(values)
    rows = np.flatnonzero(column.lengths == 18)
    index = np.zeros(len(column), dtype=np.int32)
    index[rows] = 1 + (column.data[column.offsets[rows] + 16] - 48) % 2
    return pa.array([None, "2", "1"], pa.string()).take(pa.array(index))


def divisions(values: pa.Array) -> pa.Array:
    """Return the division code each number opens with; null where there is no number."""
    column = TextColumn(values)
    return with_nulls(pc.utf8_slice_codeunits(column.texts, 0, 6), column.lengths != 18)

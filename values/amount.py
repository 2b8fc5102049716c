"""Amounts and measures as decimal text: 1234.5, -3, 0.08. Money never goes through a float.

The unit is the field's, said in the standard; a number that brings a unit of its own (500万元) could be off by a factor
and is no number here.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.cleaned import Cleaned, bits
from values.text_column import TextColumn, with_nulls
from values.text_forms import is_sentinel, suspicious_form, tidy, without_spaces

LEVELS = ("missing", "different", "within_tenth", "within_hundredth", "same")
MISSING, DIFFERENT, WITHIN_TENTH, WITHIN_HUNDREDTH, SAME = range(5)

_PLAIN = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?$"
_NUMBER = re.compile(r"([+-]?)(\d+)(?:\.(\d*))?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?", re.ASCII)
_EXPONENT = re.compile(r"[+-]?\d(?:\.\d+)?[Ee][+-]?\d{1,3}", re.ASCII)
_MASKED = re.compile(r"[\d.,]*\*+[\d.,*]*")
_CURRENCY = re.compile("^[¥￥$€]")


def clean(texts: pa.Array, *, length: int = 20) -> Cleaned:
    """Return decimal texts without leading or closing zeros (null: none, or unusable) with every reason found."""
    column = TextColumn(texts)
    plain = pc.match_substring_regex(column.texts, _PLAIN).to_numpy(zero_copy_only=False)
    plain &= (column.lengths <= length) & ~pc.equal(column.texts, "-0").to_numpy(zero_copy_only=False)
    values, flags = column.judged(~plain & ~column.empty, lambda text: _judge(text, length))
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _judge(text: str, length: int) -> tuple[str | None, int]:
    """Return one odd text as a number, or None, and the reasons."""
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    packed, flags = without_spaces(shown, flags)
    if _MASKED.fullmatch(packed):
        return None, flags | bits(Reason.MASKED)
    if _EXPONENT.fullmatch(packed):
        return None, flags | bits(Reason.FLOAT_DAMAGED)
    bare = _CURRENCY.sub("", packed)
    if bare != packed:
        flags |= bits(Reason.PREFIX_REMOVED)
    if _THOUSANDS.fullmatch(bare):
        bare, flags = re.sub("[,'’]", "", bare), flags | bits(Reason.SEPARATOR_UNIFIED)
    found = _NUMBER.fullmatch(bare)
    if found is None:
        return None, flags | bits(Reason.NOT_A_NUMBER) | suspicious_form(packed)
    value = _shortest(found[1], found[2], found[3] or "")
    return (None, flags | bits(Reason.TOO_LONG)) if len(value) > length else (value, flags)


def _shortest(sign: str, whole: str, part: str) -> str:
    number = whole.lstrip("0") or "0"
    fraction = part.rstrip("0")
    value = f"{number}.{fraction}" if fraction else number
    return f"-{value}" if sign == "-" and value != "0" else value


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a number in clean form; null is not."""
    column = TextColumn(values)
    plain: npt.NDArray[np.bool_] = pc.match_substring_regex(column.texts, _PLAIN).to_numpy(zero_copy_only=False)
    plain &= ~pc.equal(column.texts, "-0").to_numpy(zero_copy_only=False)
    return plain


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `number`: the number itself."""
    column = TextColumn(values)
    return {"number": with_nulls(column.texts, column.empty)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: same, apart by at most a hundredth or a tenth of the greater one, different, missing.

    A text that is no number agrees with its equal only.
    """
    first, second = TextColumn(left), TextColumn(right)
    levels = np.full(len(first), DIFFERENT, dtype=np.int8)
    a, b = _numbers(first), _numbers(second)
    apart = np.abs(a - b)
    greater = np.maximum(np.abs(a), np.abs(b)) * (1 + 1e-12)  # a tenth in decimals is one in binary too
    with np.errstate(invalid="ignore"):
        levels[apart <= greater / 10] = WITHIN_TENTH
        levels[apart <= greater / 100] = WITHIN_HUNDREDTH
        levels[pc.equal(first.texts, second.texts).to_numpy(zero_copy_only=False)] = SAME
    levels[first.empty | second.empty] = MISSING
    return levels


def _numbers(column: TextColumn) -> npt.NDArray[np.float64]:
    """Return the numbers as floats, only to say how near they are; NaN for what is none."""
    plain = pc.match_substring_regex(column.texts, _PLAIN)
    numbers = pc.if_else(plain, column.texts, "nan").cast(pa.float64())
    found: npt.NDArray[np.float64] = numbers.to_numpy(zero_copy_only=False)
    return found


def mask(values: pa.Array) -> pa.Array:
    """Return stars, whatever the size: how long an amount is tells most of it."""
    column = TextColumn(values)
    return with_nulls(pa.array(np.full(len(column), "****"), pa.string()), column.empty)

"""Codes: a department's code becomes the city's by the contract's crosswalk, or stays when it is one already."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.reasons import Reason
from values.cleaned import Cleaned, bits
from values.levels import compare_exact
from values.text_column import TextColumn, with_nulls
from values.text_forms import is_sentinel, single_spaces, suspicious_form, tidy

LEVELS = ("missing", "different", "same")
_LONGEST = 64
_FILLING = re.compile("0{2,}|9{2,}")  # of other digits, 11 or 22 may be the code of a neighbouring column


def clean(
    texts: pa.Array, *, crosswalk: Mapping[str, str] | None = None, allowed: frozenset[str] | None = None
) -> Cleaned:
    """Return the city's codes. A code in the crosswalk is translated; one the crosswalk lacks must be in `allowed`.

    With a crosswalk, only what it names is taken: a department's "1" is never the city's "1" by chance. Without one,
    the code must be in `allowed`; without both every tidy text passes.
    """
    known = crosswalk or {}

    def judge(text: str) -> tuple[str | None, int]:
        return _judge(text, known, allowed, crosswalk is not None)

    column = TextColumn(texts)
    values, flags = column.judged(~column.empty, judge)
    return Cleaned.of(with_nulls(values, column.empty), flags)


def _judge(
    text: str, crosswalk: Mapping[str, str], allowed: frozenset[str] | None, translated: bool
) -> tuple[str | None, int]:
    if text in crosswalk:
        return _target(text, crosswalk[text], allowed, 0)
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if len(shown) > _LONGEST:
        return None, flags | bits(Reason.TOO_LONG)
    shown, flags = single_spaces(shown, flags)
    if shown in crosswalk:
        return _target(shown, crosswalk[shown], allowed, flags)
    if not translated and (allowed is None or shown in allowed):
        return shown, flags
    if is_sentinel(shown) or _FILLING.fullmatch(shown):
        return None, flags | bits(Reason.SENTINEL)
    return None, flags | bits(Reason.UNKNOWN_CODE) | suspicious_form(shown)


def _target(text: str, target: str, allowed: frozenset[str] | None, flags: int) -> tuple[str | None, int]:
    """Return the crosswalk's target; an empty target is the contract's way to say that the code means nothing."""
    if not target:
        return None, flags | bits(Reason.SENTINEL)
    if allowed is not None and target not in allowed:
        return None, flags | bits(Reason.UNKNOWN_CODE)
    return target, flags if target == text else flags | bits(Reason.CODE_TRANSLATED)


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether there is a code."""
    return ~TextColumn(values).empty


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `code`: the code itself."""
    column = TextColumn(values)
    return {"code": with_nulls(column.texts, column.empty)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: same, different, missing."""
    return compare_exact(left, right, len(LEVELS) - 1)


def mask(values: pa.Array) -> pa.Array:
    """Return a star for each code: a marriage status or an ethnic group is personal too."""
    column = TextColumn(values)
    return with_nulls(pa.array(np.full(len(column), "*"), pa.string()), column.empty)

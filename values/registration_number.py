"""Registration numbers of businesses before the unified code (工商注册号): 15 digits, check by ISO 7064 MOD 11,10."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values import uscc
from values.cleaned import Cleaned, Mask, mark
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import compare_identifiers
from values.identifier_text import identifier_candidate
from values.registration_check import check as check
from values.registration_check import checks, digits
from values.text_column import TextColumn, with_nulls


def clean(texts: pa.Array) -> Cleaned:
    """Return 15-digit numbers (null: none, or unusable) with every reason found.

    A unified code in this column is TYPE_CONTRADICTED and null.
    """
    column = TextColumn(texts)
    candidates, flags = column.judged(~digits(column) & ~column.empty, identifier_candidate)
    column = TextColumn(candidates)
    shaped = digits(column)
    rows = np.flatnonzero(shaped)
    right = np.zeros(len(column), dtype=bool)
    right[rows] = checks(column.matrix(rows, 15))
    unified = _unified_codes(column, ~right & (column.lengths == 18))
    mark(flags, unified, Reason.TYPE_CONTRADICTED)
    rest = ~right & ~unified & ~column.empty
    mark(flags, rest & (column.lengths != 15), Reason.WRONG_LENGTH)
    mark(flags, rest & (column.lengths == 15) & ~shaped, Reason.WRONG_CHARACTER)
    mark(flags, rest & shaped, Reason.WRONG_CHECK_DIGIT)
    return Cleaned.of(with_nulls(column.texts, ~right), flags)


def _unified_codes(column: TextColumn, maybe: Mask) -> Mask:
    found = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(maybe)
    if len(rows):
        found[rows] = uscc.check(column.texts.take(pa.array(rows)))
    return found


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `number`: the number itself."""
    column = TextColumn(values)
    return {"number": with_nulls(column.texts, column.empty)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`."""
    return compare_identifiers(left, right)


def mask(values: pa.Array) -> pa.Array:
    """Return the authority and the last three digits: 130303******234; anything else all hidden."""
    column = TextColumn(values)
    hidden = pc.utf8_replace_slice(column.texts, 6, 12, "******")
    number = pc.match_substring_regex(column.texts, r"^[0-9]{15}$")
    return with_nulls(pc.if_else(number, hidden, "******"), column.empty)

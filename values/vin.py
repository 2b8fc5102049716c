"""Vehicle identification numbers (车辆识别代号, GB 16735): 17 characters without I, O and Q.

The ninth is a check digit where the maker follows it; imports and old cars need not, so that a number that fails it is
doubted, not refused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.cleaned import Cleaned, Mask, bits, mark
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import compare_identifiers
from values.identifier_text import identifier_candidate
from values.text_column import TextColumn, with_nulls

_WEIGHTS = np.array([8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2], dtype=np.int32)
_NOT_ALLOWED = 99
_WORTH = np.full(256, _NOT_ALLOWED, dtype=np.int32)
_WORTH[48:58] = np.arange(10)
for _letters, _first in ((b"ABCDEFGH", 1), (b"JKLMN", 1), (b"P", 7), (b"R", 9), (b"STUVWXYZ", 2)):
    _WORTH[list(_letters)] = np.arange(_first, _first + len(_letters))
_CHECKS = np.frombuffer(b"0123456789X", dtype=np.uint8)


def clean(texts: pa.Array) -> Cleaned:
    """Return 17-character numbers (null: none, or unusable) with every reason found.

    A number whose ninth character is not its check digit stays, CHECK_DIGIT_DOUBTED.
    """
    column = TextColumn(texts)
    candidates, flags = column.judged(~_shaped(column) & ~column.empty, _judge)
    column = TextColumn(candidates)
    shaped = _shaped(column)
    rows = np.flatnonzero(shaped)
    doubted = np.zeros(len(column), dtype=bool)
    doubted[rows] = ~_checks(column.matrix(rows, 17))
    mark(flags, doubted, Reason.CHECK_DIGIT_DOUBTED)
    wrong_length = ~column.empty & (column.lengths != 17)
    mark(flags, wrong_length, Reason.WRONG_LENGTH)
    mark(flags, ~shaped & ~wrong_length & ~column.empty, Reason.WRONG_CHARACTER)
    return Cleaned.of(with_nulls(column.texts, ~shaped), flags)


def _judge(text: str) -> tuple[str | None, int]:
    candidate, flags = identifier_candidate(text, keep="-")
    if candidate is None or "-" not in candidate:
        return candidate, flags
    return candidate.replace("-", ""), flags | bits(Reason.SEPARATOR_UNIFIED)


def _shaped(column: TextColumn) -> Mask:
    """Rows of 17 characters of the alphabet that are not one character over and over."""
    shaped = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 17)
    if len(rows):
        matrix = column.matrix(rows, 17)
        shaped[rows] = (_WORTH[matrix].max(axis=1) < _NOT_ALLOWED) & (matrix != matrix[:, :1]).any(axis=1)
    return shaped


def _checks(matrix: npt.NDArray[np.uint8]) -> Mask:
    right: Mask = _CHECKS[_WORTH[matrix] @ _WEIGHTS % 11] == matrix[:, 8]
    return right


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it has the form of a number (its check digit is not asked); null has not."""
    return _shaped(TextColumn(values))


def checked(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether the ninth character is its check digit."""
    column = TextColumn(values)
    right = _shaped(column)
    rows = np.flatnonzero(right)
    right[rows] = _checks(column.matrix(rows, 17))
    return right


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `number`, and `serial`: the last eight characters, which papers quote alone."""
    column = TextColumn(values)
    number = with_nulls(column.texts, column.empty)
    return {"number": number, "serial": pc.utf8_slice_codeunits(number, -8, None)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`."""
    return compare_identifiers(left, right)


def mask(values: pa.Array) -> pa.Array:
    """Return the maker's three characters and the last three: LSV***********123; anything else all hidden."""
    column = TextColumn(values)
    hidden = pc.utf8_replace_slice(column.texts, 3, 14, "***********")
    return with_nulls(pc.if_else(pa.array(_shaped(column)), hidden, "******"), column.empty)

"""Unified social credit codes (统一社会信用代码, GB 32100) with the organisation code (GB 11714) inside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values import citizen_id, registration_check
from values.cleaned import Cleaned, Flags, Mask, bits, mark
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import compare_identifiers
from values.identifier_text import identifier_candidate
from values.organisation_code import organisation_checks
from values.text_column import TextColumn, with_nulls

ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 characters: no I O Z S V
_WEIGHTS = np.array([3**place % 31 for place in range(17)], dtype=np.float32)
_WORTH = np.full(256, 255, dtype=np.uint8)
_WORTH[list(ALPHABET)] = np.arange(31)
_FIRST = np.zeros(256, dtype=bool)
_FIRST[list(b"123456789ANY")] = True
_CHUNK = 16_384


def clean(texts: pa.Array) -> Cleaned:
    """Return 18-character codes (null: none, or unusable) with every reason found.

    A right code whose inner organisation code fails its own check stays, INNER_CODE_WRONG. A registration number or a
    citizen number in this column is TYPE_CONTRADICTED and null.
    """
    column = TextColumn(texts)
    candidates, flags = column.judged(~_shaped(column) & ~column.empty, identifier_candidate)
    column = TextColumn(candidates)
    wrong_length = ~column.empty & (column.lengths != 18)
    shaped = _shaped(column)
    rows = np.flatnonzero(shaped)
    right = np.zeros(len(column), dtype=bool)
    right[rows], inner = _checks(column.matrix(rows, 18))
    flags[rows[right[rows] & ~inner]] |= np.uint64(bits(Reason.INNER_CODE_WRONG))
    mark(flags, wrong_length, Reason.WRONG_LENGTH)
    mark(flags, ~shaped & ~wrong_length & ~column.empty, Reason.WRONG_CHARACTER)
    mark(flags, shaped & ~right, Reason.WRONG_CHECK_DIGIT)
    _contradicted(column, ~right & ~column.empty, flags)
    return Cleaned.of(with_nulls(column.texts, ~right), flags)


def _contradicted(column: TextColumn, wrong: Mask, flags: Flags) -> None:
    """Say of the wrong codes which are right numbers of another kind, in place."""
    rows = np.flatnonzero(wrong)
    if not len(rows):
        return
    texts = column.texts.take(pa.array(rows))
    other = rows[citizen_id.check(texts) | registration_check.check(texts)]
    flags[other] &= ~np.uint64(bits(Reason.WRONG_LENGTH, Reason.WRONG_CHARACTER, Reason.WRONG_CHECK_DIGIT))
    flags[other] |= np.uint64(bits(Reason.TYPE_CONTRADICTED))


def _shaped(column: TextColumn) -> Mask:
    """Rows of 18 characters of the alphabet, a known first one, and a division of digits."""
    shaped = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 18)
    matrix = column.matrix(rows, 18)
    if len(rows):
        digits = matrix[:, 2:8] - np.uint8(48)
        shaped[rows] = (_WORTH[matrix].max(axis=1) < 31) & _FIRST[matrix[:, 0]] & (digits.max(axis=1) <= 9)
    return shaped


def _checks(matrix: npt.NDArray[np.uint8]) -> tuple[Mask, Mask]:
    """Return whether the last character, and whether the inner organisation code's, is right."""
    outer = np.empty(len(matrix), dtype=bool)
    inner = np.empty(len(matrix), dtype=bool)
    for start in range(0, len(matrix), _CHUNK):
        rows = slice(start, start + _CHUNK)
        part = matrix[rows]
        sums = (_WORTH[part[:, :17]].astype(np.float32) @ _WEIGHTS).astype(np.int32)
        outer[rows] = (31 - sums % 31) % 31 == _WORTH[part[:, 17]]
        inner[rows] = organisation_checks(part[:, 8:17])
    return outer, inner


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a right code (its inner code is not asked); null is not."""
    column = TextColumn(values)
    right = _shaped(column)
    rows = np.flatnonzero(right)
    right[rows] = _checks(column.matrix(rows, 18))[0]
    return right


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `code` and `organisation`: the nine characters of the organisation code."""
    column = TextColumn(values)
    known = with_nulls(column.texts, column.empty)
    return {"code": known, "organisation": pc.utf8_slice_codeunits(known, 8, 17)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`."""
    return compare_identifiers(left, right)


def mask(values: pa.Array) -> pa.Array:
    """Return 91330300******857L: most of the organisation code hidden; anything that is no code all hidden.

    Codes of companies are public; those of sole traders lead to a person, and both look alike.
    """
    column = TextColumn(values)
    hidden = pc.utf8_replace_slice(column.texts, 8, 14, "******")
    code = pc.match_substring_regex(column.texts, r"^[0-9A-Z]{18}$")
    return with_nulls(pc.if_else(code, hidden, "******"), column.empty)

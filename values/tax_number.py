"""Taxpayer numbers (纳税人识别号), old and new.

18 characters: the unified credit code, or a person's citizen number. 15: division and organisation code, or numbers the
tax offices gave out themselves. 20: a citizen number with two digits that count that person's businesses, or an old
15-digit one with five. Sole traders without a citizen number stand under the number of their paper.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values import citizen_id, uscc
from values.cleaned import Cleaned, Flags, Mask, bits, mark
from values.divisions import ever_divisions
from values.document_types import new_permanent, old_permanent_right
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import compare_identifiers
from values.identifier_text import identifier_candidate
from values.organisation_code import organisation_checks
from values.text_column import TextColumn, with_nulls

_LENGTHS = (15, 18, 20)


def clean(texts: pa.Array) -> Cleaned:
    """Return numbers of 15, 18 or 20 capitals and digits (null: none, or unusable) with every reason found.

    An organisation code of an old number that fails its own check is INNER_CODE_WRONG and stays: tax offices gave out
    numbers without one, too.
    """
    column = TextColumn(texts)
    candidates, flags = column.judged(~column.empty & ~_plain(column), _judge)
    column = TextColumn(candidates)
    good = np.zeros(len(column), dtype=bool)
    good |= _of_fifteen(column, flags)
    good |= _of_eighteen(column, flags)
    good |= _of_twenty(column, flags)
    papers = _of_papers(column)
    flags[papers] &= ~np.uint64(bits(Reason.UNKNOWN_DIVISION, Reason.WRONG_CHECK_DIGIT, Reason.INNER_CODE_WRONG))
    good |= papers
    mark(flags, ~column.empty & ~np.isin(column.lengths, _LENGTHS) & ~papers, Reason.WRONG_LENGTH)
    return Cleaned.of(with_nulls(column.texts, ~good), flags)


def _plain(column: TextColumn) -> Mask:
    """Rows of a known length in capitals and digits, not one character over and over."""
    plain = np.zeros(len(column), dtype=bool)
    for width in _LENGTHS:
        rows = np.flatnonzero(column.lengths == width)
        if len(rows):
            matrix = column.matrix(rows, width)
            inside = (matrix - np.uint8(48) <= 9) | (matrix - np.uint8(65) <= 25)
            plain[rows] = inside.all(axis=1) & (matrix != matrix[:, :1]).any(axis=1)
    return plain


def _judge(text: str) -> tuple[str | None, int]:
    candidate, flags = identifier_candidate(text, keep="-")
    if candidate is None or "-" not in candidate:
        return candidate, flags
    return candidate.replace("-", ""), flags | bits(Reason.SEPARATOR_UNIFIED)


def _of_fifteen(column: TextColumn, flags: Flags) -> Mask:
    """Say which rows open with a division; doubt those whose organisation code fails its check."""
    good = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 15)
    matrix = column.matrix(rows, 15)
    divided = _known_division(matrix)
    inner = organisation_checks(matrix[:, 6:15])
    flags[rows[divided & ~inner]] |= np.uint64(bits(Reason.INNER_CODE_WRONG))
    flags[rows[~divided]] |= np.uint64(bits(Reason.UNKNOWN_DIVISION))
    good[rows] = divided
    return good


def _of_eighteen(column: TextColumn, flags: Flags) -> Mask:
    """Say which rows are a right credit code or citizen number; the numbers of foreigners have no known check."""
    good = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 18)
    texts = column.texts.take(pa.array(rows))
    foreign = pc.match_substring_regex(texts, "^[CHMTW](19|20)[0-9]{14}[0-9X]$").to_numpy(zero_copy_only=False)
    right = uscc.check(texts) | citizen_id.check(texts) | foreign
    flags[rows[~right]] |= np.uint64(bits(Reason.WRONG_CHECK_DIGIT))
    good[rows] = right
    return good


def _of_twenty(column: TextColumn, flags: Flags) -> Mask:
    """Say which rows hold a right citizen number and a count behind it."""
    good = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 20)
    texts = column.texts.take(pa.array(rows))
    right = citizen_id.check(pc.utf8_slice_codeunits(texts, 0, 18))
    old = citizen_id.clean(pc.utf8_slice_codeunits(texts, 0, 15)).values
    right |= old.is_valid().to_numpy(zero_copy_only=False) & pc.ends_with(texts, "00000").to_numpy(zero_copy_only=False)
    right &= pc.match_substring_regex(texts, "[0-9]{2}$").to_numpy(zero_copy_only=False)
    flags[rows[~right]] |= np.uint64(bits(Reason.WRONG_CHECK_DIGIT))
    good[rows] = right
    return good


def _of_papers(column: TextColumn) -> Mask:
    """Say which rows are a permanent resident's number, or letters and 7 or 8 digits like a passport or permit."""
    found: Mask = new_permanent(column)
    maybe: Mask = pc.match_substring_regex(column.texts, "^[A-Z]{1,2}[0-9]{7,8}$").to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(column.lengths == 15).tolist():
        found[row] = old_permanent_right(column.texts[row].as_py())
    return found | maybe


def _known_division(matrix: npt.NDArray[np.uint8]) -> Mask:
    digits = matrix[:, :6] - np.uint8(48)
    numeric = digits.max(axis=1, initial=0) <= 9
    numbers = digits.astype(np.int64) @ np.array([100_000, 10_000, 1_000, 100, 10, 1])
    known: Mask = ever_divisions()[np.where(numeric, numbers, 0)] & numeric
    return known


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether it is a number that `clean` would keep; null is not."""
    kept: npt.NDArray[np.bool_] = clean(values).values.is_valid().to_numpy(zero_copy_only=False)
    return kept


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `number`, and `organisation`: the nine characters of the organisation code inside, null where none is."""
    column = TextColumn(values)
    number = with_nulls(column.texts, column.empty)
    nothing = pa.scalar(None, pa.string())
    unified = pc.if_else(pa.array(uscc.check(number)), pc.utf8_slice_codeunits(number, 8, 17), nothing)
    old = pc.if_else(pa.array(column.lengths == 15), pc.utf8_slice_codeunits(number, 6, 15), nothing)
    return {"number": number, "organisation": pc.coalesce(unified, old)}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`."""
    return compare_identifiers(left, right, _inner_number)


def _inner_number(longer: TextColumn, shorter: TextColumn) -> Mask:
    """Say where the shorter is what the longer was made of: region and organisation code, or a citizen number."""
    old = pc.equal(pc.utf8_slice_codeunits(longer.texts, 2, 17), shorter.texts).to_numpy(zero_copy_only=False)
    old = old & (longer.lengths == 18) & (shorter.lengths == 15)
    own = pc.equal(pc.utf8_slice_codeunits(longer.texts, 0, 18), shorter.texts).to_numpy(zero_copy_only=False)
    return np.asarray(old | (own & (longer.lengths == 20)), dtype=bool)


def mask(values: pa.Array) -> pa.Array:
    """Return the first six and the last two characters: 130302*********7X; anything else all hidden.

    A sole trader's number is the citizen number, so that the birth date is among what is hidden.
    """
    column = TextColumn(values)
    known = pa.array(np.isin(column.lengths, _LENGTHS) & _plain(column))
    stars = pc.binary_repeat("*", pa.array(np.maximum(column.lengths - 8, 0)))
    shown = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(column.texts, 0, 6), stars, pc.utf8_slice_codeunits(column.texts, -2, None), ""
    )
    return with_nulls(pc.if_else(known, shown, "******"), column.empty)

"""Numbers of persons' documents, judged by the type the department says, or by the type the number proves."""

from __future__ import annotations

import datetime
import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values import citizen_id
from values.cleaned import BIT, Cleaned, Flags, Mask, bits, mark, no_flags
from values.document_types import (
    CITIZEN,
    FREE_FORM,
    HOUSEHOLD_BOOK,
    OTHER,
    PERMANENT,
    RESIDENCE,
    TYPES,
    fits,
    proven_types,
)  # fmt: skip
from values.identifier_likeness import LEVELS as LEVELS
from values.identifier_likeness import OTHER_FORM, SAME, compare_identifiers
from values.identifier_text import identifier_candidate
from values.text_column import TextColumn, replaced_rows, with_nulls
from values.text_forms import is_number_sentinel, single_spaces, suspicious_form, tidy

Types = npt.NDArray[np.object_]

_LONGEST = 40
_MASKED = re.compile(r".*\*{2,}.*")


def clean(texts: pa.Array, *, types: pa.Array | None = None, as_of: datetime.date | None = None) -> Cleaned:
    """Return the numbers (null: none, or unusable) with every reason found.

    `types` holds codes of the city's table `document_type`, a row each; null or unknown ones are not held against the
    number. A number that proves another type than the row says stays, TYPE_CONTRADICTED; `infer_types` names its type.
    """
    column = TextColumn(texts)
    said = _said(types, len(column))
    free = np.isin(said, FREE_FORM)
    candidates, flags = column.judged(~free & ~column.empty, identifier_candidate)
    loose, loose_flags = TextColumn(candidates).judged(free & ~column.empty, _judge_free)
    candidate = TextColumn(loose)
    flags |= loose_flags
    proven = proven_types(candidate.texts, said)
    contradicted = _contradicted(said, proven)
    mark(flags, contradicted, Reason.TYPE_CONTRADICTED)
    values = _as_citizens(column, candidate, _read_as_citizen(column, candidate, said, proven), flags, as_of)
    unusable = np.zeros(len(column), dtype=bool)
    for row in np.flatnonzero((proven == "") & ~_citizen_like(candidate, said) & ~candidate.empty).tolist():
        fault = _fault(said[row], candidate.texts[row].as_py())
        flags[row] |= np.uint64(fault)
        unusable[row] = fault != 0
    return Cleaned.of(with_nulls(values, unusable | TextColumn(values).empty), flags)


def _said(types: pa.Array | None, count: int) -> Types:
    """Return the type each row says, "" where it says none that is known."""
    if types is None:
        return np.full(count, "", dtype=object)
    texts = TextColumn(types).texts.to_numpy(zero_copy_only=False).astype(object)
    return np.where(np.isin(texts, TYPES), texts, "").astype(object)


def _contradicted(said: Types, proven: Types) -> Mask:
    """Rows that prove another type than they say.

    A household book carries its holder's citizen number; "other" is what a list without the right word has to say.
    """
    book = (said == HOUSEHOLD_BOOK) & (proven == CITIZEN)
    unnamed = (said == OTHER) & (proven != CITIZEN)
    unlike: Mask = (proven != "") & (said != "") & (proven != said) & ~book & ~unnamed
    return unlike


def _citizen_like(candidate: TextColumn, said: Types) -> Mask:
    """Rows that are to be read as an identity number: said to be, or untyped and of its length."""
    untyped = (said == "") & ((candidate.lengths == 18) | (candidate.lengths == 15))
    like: Mask = np.isin(said, (CITIZEN, RESIDENCE)) | untyped
    like |= (said == PERMANENT) & (candidate.lengths == 18)
    return like


def _read_as_citizen(column: TextColumn, candidate: TextColumn, said: Types, proven: Types) -> npt.NDArray[np.int64]:
    return np.flatnonzero(_citizen_like(candidate, said) & (proven == "") & ~column.empty)


def _as_citizens(
    column: TextColumn,
    candidate: TextColumn,
    rows: npt.NDArray[np.int64],
    flags: Flags,
    as_of: datetime.date | None,
) -> pa.Array:
    """Return the candidates with the given rows read as citizen numbers, and the reasons of those rows replaced."""
    if not len(rows):
        return candidate.texts
    read = citizen_id.clean(column.texts.take(pa.array(rows)), as_of=as_of)
    fresh = no_flags(len(rows))
    for finding in read.findings:
        fresh[finding.rows] |= np.uint64(BIT[finding.reason])
    flags[rows] = fresh
    return replaced_rows(candidate.texts, rows, read.values)


def _judge_free(text: str) -> tuple[str | None, int]:
    """Return the number of a document that has no set form: an officer's, a foreign one."""
    shown, flags = tidy(text)
    if shown is None:
        return None, flags
    if is_number_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    shown, flags = single_spaces(shown, flags)
    if len(shown) > _LONGEST:
        return None, flags | bits(Reason.TOO_LONG)
    if _MASKED.fullmatch(shown):
        return None, flags | bits(Reason.MASKED)
    upper = "".join(letter.upper() if letter.isascii() else letter for letter in shown)
    form = suspicious_form(shown)
    if form:
        return None, flags | form | bits(Reason.WRONG_CHARACTER)
    return upper, flags if upper == shown else flags | bits(Reason.CASE_FOLDED)


def _fault(said: str, text: str) -> int:
    """Return why a number without check digit does not fit what the row says; 0 when it may."""
    if len(text) > _LONGEST:
        return bits(Reason.TOO_LONG)
    if fits(said or OTHER, text):
        return 0
    if said == PERMANENT and re.fullmatch(r"[A-Z]{3}[0-9]{12}", text):
        return bits(Reason.WRONG_CHECK_DIGIT)
    if not re.search("[0-9]", text):
        return bits(Reason.WRONG_CHARACTER)
    return bits(Reason.WRONG_LENGTH)


def infer_types(values: pa.Array, types: pa.Array | None = None) -> pa.Array:
    """Return the type of each clean number: what it proves, else what the row says; null where neither tells."""
    column = TextColumn(values)
    said = _said(types, len(column))
    proven = proven_types(column.texts, said)
    keep = (proven == "") | ((said == HOUSEHOLD_BOOK) & (proven == CITIZEN))
    chosen = np.where(keep, said, proven)
    return pa.array([kind or None for kind in chosen.tolist()], pa.string())


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether the number proves its type by a check digit."""
    proven: npt.NDArray[np.bool_] = proven_types(TextColumn(values).texts) != ""
    return proven


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return `number`: capitals and digits only, so that brackets and dashes count for nothing."""
    column = TextColumn(values)
    number = pc.replace_substring_regex(column.texts, r"[^0-9A-Za-z\p{Han}]", "")
    return {"number": with_nulls(number, pc.equal(number, "").to_numpy(zero_copy_only=False))}


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.identifier_likeness`. Brackets, dashes and case aside, a number is another form."""
    texts = [TextColumn(side).texts for side in (left, right)]
    first, second = (pc.coalesce(keys(side)["number"], side) for side in texts)
    levels = compare_identifiers(first, second, citizen_id.fifteen_of)
    levels[(levels == SAME) & ~pc.equal(*texts).to_numpy(zero_copy_only=False)] = OTHER_FORM
    return levels


def mask(values: pa.Array) -> pa.Array:
    """Return 130302********1234 for 18 characters; else the first and the last two characters with stars between."""
    column = TextColumn(values)
    length = pa.array(column.points.lengths)
    ends = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(column.texts, 0, 1), "*****", pc.utf8_slice_codeunits(column.texts, -2, None), ""
    )
    short = pc.if_else(pc.greater_equal(length, 8), ends, "*****")
    citizen = pc.match_substring_regex(column.texts, r"^[0-9]{17}[0-9Xx]$")
    shown = pc.if_else(citizen, citizen_id.mask(column.texts), short)
    return with_nulls(shown, column.empty)

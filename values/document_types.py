"""The types of persons' documents and what their numbers look like."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values import citizen_id
from values.cleaned import Mask
from values.identity_digits import read_digits
from values.text_column import TextColumn

CITIZEN = "citizen_id"
RESIDENCE = "hk_macao_taiwan_residence"
PERMANENT = "permanent_residence"
HK_MACAO = "hk_macao_permit"
TAIWAN = "taiwan_permit"
PASSPORT = "passport"
FOREIGN_PASSPORT = "foreign_passport"
HOUSEHOLD_BOOK = "household_book"
OFFICER = "officer"
OTHER = "other"
TYPES = (CITIZEN, HOUSEHOLD_BOOK, PASSPORT, FOREIGN_PASSPORT, HK_MACAO, TAIWAN, RESIDENCE, PERMANENT, OFFICER, OTHER)
FREE_FORM = (OFFICER, OTHER, HOUSEHOLD_BOOK)  # their numbers may hold any characters

# A form without a check digit proves no type: passports of other countries are M or H and eight digits, too. It speaks
# only against papers that never look like this (`_NEVER_LETTERED`).
_FORMS: dict[str, str] = {
    HK_MACAO: r"[HM][0-9]{8}(?:[0-9]{2})?",
    TAIWAN: r"[0-9]{8}|[0-9]{10}",
    PASSPORT: r"[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP]E?[0-9]{7}|K[0-9]{8}|KJ[0-9]{7}|MA[0-9]{7}|1[45][0-9]{7}",
    FOREIGN_PASSPORT: r"(?=.*[0-9])[A-Z0-9]{5,15}",  # a number has a digit: a name in its place has none
    PERMANENT: r"(?!)",
    HOUSEHOLD_BOOK: r"(?=.*[0-9]).{4,30}",
    OFFICER: r"(?=.*[0-9]).{4,30}",
    OTHER: r"(?=.*[0-9]).{2,40}",
}
_PATTERNS = {name: re.compile(form) for name, form in _FORMS.items()}
_OLD_PERMANENT = re.compile(r"[A-Z]{3}[0-9]{12}")
_NEVER_LETTERED = (CITIZEN, RESIDENCE, TAIWAN)
_ICAO_WEIGHTS = (7, 3, 1)


def old_permanent_right(text: str) -> bool:
    """Say whether a 2004/2017 permanent residence number (3 letters, 12 digits) ends in its ICAO 7-3-1 check digit."""
    if not _OLD_PERMANENT.fullmatch(text):
        return False
    worth = [int(letter, 36) for letter in text]
    return sum(value * _ICAO_WEIGHTS[place % 3] for place, value in enumerate(worth[:14])) % 10 == worth[14]


def fits(kind: str, text: str) -> bool:
    """Say whether an ASCII number in capitals has the form of a document type that has no check digit."""
    pattern = _PATTERNS.get(kind)
    return pattern is not None and pattern.fullmatch(text) is not None


def new_permanent(column: TextColumn) -> Mask:
    """Rows with a right permanent residence number of 2023: 9, 18 digits, a real birth date, MOD 11-2."""
    found = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero(column.lengths == 18)
    matrix = column.matrix(rows, 18)
    said = read_digits(matrix)
    found[rows] = said.checked & (matrix[:, 0] == 57) & said.born(None)
    return found


def proven_types(texts: pa.Array, said: npt.NDArray[np.object_] | None = None) -> npt.NDArray[np.object_]:
    """Return, per number, the one type its form and check digit prove, or "" where several or none fit.

    `said` is the type each row states: a number of the form of a travel permit proves one where the row states a
    paper that has no letter in front.
    """
    column = TextColumn(texts)
    types = np.full(len(column), "", dtype=object)
    right = citizen_id.check(column.texts)
    residence = pc.match_substring_regex(column.texts, r"^8[123]0000").to_numpy(zero_copy_only=False)
    types[right] = CITIZEN
    types[right & residence] = RESIDENCE
    types[new_permanent(column)] = PERMANENT
    for row in np.flatnonzero((column.lengths >= 9) & (column.lengths <= 15) & (types == "")).tolist():
        text = column.texts[row].as_py()
        if old_permanent_right(text):
            types[row] = PERMANENT
        elif said is not None and said[row] in _NEVER_LETTERED and fits(HK_MACAO, text):
            types[row] = HK_MACAO
    return types

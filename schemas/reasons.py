"""Reason codes: every change or doubt of a value on its way from a source cell to a golden cell has one of these.

`Effect` says what a reason does to the statement that carries it:

* CHANGED: the value was rewritten without loss of meaning; the statement goes on.
* DOUBTFUL: the value is kept or dropped to null, the statement goes on with the issue beside it.
* UNUSABLE: the value cannot be used. The field's severity in the standard or the contract decides whether the
  statement is quarantined (critical) or goes on without the value (otherwise).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Effect(Enum):
    CHANGED = "changed"
    DOUBTFUL = "doubtful"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class Sentence:
    """What a reason means, for people: Chinese first, English second."""

    zh: str
    en: str
    effect: Effect


class Reason(Enum):
    """One code per kind of change or doubt; `.value` is the text stored in the lake."""

    # form of the text
    SPACES_REMOVED = "spaces_removed"
    WIDTH_FOLDED = "width_folded"
    INVISIBLE_REMOVED = "invisible_removed"
    CONTROL_REMOVED = "control_removed"
    PRIVATE_USE_MAPPED = "private_use_mapped"
    PRIVATE_USE_UNKNOWN = "private_use_unknown"
    COMPATIBILITY_FOLDED = "compatibility_folded"
    SEPARATOR_UNIFIED = "separator_unified"
    BRACKETS_UNIFIED = "brackets_unified"
    CASE_FOLDED = "case_folded"
    ACCENTS_COMPOSED = "accents_composed"
    NOTE_REMOVED = "note_removed"
    DAMAGED_TEXT = "damaged_text"
    TOO_LONG = "too_long"
    FORMULA_LIKE = "formula_like"
    MARKUP_LIKE = "markup_like"
    SEVERAL_VALUES = "several_values"
    # nothing there
    SENTINEL = "sentinel"
    MASKED = "masked"
    MISSING_REQUIRED = "missing_required"
    # identifiers
    WRONG_LENGTH = "wrong_length"
    WRONG_CHARACTER = "wrong_character"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    WRONG_DATE_INSIDE = "wrong_date_inside"
    UNKNOWN_DIVISION = "unknown_division"
    UPGRADED_FROM_15 = "upgraded_from_15"
    BORN_BEFORE_1900 = "born_before_1900"
    FLOAT_DAMAGED = "float_damaged"
    LOOKALIKE_X = "lookalike_x"
    TYPE_CONTRADICTED = "type_contradicted"
    INNER_CODE_WRONG = "inner_code_wrong"
    CHECK_DIGIT_DOUBTED = "check_digit_doubted"
    # names
    NOT_A_NAME = "not_a_name"
    NAME_IS_NUMBER = "name_is_number"
    # dates
    DATE_REFORMATTED = "date_reformatted"
    EXCEL_SERIAL = "excel_serial"
    IMPOSSIBLE_DATE = "impossible_date"
    DATE_OUT_OF_RANGE = "date_out_of_range"
    # amounts
    NOT_A_NUMBER = "not_a_number"
    # phones
    PREFIX_REMOVED = "prefix_removed"
    AREA_CODE_ADDED = "area_code_added"
    NOT_A_PHONE = "not_a_phone"
    # addresses
    AMBIGUOUS_PLACE = "ambiguous_place"
    UNLISTED_PLACE = "unlisted_place"
    UNPARSED_ADDRESS = "unparsed_address"
    # codes
    CODE_TRANSLATED = "code_translated"
    UNKNOWN_CODE = "unknown_code"
    # agreement inside a row
    SEX_CONTRADICTS_NUMBER = "sex_contradicts_number"
    BIRTH_CONTRADICTS_NUMBER = "birth_contradicts_number"
    COLUMNS_SWAPPED = "columns_swapped"
    SPLIT_MISMATCH = "split_mismatch"
    # rows and statements
    NULL_KEY = "null_key"
    REPEATED_KEY = "repeated_key"
    RAGGED_ROW = "ragged_row"
    DANGLING_REFERENCE = "dangling_reference"
    PARTY_QUARANTINED = "party_quarantined"
    MISSING_PARTY = "missing_party"

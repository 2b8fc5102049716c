"""Which reason codes are the right answer to each kind of error that the demo city plants.

Errors are named by how they were made, reasons by what can be seen. A digit wrong in a number may spoil its date, its
division or only its check; so a kind of error has several right answers, and everything else is a wrong one.
"""

from __future__ import annotations

from schemas.reasons import Reason

# a number that is no right number, for whatever it shows
WRONG_NUMBER = {
    Reason.WRONG_CHECK_DIGIT,
    Reason.WRONG_DATE_INSIDE,
    Reason.UNKNOWN_DIVISION,
    Reason.WRONG_LENGTH,
    Reason.WRONG_CHARACTER,
    Reason.FLOAT_DAMAGED,
    Reason.NOT_A_PHONE,
    Reason.IMPOSSIBLE_DATE,
    Reason.DATE_OUT_OF_RANGE,
    Reason.SENTINEL,
    Reason.INNER_CODE_WRONG,
    Reason.TYPE_CONTRADICTED,
    Reason.CHECK_DIGIT_DOUBTED,
}
# a cell that another cell of its row contradicts
CONTRADICTIONS = {
    Reason.SEX_CONTRADICTS_NUMBER,
    Reason.BIRTH_CONTRADICTS_NUMBER,
    Reason.TYPE_CONTRADICTED,
    Reason.COLUMNS_SWAPPED,
    Reason.SPLIT_MISMATCH,  # names and numbers of several owners
}
# of a cell with another's content: whatever its column says to a stranger, and that both were swapped
STRANGER = {
    Reason.COLUMNS_SWAPPED,
    Reason.NOT_A_NAME,
    Reason.NAME_IS_NUMBER,
    Reason.UNKNOWN_CODE,
    Reason.WRONG_CHARACTER,
    Reason.WRONG_LENGTH,
    Reason.TYPE_CONTRADICTED,
    Reason.NOT_A_PHONE,
}

ACCEPTED: dict[str, set[Reason]] = {
    # 0518… for a mobile 1518… reads as a land line without its dash
    "wrong_digit": WRONG_NUMBER | {Reason.SEPARATOR_UNIFIED},
    "transposed": WRONG_NUMBER,
    "doubled": WRONG_NUMBER,
    "shortened": WRONG_NUMBER,
    "wrong_but_passing": set(),
    "keypad_passing": set(),
    # of a number rounded to what a float can hold, nothing tells a wrong digit apart
    "float_damaged": {Reason.FLOAT_DAMAGED, Reason.WRONG_CHECK_DIGIT},
    "mask": {Reason.MASKED},
    "starred": {Reason.MASKED},
    "old_fifteen": {Reason.UPGRADED_FROM_15},
    "lower_x": {Reason.CASE_FOLDED, Reason.LOOKALIKE_X},
    "full_width": {Reason.WIDTH_FOLDED},
    "spaced": {Reason.SPACES_REMOVED},
    "inner_space": {Reason.SPACES_REMOVED},
    "invisible": {Reason.INVISIBLE_REMOVED},
    "sentinel": {Reason.SENTINEL, Reason.MISSING_REQUIRED},
    # 扎西 次仁 may be one name typed apart
    "separator": {Reason.SEPARATOR_UNIFIED, Reason.SPACES_REMOVED},
    "clerk_mark": {Reason.NOTE_REMOVED, Reason.MASKED},  # the mark may be a star
    "rare_lost": {Reason.DAMAGED_TEXT, Reason.PRIVATE_USE_MAPPED},
    "clipped": {Reason.NOT_A_NAME},
    # unreadable where the contract does not expect it
    "excel_serial": {Reason.EXCEL_SERIAL, Reason.IMPOSSIBLE_DATE},
    "date_sentinel": {Reason.SENTINEL, Reason.MISSING_REQUIRED},
    "date_in_words": {Reason.DATE_REFORMATTED},
    "impossible_date": {Reason.IMPOSSIBLE_DATE},
    "year_off": {Reason.DATE_OUT_OF_RANGE, Reason.IMPOSSIBLE_DATE},  # 29 February of another year
    "month_day_swapped": {Reason.IMPOSSIBLE_DATE, Reason.DATE_OUT_OF_RANGE},
    "out_of_table": {Reason.UNKNOWN_CODE, Reason.SENTINEL, Reason.MISSING_REQUIRED},  # one is a question mark
    "lost_zero": {Reason.UNKNOWN_CODE},
    "other_sex": set(),
    "country_prefix": {Reason.PREFIX_REMOVED},
    "half_brackets": {Reason.BRACKETS_UNIFIED},
    "confused_letter": {Reason.WRONG_CHARACTER, Reason.CASE_FOLDED},
    "control_character": {Reason.CONTROL_REMOVED, Reason.DAMAGED_TEXT},
    "null_character": {Reason.CONTROL_REMOVED, Reason.DAMAGED_TEXT},
    "formula": {Reason.FORMULA_LIKE},
    "overlong": {Reason.TOO_LONG},
    "swapped_columns": STRANGER,
    "crossed_parties": set(),
    "copied_from_row_above": STRANGER,  # a number of another paper, say
    "part_missing": {Reason.SPLIT_MISMATCH},
    "null_key": {Reason.NULL_KEY},
    "repeated_key": {Reason.REPEATED_KEY},
}

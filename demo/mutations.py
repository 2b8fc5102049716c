"""How one cell goes wrong. Each kind takes the right text and three draws in [0, 1) and returns the wrong text or None.

None means that this error cannot happen to this value. `RECOVERABLE` names the kinds whose original a careful reader
can restore from the wrong text alone: form, not content, was damaged.
"""

from __future__ import annotations

from collections.abc import Callable

from demo.field_errors import (
    branch_added,
    city_prefix,
    confused_letter,
    control_character,
    country_prefix,
    date_in_words,
    date_sentinel,
    excel_serial,
    formula,
    half_brackets,
    house_number_off,
    impossible_date,
    legal_form,
    lost_zero,
    month_day_swapped,
    null_character,
    other_sex,
    out_of_table,
    overlong,
    part_missing,
    year_off,
)
from demo.name_errors import (
    clerk_mark,
    clipped,
    homophone,
    inner_space,
    lookalike,
    married_name,
    rare_lost,
    separator,
    starred,
    swapped_order,
    traditional,
    variant,
)
from demo.number_errors import (
    doubled,
    float_damaged,
    full_width,
    invisible,
    keypad_passing,
    lower_x,
    mask,
    old_fifteen,
    sentinel,
    shortened,
    spaced,
    transposed,
    wrong_but_passing,
    wrong_digit,
)

Mutation = Callable[[str, float, float, float], "str | None"]
KINDS: dict[str, Mutation] = {
    one.__name__: one
    for one in (
        wrong_digit,
        transposed,
        wrong_but_passing,
        keypad_passing,
        float_damaged,
        mask,
        old_fifteen,
        lower_x,
        full_width,
        spaced,
        invisible,
        sentinel,
        shortened,
        doubled,
        homophone,
        variant,
        lookalike,
        traditional,
        separator,
        swapped_order,
        clipped,
        married_name,
        clerk_mark,
        starred,
        inner_space,
        rare_lost,
        month_day_swapped,
        year_off,
        excel_serial,
        date_sentinel,
        date_in_words,
        impossible_date,
        out_of_table,
        lost_zero,
        other_sex,
        country_prefix,
        legal_form,
        city_prefix,
        half_brackets,
        branch_added,
        confused_letter,
        control_character,
        null_character,
        formula,
        overlong,
        house_number_off,
        part_missing,
    )
}
RECOVERABLE = frozenset(
    [
        "old_fifteen",
        "lower_x",
        "full_width",
        "spaced",
        "invisible",
        "separator",
        "clerk_mark",
        "inner_space",
        "excel_serial",
        "date_in_words",
        "lost_zero",
        "country_prefix",
        "half_brackets",
        "control_character",
        "null_character",
        "swapped_columns",
        "identical_row",
    ]
)

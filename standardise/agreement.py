"""Cross-checks inside one statement: a number says sex and birth date too, and neighbouring columns get swapped."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contract import Emit, FieldMapping
from schemas.reasons import Reason
from standardise.cleaning import clean_kind
from standardise.notes import Notes
from standardise.plan import IDENTIFIER, TablePlan
from values import citizen_id
from values.document_types import new_permanent
from values.text_column import TextColumn

Positions = npt.NDArray[np.int64]
MEN_AND_WOMEN = pa.array(["1", "2"])  # GB/T 2261.1; unknown and unstated sex contradict nothing
FEWEST_SHARED = 2  # letters that the names of a code column and its label column must share


def check_number(values: dict[str, pa.Array], notes: Notes) -> None:
    """Note the statements whose sex or birth date is not what the number says. Values stay as they are."""
    numbers = _telling_numbers(values)
    if numbers is None:
        return
    if "sex" in values:
        stated = pc.is_in(values["sex"], value_set=MEN_AND_WOMEN)
        differs = pc.and_(stated, pc.fill_null(pc.not_equal(values["sex"], citizen_id.sexes(numbers)), False))
        notes.add("sex", Reason.SEX_CONTRADICTS_NUMBER, _rows(differs))
    if "birth_date" in values:
        differs = pc.fill_null(pc.not_equal(values["birth_date"], citizen_id.birth_dates(numbers)), False)
        notes.add("birth_date", Reason.BIRTH_CONTRADICTS_NUMBER, _rows(differs))


def _telling_numbers(values: dict[str, pa.Array]) -> pa.Array | None:
    """Return citizen ids, and permanent residents' numbers of the same form where there is no citizen id."""
    numbers, others = values.get("citizen_id"), values.get("document_number")
    if numbers is None or others is None or others.null_count == len(others):
        return numbers
    permanent = pa.array(new_permanent(TextColumn(others)))
    return pc.coalesce(numbers, pc.if_else(permanent, others, pa.scalar(None, pa.string())))


def check_swapped(texts: dict[str, pa.Array], emit: Emit, plan: TablePlan, notes: Notes) -> None:
    """Note statements where two columns hold each other's content: only where both sides prove it.

    `texts` are the raw texts by mapping. Looks at pairs of code columns and at the name beside the number.
    """
    codes = [mapping for mapping in emit.fields if mapping.field in texts and _is_code(emit, mapping, plan)]
    for left, right in combinations(codes, 2):
        first, second = (notes.rows_with(mapping.field, Reason.UNKNOWN_CODE) for mapping in (left, right))
        rows = np.intersect1d(first, second, assume_unique=True)
        if len(rows):
            swapped = _reads_as(texts[left.field], right, rows, emit, plan)
            swapped &= _reads_as(texts[right.field], left, rows, emit, plan)
            _note_both(notes, left.field, right.field, rows[swapped])
    _check_name_and_number(texts, emit, plan, notes)


def check_label_columns(
    texts: dict[str, pa.Array], others: dict[str, pa.Array], emit: Emit, plan: TablePlan, notes: Notes
) -> None:
    """Note codes that hold the label of the code table while their label column holds the code (XB=2, XBDM=男).

    `others` are the row's columns that the contract ignores; a label column shares the start of its code column's name.
    """
    for mapping in emit.fields:
        if mapping.field not in texts or not _is_code(emit, mapping, plan):
            continue
        rows = notes.rows_with(mapping.field, Reason.UNKNOWN_CODE)
        twins = [name for name in others if _twins(name, mapping.columns[0])] if mapping.columns else []
        if not len(rows) or not twins:
            continue
        table = plan.code_tables[plan.standard_field(emit, mapping.field).codes]
        forms = {form for label in table.entries.values() for form in _short_forms(label.zh)}
        labels = pa.array(sorted(forms), pa.string())
        swapped = np.zeros(len(rows), bool)
        for name in twins:
            swapped |= _reads_as(others[name], mapping, rows, emit, plan)
        swapped &= pc.is_in(_trimmed(texts[mapping.field], rows), value_set=labels).to_numpy(zero_copy_only=False)
        notes.add(mapping.field, Reason.COLUMNS_SWAPPED, rows[swapped])


def check_words_elsewhere(
    texts: dict[str, pa.Array], cells: dict[str, list[pa.Array]], emit: Emit, plan: TablePlan, notes: Notes
) -> None:
    """Note unknown codes whose word stands in a text cell of the same row (性别=北庄村, 村=女).

    `cells` are the columns of the text fields, by field; a bare number there proves nothing, it may be a house's.
    """
    for mapping in emit.fields:
        if mapping.field not in texts or not _is_code(emit, mapping, plan):
            continue
        rows = notes.rows_with(mapping.field, Reason.UNKNOWN_CODE)
        if not len(rows):
            continue
        for name, columns in cells.items():
            swapped = np.zeros(len(rows), bool)
            for column in columns:
                word = pc.match_substring_regex(pc.fill_null(column.take(pa.array(rows)), ""), r"\p{L}")
                swapped |= _reads_as(column, mapping, rows, emit, plan) & word.to_numpy(zero_copy_only=False)
            _note_both(notes, mapping.field, name, rows[swapped])


def _check_name_and_number(texts: dict[str, pa.Array], emit: Emit, plan: TablePlan, notes: Notes) -> None:
    number = next((name for name in ("citizen_id", IDENTIFIER, "uscc") if name in texts), "")
    if "name" not in texts or not number:
        return
    filled = "uscc" if number == "uscc" else "citizen_id"
    count = len(texts["name"])
    doubtful = notes.unusable_rows(filled, count) | notes.unusable_rows("document_number", count)
    rows = np.flatnonzero(doubtful & notes.unusable_rows("name", count))
    if not len(rows):
        return
    take = pa.array(rows)
    as_number = clean_kind(filled, texts["name"].take(take), plan).values
    as_name = clean_kind(plan.standard_field(emit, "name").kind, texts[number].take(take), plan).values
    swapped = pc.and_(pc.is_valid(as_number), pc.is_valid(as_name)).to_numpy(zero_copy_only=False)
    _note_both(notes, "name", filled, rows[swapped])


def _is_code(emit: Emit, mapping: FieldMapping, plan: TablePlan) -> bool:
    return mapping.field != IDENTIFIER and plan.standard_field(emit, mapping.field).kind == "code"


def _reads_as(
    texts: pa.Array, mapping: FieldMapping, rows: Positions, emit: Emit, plan: TablePlan
) -> npt.NDArray[np.bool_]:
    """Say for each of `rows` whether the text is a code that the mapping's field takes."""
    table = plan.standard_field(emit, mapping.field).codes
    taken = plan.crosswalk(mapping.codes) if mapping.codes else plan.allowed(table)
    value_set = pa.array(sorted(taken), pa.string())
    flags: npt.NDArray[np.bool_] = pc.is_in(_trimmed(texts, rows), value_set=value_set).to_numpy(zero_copy_only=False)
    return flags


def _short_forms(label: str) -> tuple[str, ...]:
    """A label and the way people shorten it: 男性 and 男, 汉族 and 汉."""
    return (label, label[:-1]) if len(label) > 1 else (label,)


def _trimmed(texts: pa.Array, rows: Positions) -> pa.Array:
    return pc.utf8_trim_whitespace(texts.take(pa.array(rows)))


def _twins(name: str, column: str) -> bool:
    short, long = sorted((name.upper(), column.upper()), key=len)
    return len(short) >= FEWEST_SHARED and long.startswith(short) and short != long


def _note_both(notes: Notes, left: str, right: str, rows: Positions) -> None:
    notes.add(left, Reason.COLUMNS_SWAPPED, rows)
    notes.add(right, Reason.COLUMNS_SWAPPED, rows)


def _rows(flags: pa.Array) -> Positions:
    return np.flatnonzero(flags.to_numpy(zero_copy_only=False))

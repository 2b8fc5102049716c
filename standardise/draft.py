"""The statements of one emit before they are accepted: standard values, notes, parties and a state each."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.contract import Emit, FieldMapping
from schemas.reasons import Reason
from standardise.agreement import check_label_columns, check_number, check_swapped, check_words_elsewhere
from standardise.cleaning import clean_field, recipe
from standardise.identifier import Routing, route
from standardise.notes import Note, Notes
from standardise.plan import IDENTIFIER, TablePlan, fields_of
from standardise.source_text import Selection, SourceRows, placeholder_rows, select, taken, text_of
from values.cleaned import Cleaned

ACCEPTED, QUARANTINED, HELD = 0, 1, 2
STATE_NAMES = ("accepted", "quarantined", "held")  # in the order of the numbers

States = npt.NDArray[np.int8]


@dataclass
class Draft:
    """Statements in the order of `chosen`; `values` by standard field, `parties` by role, `states` one a statement."""

    emit: Emit
    chosen: Selection
    values: dict[str, pa.Array]
    texts: dict[str, pa.Array]  # raw texts by mapping
    notes: Notes
    states: States
    record_ids: pa.Array
    parties: dict[str, pa.Array] = field(default_factory=dict)
    critical: list[Note] = field(default_factory=list)  # why statements are quarantined
    holding: list[Note] = field(default_factory=list)  # why facts are held; `field` is the role

    def __len__(self) -> int:
        return len(self.chosen)

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        mask: npt.NDArray[np.bool_] = self.states == ACCEPTED
        return mask

    def count(self, state: int) -> int:
        return int((self.states == state).sum())


@dataclass(frozen=True)
class _Context:
    emit: Emit
    plan: TablePlan
    notes: Notes


def draft(source: SourceRows, emit: Emit, plan: TablePlan, chosen: Selection | None = None) -> Draft:
    """Return the statements of one emit with their values cleaned, cross-checked and judged; facts without parties.

    `chosen` says which rows emit it; without it the contract's `when_present` and `split` do.
    """
    notes = Notes()
    chosen = chosen if chosen is not None else select(source, emit, plan, notes)
    texts = {mapping.field: text_of(source, mapping, chosen) for mapping in emit.fields}
    values: dict[str, pa.Array] = {}
    for mapping in emit.fields:
        values.update(_values(source, mapping, texts[mapping.field], chosen, _Context(emit, plan, notes)))
    check_number(values, notes)
    check_swapped(texts, emit, plan, notes)
    if any(note.reason is Reason.UNKNOWN_CODE for note in notes.entries):  # a swap may explain it
        check_label_columns(texts, _ignored(source, chosen, plan), emit, plan, notes)
        check_words_elsewhere(texts, _text_cells(source, emit, chosen, plan), emit, plan, notes)
    _check_required(values, emit, plan, notes)
    states = np.zeros(len(chosen), np.int8)
    critical = _critical(emit, plan, notes, states)
    return Draft(emit, chosen, values, texts, notes, states, record_ids(source.keys, emit, chosen, plan), {}, critical)


def record_ids(keys: pa.Array, emit: Emit, chosen: Selection, plan: TablePlan) -> pa.Array:
    """Return the record id of each statement; a second part of a row is the statement `<name>#2`."""
    own = taken(keys, chosen, len(keys))
    if chosen.whole:
        return plan.record_ids(plan.table.name, emit.name, own)
    ids = np.empty(len(chosen), object)
    for part in np.unique(chosen.parts):
        rows = np.flatnonzero(chosen.parts == part)
        name = emit.name if part == 0 else f"{emit.name}#{part + 1}"
        ids[rows] = plan.record_ids(plan.table.name, name, own.take(pa.array(rows))).to_numpy(zero_copy_only=False)
    return pa.array(ids, pa.string())


def _values(
    source: SourceRows, mapping: FieldMapping, texts: pa.Array, chosen: Selection, context: _Context
) -> dict[str, pa.Array]:
    if mapping.field == IDENTIFIER:
        types = pa.nulls(len(chosen), pa.string())
        if mapping.type_column:
            types = taken(source.column(mapping.type_column), chosen, len(source))
        return route(texts, types, mapping, Routing(context.emit, context.plan, context.notes)).columns()
    cleaned = _cleaned_once(source, mapping, texts, chosen, context)
    context.notes.add_findings(mapping.field, cleaned.findings)
    context.notes.add(mapping.field, Reason.SENTINEL, placeholder_rows(source, mapping, chosen))
    return {mapping.field: cleaned.values}


def _cleaned_once(
    source: SourceRows, mapping: FieldMapping, texts: pa.Array, chosen: Selection, context: _Context
) -> Cleaned:
    """Clean a field, unless another emit of the same rows has made the same of the same cells."""
    if mapping.split or not mapping.columns or len(chosen) < len(source) or not chosen.whole:
        return clean_field(texts, context.emit, mapping, context.plan)
    made = recipe(context.emit, mapping, context.plan)
    if made not in source.cleaned:
        source.cleaned[made] = clean_field(texts, context.emit, mapping, context.plan)
    return source.cleaned[made]


def _ignored(source: SourceRows, chosen: Selection, plan: TablePlan) -> dict[str, pa.Array]:
    """Return the columns that the contract ignores, as far as they were landed."""
    present = [name for name in plan.table.ignore if name in source.raw.column_names]
    return {name: taken(source.column(name), chosen, len(source)) for name in present}


def _text_cells(source: SourceRows, emit: Emit, chosen: Selection, plan: TablePlan) -> dict[str, list[pa.Array]]:
    """Return the columns behind each field of free text, cell by cell where the contract joins several."""
    return {
        mapping.field: [taken(source.column(name), chosen, len(source)) for name in mapping.columns]
        for mapping in emit.fields
        if mapping.field != IDENTIFIER and plan.standard_field(emit, mapping.field).kind in ("text", "address")
    }


def _check_required(values: dict[str, pa.Array], emit: Emit, plan: TablePlan, notes: Notes) -> None:
    for name, column in values.items():
        if plan.standard_field(emit, name).required:
            missing = pc.is_null(column).to_numpy(zero_copy_only=False)
            missing &= ~notes.unusable_rows(name, len(column))  # what was unusable is already said
            notes.add(name, Reason.MISSING_REQUIRED, np.flatnonzero(missing))


def _critical(emit: Emit, plan: TablePlan, notes: Notes, states: States) -> list[Note]:
    """Return the notes that quarantine: unusable values of fields whose severity is critical; mark their states.

    Beside an unusable value it helps to know that the columns seem swapped: that note goes with it.
    """
    names = {name for mapping in emit.fields for name in fields_of(mapping)}
    critical = {name for name in names if plan.severity(emit, name) == "critical"}
    found = [note for note in notes.entries if note.unusable and note.field in critical]
    for note in found:
        states[note.rows] = QUARANTINED
    swapped = [one for one in notes.entries if one.reason is Reason.COLUMNS_SWAPPED and one.field in critical]
    return found + [Note(one.field, one.reason, one.rows[states[one.rows] == QUARANTINED]) for one in swapped]

"""What was refused and why: whole rows, statements with an unusable value, facts held for a party."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reason_sentences import SENTENCES
from schemas.reasons import Effect, Reason
from standardise.draft import HELD, QUARANTINED, Draft
from standardise.notes import Note
from standardise.plan import TablePlan, mapping_of, source_columns
from standardise.sift import ROW_REASONS, Fate
from standardise.source_text import SourceRows
from standardise.source_time import TIMESTAMP, source_times
from values.row_identity import source_keys

QUARANTINE_SCHEMA = pa.schema(
    [
        ("batch", pa.int64()),
        ("source_table", pa.string()),
        ("source_key", pa.string()),
        ("row_number", pa.int64()),
        ("statement", pa.string()),  # empty: the whole row
        ("field", pa.string()),  # the standard field, or the role of a fact's party
        ("column", pa.string()),  # source columns, joined with " + "
        ("raw", pa.string()),  # what they held; several joined with " ¦ "
        ("reason", pa.string()),
        ("state", pa.string()),  # rejected | superseded | quarantined | held | noted
        ("observed_at", TIMESTAMP),
    ]
)
LONGEST_RAW = 500  # characters kept of a raw value; the whole cell stays in the raw table
_COLUMNS, _CELLS = " + ", " ¦ "


def rejected_rows(raw: pa.Table, fates: npt.NDArray[np.int8], plan: TablePlan) -> pa.Table:
    """Return one quarantine row for each refused row; `fates` are theirs."""
    words = pa.array([ROW_REASONS[fate].value if fate in ROW_REASONS else None for fate in Fate], pa.string())
    return _whole_rows(raw, words.take(pa.array(fates.astype(np.int64))), "rejected", plan)


def superseded_rows(raw: pa.Table, plan: TablePlan) -> pa.Table:
    """Return one quarantine row for each row that a later one of the same key and extract replaced.

    Nothing was refused, yet a key that stands twice may be two people: its department is told.
    """
    reasons = pa.repeat(pa.scalar(Reason.REPEATED_KEY.value), raw.num_rows)
    return _whole_rows(raw, reasons, "superseded", plan)


def _whole_rows(raw: pa.Table, reasons: pa.Array, state: str, plan: TablePlan) -> pa.Table:
    clock = plan.table.observed or (plan.table.cursor.column if plan.table.cursor else "")
    times = source_times(raw.column(clock), plan.timezone) if clock else pa.nulls(raw.num_rows, TIMESTAMP)
    return _table(
        raw.num_rows,
        batch=raw.column("batch"),
        source_table=plan.table.name,
        source_key=source_keys(raw, plan.table.key),
        row_number=raw.column("row_number"),
        statement="",
        field="",
        column=_COLUMNS.join(plan.table.key),
        raw=_cells(raw, plan.table.key),
        reason=reasons,
        state=state,
        observed_at=times,
    )


def refused_statements(source: SourceRows, one: Draft, plan: TablePlan) -> pa.Table:
    """Return one quarantine row for each reason that a statement of the draft is quarantined or held.

    What else was doubtful or unusable in a quarantined statement stands beside it as `noted`: its department mends
    the row once, not error by error.
    """
    tables = [_refused(source, one, note, plan, "quarantined") for note in one.critical]
    told = {(note.field, note.reason) for note in one.critical}
    for note in one.notes.entries:
        if (note.field, note.reason) not in told and SENTENCES[note.reason].effect is not Effect.CHANGED:
            beside = Note(note.field, note.reason, note.rows[one.states[note.rows] == QUARANTINED])
            tables.append(_refused(source, one, beside, plan, "noted"))
    for note in one.holding:
        waiting = Note(note.field, note.reason, note.rows[one.states[note.rows] == HELD])
        tables.append(_refused(source, one, waiting, plan, "held"))
    return pa.concat_tables(tables) if tables else QUARANTINE_SCHEMA.empty_table()


def _refused(source: SourceRows, one: Draft, note: Note, plan: TablePlan, state: str) -> pa.Table:
    rows = pa.array(one.chosen.rows[note.rows])
    columns = _columns(one, note, state)
    raw = source.raw.take(rows)
    return _table(
        len(rows),
        batch=raw.column("batch"),
        source_table=plan.table.name,
        source_key=source.keys.take(rows),
        row_number=raw.column("row_number"),
        statement=one.emit.name,
        field=note.field,
        column=_COLUMNS.join(columns),
        raw=_cells(raw, columns),
        reason=note.reason.value,
        state=state,
        observed_at=source.observed.take(rows),
    )


def _columns(one: Draft, note: Note, state: str) -> tuple[str, ...]:
    if state == "held":
        return next(party.key for party in one.emit.parties if party.role == note.field)
    mapping = mapping_of(one.emit, note.field)
    return source_columns(mapping, note.field) if mapping else ()


def _cells(raw: pa.Table, columns: Sequence[str]) -> pa.Array | None:
    """Return the cells of the columns as one text; null where all of them are."""
    if not columns:
        return None
    cells = [pc.utf8_slice_codeunits(raw.column(name).combine_chunks(), 0, LONGEST_RAW) for name in columns]
    if len(cells) == 1:
        return cells[0]
    joined = pc.binary_join_element_wise(*cells, _CELLS, null_handling="replace", null_replacement="")
    return pc.if_else(pc.is_valid(pc.coalesce(*cells)), joined, pa.scalar(None, pa.string()))


def _table(count: int, **columns: pa.Array | pa.ChunkedArray | str | None) -> pa.Table:
    arrays = []
    for part in QUARANTINE_SCHEMA:
        column = columns[part.name]
        if column is None:
            column = pa.nulls(count, part.type)
        arrays.append(pa.repeat(pa.scalar(column, part.type), count) if isinstance(column, str) else column)
    return pa.table(dict(zip(QUARANTINE_SCHEMA.names, arrays, strict=True))).cast(QUARANTINE_SCHEMA)

"""Everything that was found on the way through a chunk, one row a reason: what a person or a measurement reads.

Accepted statements carry their issues and the quarantine its refusals; here both stand together, lesser doubts of
quarantined statements included.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from schemas.reason_sentences import SENTENCES
from schemas.reasons import Reason
from standardise.draft import STATE_NAMES, Draft
from standardise.notes import Note
from standardise.plan import TablePlan, mapping_of, source_columns
from standardise.quarantine import rejected_rows, superseded_rows
from standardise.sift import REJECTED, Fate, Verdict, sift, sift_columns
from standardise.source_text import SourceRows
from standardise.standardised import draft_all, source_rows, with_row_hash

FINDINGS_SCHEMA = pa.schema(
    [
        ("row_number", pa.int64()),
        ("source_key", pa.string()),
        ("statement", pa.string()),  # empty: the whole row
        ("field", pa.string()),
        ("column", pa.string()),  # source columns, joined with " + "; empty for a constant
        ("reason", pa.string()),
        ("effect", pa.string()),  # changed | doubtful | unusable
        ("state", pa.string()),  # what became of the statement or row
    ]
)


def findings(raw: pa.Table, plan: TablePlan, verdict: Verdict | None = None) -> pa.Table:
    """Return every reason found in a chunk (`FINDINGS_SCHEMA`), by row, statement, field and reason.

    `raw` and `verdict` are those of `standardise`; identical copies and markers of deletion are not looked into.
    """
    raw = with_row_hash(raw)
    if verdict is None:
        verdict = sift(sift_columns(raw, plan.table, plan.timezone), plan.standing)
    fates = verdict.fates_of(raw.column("row_number"))
    source = source_rows(raw.filter(pa.array(fates == Fate.STANDARDISE)), plan)
    tables = [_of_draft(source, one) for one in draft_all(source, plan)]
    refused = np.isin(fates, REJECTED)
    tables.append(_of_rows(rejected_rows(raw.filter(pa.array(refused)), fates[refused], plan)))
    tables.append(_of_rows(superseded_rows(raw.filter(pa.array(fates == Fate.SUPERSEDED)), plan)))
    order = [(name, "ascending") for name in ("row_number", "statement", "field", "reason")]
    return pa.concat_tables(tables).sort_by(order)


def _of_draft(source: SourceRows, one: Draft) -> pa.Table:
    notes = [*one.notes.entries, *one.holding]
    tables = [_of_note(source, one, note) for note in notes if len(note.rows)]
    return pa.concat_tables(tables) if tables else FINDINGS_SCHEMA.empty_table()


def _of_note(source: SourceRows, one: Draft, note: Note) -> pa.Table:
    rows = pa.array(one.chosen.rows[note.rows])
    mapping = mapping_of(one.emit, note.field)
    columns = source_columns(mapping, note.field) if mapping else ()
    states = pa.array(STATE_NAMES).take(pa.array(one.states[note.rows].astype(np.int64)))
    return _table(
        len(rows),
        row_number=source.column("row_number").take(rows),
        source_key=source.keys.take(rows),
        statement=one.emit.name,
        field=note.field,
        column=" + ".join(columns),
        reason=note.reason.value,
        effect=SENTENCES[note.reason].effect.value,
        state=states,
    )


def _of_rows(refused: pa.Table) -> pa.Table:
    """Rows of the quarantine's schema that speak of a whole row."""
    effects = [SENTENCES[Reason(code)].effect.value for code in refused.column("reason").to_pylist()]
    same = {name: refused.column(name) for name in FINDINGS_SCHEMA.names if name != "effect"}
    return _table(refused.num_rows, **same, effect=pa.array(effects, pa.string()))


def _table(count: int, **columns: pa.Array | pa.ChunkedArray | str) -> pa.Table:
    arrays = [
        pa.repeat(pa.scalar(column, part.type), count) if isinstance(column, str) else column
        for part in FINDINGS_SCHEMA
        for column in (columns[part.name],)
    ]
    return pa.table(dict(zip(FINDINGS_SCHEMA.names, arrays, strict=True))).cast(FINDINGS_SCHEMA)

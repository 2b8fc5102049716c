"""The way through the room: raw rows of one table in, statements, quarantine, deletions and counts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from schemas.contract import Emit
from standardise.counts import Counts
from standardise.draft import HELD, QUARANTINED, Draft, draft
from standardise.parties import draft_fact
from standardise.plan import TablePlan
from standardise.quarantine import QUARANTINE_SCHEMA, refused_statements, rejected_rows, superseded_rows
from standardise.sift import REJECTED, ROW_REASONS, Fate, Verdict, observed_times, sift, sift_columns
from standardise.source_text import SourceRows
from standardise.source_time import TIMESTAMP
from standardise.statements import accepted_statements
from values.row_identity import row_hashes, source_keys

DELETION_SCHEMA = pa.schema(
    [
        ("batch", pa.int64()),
        ("source_table", pa.string()),
        ("source_key", pa.string()),
        ("statement", pa.string()),
        ("record_id", pa.string()),
        ("row_number", pa.int64()),
        ("observed_at", TIMESTAMP),
    ]
)


@dataclass(frozen=True)
class Standardised:
    """What came of a chunk. `statements` by emit name, each with its entity's statement schema (accepted ones only).

    `quarantine` has `QUARANTINE_SCHEMA`: one row for each reason that a row or statement was refused, so a statement
    may stand there twice; `counts` counts statements. A row that a later one of its key replaced stands there, too.
    `deletions` has `DELETION_SCHEMA`: one row for every statement that a deleted row could have emitted.
    """

    statements: dict[str, pa.Table]
    quarantine: pa.Table
    deletions: pa.Table
    counts: Counts


def standardise(raw: pa.Table, plan: TablePlan, verdict: Verdict | None = None) -> Standardised:
    """Return the statements of a chunk of raw rows.

    `raw`: the source's columns as text, `batch`, `row_number`, and `row_hash` (computed when absent). `verdict` is what
    `sift` said about the whole extract; without it `raw` is taken to be the whole extract. Raises `KeyError` where a
    column of the contract is missing; never raises on any text.
    """
    raw = with_row_hash(raw)
    if verdict is None:
        verdict = sift(sift_columns(raw, plan.table, plan.timezone), plan.standing)
    fates = verdict.fates_of(raw.column("row_number"))
    source = source_rows(raw.filter(pa.array(fates == Fate.STANDARDISE)), plan)
    drafts = draft_all(source, plan)
    refused = np.isin(fates, REJECTED)
    rejected = rejected_rows(raw.filter(pa.array(refused)), fates[refused], plan)
    replaced = superseded_rows(raw.filter(pa.array(fates == Fate.SUPERSEDED)), plan)
    quarantine = [rejected, replaced, *(refused_statements(source, one, plan) for one in drafts)]
    return Standardised(
        statements={one.emit.name: accepted_statements(source, one, plan) for one in drafts},
        quarantine=pa.concat_tables(quarantine).cast(QUARANTINE_SCHEMA),
        deletions=_deletions(raw.filter(pa.array(fates == Fate.DELETED)), plan),
        counts=_counts(fates, drafts),
    )


def with_row_hash(raw: pa.Table) -> pa.Table:
    """Return the table with a `row_hash` column, computed over the source's columns where it has none."""
    if "row_hash" in raw.column_names:
        return raw
    source = [name for name in raw.column_names if name not in ("batch", "row_number", "ragged")]
    return raw.append_column("row_hash", row_hashes(raw, source))


def source_rows(raw: pa.Table, plan: TablePlan) -> SourceRows:
    """Return the rows with their keys and the source's own times beside them."""
    observed = observed_times(raw, plan.table, plan.timezone)
    return SourceRows(raw.combine_chunks(), source_keys(raw, plan.table.key), observed)


def draft_all(source: SourceRows, plan: TablePlan) -> list[Draft]:
    """Return the drafts of every emit in the contract's order; parties are drafted before the facts about them."""
    drafts: dict[str, Draft] = {}
    for emit in sorted(plan.table.emit, key=_facts_last):
        drafts[emit.name] = draft_fact(source, emit, plan, drafts) if emit.is_fact else draft(source, emit, plan)
    return [drafts[emit.name] for emit in plan.table.emit]


def _facts_last(emit: Emit) -> bool:
    return emit.is_fact


def _deletions(gone: pa.Table, plan: TablePlan) -> pa.Table:
    source = source_rows(gone, plan)
    tables = []
    for emit in plan.table.emit:
        columns = {
            "batch": gone.column("batch"),
            "source_table": pa.repeat(plan.table.name, gone.num_rows),
            "source_key": source.keys,
            "statement": pa.repeat(emit.name, gone.num_rows),
            "record_id": plan.record_ids(plan.table.name, emit.name, source.keys),
            "row_number": gone.column("row_number"),
            "observed_at": source.observed,
        }
        tables.append(pa.table(columns).cast(DELETION_SCHEMA))
    return pa.concat_tables(tables) if tables else DELETION_SCHEMA.empty_table()


def _counts(fates: np.ndarray[tuple[int], np.dtype[np.int8]], drafts: Iterable[Draft]) -> Counts:
    of = {fate: int((fates == fate).sum()) for fate in Fate}
    refused = Counter({reason.value: of[fate] for fate, reason in ROW_REASONS.items() if of[fate]})
    counts = Counts(
        extracted=len(fates),
        standardised=of[Fate.STANDARDISE],
        rejected=sum(of[fate] for fate in REJECTED),
        identical=of[Fate.IDENTICAL] + of[Fate.UNCHANGED],
        superseded=of[Fate.SUPERSEDED],
        deleted=of[Fate.DELETED],
        unchanged=of[Fate.UNCHANGED],
        refused=dict(refused),
    )
    for one in drafts:
        counts = counts + _statement_counts(one)
    return counts


def _statement_counts(one: Draft) -> Counts:
    refused: Counter[str] = Counter()
    for note in (*one.critical, *one.holding):
        refused[note.reason.value] += len(note.rows)
    return replace(
        Counts(),
        emitted=len(one),
        accepted=one.count(0),
        quarantined=one.count(QUARANTINED),
        held=one.count(HELD),
        refused=dict(+refused),
        issues=one.notes.tally(one.accepted, one.emit.name),
    )

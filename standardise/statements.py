"""Accepted statements as an Arrow table with the statement schema of their entity."""

from __future__ import annotations

import pyarrow as pa

from schemas.arrow import party_column, statement_schema
from standardise.draft import Draft
from standardise.plan import TablePlan
from standardise.source_text import SourceRows, taken
from values.row_identity import row_hashes


def statement_names(one: Draft) -> pa.Array:
    """Return the name of each statement: the emit's, and `owner#2` for the second party of one cell."""
    last = int(one.chosen.parts.max(initial=0))
    names = [one.emit.name, *(f"{one.emit.name}#{part}" for part in range(2, last + 2))]
    return pa.array(names).take(pa.array(one.chosen.parts))


def accepted_statements(source: SourceRows, one: Draft, plan: TablePlan) -> pa.Table:
    """Return the accepted statements of one emit, in row order, with the columns of `statement_schema(entity)`.

    Fields that the contract does not map are null. `content_hash` covers the standard values and the parties only:
    it moves neither with the batch nor with a rewriting that leaves every value as it was.
    """
    schema = statement_schema(plan.entity(one.emit))
    keep = one.accepted
    content = {party_column(role): ids for role, ids in one.parties.items()} | one.values
    columns = {
        "record_id": one.record_ids,
        "source_key": taken(source.keys, one.chosen, len(source)),
        "observed_at": taken(source.observed, one.chosen, len(source)),
        "content_hash": row_hashes(pa.table(content)),
        **{name: taken(source.column(name), one.chosen, len(source)) for name in ("batch", "row_number", "row_hash")},
        **content,
    }
    if not keep.all():
        chosen = pa.array(keep)
        columns = {name: column.filter(chosen) for name, column in columns.items()}
    count = int(keep.sum())
    columns |= {
        "department": pa.repeat(plan.contract.department, count),
        "source_table": pa.repeat(plan.table.name, count),
        "statement": statement_names(one).filter(pa.array(keep)),
        "issues": one.notes.issues(keep),
    }
    blank = {part.name: pa.nulls(count, part.type) for part in schema if part.name not in columns}
    arrays = [(columns | blank)[part.name].cast(part.type) for part in schema]
    return pa.Table.from_arrays(arrays, schema=schema)

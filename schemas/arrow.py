"""Arrow schemas of statements and golden tables, derived from the standard: the one place that says their columns."""

from __future__ import annotations

import pyarrow as pa

from schemas.standard import Entity, Field

ISSUES = pa.list_(pa.struct([("field", pa.string()), ("reason", pa.string())]))

# What every statement says about itself, before the fields of its entity.
STATEMENT_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("record_id", pa.string()),  # 32 hex characters, keyed: opaque without the city key
    ("department", pa.string()),
    ("source_table", pa.string()),
    ("statement", pa.string()),  # the emit's name in the contract
    ("source_key", pa.string()),
    ("batch", pa.int64()),
    ("row_number", pa.int64()),  # from 1, within the batch
    ("row_hash", pa.string()),
    ("content_hash", pa.string()),
    ("observed_at", pa.timestamp("us")),  # the source's own local time, without zone
    ("issues", ISSUES),
)


def field_type(field: Field) -> pa.DataType:
    """Return date32 for a date, string for every other kind."""
    return pa.date32() if field.kind == "date" else pa.string()


def party_column(role: str) -> str:
    """Return the statement column that holds the record id of a fact's party: `husband` → `husband_record`."""
    return f"{role}_record"


def statement_schema(entity: Entity) -> pa.Schema:
    """Return the columns of a statement: its own, one `<role>_record` a party (facts only), then the fields."""
    columns = [pa.field(name, kind) for name, kind in STATEMENT_COLUMNS]
    columns += [pa.field(party_column(party.role), pa.string()) for party in entity.parties]
    columns += [pa.field(field.name, field_type(field)) for field in entity.fields]
    return pa.schema(columns)


def golden_schema(entity: Entity) -> pa.Schema:
    """Return the columns of a golden table: of parties keyed by `hub_id`, of facts keyed by `fact_id`.

    `identifiers` (people only) is a JSON list of {type, number, former}. `anchor` is what anchors the entity in the
    register, null for a provisional one. `representative` (businesses only) is the hub id of the person who represents
    it, `representative_doubt` what is doubtful about that. `origins` is a JSON object: field → {department, record,
    rule, …}.
    """
    values = [pa.field(field.name, field_type(field)) for field in entity.fields]
    ending = [pa.field("origins", pa.string()), pa.field("content_hash", pa.string()), pa.field("commit", pa.int64())]
    if entity.is_fact:
        roles = [pa.field(party.role, pa.string()) for party in entity.parties]
        return pa.schema([pa.field("fact_id", pa.string()), *roles, *values, *ending])
    own = {"person": ("identifiers",), "business": ("representative", "representative_doubt")}.get(entity.name, ())
    told = [pa.field(name, pa.string()) for name in own]
    standing = [pa.field("anchored", pa.bool_()), pa.field("anchor", pa.string()), pa.field("records", pa.int32())]
    return pa.schema([pa.field("hub_id", pa.string()), *values, *told, *standing, *ending])

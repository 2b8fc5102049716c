"""A two-department city in literals: a person standard, a policy, records, links and identities."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from golden.difference import GoldenChanges
from golden.entities import TOUCHED, Moment, SurviveInputs, survive
from schemas.arrow import golden_schema, statement_schema
from schemas.standard import Entity, Field, Text
from schemas.survivorship import FieldPolicy, SurvivorshipPolicy

NAME = Text("名", "name")
PERSON = Entity(
    "person",
    NAME,
    (
        Field("name", NAME, "person_name"),
        Field("citizen_id", NAME, "citizen_id"),
        Field("phone", NAME, "phone"),
        Field("address", NAME, "address"),
        Field("birth_date", NAME, "date"),
    ),
)
POLICY = SurvivorshipPolicy(
    "person",
    (
        FieldPolicy("name", lead="police", otherwise=("social", "*")),
        FieldPolicy("citizen_id", lead="police", otherwise=("*",)),
        FieldPolicy("phone", newest_of=("social", "civil", "*"), valid=True, fades_months=36),
        FieldPolicy("address", lead="police"),
        FieldPolicy("birth_date", newest_of=("*",)),
    ),
)
LINKS = pa.schema(
    [(name, pa.string()) for name in
     ("record_id", "hub_id", "decision", "key_type", "key_number", "other_type", "other_number")]
)  # fmt: skip
IDENTITY = pa.schema([(name, pa.string()) for name in ("hub_id", "entity", "state", "anchor_record", "into")])
AS_OF = date(2026, 6, 1)


def engine(path: Path) -> DuckDBEngine:
    return DuckDBEngine(memory_limit="256MB", threads=1, temp_directory=path / "spill")


def statement(record_id: str, department: str, seen: datetime | None = None, **values: Any) -> dict[str, Any]:
    return {"record_id": record_id, "department": department, "observed_at": seen or datetime(2026, 1, 1), **values}


def link(record_id: str, hub_id: str | None, number: str | None = None, decision: str = "link") -> dict[str, Any]:
    kind = "citizen_id" if number else None
    return {"record_id": record_id, "hub_id": hub_id, "decision": decision, "key_type": kind, "key_number": number}


def identity(hub_id: str, anchor: str | None = None, state: str = "active", into: str | None = None) -> dict[str, Any]:
    return {"hub_id": hub_id, "entity": "person", "state": state, "anchor_record": anchor, "into": into}


def inputs(
    records: list[dict[str, Any]],
    links: list[dict[str, Any]],
    identities: list[dict[str, Any]],
    touched: list[str],
    golden: pa.Table | None = None,
) -> SurviveInputs:
    stored = golden if golden is not None else golden_schema(PERSON).empty_table()
    return SurviveInputs(
        pa.Table.from_pylist(records, schema=statement_schema(PERSON)),
        pa.Table.from_pylist(links, schema=LINKS),
        pa.Table.from_pylist(identities, schema=IDENTITY),
        pa.table({"hub_id": touched}, schema=TOUCHED),
        stored,
    )


def survived(path: Path, given: SurviveInputs, as_of: date = AS_OF, before: date | None = None) -> GoldenChanges:
    return survive(engine(path), given, PERSON, POLICY, Moment(as_of, 7, before))


def stored_after(stored: pa.Table, changes: GoldenChanges) -> pa.Table:
    """Return the stored golden rows with the changes put in, ordered."""
    key = stored.schema.names[0]
    rows = {row[key]: row for row in stored.to_pylist()}
    for name in changes.removals["id"].to_pylist():
        del rows[name]
    rows |= {row[key]: row for row in changes.upserts.to_pylist()}
    return pa.Table.from_pylist([rows[name] for name in sorted(rows)], schema=stored.schema)

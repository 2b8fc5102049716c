"""Where a golden value comes from: down from the golden cell to the raw cell, with every reason code between."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.quoting import literal
from engine.relation import ParquetFiles
from engine.step import Step
from golden.representatives import DOUBTS
from pipeline.hub import Hub
from pipeline.lake_tables import current_table
from pipeline.masking import masked, masked_cell, strictest_fields
from pipeline.raw_rows import raw_chunks
from pipeline.stage import stage_of
from pipeline.standardised_batch import table_plan
from pipeline.ties import ties_of
from schemas.arrow import statement_schema
from schemas.errors import UnknownEntity
from schemas.standard import Entity
from standardise.explanation import explain

NUMBER_COLUMNS = {"person": ("citizen_id", "document_number"), "business": ("uscc", "registration_number")}


@dataclass(frozen=True)
class Shown:
    """Whether values are shown as they are; `purpose` is why, and stands in the ledger."""

    purpose: str = ""

    @property
    def revealed(self) -> bool:
        return bool(self.purpose)


def show_entity(hub: Hub, entity_name: str, identity: str, shown: Shown) -> dict[str, Any]:
    """Return the golden row of a hub id, or of a full number, with the origin of every value, and its facts.

    Values are masked unless `shown` has a purpose, which is recorded. Raises UnknownEntity.
    """
    entity = hub.city.standard.entities[entity_name]
    row = find(hub, entity, identity)
    record_reveal(hub, row["hub_id"], shown)
    origins = json.loads(row["origins"])
    fields = [
        {
            "field": field.name,
            "label": field.label.zh,
            "value": str(row[field.name]) if shown.revealed else masked(field, row[field.name]),
            **origins.get(field.name, {}),
        }
        for field in entity.fields
        if row[field.name] is not None
    ]
    members = [
        {"department": one.department, "table": one.source_table, "statement": one.statement, "record": one.record_id}
        for one in hub.reader.members(row["hub_id"])
    ]
    facts = {
        name: [_shown_fact(hub.city.standard.entities[name], fact, shown) for fact in rows]
        for name, rows in hub.reader.facts(row["hub_id"]).items()
    }
    return {
        "entity": entity_name,
        "hub_id": row["hub_id"],
        "anchored": row["anchored"],
        "commit": row["commit"],
        **_representative(row),
        "ties": ties_of(hub, row["hub_id"]),
        "fields": fields,
        "records": members,
        "facts": facts,
    }


def _shown_fact(entity: Entity, fact: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    """Return a fact's row without its bookkeeping, its fields masked as a party's are unless revealed."""
    fields = {field.name: field for field in entity.fields}
    return {
        key: masked(fields[key], value) if key in fields and value is not None and not shown.revealed else value
        for key, value in fact.items()
        if key not in ("origins", "content_hash")
    }


def _representative(row: dict[str, Any]) -> dict[str, Any]:
    """Return who represents a business, and what is doubtful about that, in both languages; nothing of a person."""
    if "representative" not in row:
        return {}
    code = row["representative_doubt"]
    zh, en = DOUBTS.get(code, ("", ""))
    doubt = {"code": code, "zh": zh, "en": en} if code else None
    return {"representative": row["representative"], "representative_doubt": doubt}


def find(hub: Hub, entity: Entity, identity: str) -> dict[str, Any]:
    """Return the golden row of a hub id or of a number that belongs to one entity only. Raises UnknownEntity."""
    for column in NUMBER_COLUMNS[entity.name]:
        rows = hub.reader.lookup(entity.name, column, identity, limit=1)
        if rows:
            return rows[0]
    try:
        return hub.reader.golden(entity.name, identity)
    except UnknownEntity:
        # What was asked for may be somebody's number with a digit wrong: it is not repeated.
        raise UnknownEntity(entity.name, identity[:3] + "*" * max(len(identity) - 3, 0)) from None


def trace_field(hub: Hub, entity_name: str, identity: str, field_name: str, shown: Shown) -> dict[str, Any]:
    """Return the way of one golden value: golden cell, rule, statement with reason codes, raw cell and its batch."""
    entity = hub.city.standard.entities[entity_name]
    row = find(hub, entity, identity)
    record_reveal(hub, row["hub_id"], shown)
    origin = json.loads(row["origins"]).get(field_name)
    if origin is None:
        raise UnknownEntity(f"{entity_name}.{field_name}", row["hub_id"])
    statement = statement_of(hub, entity, origin["department"], origin["record"])
    batch = hub.ledger.batch(statement["batch"])
    raw = raw_row(hub, statement["batch"], statement["row_number"])
    contract = hub.contract(origin["department"])
    plan = table_plan(hub, contract, contract.table(statement["source_table"]))
    field = entity.field(field_name)
    cells = strictest_fields(plan.table, plan.standard)
    emit, _, part = statement["statement"].partition("#")  # owner#2: the second one in the cell
    told = next(one for one in explain(raw, plan, emit, int(part or 1) - 1) if one.field == field_name)
    return {
        "field": field_name,
        "golden": str(row[field_name]) if shown.revealed else masked(field, row[field_name]),
        "rule": origin["rule"],
        "hub_id": row["hub_id"],
        "department": origin["department"],
        "record": origin["record"],
        "observed_at": origin.get("observed_at"),
        "statement": statement["statement"],
        "standard_value": told.value if shown.revealed else masked(field, told.value),
        "reasons": [{"code": one.code, "zh": one.zh, "en": one.en, "effect": one.effect} for one in told.reasons],
        "source_table": statement["source_table"],
        "cells": {
            column: text if shown.revealed else masked_cell(cells.get(column, field), text)
            for column, text in zip(told.columns, told.raws, strict=True)
        },
        "batch": batch.id,
        "row_number": statement["row_number"],
        "landed_at": batch.landed_at,
    }


def statement_of(hub: Hub, entity: Entity, department: str, record: str) -> dict[str, Any]:
    """Return the current statement with this record id. Raises UnknownEntity."""
    files = ParquetFiles(tuple(hub.lake.files(current_table(department, entity.name))), statement_schema(entity))
    step = Step("statement", f"SELECT * FROM statements WHERE record_id = {literal(record)}")
    found = hub.engine.run([step], {"statements": files}, "statement").to_pylist()
    if not found:
        raise UnknownEntity("record", record)
    return dict(found[0])


def raw_row(hub: Hub, batch_id: int, row_number: int) -> pa.Table:
    """Return the one raw row of a batch. Raises UnknownEntity when the lake no longer has it."""
    for chunk in raw_chunks(hub, hub.ledger.batch(batch_id)):
        row = chunk.filter(pc.equal(chunk.column("row_number"), row_number))
        if row.num_rows:
            return row
    raise UnknownEntity("raw row", f"{batch_id}/{row_number}")


def record_reveal(hub: Hub, hub_id: str, shown: Shown) -> None:
    """Write to the ledger who saw an entity unmasked, and why."""
    if shown.revealed:
        with stage_of(hub, "reveal") as counts:
            counts.update(hub_id=hub_id, purpose=shown.purpose, who=getpass.getuser())

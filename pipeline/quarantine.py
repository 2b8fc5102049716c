"""What was refused or held and why, masked, as the department will read it."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from typing import Any

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import quarantine_table
from pipeline.masking import masked_cell
from pipeline.trace import Shown, record_reveal
from schemas.contract import Contract
from schemas.reason_sentences import SENTENCES
from schemas.reasons import Reason
from schemas.standard import Field
from standardise.quarantine import QUARANTINE_SCHEMA

STARS = "****"


def quarantined(hub: Hub, departments: list[str], limit: int, shown: Shown) -> list[dict[str, Any]]:
    """Return the newest refusals of the departments, newest first, at most `limit` a department; raws masked."""
    record_reveal(hub, "quarantine", shown)
    step = Step(
        "newest",
        f"""
        SELECT * FROM quarantine
        ORDER BY batch DESC, source_table, row_number, statement, field, reason LIMIT {int(limit)}""",
    )
    lines: list[dict[str, Any]] = []
    for department in departments:
        contract = hub.contract(department)
        files = ParquetFiles(tuple(hub.lake.files(quarantine_table(department))), QUARANTINE_SCHEMA)
        newest = hub.engine.run([step], {"quarantine": files}, "newest").to_pylist()
        lines += [_line(hub, contract, row, shown) for row in newest]
    return lines


def _line(hub: Hub, contract: Contract, row: dict[str, Any], shown: Shown) -> dict[str, Any]:
    sentence = SENTENCES[Reason(row["reason"])]
    raw = row["raw"] if shown.revealed else _masked(_field(hub, contract, row), row["raw"])
    return {
        "department": contract.department,
        "batch": row["batch"],
        "table": row["source_table"],
        "key": row["source_key"],
        "row": row["row_number"],
        "statement": row["statement"],
        "field": row["field"],
        "column": row["column"],
        "raw": raw,
        "reason": row["reason"],
        "zh": sentence.zh,
        "en": sentence.en,
        "state": row["state"],
    }


def _field(hub: Hub, contract: Contract, row: dict[str, Any]) -> Field | None:
    emits = {emit.name: emit for emit in contract.table(row["source_table"]).emit}
    emit = emits.get(row["statement"])
    if emit is None:
        return None
    entity = hub.city.standard.entities[emit.entity]
    return next((field for field in entity.fields if field.name == row["field"]), None)


def _masked(field: Field | None, raw: str | None) -> str:
    """A whole row, or a cell of no known field, may hold anything: it is never shown."""
    if raw is None:
        return ""
    return STARS if field is None else masked_cell(field, raw)

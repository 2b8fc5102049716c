"""What was refused or held and why, masked, as the department will read it."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import quarantine_table
from pipeline.masking import masked_cell, masked_line_key, strictest_fields, strictness
from pipeline.open_quarantine import open_lines
from pipeline.trace import Shown, record_reveal
from schemas.contract import Contract
from schemas.reason_sentences import SENTENCES
from schemas.reasons import Reason
from schemas.standard import Field
from standardise.quarantine import QUARANTINE_SCHEMA

STARS = "****"


NEWEST = "ORDER BY batch DESC, source_table, row_number, statement, field, reason LIMIT "


def quarantined(
    hub: Hub, departments: list[str], limit: int, shown: Shown, everything: bool = False
) -> list[dict[str, Any]]:
    """Return what is still refused or held of the departments, newest first, at most `limit` a department; raws masked.

    `everything` also returns what has been settled since: by a later row, a replay, a mended contract.
    """
    record_reveal(hub, "quarantine", shown)
    lines: list[dict[str, Any]] = []
    for department in departments:
        contract = hub.contract(department)
        newest = f"{NEWEST} {int(limit)}"
        rows = _ever(hub, contract, newest) if everything else open_lines(hub, contract, f"FROM open {newest}")
        lines += [_line(hub, contract, row, shown) for row in rows.to_pylist()]
    return lines


def _ever(hub: Hub, contract: Contract, newest: str) -> pa.Table:
    files = ParquetFiles(tuple(hub.lake.files(quarantine_table(contract.department))), QUARANTINE_SCHEMA)
    return hub.engine.run([Step("newest", f"FROM quarantine {newest}")], {"quarantine": files}, "newest")


def _line(hub: Hub, contract: Contract, row: dict[str, Any], shown: Shown) -> dict[str, Any]:
    sentence = SENTENCES[Reason(row["reason"])]
    raw = row["raw"] if shown.revealed else _masked(_field(hub, contract, row), row["raw"])
    return {
        "department": contract.department,
        "batch": row["batch"],
        "table": row["source_table"],
        "key": row["source_key"] if shown.revealed else _key(hub, contract, row),
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


def _key(hub: Hub, contract: Contract, row: dict[str, Any]) -> str | None:
    table = next((one for one in contract.tables if one.name == row["source_table"]), None)
    return masked_line_key(row, table, hub.city.standard)


def _field(hub: Hub, contract: Contract, row: dict[str, Any]) -> Field | None:
    """Return the field of the highest grade that is read from the cell or cells; None for a whole row."""
    table = next((one for one in contract.tables if one.name == row["source_table"]), None)
    if table is None or not row["statement"]:  # None: a table the contract had once
        return None
    fields = strictest_fields(table, hub.city.standard)
    found = [fields[column] for column in (row["column"] or "").split(" + ") if column in fields]
    return max(found, key=strictness, default=None)


def _masked(field: Field | None, raw: str | None) -> str:
    """A whole row, or a cell of no known field, may hold anything: it is never shown."""
    if raw is None:
        return ""
    return STARS if field is None else masked_cell(field, raw)

"""One person's way through the hub, masked: how a golden value is traced to its source, as an example for auditors."""

from __future__ import annotations

from typing import Any

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import golden_table
from pipeline.trace import Shown, show_entity, trace_field
from schemas.arrow import golden_schema
from schemas.errors import CityhubError

FIELDS = ("name", "citizen_id", "phone", "address")
LONGEST = 120  # characters of one shown value


def example_trace(hub: Hub, hub_id: str = "") -> dict[str, Any] | None:
    """Return how one person's values came about, masked; of the person asked for, else of the first whom several
    departments know. None where there is nobody, or nothing can be traced."""
    person = hub_id or _somebody(hub)
    if not person:
        return None
    try:
        shown = show_entity(hub, "person", person, Shown())
        steps = [trace_field(hub, "person", person, name, Shown()) for name in _traced(shown)]
    except CityhubError:
        return None  # a raw row that is no longer kept takes nothing from the report but its example
    return {
        "hub_id": shown["hub_id"],
        "anchored": shown["anchored"],
        "records": [{name: one[name] for name in ("department", "table", "statement")} for one in shown["records"]],
        "fields": [
            {name: str(one.get(name) or "")[:LONGEST] for name in ("field", "label", "value", "department", "rule")}
            for one in shown["fields"]
        ],
        "steps": [_step(one) for one in steps],
    }


def _traced(shown: dict[str, Any]) -> list[str]:
    present = {one["field"] for one in shown["fields"] if one.get("record")}
    return [name for name in FIELDS if name in present]


def _step(one: dict[str, Any]) -> dict[str, Any]:
    kept = (
        "field",
        "golden",
        "rule",
        "department",
        "source_table",
        "statement",
        "standard_value",
        "batch",
        "row_number",
    )
    told = {name: str(one[name])[:LONGEST] for name in kept}
    return {
        **told,
        "reasons": [{"code": reason["code"], "zh": reason["zh"], "en": reason["en"]} for reason in one["reasons"]],
        "cells": {name: str(cell)[:LONGEST] for name, cell in one["cells"].items()},
        "landed_at": str(one["landed_at"])[:19],
    }


def _somebody(hub: Hub) -> str:
    files = hub.lake.files(golden_table("person"))
    if not files:
        return ""
    sql = "SELECT min(hub_id) AS id FROM person WHERE anchored AND phone IS NOT NULL AND records > 2"
    relation = {"person": ParquetFiles(tuple(files), golden_schema(hub.city.standard.entities["person"]))}
    [row] = hub.engine.run([Step("one", sql)], relation, "one").to_pylist()
    return row["id"] or ""

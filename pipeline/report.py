"""Report: does everything add up, from the rows extracted to the golden rows? Without a balance there is no grade."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.hub import Hub
from pipeline.stage import stage_of
from pipeline.summary import decisions_by_department, party_statements
from schemas.errors import Unbalanced
from warehouse.batches import Batch
from warehouse.conservation import check_conservation

PLAIN = (
    "extracted", "standardised", "rejected", "identical", "superseded", "deleted",
    "emitted", "accepted", "quarantined", "held", "new", "changed", "withdrawn",
)  # fmt: skip


def report(hub: Hub) -> dict[str, Any]:
    """Write `report/<version>.json` for the published version and return it; {"version": None} before the first.

    Raises Unbalanced when a batch does not add up, or when a record has no decision.
    """
    with stage_of(hub, "report") as counts:
        published = hub.ledger.published_version()
        if published is None:
            return {"version": None}
        batches = [hub.ledger.batch(number) for number in published.batches]
        departments = {name: _department(hub, name, batches) for name in hub.city.departments}
        result = {
            "version": published.number,
            "as_of": published.as_of.isoformat(),
            "city": hub.city.name,
            "departments": departments,
            "decisions": _decisions(hub),
            "golden": hub.reader.counts(),
            "unexplained": 0,
        }
        path = _write(hub, published.number, result)
        counts.update(version=published.number, unexplained=0)
    return {**result, "path": str(path)}


def _department(hub: Hub, name: str, batches: list[Batch]) -> dict[str, Any]:
    own = [batch for batch in batches if batch.department == name]
    for batch in own:
        check_conservation(batch.counts, f"{name}.{batch.source_table} batch {batch.id}")
    sums: dict[str, Any] = {key: sum(int(batch.counts.get(key, 0)) for batch in own) for key in PLAIN}
    for key in ("refused", "issues"):
        merged: dict[str, int] = {}
        for batch in own:
            for reason, count in batch.counts.get(key, {}).items():
                merged[reason] = merged.get(reason, 0) + count
        sums[key] = dict(sorted(merged.items()))
    waiting = hub.ledger.batches("held", name)
    sums["batches_held"] = [{"batch": one.id, "table": one.source_table, "reason": one.held_reason} for one in waiting]
    return sums


def _decisions(hub: Hub) -> dict[str, dict[str, int]]:
    """Return the decisions by department, having proved that every current record has exactly one."""
    decisions, statements = decisions_by_department(hub), party_statements(hub)
    for name, count in statements.items():
        parts = decisions.get(name, {})
        if sum(parts.values()) != count:
            raise Unbalanced(f"{name} records", "records", count, parts)
    return decisions


def _write(hub: Hub, version: int, result: dict[str, Any]) -> Path:
    folder = hub.settings.home / "report"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{version}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
    part.replace(path)
    return path

"""The flow of a period: from the rows extracted to the golden entities, every step with an equation that must hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import golden_table
from pipeline.summary import party_statements
from schemas.arrow import golden_schema
from warehouse.batch import Batch
from warehouse.conservation import ROW_PARTS, ROWS, STATEMENT_PARTS, STATEMENTS
from warehouse.versions import Version


def batches_between(hub: Hub, after: int, version: int) -> list[Batch]:
    """Return the accepted batches that the versions after `after`, up to `version`, took."""
    return [one for one in hub.ledger.batches("accepted") if one.taken_by and after < one.taken_by <= version]


def flow(
    hub: Hub, version: Version, batches: Sequence[Batch], decided: dict[str, dict[str, dict[str, int]]]
) -> dict[str, Any]:
    """Return the flow by stage, by department, and `unexplained`: the sum of what any equation is off.

    rows: extracted = standardised + rejected + identical + superseded + deleted. statements: emitted = accepted +
    quarantined + held. records: those standing = the sum of their decisions. golden: records linked = the sum of the
    records that the golden entities say they hold. `decided` are decisions by entity and department.
    """
    departments = {}
    for name in hub.city.departments:
        own = [one for one in batches if one.department == name]
        departments[name] = {
            "rows": _sums(own, ROWS, ROW_PARTS),
            "statements": _sums(own, STATEMENTS, STATEMENT_PARTS),
        }
    standing = party_statements(hub)
    records: dict[str, int] = {}
    by_department: dict[str, int] = {}
    for entity in decided.values():
        for name, parts in entity.items():
            by_department[name] = by_department.get(name, 0) + sum(parts.values())
            for decision, count in parts.items():
                records[decision] = records.get(decision, 0) + count
    golden = {one.name: _golden(hub, version, one.name) for one in hub.city.standard.parties}
    gaps = {f"{name} {unit}": parts["unexplained"] for name, one in departments.items() for unit, parts in one.items()}
    gaps |= {f"{name} records": count - by_department.get(name, 0) for name, count in standing.items()}
    linked = {name: sum(parts.get("link", 0) for parts in entity.values()) for name, entity in decided.items()}
    gaps |= {f"{name} golden": linked.get(name, 0) - one["records"] for name, one in golden.items()}
    return {
        "rows": _total(departments, "rows"),
        "statements": _total(departments, "statements"),
        "records": {"standing": sum(standing.values()), **dict(sorted(records.items()))},
        "golden": golden,
        "departments": departments,
        "gaps": {name: gap for name, gap in gaps.items() if gap},
        "unexplained": sum(abs(gap) for gap in gaps.values()),
    }


def _sums(batches: Sequence[Batch], total: str, parts: Sequence[str]) -> dict[str, int]:
    found = {name: sum(int(one.counts.get(name, 0)) for one in batches) for name in (total, *parts)}
    return {**found, "unexplained": found[total] - sum(found[name] for name in parts)}


def _total(departments: dict[str, Any], unit: str) -> dict[str, int]:
    names = next(iter(departments.values()))[unit] if departments else {}
    return {name: sum(one[unit][name] for one in departments.values()) for name in names}


def _golden(hub: Hub, version: Version, entity: str) -> dict[str, int]:
    name = golden_table(entity)
    files = hub.lake.files(name, version.manifest[name]) if name in version.manifest else []
    sql = "SELECT count(*) AS entities, sum(records) AS records, count_if(anchored) AS anchored FROM golden"
    relation = {"golden": ParquetFiles(tuple(files), golden_schema(hub.city.standard.entities[entity]))}
    [row] = hub.engine.run([Step("counted", sql)], relation, "counted").to_pylist()
    return {name: int(value or 0) for name, value in row.items()}

"""Validate: the gate before a department's standardised batches. A critical failure holds a batch: kept, not taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles
from pipeline.hub import Hub
from pipeline.lake_tables import standing_table
from pipeline.stage import stage_of
from pipeline.staging import batch_folder
from quality.evidence import Answers, Measures, answers_of
from quality.gate import GateResult, gate
from quality.rule import Rule
from quality.rulebook import Place, city_gate_rules
from quality.ruleset import statement_rules, table_rules
from schemas.arrow import statement_schema
from schemas.contract import Contract, TableContract
from schemas.errors import EngineError, GateError
from standardise.quarantine import QUARANTINE_SCHEMA
from warehouse.batch import Batch
from warehouse.fences import Fence

VERDICT = "gate"
NOTHING_NEW = GateResult(True, (), (), (), 0, 0)


def validate(hub: Hub, department: str) -> dict[str, Any]:
    """Judge every standardised batch of `department` that has no verdict yet; return the verdicts, in counts only.

    Raises GateError when a rule itself could not be run; the batch is then held, not judged.
    """
    contract = hub.contract(department)
    results: list[dict[str, Any]] = []
    with stage_of(hub, "validate", department) as counts:
        waiting = [batch for batch in hub.ledger.batches("standardised", department) if VERDICT not in batch.counts]
        if waiting:
            fence = hub.ledger.acquire(f"standardise/{department}", hub.run_id, hub.clock())
            results = [judge(hub, contract, batch, fence) for batch in waiting]
        held = sum(not result["passed"] for result in results)
        counts.update(batches=len(results), held=held, warnings=sum(len(one["warnings"]) for one in results))
    return {"department": department, "batches": results, "held": held}


def passed_gate(batch: Batch) -> bool:
    """Return whether the gate has let the batch through."""
    return bool(batch.counts.get(VERDICT, {}).get("passed"))


def judge(
    hub: Hub, contract: Contract, batch: Batch, fence: Fence, override: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Judge one standardised batch, write the verdict to the ledger and return it in counts; hold what fails.

    `override` (who, reason, at) is a person's word: the batch passes, and both it and what failed stand in the ledger.
    Raises GateError when a rule itself could not be run.
    """
    table = contract.table(batch.source_table)
    measures = measures_of(hub, batch)
    verdict = NOTHING_NEW
    if _has_news(batch, measures):
        verdict = gate(table, *evidence_of(hub, contract, table, batch), measures)
    told = verdict.as_dict() | ({"passed": True, "override": dict(override)} if override else {})
    hub.ledger.standardise_batch(fence, batch.id, {**batch.counts, VERDICT: told})
    if override:
        return {"batch": batch.id, "table": table.name, **told}
    if not verdict.passed:
        reasons = [
            f"{one.rule} {one.subject} {one.share:.1%} > {one.tolerance:.1%} {one.zh}" for one in verdict.critical
        ]
        reasons += [f"{one.rule} {one.subject}: {one.detail}" for one in verdict.rule_errors]
        hub.ledger.hold_batch(fence, batch.id, "; ".join(reasons), hub.clock())
    for error in verdict.rule_errors:
        raise GateError(contract.department, table.name, error.rule, error.detail)
    return {"batch": batch.id, "table": table.name, **told}


def _has_news(batch: Batch, measures: Measures) -> bool:
    """Return whether there is anything to judge: an overlap read again, all of it known, needs no verdict."""
    moved = any(int(batch.counts.get(name, 0)) for name in ("standardised", "rejected", "deleted", "absent"))
    return moved or (measures.full and not measures.rows)


def measures_of(hub: Hub, batch: Batch) -> Measures:
    """Return the batch in numbers, beside how many rows of its table stand."""
    counts = batch.counts
    skipped = int(counts["identical"]) + int(counts["superseded"])
    # an increment that looked at every key is as good a proof of a shrunk source as a full extract
    table_rows = counts.get("landing", {}).get("table_rows")
    return Measures(
        rows=int(counts["extracted"]) if table_rows is None else int(table_rows),
        full=batch.mode == "full" or table_rows is not None,
        refused=sum(int(counts[name]) for name in ("rejected", "quarantined", "held")),
        judged=int(counts["extracted"]) - skipped + int(counts["emitted"]),
        unexplained=0,  # the ledger refuses a batch that does not balance before the gate sees it
        previous=_standing_rows(hub, batch),
    )


def evidence_of(
    hub: Hub, contract: Contract, table: TableContract, batch: Batch
) -> tuple[list[Rule], dict[str, Answers]]:
    """Return every rule of the batch's gate and the answers to those about rows, from the staged statements.

    Raises GateError for a rule of the city's that cannot be run.
    """
    folder, standard = batch_folder(hub, batch.id), hub.city.standard
    rules: list[Rule] = list(table_rules(table))
    answers: dict[str, Answers] = {}
    for emit in table.emit:
        entity = standard.entities[emit.entity]
        own = (
            *statement_rules(emit, standard),
            *city_gate_rules(contract, Place(contract.department, table.name, emit, entity), hub.city.quality),
        )
        lines = parquet.read_table(
            folder / "quarantine.parquet", filters=[("statement", "=", emit.name)], schema=QUARANTINE_SCHEMA
        )
        statements = (str(folder / f"statements-{emit.name}.parquet"),)
        relations = {
            f"accepted {emit.name}": ParquetFiles(statements, statement_schema(entity)),
            f"quarantine {emit.name}": lines.append_column("record_id", pa.nulls(lines.num_rows, pa.string())),
        }
        with hub.engine.session(relations) as session:
            try:
                answers |= answers_of(session, table, emit, entity, own, hub.as_of)
            except EngineError as error:
                raise GateError(contract.department, table.name, error.step, error.detail) from None
        rules += [one.rule for one in own]
    return rules, answers


def _standing_rows(hub: Hub, batch: Batch) -> int | None:
    name = standing_table(batch.department, batch.source_table)
    if not hub.lake.exists(name):
        return None
    return sum(parquet.read_metadata(path.removeprefix("file://")).num_rows for path in hub.lake.files(name))

"""Standardise: landed batches to statements with reason codes, staged until the gate has spoken."""

from __future__ import annotations

from typing import Any

from pipeline.dangling import retry_dangling
from pipeline.hub import Hub
from pipeline.stage import stage_of
from pipeline.standardised_batch import referenced_keys, standardise_batch
from standardise.counts import Counts
from warehouse.batch import Batch


def standardise(hub: Hub, department: str) -> dict[str, Any]:
    """Standardise the landed batches of `department`, one a table, oldest first, and return counts a batch.

    The next batch of a table waits until this one is taken, held or refused: what it changes depends on what stands.
    Facts that were held because what they refer to had not come are tried again when it has: such a retry is a batch
    of its own, of mode `replay`. Raises Unbalanced if rows or statements went missing; the batch then stays landed.
    """
    contract = hub.contract(department)
    results: list[dict[str, Any]] = []
    with stage_of(hub, "standardise", department) as counts:
        landed = _turns(hub.ledger.batches(("landed", "standardised"), department))
        landed += retry_dangling(hub, contract, landed)
        if landed:
            fence = hub.ledger.acquire(f"standardise/{department}", hub.run_id, hub.clock())
            known = referenced_keys(hub, contract, landed)
            for batch in landed:
                result = standardise_batch(hub, contract, batch, known)
                hub.ledger.standardise_batch(fence, batch.id, result)
                results.append({"batch": batch.id, "table": batch.source_table, **result})
        counts.update(batches=len(results), **total(results))
    return {"department": department, "batches": results}


def _turns(waiting: list[Batch]) -> list[Batch]:
    """Return, of each table, its oldest waiting batch if it is to be standardised."""
    first: dict[str, Batch] = {}
    for batch in waiting:
        first.setdefault(batch.source_table, batch)
    return [batch for batch in first.values() if batch.state == "landed"]


def total(results: list[dict[str, Any]]) -> dict[str, int]:
    """Return the sums of the plain counts of several batches."""
    names = [name for name, value in Counts().as_dict().items() if isinstance(value, int)]
    return {name: sum(int(result.get(name, 0)) for result in results) for name in names}

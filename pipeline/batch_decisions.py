"""What a person decides about one batch: take it again from its raw rows, let it pass the gate, or refuse it."""

from __future__ import annotations

import getpass
from typing import Any

from pipeline.commit import commit_batch
from pipeline.events import redact
from pipeline.hub import Hub
from pipeline.replayed import check_raw, open_whole_replay
from pipeline.stage import stage_of
from pipeline.standardised_batch import referenced_keys, standardise_batch
from pipeline.validate import judge, passed_gate
from schemas.contract import Contract, TableContract
from schemas.errors import ConfigurationError, LedgerError
from schemas.nearest import nearest
from warehouse.batch import Batch

PUBLISH = "cityhub link, cityhub survive, cityhub publish"


def replay(hub: Hub, batch_id: int) -> dict[str, Any]:
    """Standardise a batch again from its raw rows with the present contract, judge it, commit it; return the outcome.

    An accepted batch is never rewritten: a new batch of mode `replay` refers to its rows and says what changes; the
    watermark stays. What later extracts of the table said stays too. Raises LedgerError for an unknown batch, one
    that was refused or is still being landed, or one whose raw rows are gone.
    """
    batch, contract, table = asked(hub, batch_id)
    with stage_of(hub, "replay", batch.department) as counts:
        _expect(batch, ("landed", "standardised", "held", "accepted"), "重放 replayed")
        check_raw(hub, table, batch)
        fence = hub.ledger.acquire(f"standardise/{batch.department}", hub.run_id, hub.clock())
        if batch.state == "standardised" and passed_gate(batch):
            # its commit may have begun under the old statements: that is finished first
            batch = _committed(hub, contract, batch)
        if batch.state == "accepted":
            batch = open_whole_replay(hub, contract, batch, fence)
        elif batch.state == "held":
            batch = hub.ledger.release_batch(fence, batch.id)
        result = take(hub, contract, batch, {})
        counts.update(batch=batch.id, replay_of=batch_id, **_moved(result))
    return {**result, "replay_of": batch_id}


def release(hub: Hub, batch_id: int, reason: str) -> dict[str, Any]:
    """Let a held batch through the gate on a person's word and commit it; who and why stand in the ledger.

    It is standardised again first, so that a contract mended since counts. Raises LedgerError for a batch not held.
    """
    batch, contract, table = asked(hub, batch_id)
    override = {"who": getpass.getuser(), "reason": said(reason), "at": hub.clock().isoformat(timespec="seconds")}
    with stage_of(hub, "release", batch.department) as counts:
        _expect(batch, ("held",), "放行 released")
        check_raw(hub, table, batch)
        counts.update(batch=batch.id, why_held=batch.held_reason, **override)
        fence = hub.ledger.acquire(f"standardise/{batch.department}", hub.run_id, hub.clock())
        result = take(hub, contract, hub.ledger.release_batch(fence, batch.id), override)
        counts.update(_moved(result))
    return {**result, "override": override}


def refuse(hub: Hub, batch_id: int, reason: str) -> dict[str, Any]:
    """End a batch without taking it; who and why stand in the ledger. Its raw rows stay in the lake.

    A table read by its cursor is read again from where this batch began, so that mended rows are not missed; a
    dropped file is not: the department sends a new one. Raises LedgerError for a batch already accepted or refused.
    """
    batch, contract, table = asked(hub, batch_id)
    who, why = getpass.getuser(), said(reason)
    with stage_of(hub, "refuse", batch.department) as counts:
        _expect(batch, ("landed", "standardised", "held"), "拒绝 refused")
        counts.update(batch=batch.id, why_held=batch.held_reason, who=who, reason=why)
        if batch.state == "standardised" and passed_gate(batch):
            raise LedgerError(
                f"批次 {batch.id} 已通过把关 batch {batch.id} has passed the gate",
                next_step=f"cityhub commit {batch.department}",
            )
        fence = hub.ledger.acquire(f"standardise/{batch.department}", hub.run_id, hub.clock())
        again = table.cursor is not None and not batch.is_replay
        refused = hub.ledger.refuse_batch(fence, batch.id, f"{who}: {why}", hub.clock(), read_again=again)
    return {
        "batch": refused.id,
        "department": contract.department,
        "table": table.name,
        "state": refused.state,
        "who": who,
        "reason": why,
        "read_again": again,
        "next": f"cityhub run -d {contract.department}",
    }


def take(hub: Hub, contract: Contract, batch: Batch, override: dict[str, str]) -> dict[str, Any]:
    """Bring one landed batch through standardise, the gate and commit; return where it ended and what it changed."""
    fence = hub.ledger.acquire(f"standardise/{batch.department}", hub.run_id, hub.clock())
    known = referenced_keys(hub, contract, [batch])
    batch = hub.ledger.standardise_batch(fence, batch.id, standardise_batch(hub, contract, batch, known))
    judge(hub, contract, batch, fence, override or None)
    batch = hub.ledger.batch(batch.id)
    if passed_gate(batch) and batch.state == "standardised":
        batch = _committed(hub, contract, batch)
    shown = ("extracted", "standardised", "accepted", "quarantined", "held", "new", "changed", "withdrawn")
    return {
        "batch": batch.id,
        "department": batch.department,
        "table": batch.source_table,
        "state": batch.state,
        "reason": batch.held_reason,
        **{name: int(batch.counts.get(name, 0)) for name in shown},
        "next": PUBLISH if batch.state == "accepted" else f"cityhub release {batch.id} | cityhub refuse {batch.id}",
    }


def asked(hub: Hub, batch_id: int) -> tuple[Batch, Contract, TableContract]:
    """Return the batch with its contract and table. Raises LedgerError for an unknown batch, ConfigurationError for a
    department or table that the city no longer has."""
    try:
        batch = hub.ledger.batch(batch_id)
    except LedgerError as error:
        raise LedgerError(error.message, next_step="cityhub status") from None
    contract = hub.contract(batch.department)
    names = [table.name for table in contract.tables]
    if batch.source_table not in names:
        near = nearest(batch.source_table, names)
        raise ConfigurationError(contract.path, 0, "tables", batch.source_table, ", ".join(names), near)
    return batch, contract, contract.table(batch.source_table)


def said(reason: str) -> str:
    """Return a person's reason on one line with personal numbers masked. Raises LedgerError for an empty one."""
    text = redact(" ".join(reason.split()))[:500]
    if not text:
        raise LedgerError("须写明理由 a reason is needed", next_step='--reason "…"')
    return text


def _committed(hub: Hub, contract: Contract, batch: Batch) -> Batch:
    fence = hub.ledger.acquire(f"commit/{batch.department}", hub.run_id, hub.clock())
    commit_batch(hub, contract, batch, fence)
    return hub.ledger.batch(batch.id)


def _expect(batch: Batch, states: tuple[str, ...], what: str) -> None:
    if batch.state not in states:
        told = f"批次 {batch.id} 的状态是 {batch.state}，不能{what}: batch {batch.id} is {batch.state}"
        raise LedgerError(f"{told}, expected {' / '.join(states)}", next_step="cityhub status")


def _moved(result: dict[str, Any]) -> dict[str, Any]:
    return {name: result[name] for name in ("state", "new", "changed", "withdrawn")}

"""Release from quarantine: rows that would fare better today are taken again, and only those."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.batch_decisions import take
from pipeline.dangling import arrived, refers
from pipeline.hub import Hub
from pipeline.open_quarantine import open_lines, pending_rows
from pipeline.raw_rows import raw_chunks
from pipeline.replayed import Chosen, check_raw, open_replays
from pipeline.stage import stage_of
from pipeline.standardised_batch import referenced_keys, table_plan
from schemas.contract import Contract, TableContract
from schemas.errors import LedgerError
from standardise.standardised import standardise
from values.row_identity import source_keys
from warehouse.batch import Batch

LINES = """
    SELECT DISTINCT source_table, origin, row_number, statement, state, fingerprint FROM open ORDER BY ALL"""

Refusals = dict[int, set[tuple[str, str]]]  # by row number: (statement, state)


def release_quarantined(hub: Hub, department: str, force: bool = False) -> dict[str, Any]:
    """Take again the rows of `department` that a mended contract, or a reference that has arrived, now lets through.

    `force` looks at every open row, also where neither has changed (a kind of value was mended). Rows that would be
    refused as before stay as they are. Returns {"department", "open", "taken": [...], "rows", "left"}.
    """
    contract = hub.contract(department)
    taken: list[dict[str, Any]] = []
    with stage_of(hub, "quarantine_release", department) as counts:
        lines = open_lines(hub, contract, LINES).to_pylist()
        chosen = _better(hub, contract, lines, force)
        for place, rows in _merged(chosen, arrived(hub, contract, []) if refers(contract) else {}).items():
            chosen[place] = rows
        if chosen:
            fence = hub.ledger.acquire(f"standardise/{department}", hub.run_id, hub.clock())
            taken = [take(hub, contract, batch, {}) for batch in open_replays(hub, contract, chosen, fence)]
        rows = sum(len(found) for found in chosen.values())
        whole = len({(line["origin"], line["row_number"]) for line in lines})
        counts.update(open=whole, rows=rows, left=whole - rows)
    return {"department": department, "open": whole, "rows": rows, "left": whole - rows, "taken": taken}


def _merged(left: Chosen, right: Chosen) -> Chosen:
    return {place: sorted({*left.get(place, []), *right.get(place, [])}) for place in {**left, **right}}


def _better(hub: Hub, contract: Contract, lines: list[dict[str, Any]], force: bool) -> Chosen:
    """Return the open rows that would be refused less than they are, by table and origin batch."""
    pending = pending_rows(hub, contract)
    refused: dict[tuple[str, int], Refusals] = {}
    for line in lines:
        if (line["origin"], line["row_number"]) in pending:
            continue
        if force or line["fingerprint"] != contract.fingerprint:
            rows = refused.setdefault((line["source_table"], line["origin"]), {})
            rows.setdefault(line["row_number"], set()).add((line["statement"], line["state"]))
    names = {table.name for table in contract.tables}
    chosen: Chosen = {}
    for (name, origin), before in refused.items():
        batch = hub.ledger.batch(origin)
        if name in names and (found := _improved(hub, contract, contract.table(name), batch, before)):
            chosen[name, origin] = found
    return chosen


def _improved(hub: Hub, contract: Contract, table: TableContract, batch: Batch, before: Refusals) -> list[int]:
    try:
        check_raw(hub, table, batch)
    except LedgerError:
        return []  # read again by the next landing, which takes the whole table after a change of the contract
    rows = _with_siblings(hub, table, batch, sorted(before))
    if not rows.num_rows:
        return []
    plan = table_plan(hub, contract, table, referenced_keys(hub, contract, []))
    after: Refusals = {}
    for line in standardise(rows, plan).quarantine.select(["row_number", "statement", "state"]).to_pylist():
        after.setdefault(line["row_number"], set()).add((line["statement"], line["state"]))
    better = [row for row, refusals in before.items() if _weight(after.get(row, set())) < _weight(refusals)]
    if not better:
        return []
    keys = source_keys(rows, table.key)
    chosen = pc.is_in(rows.column("row_number"), value_set=pa.array(better, pa.int64()))
    # rows that share a key are judged together, or one of them would pass for the only one
    shared = pc.or_(chosen, pc.is_in(keys, value_set=keys.filter(chosen.combine_chunks()).drop_null()))
    return sorted(rows.column("row_number").filter(shared).to_pylist())


def _weight(refusals: set[tuple[str, str]]) -> int:
    """A refused row weighs more than any number of its statements."""
    return sum(1_000 if state == "rejected" else 1 for _, state in refusals)


def _with_siblings(hub: Hub, table: TableContract, batch: Batch, numbers: list[int]) -> pa.Table:
    """Return the raw rows of these numbers, with the other rows of the batch that have one of their keys."""
    wanted = pa.array(numbers, pa.int64())
    parts = [
        source_keys(chunk, table.key).filter(pc.is_in(chunk.column("row_number"), value_set=wanted).combine_chunks())
        for chunk in raw_chunks(hub, batch, table.key)
    ]
    keys = pa.chunked_array(parts, pa.string()).combine_chunks().drop_null()
    rows = []
    for chunk in raw_chunks(hub, batch):
        here = pc.is_in(chunk.column("row_number"), value_set=wanted)
        kept = chunk.filter(pc.or_(here, pc.is_in(source_keys(chunk, table.key), value_set=keys)))
        if kept.num_rows:
            rows.append(kept)
    return pa.concat_tables(rows, promote_options="default") if rows else pa.table({})

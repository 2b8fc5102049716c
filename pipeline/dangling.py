"""Facts held because the row they refer to had not come: found again when it has, without a person."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.hub import Hub
from pipeline.open_quarantine import open_lines, pending_rows
from pipeline.raw_rows import raw_chunks
from pipeline.replayed import Chosen, open_replays
from pipeline.standardised_batch import referenced_keys
from schemas.contract import Contract, PartyMapping, TableContract
from values.row_identity import source_keys
from warehouse.batch import Batch

HELD = """
    SELECT DISTINCT source_table, origin, row_number, statement, field FROM open
    WHERE state = 'held' AND reason = 'dangling_reference' ORDER BY ALL"""


def retry_dangling(hub: Hub, contract: Contract, landed: list[Batch]) -> list[Batch]:
    """Open a replay of every held fact whose reference stands now or has just landed; return these landed batches."""
    if not refers(contract):
        return []
    due = arrived(hub, contract, landed)
    if not due:
        return []
    fence = hub.ledger.acquire(f"standardise/{contract.department}", hub.run_id, hub.clock())
    return open_replays(hub, contract, due, fence)


def refers(contract: Contract) -> bool:
    """Return whether any fact of the contract refers to a row of another table."""
    return any(party.table for table in contract.tables for emit in table.emit for party in emit.parties)


def arrived(hub: Hub, contract: Contract, landed: list[Batch]) -> Chosen:
    """Return, by table and origin batch, the rows of held facts all of whose references have arrived."""
    waiting: dict[tuple[str, int], dict[int, set[tuple[str, str]]]] = {}
    for line in open_lines(hub, contract, HELD).to_pylist():
        rows = waiting.setdefault((line["source_table"], line["origin"]), {})
        rows.setdefault(line["row_number"], set()).add((line["statement"], line["field"]))
    if not waiting:
        return {}
    pending, known = pending_rows(hub, contract), referenced_keys(hub, contract, landed)
    due: Chosen = {}
    for (name, origin), rows in waiting.items():
        wanted = {row: roles for row, roles in rows.items() if (origin, row) not in pending}
        if found := _complete(hub, contract.table(name), hub.ledger.batch(origin), wanted, known):
            due[name, origin] = found
    return due


def _complete(
    hub: Hub,
    table: TableContract,
    origin: Batch,
    wanted: Mapping[int, set[tuple[str, str]]],
    known: Mapping[str, pa.Array],
) -> list[int]:
    parties = {(emit.name, party.role): party for emit in table.emit for party in emit.parties if party.table}
    still: set[int] = set()
    seen: set[int] = set()
    columns = sorted({column for party in parties.values() for column in party.key})
    numbers = pa.array(sorted(wanted), pa.int64())
    for chunk in raw_chunks(hub, origin, columns):
        rows = chunk.filter(pc.is_in(chunk.column("row_number"), value_set=numbers))
        seen.update(rows.column("row_number").to_pylist())
        for place, party in parties.items():
            missing = rows.filter(pc.invert(_there(rows, party, known))).column("row_number").to_pylist()
            still.update(row for row in missing if place in wanted[row])
    return sorted(seen - still)


def _there(rows: pa.Table, party: PartyMapping, known: Mapping[str, pa.Array]) -> pa.Array:
    return pc.is_in(source_keys(rows, party.key), value_set=known[party.table])

"""Raw rows taken again: a batch of mode `replay` that refers to the rows of the batch that extracted them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pyarrow.parquet as parquet

from pipeline.hub import Hub
from pipeline.lake_tables import raw_table
from pipeline.raw_rows import select_rows
from schemas.contract import Contract, TableContract
from schemas.errors import LedgerError
from warehouse.batch import Batch, Landing, Opening
from warehouse.fences import Fence

# By table and origin batch: the row numbers to take again.
Chosen = dict[tuple[str, int], list[int]]


def open_replays(
    hub: Hub, contract: Contract, chosen: Mapping[tuple[str, int], Sequence[int]], fence: Fence
) -> list[Batch]:
    """Open one replay for each origin batch and return them, landed, in the order of their origins."""
    found = []
    for (_, origin), rows in sorted(chosen.items(), key=lambda item: item[0][1]):
        batch = hub.ledger.batch(origin)
        name = select_rows(hub, batch, rows)
        found.append(_open(hub, contract, batch, fence, Landing(len(rows), name, batch.lake_version or 0), name))
    return found


def open_whole_replay(hub: Hub, contract: Contract, batch: Batch, fence: Fence) -> Batch:
    """Open a replay of all that `batch` took and return it, landed."""
    landing = Landing((batch.rows_extracted or 0) - batch.left_out, batch.checksum or "", batch.lake_version or 0)
    return _open(hub, contract, batch, fence, landing, batch.selection)


def _open(hub: Hub, contract: Contract, batch: Batch, fence: Fence, landing: Landing, selection: str) -> Batch:
    since = f"{batch.origin}/{selection}" if selection else str(batch.origin)
    opening = Opening(
        department=batch.department,
        source_table=batch.source_table,
        mode="replay",
        contract_fingerprint=contract.fingerprint,
        run_id=hub.run_id,
        since=since,
    )
    return hub.ledger.land_replay(fence, opening, landing, hub.clock())


def check_raw(hub: Hub, table: TableContract, batch: Batch) -> None:
    """Raise LedgerError when the lake no longer holds the batch's rows, or not every column the contract now reads.

    A batch all of whose rows stood already, or that found rows missing only, has none there.
    """
    origin = hub.ledger.batch(batch.origin) if batch.is_replay else batch
    if (origin.rows_extracted or 0) == origin.left_out:
        return
    files = hub.lake.files(raw_table(batch.department, batch.source_table), batch=batch.origin)
    again = f"cityhub land {batch.department}"
    if not files:
        raise LedgerError(
            f"批次 {batch.id} 的原始行已不在湖中 the raw rows of batch {batch.id} are gone", next_step=again
        )
    present = {name for path in files for name in parquet.read_schema(path.removeprefix("file://")).names}
    missing = [name for name in replace(table, ignore=()).columns if name not in present]
    if missing:
        raise LedgerError(
            f"批次 {batch.id} 落地时没有这些列 batch {batch.id} was landed without {', '.join(missing)}",
            next_step=again,
        )

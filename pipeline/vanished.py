"""What landing found out about keys that have no raw row in their batch: they left the source, or stand twice in it."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.hub import Hub
from pipeline.lake_tables import vanished_table
from warehouse.batch import Batch


def vanished_keys(hub: Hub, batches: Sequence[Batch], fate: str) -> pa.Array:
    """Return the keys of this fate (`absent`, `twin`) that the batches of one table wrote down."""
    empty = pa.array([], pa.string())
    if not batches:
        return empty
    name, numbers = vanished_table(batches[0].department, batches[0].source_table), [one.id for one in batches]
    if not hub.lake.files(name, batch=numbers):
        return empty
    found = hub.lake.read(name, batch=numbers)
    return found.filter(pc.equal(found.column("fate"), fate)).column("source_key").combine_chunks().unique()


def absent_keys(hub: Hub, batch: Batch, missing: pa.Array) -> pa.Array:
    """Return the keys that left the source: landing's own finding where it compared, else what a full extract misses
    (`missing`).
    """
    return missing if batch.mode == "full" and not batch.compared else vanished_keys(hub, [batch], "absent")

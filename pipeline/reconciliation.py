"""What an increment cannot see: rows that vanished without a trace, and rows that arrived behind the watermark."""

# ruff: noqa: S608 - every literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.quoting import literal
from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import quarantine_table, standing_table
from schemas.contract import Contract, TableContract
from standardise.quarantine import QUARANTINE_SCHEMA
from standardise.sift import deleted_rows
from values.row_identity import source_keys
from warehouse.batch import Batch


def is_due(table: TableContract, done: Sequence[Batch], now: datetime) -> bool:
    """Return whether the whole table is to be looked at again, going by the batches landed before (oldest first)."""
    if table.reconcile is None:
        return False
    last = next((batch.opened_at for batch in reversed(done) if _looked_at_all(batch)), None)
    # a clock that went back must not put the comparison off
    return last is None or not last <= now < last + table.reconcile.every


def _looked_at_all(batch: Batch) -> bool:
    return batch.mode == "full" or batch.counts.get("landing", {}).get("table_rows") is not None


@dataclass
class KeyComparison:
    """Keys of the source's table against the keys that stand; held in memory, keys only.

    A row that the source marks as deleted counts as not there.
    """

    table: TableContract
    standing: pa.Array
    refused: pa.Array  # keys rejected before: their rows are not fetched again each time
    _taken: list[pa.Array] = field(default_factory=list)
    _seen: list[pa.Array] = field(default_factory=list)
    _parts: list[pa.RecordBatch] = field(default_factory=list)
    absent: pa.Array = field(default_factory=lambda: pa.array([], pa.string()))

    @classmethod
    def open(cls, hub: Hub, contract: Contract, table: TableContract) -> KeyComparison:
        """Return the comparison with what stands now."""
        name = standing_table(contract.department, table.name)
        standing = pa.array([], pa.string())
        if hub.lake.exists(name):
            files = ParquetFiles(tuple(hub.lake.files(name)), pa.schema([("source_key", pa.string())]))
            found = hub.engine.run([Step("keys", "SELECT source_key FROM standing")], {"standing": files}, "keys")
            standing = found.column("source_key").combine_chunks()
        return cls(table, standing, _refused(hub, contract.department, table.name))

    def took(self, rows: pa.RecordBatch) -> None:
        self._taken.append(source_keys(pa.Table.from_batches([rows]), self.table.key))

    def saw(self, keys: pa.RecordBatch) -> None:
        rows = pa.Table.from_batches([keys])
        there = rows.filter(pc.invert(deleted_rows(rows, self.table)))
        self._seen.append(source_keys(there, self.table.key))
        # only what may be wanted is kept with its parts; whether it is taken is known at the end
        strange = pc.invert(pc.is_in(self._seen[-1], value_set=self.standing))
        self._parts += there.filter(strange).to_batches()

    def wanted(self) -> pa.Table:
        """Return the key columns of rows that neither stand nor were just taken, and of keys the source holds twice
        of which only one row was taken: all rows of a key are judged together.
        """
        seen, taken = _joined(self._seen), _joined(self._taken)
        self.absent = self.standing.filter(pc.invert(pc.is_in(self.standing, value_set=seen)))
        schema = pa.schema([(name, pa.string()) for name in self.table.key])
        parts = pa.Table.from_batches(self._parts).select(list(self.table.key)) if self._parts else schema.empty_table()
        keys = source_keys(parts, self.table.key) if parts.num_rows else pa.array([], pa.string())
        known = pa.concat_arrays([_whole(taken), self.refused])
        repeated = _repeated(seen)
        strange = pc.invert(pc.is_in(keys, value_set=known))
        again = pc.and_(pc.is_in(keys, value_set=_whole(taken)), pc.is_in(keys, value_set=repeated))
        chosen = pc.and_(pc.or_(strange, again), pc.is_valid(keys))
        return parts.filter(chosen).group_by(list(self.table.key)).aggregate([]).cast(schema)


def _refused(hub: Hub, department: str, table: str) -> pa.Array:
    name = quarantine_table(department)
    step = Step(
        "refused",
        f"""
        SELECT DISTINCT source_key FROM quarantine
        WHERE source_table = {literal(table)} AND state = 'rejected' AND source_key IS NOT NULL""",
    )
    files = ParquetFiles(tuple(hub.lake.files(name)), QUARANTINE_SCHEMA)
    return hub.engine.run([step], {"quarantine": files}, "refused").column("source_key").combine_chunks()


def _repeated(keys: pa.Array) -> pa.Array:
    counts = pc.value_counts(keys)
    several = np.asarray(counts.field("counts")) > 1
    return counts.field("values").filter(pa.array(several))


def _joined(parts: list[pa.Array]) -> pa.Array:
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def _whole(keys: pa.Array) -> pa.Array:
    return pa.concat_arrays(keys.chunks) if isinstance(keys, pa.ChunkedArray) else keys

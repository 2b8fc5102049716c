"""What arrives against what stands: rows that stand already, byte for byte, are counted and left out of the lake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from pipeline.hub import Hub
from pipeline.lake_tables import standing_table
from schemas.contract import Contract, TableContract
from warehouse.batch import BatchState

# A batch in one of these may still change what stands: nothing can be compared with it safely.
PENDING: tuple[BatchState, ...] = ("opening", "landed", "standardised", "held")
VANISHED = pa.schema([("batch", pa.int64()), ("source_key", pa.string()), ("fate", pa.string())])

Mask = npt.NDArray[np.bool_]


@dataclass
class Comparison:
    """The standing rows of one table, looked up by the hash of a row: 33 bytes a standing row in memory.

    The hash covers every column, the key too, so that an equal hash is the same row under the same key.
    """

    files: tuple[str, ...]
    high: npt.NDArray[np.uint64]  # sorted
    low: npt.NDArray[np.uint64]
    places: npt.NDArray[np.int64]  # where each stands in the files
    seen: Mask
    known: int = 0
    fresh_keys: list[pa.Array] = field(default_factory=list)

    @classmethod
    def open(cls, hub: Hub, contract: Contract, table: TableContract) -> Comparison | None:
        """Return the comparison, or None where nothing stands yet or a batch of the table still waits."""
        name = standing_table(contract.department, table.name)
        if not hub.lake.exists(name) or hub.ledger.batches(PENDING, contract.department, table.name):
            return None
        files = tuple(path.removeprefix("file://") for path in hub.lake.files(name))
        found: list[tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]] = []
        rows = 0
        for batch in _batches(files, ["row_hash", "contract_fingerprint"]):
            same = pc.fill_null(pc.equal(batch.column(1), contract.fingerprint), False)
            places = np.flatnonzero(same.to_numpy(zero_copy_only=False)) + rows
            found.append((*_digests(batch.column(0).filter(same)), places))
            rows += batch.num_rows
        high, low, places = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else _nothing()
        order = np.argsort(high, kind="stable")
        return cls(files, high[order], low[order], places[order], np.zeros(rows, bool))

    def stands(self, hashes: pa.Array) -> Mask:
        """Return for each row whether it stands already, and remember that the source still holds it."""
        high, low = _digests(hashes)
        found = np.zeros(len(high), bool)
        if len(self.high):
            spots = np.minimum(np.searchsorted(self.high, high), len(self.high) - 1)
            # two digests with one upper half are as good as impossible; if so, the row is landed again, no harm done
            found = (self.high[spots] == high) & (self.low[spots] == low)
            self.seen[self.places[spots[found]]] = True
        self.known += int(found.sum())
        return found

    def vanished(self, whole: bool) -> dict[str, pa.Array]:
        """Return keys by fate, once every row has arrived.

        `absent`: they stand, and an extract of the whole table does not hold them. `twin`: the source holds their
        standing row, and beside it another one of the same key.
        """
        fresh = _joined(self.fresh_keys)
        if not whole and not len(fresh):
            return {"absent": fresh, "twin": fresh}
        absent, twin, start = [], [], 0
        for batch in _batches(self.files, ["source_key"]):
            keys = batch.column(0)
            seen = pa.array(self.seen[start : start + len(keys)])
            again = pc.is_in(keys, value_set=fresh)
            if whole:
                absent.append(keys.filter(pc.invert(pc.or_(seen, again))))
            twin.append(keys.filter(pc.and_(seen, again)))
            start += len(keys)
        return {"absent": _joined(absent), "twin": _joined(twin)}


def _batches(files: tuple[str, ...], columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Yield these columns of all the files, in their order, as text; never a whole table in memory."""
    schema = pa.schema([(column, pa.string()) for column in columns])
    for path in files:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=columns):
                yield batch.select(columns).cast(schema)


def _joined(parts: list[pa.Array]) -> pa.Array:
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def _nothing() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    return np.zeros(0, np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.int64)


def _digests(hashes: pa.Array) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return the upper and lower 64 bits of each row hash (32 hexadecimal digits)."""
    if not len(hashes):
        return np.zeros(0, np.uint64), np.zeros(0, np.uint64)
    offsets = np.frombuffer(hashes.buffers()[1], np.int32)[hashes.offset : hashes.offset + len(hashes) + 1]
    digits = hashes.buffers()[2].slice(int(offsets[0]), int(offsets[-1] - offsets[0])).to_pybytes()
    both = np.frombuffer(bytes.fromhex(digits.decode("ascii")), ">u8").astype(np.uint64).reshape(-1, 2)
    return both[:, 0], both[:, 1]

"""Land: stream what is new in a department's tables into the lake, as the source had it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import Any

import pyarrow as pa

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, Source
from connectors.watermark import lower_bound
from pipeline.hub import Hub
from pipeline.lake_tables import raw_table
from pipeline.progress import progress
from pipeline.stage import stage_of
from schemas.contract import Contract, TableContract
from schemas.errors import ConfigurationError
from values.row_identity import row_hashes
from warehouse.batches import BatchState, Landing, Opening
from warehouse.fences import Fence

DONE: tuple[BatchState, ...] = ("landed", "standardised", "held", "accepted")


def land(hub: Hub, department: str, table: str = "") -> dict[str, Any]:
    """Land every table of `department` (or one of them) and return {"department", "batches": [...], "rows": n}.

    A table without new rows still leaves an accepted, empty batch: the source was consulted. Raises a SourceError
    before anything of that table is written; tables landed before it stay landed.
    """
    contract = hub.contract(department)
    wanted = (contract.table(table),) if table else contract.tables
    with stage_of(hub, "land", department) as counts:
        source = open_source(contract, hub.connection_url(contract.connection))
        try:
            batches = [land_table(hub, contract, source, one) for one in wanted]
        finally:
            source.close()
        counts.update(tables=len(batches), rows=sum(batch["rows"] for batch in batches))
    return {"department": department, "batches": batches, "rows": counts["rows"]}


def land_table(hub: Hub, contract: Contract, source: Source, table: TableContract) -> dict[str, Any]:
    """Land one table as one batch: rows in one lake commit, then batch and watermark in one ledger commit."""
    fence = hub.ledger.acquire(f"land/{contract.department}/{table.name}", hub.run_id, hub.clock())
    drop_orphans(hub, contract.department, table.name, fence)
    since = starting_point(hub, contract, table)
    with source.stream(ReadRequest(table, since=since, batch_rows=hub.settings.batch_rows)) as extraction:
        opening = Opening(
            department=contract.department,
            source_table=table.name,
            mode=extraction.mode,
            contract_fingerprint=contract.fingerprint,
            run_id=hub.run_id,
            since=since,
        )
        arriving = iter(extraction)
        first = next(arriving, None)
        rows = 0
        if first is None and not extraction.ragged and extraction.mode == "increment":
            batch = hub.ledger.record_consultation(fence, opening, hub.clock())
        else:
            batch = hub.ledger.open_batch(fence, opening, hub.clock())
            stamped = Stamped(batch, extraction, arriving, first)
            version = _write(hub, contract.department, table.name, stamped)
            landing = Landing(stamped.rows, stamped.checksum.hexdigest(), version, extraction.high_water)
            hub.ledger.land_batch(fence, batch, landing, hub.clock())
            rows = stamped.rows
    return {
        "batch": batch,
        "table": table.name,
        "mode": extraction.mode,
        "rows": rows,
        "new_columns": list(extraction.new_columns),
        "notes": list(extraction.notes),
    }


def starting_point(hub: Hub, contract: Contract, table: TableContract) -> str | None:
    """Return where to read from; None reads everything: the first time, where nothing says what is new, and after the
    contract's mapping changed, because then the rows must be standardised anew.
    """
    landed = [one for one in hub.ledger.batches(DONE, contract.department, table.name) if not one.is_replay]
    watermark = hub.ledger.watermark(contract.department, table.name)
    if not landed or watermark is None or landed[-1].contract_fingerprint != contract.fingerprint:
        return None
    if table.cursor is None:
        return watermark if table.file else None
    try:
        return lower_bound(watermark, table.cursor.overlap)
    except ValueError as error:
        raise ConfigurationError(
            contract.path, 0, f"{table.name}.cursor.overlap", str(table.cursor.overlap), str(error)
        ) from None


def drop_orphans(hub: Hub, department: str, table: str, fence: Fence) -> None:
    """Forget batches of this table that a killed landing left open: their rows leave the lake, their number stays."""
    for batch in hub.ledger.batches("opening", department, table):
        hub.lake.drop_partition(raw_table(department, table), batch=batch.id)
        hub.ledger.refuse_batch(fence, batch.id, "landing interrupted", hub.clock())


@dataclass
class Stamped:
    """An extraction with what landing adds to every row: batch, row number from 1, row hash, and whether it is ragged.

    Ragged rows come last: their whole text stands in the first column, to be rejected one by one.
    """

    batch: int
    extraction: Extraction
    arriving: Iterator[pa.RecordBatch]
    first: pa.RecordBatch | None
    rows: int = 0
    checksum: Any = field(default_factory=lambda: blake2b(digest_size=16))

    @property
    def schema(self) -> pa.Schema:
        added = [("batch", pa.int64()), ("row_number", pa.int64()), ("row_hash", pa.string()), ("ragged", pa.bool_())]
        return pa.schema([*self.extraction.schema, *(pa.field(name, kind) for name, kind in added)])

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        with progress(f"land batch {self.batch}") as bar:
            for batch in chain([self.first] if self.first is not None else [], self.arriving):
                if batch.num_rows:
                    yield self._stamp(batch, ragged=False)
                    bar.advance(batch.num_rows)
        if self.extraction.ragged:
            yield self._stamp(self._ragged_batch(), ragged=True)

    def _stamp(self, batch: pa.RecordBatch, ragged: bool) -> pa.RecordBatch:
        size = batch.num_rows
        hashes = row_hashes(pa.Table.from_batches([batch]))
        self.checksum.update("".join(hashes.to_pylist()).encode())
        numbers = pa.array(range(self.rows + 1, self.rows + size + 1), pa.int64())
        self.rows += size
        added = [pa.array([self.batch] * size, pa.int64()), numbers, hashes, pa.array([ragged] * size)]
        return pa.RecordBatch.from_arrays([*batch.columns, *added], schema=self.schema)

    def _ragged_batch(self) -> pa.RecordBatch:
        texts = pa.array([row.text for row in self.extraction.ragged], pa.string())
        empty = pa.nulls(len(texts), pa.string())
        columns = [texts if index == 0 else empty for index in range(len(self.extraction.schema))]
        return pa.RecordBatch.from_arrays(columns, schema=self.extraction.schema)


def _write(hub: Hub, department: str, table: str, stamped: Stamped) -> int:
    """Write the stream as one lake commit and return the table's version."""
    reader = pa.RecordBatchReader.from_batches(stamped.schema, iter(stamped))
    metadata = {"batch": str(stamped.batch), "run": hub.run_id}
    try:
        return hub.lake.append(raw_table(department, table), reader, ("batch",), metadata)
    except Exception:
        # A library in between has wrapped the source's own error: that is the one to tell.
        if stamped.extraction.failure is not None:
            raise stamped.extraction.failure from None
        raise

"""Land: stream what is new in a department's tables into the lake, as the source had it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pyarrow as pa

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, Source
from connectors.watermark import lower_bound
from pipeline.arrival import Arrival, Stamped
from pipeline.comparison import VANISHED, Comparison
from pipeline.drift import Findings, find_drift
from pipeline.hub import Hub
from pipeline.lake_tables import raw_table, vanished_table
from pipeline.progress import progress
from pipeline.reconciliation import KeyComparison, is_due
from pipeline.stage import stage_of
from schemas.contract import Contract, TableContract
from schemas.errors import CityhubError, ConfigurationError
from values.row_identity import source_keys
from warehouse.batch import Batch, BatchState, Landing, Opening
from warehouse.fences import Fence

DONE: tuple[BatchState, ...] = ("landed", "standardised", "held", "accepted")


def land(hub: Hub, department: str, table: str = "", whole: bool = False) -> dict[str, Any]:
    """Land every table of `department` (or one of them) and return {"department", "batches": [...], "rows": n}.

    `whole` reads every row again, as after a backup was restored; what stands already is recognised.
    A table without new rows still leaves an accepted batch without a row in the lake: the source was consulted.
    Raises a SourceError before anything of that table is written; tables landed before it stay landed.
    """
    contract = hub.contract(department)
    wanted = (contract.table(table),) if table else contract.tables
    with stage_of(hub, "land", department) as counts:
        source = open_source(contract, hub.connection_url(contract.connection), hub.settings.reading(hub.city.timezone))
        try:
            batches = [land_table(hub, contract, source, one, whole) for one in wanted]
        finally:
            source.close()
        counts.update(tables=len(batches), rows=sum(batch["rows"] for batch in batches))
        counts["identical"] = sum(_known_at_once(hub, batch["batch"]) for batch in batches)
    return {"department": department, "batches": batches, "rows": counts["rows"]}


def _known_at_once(hub: Hub, number: int) -> int:
    """Return the rows of a batch that landing itself found standing, all of them; 0 where there is more to do."""
    batch = hub.ledger.batch(number)
    return int(batch.counts.get("identical", 0)) if batch.state == "accepted" else 0


@dataclass(frozen=True)
class Order:
    """One table to land: where from, and what is known before a row moves."""

    hub: Hub
    contract: Contract
    table: TableContract
    fence: Fence
    since: str | None
    findings: Findings
    keys: KeyComparison | None


def land_table(
    hub: Hub, contract: Contract, source: Source, table: TableContract, whole: bool = False
) -> dict[str, Any]:
    """Land one table as one batch: rows in one lake commit, then batch and watermark in one ledger commit."""
    fence = hub.ledger.acquire(f"land/{contract.department}/{table.name}", hub.run_id, hub.clock())
    drop_orphans(hub, contract.department, table.name, fence)
    done = [one for one in hub.ledger.batches(DONE, contract.department, table.name) if not one.is_replay]
    since = None if whole else starting_point(hub, contract, table, done)
    settle(source, table, done)
    findings = find_drift(source, contract, table, done, since)
    reconciles = since is not None and table.reconcile is not None and table.reconcile.by == "keys"
    keys = KeyComparison.open(hub, contract, table) if reconciles and is_due(table, done, hub.clock()) else None
    order = Order(hub, contract, table, fence, since, findings, keys)
    request = ReadRequest(table, since=since, batch_rows=hub.settings.batch_rows, reconciler=keys)
    with source.stream(request) as extraction:
        arrival = Arrival(extraction, table.key, Comparison.open(hub, contract, table))
        batch = _take(order, extraction, arrival)
    if extraction.high_water is not None:
        source.settle(table, extraction.high_water, batch)
    return {
        "batch": batch,
        "table": table.name,
        "mode": extraction.mode,
        "rows": arrival.rows,
        "known": arrival.known,
        "new_columns": list(extraction.new_columns),
        "drift": list(findings.lines),
        "notes": list(extraction.notes),
    }


def starting_point(hub: Hub, contract: Contract, table: TableContract, done: list[Batch]) -> str | None:
    """Return where to read from; None reads everything: the first time, where nothing says what is new, when the rows
    are to be compared again, and after the contract's mapping changed: then they must be standardised anew.
    """
    watermark = hub.ledger.watermark(contract.department, table.name)
    if not done or watermark is None or done[-1].contract_fingerprint != contract.fingerprint:
        return None
    if table.changes or table.file:
        whole = table.changes is not None and _rows_due(table, done, hub)
        return None if whole else watermark
    if table.cursor is None or _rows_due(table, done, hub):
        return None
    try:
        return lower_bound(watermark, table.cursor.overlap)
    except ValueError as error:
        raise ConfigurationError(
            contract.path, 0, f"{table.name}.cursor.overlap", str(table.cursor.overlap), str(error)
        ) from None


def _rows_due(table: TableContract, done: list[Batch], hub: Hub) -> bool:
    return table.reconcile is not None and table.reconcile.by == "rows" and is_due(table, done, hub.clock())


def drop_orphans(hub: Hub, department: str, table: str, fence: Fence) -> None:
    """Forget batches of this table that a killed landing left open: their rows leave the lake, their number stays.

    So do the rows that a landing wrote after it had lost its fence, when its batch was refused already.
    """
    left = [one for one in hub.ledger.batches(("opening", "refused"), department, table) if one.landed_at is None]
    numbers = [one.id for one in left]
    for name in (raw_table(department, table), vanished_table(department, table)):
        if numbers and hub.lake.files(name, batch=numbers):
            for number in numbers:
                hub.lake.drop_partition(name, batch=number)
    for one in left:
        if one.state == "opening":
            hub.ledger.refuse_batch(fence, one.id, "landing interrupted", hub.clock())


def settle(source: Source, table: TableContract, done: list[Batch]) -> None:
    """Finish what a landing killed right after the ledger's commit left to do: put its file away."""
    landed = next((one for one in reversed(done) if one.high_water is not None and one.rows_extracted), None)
    if table.file is not None and landed is not None and landed.high_water is not None:
        source.settle(table, landed.high_water, landed.id)


def _take(order: Order, extraction: Extraction, arrival: Arrival) -> int:
    """Take the extraction to its end and return the batch's number."""
    hub, department, table = order.hub, order.contract.department, order.table
    opening = Opening(
        department=department,
        source_table=table.name,
        mode=extraction.mode,
        contract_fingerprint=order.contract.fingerprint,
        run_id=hub.run_id,
        since=order.since,
    )
    first = next(arriving := iter(arrival), None)
    if first is None and (arrival.compared or extraction.mode == "increment") and not extraction.ragged:
        vanished = _vanished(order, extraction, arrival)
        if not any(len(keys) for keys in vanished.values()) and not order.findings.held:
            landing = _landing(order, extraction, arrival, 0)
            known = {"extracted": arrival.rows, "identical": arrival.rows, "unchanged": arrival.rows}
            return hub.ledger.record_consultation(order.fence, opening, hub.clock(), landing, known)
    batch = hub.ledger.open_batch(order.fence, opening, hub.clock())
    try:
        stamped = Stamped(batch, extraction, chain([] if first is None else [first], arriving))
        version = _write(order, stamped)
        _write_vanished(order, batch, _vanished(order, extraction, arrival))
        hub.ledger.land_batch(order.fence, batch, _landing(order, extraction, arrival, version), hub.clock())
    except CityhubError:
        _withdraw(order, batch)
        raise
    return batch


def _landing(order: Order, extraction: Extraction, arrival: Arrival, version: int) -> Landing:
    facts: dict[str, Any] = {"known": arrival.known, "compared": arrival.compared, "shape": order.findings.shape}
    if extraction.table_rows is not None:
        facts["table_rows"] = extraction.table_rows
    if order.findings.lines:
        facts["drift"] = list(order.findings.lines)
        facts["proposal"] = list(order.findings.proposal)
    if extraction.notes:
        facts["notes"] = list(extraction.notes)
    return Landing(
        arrival.rows, arrival.checksum.hexdigest(), version, extraction.high_water, facts, order.findings.held
    )


def _vanished(order: Order, extraction: Extraction, arrival: Arrival) -> dict[str, pa.Array]:
    """Return keys by fate: those that left the source, and those whose standing row is there beside another one."""
    vanished = arrival.vanished(extraction.mode == "full")
    gone = [source_keys(keys, order.table.key) for keys in extraction.gone]
    if order.keys is not None and extraction.table_rows is not None:
        gone.append(order.keys.absent)
    if gone:
        vanished["absent"] = pa.chunked_array([vanished["absent"], *gone], pa.string()).unique()
    return vanished


def _write(order: Order, stamped: Stamped) -> int:
    """Write the stream as one lake commit and return the table's version; a stream without a row writes nothing."""
    hub, name = order.hub, raw_table(order.contract.department, order.table.name)
    batches = iter(stamped)
    with progress(f"land batch {stamped.batch}") as bar:
        first = next(batches, None)
        if first is None:
            return hub.lake.version(name) or 0
        reader = pa.RecordBatchReader.from_batches(stamped.schema, _watched(chain([first], batches), bar))
        try:
            return hub.lake.append(name, reader, ("batch",), {"batch": str(stamped.batch), "run": hub.run_id})
        except Exception:
            # A library in between has wrapped the source's own error: that is the one to tell.
            if stamped.extraction.failure is not None:
                raise stamped.extraction.failure from None
            raise


def _watched(batches: Iterator[pa.RecordBatch], bar: Any) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        bar.advance(batch.num_rows)
        yield batch


def _write_vanished(order: Order, batch: int, vanished: dict[str, pa.Array]) -> None:
    rows = [
        pa.table({"batch": pa.repeat(batch, len(keys)), "source_key": keys, "fate": pa.repeat(fate, len(keys))})
        for fate, keys in vanished.items()
        if len(keys)
    ]
    if rows:
        name = vanished_table(order.contract.department, order.table.name)
        order.hub.lake.append(name, pa.concat_tables([one.cast(VANISHED) for one in rows]), ("batch",))


def _withdraw(order: Order, batch: int) -> None:
    """Take a failed landing's rows out of the lake, unless the ledger has the batch: its reply may be what failed.

    What cannot be undone now is left to the next landing, which drops it as an orphan.
    """
    with contextlib.suppress(CityhubError):
        if order.hub.ledger.batch(batch).landed_at is None:
            for table in (raw_table, vanished_table):
                order.hub.lake.drop_partition(table(order.contract.department, order.table.name), batch=batch)

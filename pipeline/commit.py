"""Commit: take validated batches into the department's current statements, keeping the history of what changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles
from pipeline.hub import Hub
from pipeline.lake_tables import current_table, history_table, quarantine_table, standing_table
from pipeline.stage import stage_of
from pipeline.staging import KEYS, STANDING, batch_folder, clear, staged
from pipeline.standardise import standardise, total
from pipeline.validate import passed_gate, validate
from schemas.arrow import statement_schema
from schemas.contract import Contract, TableContract
from schemas.standard import Entity
from standardise.changes import change_steps
from standardise.quarantine import QUARANTINE_SCHEMA
from warehouse.batch import Batch
from warehouse.fences import Fence

LAKE = "lake"  # in a batch's counts: the versions of the current tables that hold it

CHANGES = ("new", "changed", "withdrawn")


def history_schema(entity: Entity) -> pa.Schema:
    """Return the columns of the history: the statement's and what happened to it (new, changed, deleted)."""
    return statement_schema(entity).append(pa.field("op", pa.string()))


def commit(hub: Hub, department: str) -> dict[str, Any]:
    """Take every batch of `department` that passed the gate, oldest first; return what changed a batch.

    Each write carries the batch's number, so a commit that was killed is finished by the next one, and a second
    commit of the same batch changes nothing. A batch that waited behind one just taken has its turn at once.
    """
    results = _take_ready(hub, department)
    while results and any(batch.source_table in _tables(results) for batch in hub.ledger.batches("landed", department)):
        standardise(hub, department)
        validate(hub, department)
        more = _take_ready(hub, department)
        if not more:
            break
        results += more
    changes = {name: sum(result[name] for result in results) for name in CHANGES}
    return {"department": department, "batches": results, **changes}


def _tables(results: list[dict[str, Any]]) -> set[str]:
    return {str(result["table"]) for result in results}


def _take_ready(hub: Hub, department: str) -> list[dict[str, Any]]:
    contract = hub.contract(department)
    results: list[dict[str, Any]] = []
    with stage_of(hub, "commit", department) as counts:
        ready = [batch for batch in hub.ledger.batches("standardised", department) if passed_gate(batch)]
        if ready:
            fence = hub.ledger.acquire(f"commit/{department}", hub.run_id, hub.clock())
            results = [commit_batch(hub, contract, batch, fence) for batch in ready]
        changes = {name: sum(result[name] for result in results) for name in CHANGES}
        counts.update(batches=len(results), **changes, **total(results))
    return results


def commit_batch(hub: Hub, contract: Contract, batch: Batch, fence: Fence) -> dict[str, Any]:
    """Take one batch: history first under its idempotency mark, then current statements, then the ledger."""
    table = contract.table(batch.source_table)
    folder, mark = batch_folder(hub, batch.id), (f"batch-{batch.id}", 1)
    changed = {"new": 0, "changed": 0, "withdrawn": 0}
    for entity in _entities(hub, table) if _moves_anything(folder) else ():
        operations = _take_entity(hub, contract.department, table, batch, entity)
        for operation, name in (("new", "new"), ("changed", "changed"), ("deleted", "withdrawn")):
            changed[name] += operations.get(operation, 0)
    quarantine = folder / "quarantine.parquet"
    if quarantine.exists() and parquet.read_metadata(quarantine).num_rows:
        rows = parquet.ParquetFile(quarantine)
        reader = pa.RecordBatchReader.from_batches(QUARANTINE_SCHEMA, rows.iter_batches())
        hub.lake.append(quarantine_table(contract.department), reader, ("batch",), idempotency=mark)
    _move_standing(hub, contract, batch, folder)
    counts = {**batch.counts, **changed, LAKE: lake_versions(hub, contract.department, table)}
    hub.ledger.accept_batch(fence, batch.id, counts, hub.clock())
    clear(folder)
    return {"batch": batch.id, "table": table.name, **counts}


def lake_versions(hub: Hub, department: str, table: TableContract) -> dict[str, int]:
    """Return the version of each current table that `table` feeds: what it holds once this batch is accepted.

    Whoever reads by these versions never sees a batch that is merged but not accepted yet.
    """
    names = [current_table(department, entity.name) for entity in _entities(hub, table)]
    versions = {name: hub.lake.version(name) for name in names}
    return {name: version for name, version in versions.items() if version is not None}


def _moves_anything(folder: Path) -> bool:
    """Return whether any row of the batch was standardised or is gone; else nothing can change."""
    return any(parquet.read_metadata(folder / f"{name}.parquet").num_rows for name in ("standing", "gone"))


def _entities(hub: Hub, table: TableContract) -> list[Entity]:
    return [hub.city.standard.entities[name] for name in dict.fromkeys(emit.entity for emit in table.emit)]


def _take_entity(hub: Hub, department: str, table: TableContract, batch: Batch, entity: Entity) -> dict[str, int]:
    """Write what the batch changes of one entity to history and current; return counts by operation."""
    folder, schema = batch_folder(hub, batch.id), statement_schema(entity)
    history, current = history_table(department, entity.name), current_table(department, entity.name)
    incoming = [folder / f"statements-{emit.name}.parquet" for emit in table.emit if emit.entity == entity.name]
    relations = {
        "incoming": ParquetFiles(tuple(str(path) for path in incoming if path.exists()), schema),
        "current": ParquetFiles(tuple(hub.lake.files(current)), schema),
        "touched": staged(folder / "standing.parquet", STANDING),
        "gone": staged(folder / "gone.parquet", KEYS),
    }
    changes = folder / f"changes-{entity.name}.parquet"
    if not changes.exists():
        hub.engine.write(change_steps(entity, table.name, batch.id), relations, "changes", changes)
    if not parquet.read_metadata(changes).num_rows:
        return {}
    mark = (f"batch-{batch.id}", 1)
    hub.lake.append(history, _rows(changes), ("batch",), idempotency=mark)
    leaving = parquet.read_table(changes, columns=["record_id"], filters=[("op", "=", "deleted")])
    hub.lake.merge(
        current,
        _rows(changes, arriving=schema),
        leaving.column("record_id").combine_chunks(),
        key="record_id",
        schema=schema,
        idempotency=mark,
    )
    return _operations(changes)


def _rows(changes: Path, arriving: pa.Schema | None = None) -> pa.RecordBatchReader:
    """Return the changes as a stream; with `arriving`, only what is new or changed, as statements of that schema."""
    file = parquet.ParquetFile(changes)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in file.iter_batches():
            if arriving is None:
                yield batch
            else:
                yield batch.filter(pc.not_equal(batch.column("op"), "deleted")).select(arriving.names)

    return pa.RecordBatchReader.from_batches(arriving or file.schema_arrow, batches())


def _operations(changes: Path) -> dict[str, int]:
    found = parquet.read_table(changes, columns=["op"]).column("op").value_counts()
    return {one["values"].as_py(): one["counts"].as_py() for one in found}


def _move_standing(hub: Hub, contract: Contract, batch: Batch, folder: Path) -> None:
    rows, gone = folder / "standing.parquet", folder / "gone.parquet"
    keys = parquet.read_table(gone).column("source_key").unique() if gone.exists() else pa.array([], pa.string())
    if not len(keys) and not parquet.read_metadata(rows).num_rows:
        return
    file = parquet.ParquetFile(rows)
    hub.lake.merge(
        standing_table(contract.department, batch.source_table),
        pa.RecordBatchReader.from_batches(STANDING, file.iter_batches()),
        keys,
        key="source_key",
        schema=STANDING,
        idempotency=(f"batch-{batch.id}", 1),
    )

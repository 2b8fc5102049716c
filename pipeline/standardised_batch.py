"""One batch from raw rows to staged statements: sifted, standardised chunk by chunk, counted."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from engine.quoting import literal
from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import standing_table
from pipeline.overtaken import own_batches, settle
from pipeline.progress import progress
from pipeline.raw_rows import raw_chunks
from pipeline.staging import KEYS, STANDING, StagedFile, batch_folder, clear
from pipeline.vanished import absent_keys, vanished_keys
from schemas.arrow import statement_schema
from schemas.code_table import code_table_names, load_code_table
from schemas.contract import Contract, TableContract
from standardise.counts import Counts
from standardise.plan import TablePlan
from standardise.quarantine import QUARANTINE_SCHEMA
from standardise.sift import Fate, Place, Verdict, observed_times, sift, sift_columns
from standardise.standardised import standardise as standardise_rows
from values.row_identity import source_keys
from warehouse.batch import Batch

AHEAD = timedelta(hours=1)  # how far a source's clock may be before ours and still be believed


def standardise_batch(hub: Hub, contract: Contract, batch: Batch, known: dict[str, pa.Array]) -> dict[str, Any]:
    """Standardise one batch into its staging folder and return its counts; `absent` rows left the source.

    Rows that landing knew already are not in the lake: they count as identical.
    Where later extracts of the table were accepted before this batch, what they say stays.
    """
    table = contract.table(batch.source_table)
    clear(folder := batch_folder(hub, batch.id))
    rows = _sifted(hub, contract, table, batch)
    place = Place(batch.id, vanished_keys(hub, [batch], "twin"), whole=batch.mode == "full")
    verdict = sift(rows, standing_rows(hub, contract, batch, rows.column("source_key")), place)
    verdict = settle(hub, table, batch, rows, replace(verdict, absent=absent_keys(hub, batch, verdict.absent)))
    plan = table_plan(hub, contract, table, known)
    files = {
        emit.name: StagedFile(folder / f"statements-{emit.name}.parquet", statement_schema(plan.entity(emit)))
        for emit in table.emit
    }
    files["quarantine"] = StagedFile(folder / "quarantine.parquet", QUARANTINE_SCHEMA)
    files["standing"] = StagedFile(folder / "standing.parquet", STANDING)
    files["gone"] = StagedFile(folder / "gone.parquet", KEYS)
    counts = Counts()
    with progress(f"standardise {contract.department}.{table.name}", rows.num_rows) as bar:
        for chunk in raw_chunks(hub, batch):
            counts += _one_chunk(chunk, plan, verdict, files)
            bar.advance(chunk.num_rows)
    files["gone"].write(pa.table({"source_key": verdict.absent}))
    for file in files.values():
        file.__exit__(None)
    left_out = batch.left_out
    counts += Counts(extracted=left_out, identical=left_out, unchanged=left_out)
    return {**counts.as_dict(), "absent": len(verdict.absent)}


def _one_chunk(chunk: pa.Table, plan: TablePlan, verdict: Verdict, files: dict[str, StagedFile]) -> Counts:
    result = standardise_rows(chunk, plan, verdict)
    for name, statements in result.statements.items():
        files[name].write(statements)
    files["quarantine"].write(result.quarantine)
    files["gone"].write(result.deletions.select(["source_key"]))
    fates = verdict.fates_of(chunk.column("row_number"))
    kept = chunk.filter(pa.array(fates == Fate.STANDARDISE))
    files["standing"].write(
        pa.table(
            {
                "source_key": source_keys(kept, plan.table.key),
                "row_hash": kept.column("row_hash"),
                "batch": kept.column("batch"),
                "row_number": kept.column("row_number"),
                "contract_fingerprint": pa.repeat(plan.contract.fingerprint, kept.num_rows),
                "observed_at": observed_times(kept, plan.table, plan.timezone),
            }
        )
    )
    return result.counts


def table_plan(
    hub: Hub, contract: Contract, table: TableContract, known: dict[str, pa.Array] | None = None
) -> TablePlan:
    """Return everything that standardising `table` needs, bound to this city and its key."""
    return TablePlan(
        contract=contract,
        table=table,
        standard=hub.city.standard,
        code_tables={name: load_code_table(name) for name in code_table_names()},
        as_of=hub.as_of,
        record_ids=partial(hub.key.record_ids, contract.department),
        locality=hub.city.locality,
        timezone=hub.city.timezone,
        known_keys=known,
        custom={"gazetteer": hub.city.gazetteer},
    )


def _sifted(hub: Hub, contract: Contract, table: TableContract, batch: Batch) -> pa.Table:
    chunks = [sift_columns(chunk, table, hub.city.timezone) for chunk in raw_chunks(hub, batch)]
    if chunks:
        return pa.concat_tables(chunks)
    empty = {name: pa.array([], pa.string()) for name in table.columns}
    numbers = pa.array([], pa.int64())
    hashes = pa.array([], pa.string())
    return sift_columns(pa.table({**empty, "row_number": numbers, "row_hash": hashes}), table, hub.city.timezone)


def standing_rows(hub: Hub, contract: Contract, batch: Batch, keys: pa.ChunkedArray) -> pa.Table | None:
    """Return key, hash, batch and source's time of the rows that stand: all of them for a full extract that landing
    did not compare, else those of `keys`.

    A row taken under another mapping of the contract, or one that a replay takes again, has no hash here: it is
    standardised anew. A time that lay ahead of the landing is not believed: such a row could never be corrected.
    """
    name = standing_table(contract.department, batch.source_table)
    if not hub.lake.exists(name):
        return None
    wanted = (
        "" if batch.mode == "full" and not batch.compared else "SEMI JOIN keys ON standing.source_key = keys.source_key"
    )
    own = ", ".join(str(number) for number in own_batches(hub, batch)) or "-1"
    now = batch.opened_at.astimezone(ZoneInfo(hub.city.timezone)).replace(tzinfo=None) + AHEAD
    step = Step(
        "rows",
        f"""
        SELECT standing.source_key,
               CASE WHEN contract_fingerprint = {literal(contract.fingerprint)} AND batch NOT IN ({own})
                    THEN row_hash ELSE '' END AS row_hash,
               CASE WHEN batch IN ({own}) THEN -1 ELSE batch END AS batch,
               CASE WHEN observed_at <= TIMESTAMP '{now.isoformat(sep=" ")}' THEN observed_at END AS observed_at
        FROM standing {wanted}""",
    )
    relations = {
        "standing": ParquetFiles(tuple(hub.lake.files(name)), STANDING),
        "keys": pa.table({"source_key": keys}),
    }
    return hub.engine.run([step], relations, "rows")


def referenced_keys(hub: Hub, contract: Contract, landed: list[Batch]) -> dict[str, pa.Array]:
    """Return, for each table that another one refers to, the keys that stand or have just landed."""
    wanted = {party.table for table in contract.tables for emit in table.emit for party in emit.parties if party.table}
    known: dict[str, pa.Array] = {}
    for name in sorted(wanted):
        standing = standing_table(contract.department, name)
        parts = [hub.lake.read(standing).column("source_key")] if hub.lake.exists(standing) else []
        for batch in landed:
            if batch.source_table == name:
                parts += [source_keys(chunk, contract.table(name).key) for chunk in raw_chunks(hub, batch)]
        chunks = [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
        known[name] = pa.chunked_array(chunks, pa.string()).combine_chunks()
    return known

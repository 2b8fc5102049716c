"""Link: pin the batches of a version and decide which records are the same person or business."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles
from engine.step import Step
from matching.ladder import LinkChanges, LinkInputs
from matching.ladder import link as link_records
from matching.tables import CHANGED, IDENTITY, LINKS
from pipeline.commit import LAKE, history_schema
from pipeline.hub import Hub
from pipeline.hub_ids import mint
from pipeline.ladder_rules import ladder_rules
from pipeline.lake_tables import current_table, history_table, identity_table, links_table
from pipeline.publish import finish_applying
from pipeline.stage import stage_of
from pipeline.staging import HUB_FENCE, clear, version_folder
from schemas.arrow import statement_schema
from schemas.standard import Entity
from warehouse.batches import Batch
from warehouse.fences import Fence
from warehouse.versions import Version, VersionOpening


def link(hub: Hub) -> dict[str, Any]:
    """Open a version over every batch accepted since the last one, decide its records, and stage the decisions.

    Returns {"version": number, …counts}; version is None when no statement has changed: then nothing is opened.
    A version that a dead run left behind is finished (if it was being applied) or abandoned first.
    """
    with stage_of(hub, "link") as counts:
        fence = hub.ledger.acquire(HUB_FENCE, hub.run_id, hub.clock())
        settle_unfinished(hub, fence)
        pinned = hub.ledger.untaken_batches()
        if not any(statement_changes(batch) for batch in pinned):
            counts.update(batches=len(pinned), changed=0)
            return {"version": None, "batches": len(pinned), "changed": 0}
        opening = VersionOpening(tuple(batch.id for batch in pinned), hub.as_of, hub.run_id)
        version = hub.ledger.open_version(fence, opening, hub.clock())
        manifest = pinned_lake(hub, pinned)
        for entity in hub.city.standard.parties:
            changes = link_entity(hub, version, entity, manifest)
            counts.update({f"{entity.name}_{name}": value for name, value in changes.counts.items()})
            _stage(hub, version.number, entity, changes)
        changed = sum(statement_changes(batch) for batch in pinned)
        counts.update(batches=len(pinned), changed=changed)
        hub.ledger.advance(fence, version.number, "linked", manifest, {"link": dict(counts)})
    return {"version": version.number, **counts}


def settle_unfinished(hub: Hub, fence: Fence) -> None:
    """Finish or abandon the version that a dead run left behind; abandoned ones leave their batches untaken."""
    unfinished = hub.ledger.unfinished_version()
    if unfinished is None:
        return
    if unfinished.state == "applying":
        finish_applying(hub, unfinished, fence)
        return
    hub.ledger.abandon_version(fence, unfinished.number)
    clear(version_folder(hub, unfinished.number))


def statement_changes(batch: Batch) -> int:
    """Return how many statements the batch added, changed or withdrew."""
    return sum(int(batch.counts.get(name, 0)) for name in ("new", "changed", "withdrawn"))


def pinned_lake(hub: Hub, pinned: list[Batch]) -> dict[str, int]:
    """Return the version of every current table that holds the pinned batches and those taken before, and no other.

    Not the newest one: a department may be merging a batch, not accepted yet, at this very moment.
    """
    published = hub.ledger.published_version()
    versions = {name: number for name, number in (published.manifest if published else {}).items() if _current(name)}
    for batch in pinned:
        for name, number in batch.counts.get(LAKE, {}).items():
            versions[name] = max(number, versions.get(name, 0))
    return versions


def _current(name: str) -> bool:
    return name.startswith("current/")


def link_entity(hub: Hub, version: Version, entity: Entity, manifest: dict[str, int]) -> LinkChanges:
    """Return what this version changes in the links and identities of one entity."""
    inputs = LinkInputs(
        records=current_records(hub, entity, manifest),
        changed=changed_records(hub, version, entity),
        links=ParquetFiles(tuple(hub.lake.files(links_table(entity.name))), LINKS),
        identity=ParquetFiles(tuple(hub.lake.files(identity_table(entity.name))), IDENTITY),
    )
    rules = ladder_rules(hub.city, entity.name)
    return link_records(hub.engine, inputs, rules, version.number, partial(mint, entity.name))


def current_records(hub: Hub, entity: Entity, manifest: dict[str, int]) -> ParquetFiles:
    """Return the current statements of an entity over all departments, as the manifest pins them."""
    paths: list[str] = []
    for department in hub.city.departments:
        name = current_table(department, entity.name)
        if name in manifest:
            paths += hub.lake.files(name, manifest[name])
    return ParquetFiles(tuple(paths), statement_schema(entity))


def changed_records(hub: Hub, version: Version, entity: Entity) -> pa.Table:
    """Return `record_id`, `op` of every statement that the pinned batches changed: what happened to it last."""
    paths: list[str] = []
    for department in hub.city.departments:
        paths += hub.lake.files(history_table(department, entity.name), batch=list(version.batches))
    if not paths:
        return CHANGED.empty_table()
    history = {"history": ParquetFiles(tuple(paths), history_schema(entity))}
    step = Step("changed", "SELECT record_id, arg_max(op, batch) AS op FROM history GROUP BY record_id")
    return hub.engine.run([step], history, "changed").cast(CHANGED)


def _stage(hub: Hub, version: int, entity: Entity, changes: LinkChanges) -> None:
    folder = version_folder(hub, version)
    folder.mkdir(parents=True, exist_ok=True)
    staged: dict[str, pa.Table] = {
        "link_upserts": changes.link_upserts,
        "link_deletions": changes.link_deletions,
        "identity_upserts": changes.identity_upserts,
        "touched": changes.touched,
    }
    for name, table in staged.items():
        parquet.write_table(table, folder / f"{name}-{entity.name}.parquet", compression="zstd")

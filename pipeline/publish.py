"""Publish: stage the version in the serving database, audit it, apply it to the lake, swap it in; then Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from golden.difference import CHANGES
from golden.facts import members_schema
from matching.evidence_steps import INDEX
from matching.tables import IDENTITY, LINKS
from pipeline.hub import Hub
from pipeline.lake_tables import (
    block_keys_table,
    fact_members_table,
    former_states_table,
    golden_table,
    identity_history_table,
    identity_table,
    links_history_table,
    links_table,
)
from pipeline.progress import progress
from pipeline.resolve_index import refresh_index
from pipeline.stage import stage_of
from pipeline.staging import HUB_FENCE, clear, version_folder
from schemas.arrow import golden_schema
from schemas.standard import Entity
from warehouse.fences import Fence
from warehouse.published import Edition
from warehouse.serving import Publication
from warehouse.serving_tables import MEMBERS
from warehouse.versions import Version


def publish(hub: Hub, version: int | None = None) -> dict[str, Any]:
    """Publish the version that has survived; return its number and what readers will see change.

    Nothing to publish returns {"version": None}. Raises PublishRefused when the audit finds a fault: readers keep the
    last good version and nothing in the lake has moved.
    """
    with stage_of(hub, "publish") as counts:
        fence = hub.ledger.acquire(HUB_FENCE, hub.run_id, hub.clock())
        unfinished = hub.ledger.unfinished_version()
        if unfinished is None or unfinished.state not in ("survived", "applying"):
            _repair(hub, fence)
            return {"version": None}
        if unfinished.state == "survived":
            staged = stage_version(hub, unfinished, fence)
            counts.update({f"{label}_written": rows for label, rows in staged.items()})
            unfinished = hub.ledger.advance(fence, unfinished.number, "applying", counts={"publish": dict(counts)})
        finish_applying(hub, unfinished, fence)
    return {"version": unfinished.number, **counts}


def stage_version(hub: Hub, version: Version, fence: Fence) -> dict[str, int]:
    """Load the version's rows beside the live serving tables and audit them; return rows by table."""
    folder = version_folder(hub, version.number)
    hub.serving.ensure()
    changes, redirects = [], []
    for entity in hub.city.standard.entities.values():
        removals = parquet.read_table(folder / f"golden_removals-{entity.name}.parquet").column("id")
        upserts = _reader(folder / f"golden_upserts-{entity.name}.parquet")
        hub.serving.stage(fence, version.number, entity.name, upserts, removals.combine_chunks())
        changes.append(parquet.read_table(folder / f"changes-{entity.name}.parquet").cast(CHANGES))
        if not entity.is_fact:
            redirects.append(_redirects(parquet.read_table(folder / f"identity_upserts-{entity.name}.parquet")))
    hub.serving.stage(
        fence, version.number, MEMBERS, _reader(folder / "members.parquet"), _leaving_members(hub, version)
    )
    hub.serving.stage_changes(fence, version.number, pa.concat_tables(changes))
    hub.serving.stage_redirects(fence, version.number, pa.concat_tables(redirects))
    return hub.serving.audit(version.number)


def finish_applying(hub: Hub, version: Version, fence: Fence) -> None:
    """Carry a version that is being applied to its end: lake, swap, Parquet. Each step may have been done before."""
    hub.serving.swap(fence, version.number, Publication(apply_to_lake(hub, version), {}, hub.clock()))
    published = hub.ledger.version(version.number)
    hub.published.publish(hub.lake, edition(hub, published))
    refresh_index(hub, published, fence)
    clear(version_folder(hub, version.number))


def apply_to_lake(hub: Hub, version: Version) -> dict[str, int]:
    """Merge what the version staged into the lake's tables and return their versions; again changes nothing."""
    folder, mark = version_folder(hub, version.number), (f"version-{version.number}", 1)
    manifest: dict[str, int] = {}

    def merge(table: str, name: str, gone: pa.Array | None, key: str, schema: pa.Schema) -> None:
        path = folder / f"{name}.parquet"
        rows = parquet.read_metadata(path).num_rows
        if rows or (gone is not None and len(gone)):
            hub.lake.merge(table, _reader(path), gone, key, schema, mark)
        newest = hub.lake.version(table)
        if newest is not None:
            manifest[table] = newest

    entities = list(hub.city.standard.entities.values())
    with progress("publish", len(entities)) as bar:
        for entity in entities:
            removals = parquet.read_table(folder / f"golden_removals-{entity.name}.parquet").column("id")
            schema = golden_schema(entity)
            merge(
                golden_table(entity.name), f"golden_upserts-{entity.name}", removals.combine_chunks(), schema.names[0],
                schema,
            )  # fmt: skip
            if entity.is_fact:
                gone = _ids(folder / f"fact_deletions-{entity.name}.parquet")
                table = fact_members_table(entity.name)
                merge(table, f"fact_upserts-{entity.name}", gone, "record_id", members_schema(entity))
            else:
                gone = _ids(folder / f"link_deletions-{entity.name}.parquet")
                merge(links_table(entity.name), f"link_upserts-{entity.name}", gone, "record_id", LINKS)
                merge(identity_table(entity.name), f"identity_upserts-{entity.name}", None, "hub_id", IDENTITY)
                gone = _ids(folder / f"block_key_deletions-{entity.name}.parquet")
                merge(block_keys_table(entity.name), f"block_keys-{entity.name}", gone, "record_id", INDEX)
                _remember(hub, version, entity, mark)
                if parquet.read_metadata(folder / f"former_states-{entity.name}.parquet").num_rows:
                    rows = _reader(folder / f"former_states-{entity.name}.parquet")
                    hub.lake.append(former_states_table(entity.name), rows, idempotency=mark)
            bar.advance()
    return manifest


def edition(hub: Hub, version: Version) -> Edition:
    """Return what the Parquet folder of a version is made of."""
    tables = {}
    for entity in hub.city.standard.entities.values():
        name = golden_table(entity.name)
        if name in version.manifest:
            tables[entity.name] = (name, version.manifest[name])
    return Edition(version.number, version.as_of, tables)


def _remember(hub: Hub, version: Version, entity: Entity, mark: tuple[str, int]) -> None:
    """Append the version's decisions to the history of decisions: nothing decided is ever overwritten there.

    A record that left its source is there too, with the decision `gone` and the id it had.
    """
    folder = version_folder(hub, version.number)
    gone = parquet.read_table(folder / f"link_deletions-{entity.name}.parquet")
    decided = parquet.read_table(folder / f"link_upserts-{entity.name}.parquet")
    if gone.num_rows:
        fixed = {"entity": entity.name, "decision": "gone", "reason": "record_gone"}
        columns = {"record_id": gone.column("record_id"), "candidate_hub_id": gone.column("hub_id")}
        columns |= {name: pa.repeat(pa.scalar(value), gone.num_rows) for name, value in fixed.items()}
        columns["commit"] = pa.repeat(pa.scalar(version.number, pa.int64()), gone.num_rows)
        rest = {field.name: pa.nulls(gone.num_rows, field.type) for field in LINKS if field.name not in columns}
        decided = pa.concat_tables([decided, pa.table({**columns, **rest}).select(LINKS.names).cast(LINKS)])
    identities = parquet.read_table(folder / f"identity_upserts-{entity.name}.parquet")
    if decided.num_rows:
        hub.lake.append(links_history_table(entity.name), decided, ("commit",), idempotency=mark)
    if identities.num_rows:
        states = identities.append_column("commit", identities.column("changed_commit"))
        hub.lake.append(identity_history_table(entity.name), states, ("commit",), idempotency=mark)


def _repair(hub: Hub, fence: Fence) -> None:
    """Bring Parquet folder and index up to the published version, if a run died between the swap and them."""
    published = hub.ledger.published_version()
    if published is not None:
        hub.published.repair(hub.lake, edition(hub, published))
        refresh_index(hub, published, fence)


def _leaving_members(hub: Hub, version: Version) -> pa.Array:
    """Return the record ids that belong to nobody any more: withdrawn, or no longer linked."""
    folder, parts = version_folder(hub, version.number), []
    for entity in hub.city.standard.parties:
        upserts = parquet.read_table(
            folder / f"link_upserts-{entity.name}.parquet", columns=["record_id", "decision"]
        )
        parts.append(upserts.filter(pc.not_equal(upserts.column("decision"), "link")).column("record_id"))
        parts.append(parquet.read_table(folder / f"link_deletions-{entity.name}.parquet").column("record_id"))
    return pa.chunked_array([chunk for part in parts for chunk in part.chunks], pa.string()).combine_chunks()


def _redirects(identities: pa.Table) -> pa.Table:
    """Return where merged ids lead from now on; one that stands by itself again leads nowhere (null)."""
    moved = pc.or_(
        pc.equal(identities.column("state"), "redirected"), pc.equal(identities.column("reason"), "restored")
    )
    gone = identities.filter(moved)
    return gone.select(["hub_id", "entity", "into"]).rename_columns(["id", "entity", "into"])


def _ids(path: Any) -> pa.Array:
    return parquet.read_table(path).column("record_id").combine_chunks()


def _reader(path: Any) -> pa.RecordBatchReader:
    file = parquet.ParquetFile(path)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from file.iter_batches()

    return pa.RecordBatchReader.from_batches(file.schema_arrow, batches())

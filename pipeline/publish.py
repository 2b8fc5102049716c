"""Publish: stage the version in the serving database, audit it, apply it to the lake, swap it in; then Parquet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from golden.difference import CHANGES
from golden.facts import members_schema
from golden.ties import TIES
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
    ties_table,
)
from pipeline.lookup import refresh_lookup
from pipeline.progress import progress
from pipeline.representatives import BUSINESS
from pipeline.resolve_index import refresh_index
from pipeline.stage import stage_of
from pipeline.staging import HUB_FENCE, clear, version_folder
from pipeline.ties import PUBLISHED_TIES, REMOVALS, UPSERTS, tied
from schemas.arrow import golden_schema
from schemas.standard import Entity
from warehouse.fences import Fence
from warehouse.published import Edition
from warehouse.serving import Publication
from warehouse.serving_tables import MEMBERS
from warehouse.versions import Version


@dataclass(frozen=True)
class Merge:
    """A table of the lake, the staged file that goes into it, its columns and its key (the first column)."""

    table: str
    staged: str
    schema: pa.Schema

    @property
    def key(self) -> str:
        return str(self.schema.names[0])


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
    changes, redirects, staged = [], [], {}
    for entity in hub.city.standard.entities.values():
        removals = parquet.read_table(folder / f"golden_removals-{entity.name}.parquet").column("id")
        upserts = folder / f"golden_upserts-{entity.name}.parquet"
        told = parquet.read_table(folder / f"changes-{entity.name}.parquet").cast(CHANGES)
        # Most versions leave most kinds of facts alone: nothing to load, to audit and to swap.
        if len(removals) or told.num_rows or parquet.read_metadata(upserts).num_rows:
            hub.serving.stage(fence, version.number, entity.name, _reader(upserts), removals.combine_chunks())
        staged[entity.name] = 0
        changes.append(told)
        if not entity.is_fact:
            redirects.append(_redirects(parquet.read_table(folder / f"identity_upserts-{entity.name}.parquet")))
    hub.serving.stage(
        fence, version.number, MEMBERS, _reader(folder / "members.parquet"), _leaving_members(hub, version)
    )
    hub.serving.stage_changes(fence, version.number, pa.concat_tables(changes))
    hub.serving.stage_redirects(fence, version.number, pa.concat_tables(redirects))
    return staged | hub.serving.audit(version.number)


def finish_applying(hub: Hub, version: Version, fence: Fence) -> None:
    """Carry a version that is being applied to its end: lake, swap, Parquet. Each step may have been done before."""
    hub.serving.swap(fence, version.number, Publication(apply_to_lake(hub, version), {}, hub.clock()))
    published = hub.ledger.version(version.number)
    hub.published.publish(hub.lake, edition(hub, published))
    refresh_lookup(hub, published)
    refresh_index(hub, published, fence)  # reads the lookup
    clear(version_folder(hub, version.number))


def apply_to_lake(hub: Hub, version: Version) -> dict[str, int]:
    """Merge what the version staged into the lake's tables and return their versions; again changes nothing."""
    folder, manifest = version_folder(hub, version.number), {}
    entities = list(hub.city.standard.entities.values())
    with progress("publish", len(entities)) as bar:
        for entity in entities:
            removals = parquet.read_table(folder / f"golden_removals-{entity.name}.parquet").column("id")
            golden = Merge(golden_table(entity.name), "golden_upserts", golden_schema(entity))
            manifest |= _merge(hub, version, entity, golden, removals.combine_chunks())
            if entity.is_fact:
                members = Merge(fact_members_table(entity.name), "fact_upserts", members_schema(entity))
                manifest |= _merge(hub, version, entity, members, _gone(hub, version, entity, "fact_deletions"))
            else:
                manifest |= apply_links(hub, version, entity)
            bar.advance()
    return manifest | _apply_ties(hub, version)


def _apply_ties(hub: Hub, version: Version) -> dict[str, int]:
    path = version_folder(hub, version.number) / f"{REMOVALS}.parquet"
    if tied(hub) is None or not path.exists():
        return {}
    gone = parquet.read_table(path).column("hub_id").combine_chunks()
    return _put(hub, version, Merge(ties_table(BUSINESS), UPSERTS, TIES), gone)


def apply_links(hub: Hub, version: Version, entity: Entity) -> dict[str, int]:
    """Merge what linking one kind of party staged into the lake and return the tables' versions."""
    links = Merge(links_table(entity.name), "link_upserts", LINKS)
    identity = Merge(identity_table(entity.name), "identity_upserts", IDENTITY)
    keys = Merge(block_keys_table(entity.name), "block_keys", INDEX)
    manifest = _merge(hub, version, entity, links, _gone(hub, version, entity, "link_deletions"))
    manifest |= _merge(hub, version, entity, identity, None)
    manifest |= _merge(hub, version, entity, keys, _gone(hub, version, entity, "block_key_deletions"))
    _remember(hub, version, entity)
    states = version_folder(hub, version.number) / f"former_states-{entity.name}.parquet"
    if parquet.read_metadata(states).num_rows:
        hub.lake.append(former_states_table(entity.name), _reader(states), idempotency=_mark(version))
    return manifest


def _merge(hub: Hub, version: Version, entity: Entity, merge: Merge, gone: pa.Array | None) -> dict[str, int]:
    return _put(hub, version, replace(merge, staged=f"{merge.staged}-{entity.name}"), gone)


def _put(hub: Hub, version: Version, merge: Merge, gone: pa.Array | None) -> dict[str, int]:
    path = version_folder(hub, version.number) / f"{merge.staged}.parquet"
    if parquet.read_metadata(path).num_rows or (gone is not None and len(gone)):
        hub.lake.merge(merge.table, _reader(path), gone, merge.key, merge.schema, _mark(version))
    newest = hub.lake.version(merge.table)
    return {} if newest is None else {merge.table: newest}


def _mark(version: Version) -> tuple[str, int]:
    return f"version-{version.number}", 1


def edition(hub: Hub, version: Version) -> Edition:
    """Return what the Parquet folder of a version is made of."""
    tables = {}
    for entity in hub.city.standard.entities.values():
        name = golden_table(entity.name)
        if name in version.manifest:
            tables[entity.name] = (name, version.manifest[name])
    if ties_table(BUSINESS) in version.manifest:
        tables[PUBLISHED_TIES] = (ties_table(BUSINESS), version.manifest[ties_table(BUSINESS)])
    return Edition(version.number, version.as_of, tables)


def _remember(hub: Hub, version: Version, entity: Entity) -> None:
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
        hub.lake.append(links_history_table(entity.name), decided, ("commit",), idempotency=_mark(version))
    if identities.num_rows:
        states = identities.append_column("commit", identities.column("changed_commit"))
        hub.lake.append(identity_history_table(entity.name), states, ("commit",), idempotency=_mark(version))


def _repair(hub: Hub, fence: Fence) -> None:
    """Bring Parquet folder and index up to the published version, if a run died between the swap and them."""
    published = hub.ledger.published_version()
    if published is not None:
        hub.published.repair(hub.lake, edition(hub, published))
        refresh_lookup(hub, published)
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


def _gone(hub: Hub, version: Version, entity: Entity, name: str) -> pa.Array:
    path = version_folder(hub, version.number) / f"{name}-{entity.name}.parquet"
    return parquet.read_table(path).column("record_id").combine_chunks()


def _reader(path: Any) -> pa.RecordBatchReader:
    file = parquet.ParquetFile(path)

    def batches() -> Iterator[pa.RecordBatch]:
        yield from file.iter_batches()

    return pa.RecordBatchReader.from_batches(file.schema_arrow, batches())

"""Records, links and identities as the published version holds them, and the record that stands for an entity."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.quoting import literals
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from matching.tables import IDENTITY, LINKS
from pipeline.current_statements import current_records
from pipeline.hub import Hub
from pipeline.lake_tables import identity_table, links_table
from schemas.standard import Entity


def published_manifest(hub: Hub) -> dict[str, int]:
    """Return the lake versions of the published version, empty before the first."""
    published = hub.ledger.published_version()
    return dict(published.manifest) if published else {}


def published_links(hub: Hub, entity: str) -> dict[str, Relation]:
    """Return links and identities of an entity as published."""
    manifest, tables = published_manifest(hub), {"links": links_table(entity), "identity": identity_table(entity)}
    schemas = {"links": LINKS, "identity": IDENTITY}
    return {
        name: ParquetFiles(tuple(hub.lake.files(table, manifest[table]) if table in manifest else ()), schemas[name])
        for name, table in tables.items()
    }


def statements(hub: Hub, entity: Entity, records: Sequence[str]) -> list[dict[str, Any]]:
    """Return the current statements with these record ids, as published."""
    step = Step("found", f"SELECT * FROM records WHERE record_id IN {literals(sorted(records))}")
    relation = current_records(hub, entity, published_manifest(hub))
    return [dict(row) for row in hub.engine.run([step], {"records": relation}, "found").to_pylist()]


def reference_record(hub: Hub, entity: Entity, hub_id: str) -> str | None:
    """Return the record that stands for an entity: its register row, else its earliest record; None for nobody."""
    return reference_records(hub, entity, [hub_id]).get(hub_id)


def reference_records(hub: Hub, entity: Entity, hub_ids: Iterable[str]) -> dict[str, str]:
    """Return by hub id the record that stands for each of these entities; nothing for an id that nobody bears now."""
    wanted = sorted(set(hub_ids))
    if not wanted:
        return {}
    step = Step(
        "standing",
        f"""
        SELECT l.hub_id, coalesce(i.anchor_record, l.record_id) AS record_id
        FROM links l JOIN records r ON r.record_id = l.record_id
        JOIN identity i ON i.hub_id = l.hub_id AND i.state = 'active'
        WHERE l.hub_id IN {literals(wanted)}
        QUALIFY row_number() OVER (PARTITION BY l.hub_id ORDER BY r.observed_at NULLS LAST, l.record_id) = 1
        """,
    )
    relations = {**published_links(hub, entity.name), "records": current_records(hub, entity, published_manifest(hub))}
    found = hub.engine.run([step], relations, "standing").to_pylist()
    return {row["hub_id"]: row["record_id"] for row in found}


def contents(hub: Hub, entity: Entity, records: Iterable[str]) -> dict[str, str]:
    """Return by record id the hash of what each of these records says, "" for one that is gone."""
    wanted = sorted(set(records))
    step = Step("said", f"SELECT record_id, content_hash FROM records WHERE record_id IN {literals(wanted)}")
    relation = current_records(hub, entity, published_manifest(hub))
    found = hub.engine.run([step], {"records": relation}, "said").to_pylist() if wanted else []
    return {**dict.fromkeys(wanted, ""), **{row["record_id"]: row["content_hash"] for row in found}}

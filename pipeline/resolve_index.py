"""Keeping the index for resolving one record: after a version is published, what it changed is put in and taken out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from engine.quoting import literal, quote
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from matching.anchors import keyed
from matching.encoding import hash_texts
from matching.evidence_steps import PROVISIONAL_RUNG, RUNG
from matching.lookups import IDENTITIES, LINKED, RECORDS, Found
from matching.online import Online, keys_of
from matching.online_ladder import DOUBTED
from matching.tables import FORMER_STATES, IDENTITY, LINKS
from pipeline.current_statements import changed_records, current_records
from pipeline.evidence import context, models_in_force
from pipeline.hub import Hub
from pipeline.ladder_rules import ladder_rules
from pipeline.lake_tables import former_states_table, identity_table, links_table
from pipeline.lookup import found_by_value
from pipeline.staging import version_folder
from schemas.arrow import statement_schema
from schemas.standard import Entity
from warehouse.fences import Fence
from warehouse.resolve_index import IDENTIFIER, KEYS, ROWS, IndexState, ResolveIndex, row_number
from warehouse.versions import Version

BATCH_ROWS = 50_000
KEPT = ("name", "former_name", "citizen_id", "document_type", "document_number", "uscc", "registration_number")


def online_of(hub: Hub, version: Version, entity: str) -> Online:
    """Return what resolving needs of the version: its rules, specification and model."""
    model = models_in_force(hub, version).get(entity)
    return Online(ladder_rules(hub.city, entity), hub.city.linkage[entity], model, context(hub))


def refresh_index(hub: Hub, version: Version, fence: Fence) -> int:
    """Bring the index to the published version: by what it changed where the index is of the version before, else anew.

    Returns the rows put in. Reads the version's staged files: call it before they are cleared.
    """
    index, count = ResolveIndex(hub.database), 0
    earlier = [one.number for one in hub.ledger.versions("published") if one.number < version.number]
    for entity in hub.city.standard.parties:
        online = online_of(hub, version, entity.name)
        now = IndexState(version.number, online.model.version if online.model else "")
        stands = index.state(entity.name)
        if stands == now:
            continue
        known = stands is not None and bool(earlier) and stands == IndexState(earlier[-1], now.model)
        found = _found(hub, version, entity, online) if known else None
        moved = _moved(hub, version, entity, found) if known else None
        gone = None if moved is None else sorted(row_number(one) for one in moved.column("record_id").to_pylist())
        count += index.replace(fence, entity.name, gone, _parts(hub, version, entity, online, moved, found), now)
    return count


def _found(hub: Hub, version: Version, entity: Entity, online: Online) -> Found | None:
    """Return the lookup of the version, by which a few rows are found without reading all; None where it lacks some
    column that the index tells."""
    found = found_by_value(hub, entity, version)
    return found if found is not None and set(_told(online, entity)) <= set(found[RECORDS].schema.names) else None


def _moved(hub: Hub, version: Version, entity: Entity, found: Found | None) -> pa.Table | None:
    """Return `record_id` of whatever the version changed: statements, links, and rows of entities that are others."""
    folder = version_folder(hub, version.number)
    names = [folder / f"{name}-{entity.name}.parquet" for name in ("link_upserts", "link_deletions")]
    if not all(path.exists() for path in names):
        return None
    parts = [parquet.read_table(path, columns=["record_id"]) for path in names]
    parts.append(changed_records(hub, version, entity).select(["record_id"]))
    identities = parquet.read_table(folder / f"identity_upserts-{entity.name}.parquet", columns=["hub_id"])
    if identities.num_rows:
        members = Step("members", "SELECT record_id FROM links WHERE hub_id IN (SELECT hub_id FROM changed)")
        links: Relation = ParquetFiles(tuple(hub.lake.files(links_table(entity.name))), LINKS)
        if found is not None:
            links = found[LINKED].near({"hub_id": identities.column("hub_id")})
        parts.append(hub.engine.run([members], {"links": links, "changed": identities}, "members"))
    whole = pa.concat_tables(parts)
    return pa.table({"record_id": whole.column("record_id").combine_chunks().unique()})


def _parts(
    hub: Hub, version: Version, entity: Entity, online: Online, moved: pa.Table | None, found: Found | None
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield rows and their keys: register rows and records of provisional numbers, those that `moved` or all."""
    if moved is not None and not moved.num_rows:
        return
    relations: dict[str, Relation] = {
        "links": ParquetFiles(tuple(hub.lake.files(links_table(entity.name))), LINKS),
        "identity": ParquetFiles(tuple(hub.lake.files(identity_table(entity.name))), IDENTITY),
        "former": ParquetFiles(tuple(hub.lake.files(former_states_table(entity.name))), FORMER_STATES),
        "records": current_records(hub, entity, dict(version.manifest)),
    }
    if moved is not None:
        relations["moved"] = moved
        if found is not None:
            relations |= _near(found, moved.column("record_id"))
    with hub.engine.session(relations) as session:
        session.run([keyed(online.rules), _indexed(online, entity, only_moved=moved is not None)])
        for batch in session.stream("indexed", BATCH_ROWS):
            table = pa.Table.from_batches([batch])
            yield table.select(ROWS.names).cast(ROWS), _keys(online, table)


def _near(found: Found, records: pa.ChunkedArray) -> dict[str, Relation]:
    """Return what is needed of the large relations to index these records, and perhaps a few rows more."""
    links = found[LINKED].near({"record_id": records})
    hubs = pa.chunked_array([*links.column("hub_id").chunks, *links.column("candidate_hub_id").chunks], pa.string())
    identities = found[IDENTITIES].near({"hub_id": hubs})
    return {"links": links, "identity": identities, "records": found[RECORDS].near({"record_id": records})}


def _told(online: Online, entity: Entity) -> list[str]:
    """Return the columns of a statement that a row of the index tells."""
    fields = [one.name for one in online.spec.fields]
    return [name for name in dict.fromkeys([*KEPT, *fields]) if name in statement_schema(entity).names]


def _indexed(online: Online, entity: Entity, *, only_moved: bool) -> Step:
    """Return `indexed`: ROWS, the identifiers of each row now and before, and what its block keys are made of."""
    fields = [one.name for one in online.spec.fields]
    told = ", ".join(f"{quote(name)}: r.{quote(name)}" for name in _told(online, entity))
    only = "AND l.record_id IN (SELECT record_id FROM moved)" if only_moved else ""
    return Step(
        "indexed",
        f"""
        SELECT CAST('0x' || left(l.record_id, 15) AS BIGINT) AS row, l.record_id, i.hub_id, i.unit,
            k.anchor_rank IS NOT NULL AS anchor, CAST(to_json({{
                anchor_rank: k.anchor_rank, observed_at: CAST(r.observed_at AS VARCHAR),
                rung: CASE WHEN l.decision = 'review' THEN {literal(DOUBTED)} ELSE l.rung END,
                past_names: p.past_names, past_keys: q.past_keys, {told}
            }}) AS VARCHAR) AS content,
            k.primary_key, k.other_key, q.past_keys, {", ".join(f"r.{quote(name)}" for name in fields)}
        FROM links l
        JOIN records r ON r.record_id = l.record_id
        JOIN keyed k ON k.record_id = l.record_id
        JOIN identity i ON i.hub_id = coalesce(l.hub_id, l.candidate_hub_id) AND i.state = 'active'
        LEFT JOIN (
            SELECT record_id, list(DISTINCT name ORDER BY name) AS past_names FROM former WHERE name IS NOT NULL
            GROUP BY record_id
        ) p ON p.record_id = l.record_id
        LEFT JOIN (
            SELECT record_id, list(DISTINCT key ORDER BY key) AS past_keys FROM (
                SELECT record_id, unnest([primary_key, other_key]) AS key FROM former
            ) WHERE key IS NOT NULL GROUP BY record_id
        ) q ON q.record_id = l.record_id AND k.anchor_rank IS NOT NULL
        WHERE CASE
            WHEN l.decision = 'link' THEN k.anchor_rank IS NOT NULL
                OR l.rung IN ('provisional_identifier', {literal(PROVISIONAL_RUNG)})
                OR (l.rung = {literal(RUNG)} AND k.primary_key IS NOT NULL)
            ELSE l.decision = 'review' AND l.kind = 'probabilistic' AND l.rung = 'provisional_identifier' END {only}
        """,  # noqa: S608 - every identifier is quoted by engine.quoting
        materialise=True,
    )


def _keys(online: Online, table: pa.Table) -> pa.Table:
    """Return KEYS of the rows: identifiers, those that register rows had before, and block keys."""
    rows = table.column("row").to_numpy()
    blocked = keys_of(online, table.select([one.name for one in online.spec.fields]))
    places, rules = np.nonzero(blocked)
    found = [(rules, blocked[places, rules], rows[places])]
    for name in ("primary_key", "other_key"):
        hashes = hash_texts(table.column(name)).view(np.int64)
        some = np.flatnonzero(hashes)
        found.append((np.full(len(some), IDENTIFIER), hashes[some], rows[some]))
    past = table.column("past_keys").combine_chunks()
    hashes = hash_texts(past.flatten()).view(np.int64)
    found.append((np.full(len(hashes), IDENTIFIER), hashes, rows[past.value_parent_indices().to_numpy()]))
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    told = pa.table([columns[0].astype(np.int32), *columns[1:]], schema=KEYS)
    return told.group_by(KEYS.names).aggregate([]).select(KEYS.names)  # a number may be held, and held before

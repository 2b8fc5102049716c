"""Links and identities as they stand after a version's linking, restricted to what the version touches."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.quoting import quote
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from golden.facts import PARTIES, RECORD_IDS
from matching.tables import IDENTITY, LINKS
from pipeline.hub import Hub
from pipeline.lake_tables import identity_table, links_table
from pipeline.staging import staged, version_folder
from schemas.arrow import party_column
from schemas.standard import Entity
from warehouse.versions import Version

HUB_IDS = pa.schema([("hub_id", pa.string())])
DELETIONS = pa.schema([("record_id", pa.string()), ("hub_id", pa.string())])


def staged_links(hub: Hub, version: Version, entity: str) -> dict[str, Relation]:
    """Return the stored links and identities of an entity with what this version's linking staged beside them."""
    folder = version_folder(hub, version.number)
    return {
        "stored_links": ParquetFiles(tuple(hub.lake.files(links_table(entity))), LINKS),
        "stored_identity": ParquetFiles(tuple(hub.lake.files(identity_table(entity))), IDENTITY),
        "link_upserts": staged(folder / f"link_upserts-{entity}.parquet", LINKS),
        "link_deletions": staged(folder / f"link_deletions-{entity}.parquet", DELETIONS),
        "identity_upserts": staged(folder / f"identity_upserts-{entity}.parquet", IDENTITY),
        "touched": staged(folder / f"touched-{entity}.parquet", HUB_IDS),
    }


def links_now(everything: bool) -> list[Step]:
    """Return `links_now` and `identity_now`: the tables after linking; of touched entities only, or of `everything`."""
    touched = "" if everything else "AND hub_id IN (SELECT hub_id FROM touched)"
    return [
        Step(
            "links_now",
            f"""
            SELECT * FROM stored_links
            WHERE record_id NOT IN (SELECT record_id FROM link_upserts)
              AND record_id NOT IN (SELECT record_id FROM link_deletions) {touched}
            UNION ALL SELECT * FROM link_upserts WHERE decision = 'link' {touched}""",
        ),
        Step(
            "identity_now",
            f"""
            SELECT * FROM stored_identity
            WHERE hub_id NOT IN (SELECT hub_id FROM identity_upserts) {touched}
            UNION ALL SELECT * FROM identity_upserts""",
        ),
    ]


def write_links_now(hub: Hub, version: Version, entity: str, everything: bool) -> dict[str, Relation]:
    """Write links and identities as they stand now beside the staged files; return them as relations."""
    folder = version_folder(hub, version.number)
    names = {"links_now": LINKS, "identity_now": IDENTITY}
    with hub.engine.session(staged_links(hub, version, entity)) as session:
        session.run(links_now(everything))
        for name in names:
            session.write(name, folder / f"{name}-{entity}.parquet")
    return {name: staged(folder / f"{name}-{entity}.parquet", schema) for name, schema in names.items()}


def party_changes(hub: Hub, version: Version) -> pa.Table:
    """Return `record_id` of every person or business record whose link this version changes."""
    folder = version_folder(hub, version.number)
    parts = [
        parquet.read_table(path, columns=["record_id"])
        for entity in hub.city.standard.parties
        for path in (folder / f"link_upserts-{entity.name}.parquet", folder / f"link_deletions-{entity.name}.parquet")
        if path.exists()
    ]
    return pa.concat_tables(parts).cast(RECORD_IDS) if parts else RECORD_IDS.empty_table()


def parties_needed(hub: Hub, version: Version, fact: Entity, inputs: dict[str, Relation]) -> Relation:
    """Return `record_id`, `hub_id` of the linked parties of the facts that this version decides again.

    `inputs` are `records` (the fact's statements), `changed` and `party_changes`.
    """
    columns = [quote(party_column(party.role)) for party in fact.parties]
    tests = " OR ".join(f"{column} IN (SELECT record_id FROM party_changes)" for column in columns)
    wanted = " UNION ".join(f"SELECT {column} AS record_id FROM deciding" for column in columns)
    steps = [
        Step(
            "deciding",
            f"SELECT * FROM records WHERE record_id IN (SELECT record_id FROM changed) OR {tests}",
            materialise=True,
        ),
        Step("wanted", wanted, materialise=True),
    ]
    found = []
    for entity in dict.fromkeys(party.entity for party in fact.parties):
        links = Step(
            "parties",
            """
            SELECT record_id, hub_id FROM stored_links
            WHERE decision = 'link' AND record_id IN (SELECT record_id FROM wanted)
              AND record_id NOT IN (SELECT record_id FROM link_upserts)
              AND record_id NOT IN (SELECT record_id FROM link_deletions)
            UNION ALL
            SELECT record_id, hub_id FROM link_upserts
            WHERE decision = 'link' AND record_id IN (SELECT record_id FROM wanted)""",
        )
        relations = {**inputs, **staged_links(hub, version, entity)}
        found.append(hub.engine.run([*steps, links], relations, "parties").cast(PARTIES))
    return pa.concat_tables(found)


def staged_rows(path: Path) -> int:
    """Return the rows of a staged file, 0 for one that was never written."""
    return int(parquet.read_metadata(path).num_rows) if path.exists() else 0

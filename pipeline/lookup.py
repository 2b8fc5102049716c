"""Keeping the lookups by which an increment finds what is near it: after a version is published, its changes go in."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.indexed import NOBODY, IndexedRows, Shape
from engine.relation import ParquetFiles
from matching.lookups import IDENTITIES, KEYS, LINKED, RECORDS, Found, shapes
from pipeline.current_statements import arriving_records, changed_records, current_records
from pipeline.hub import Hub
from pipeline.ladder_rules import ladder_rules
from pipeline.lake_tables import block_keys_table, identity_table, links_table
from pipeline.staging import version_folder
from schemas.arrow import statement_schema
from schemas.standard import Entity
from warehouse.versions import Version

# More parts, or a larger share of rows in other parts than the first, are made one again.
MOST_PARTS, MOST_CHANGED = 16, 0.25


def shapes_of(hub: Hub, entity: Entity) -> dict[str, Shape]:
    """Return what linking looks up about an entity."""
    return shapes(ladder_rules(hub.city, entity.name), hub.city.linkage[entity.name], statement_schema(entity))


def found_by_value(hub: Hub, entity: Entity, published: Version | None) -> Found | None:
    """Return the lookup of the published version; None where there is none that was made of its very files."""
    if published is None or not hub.lookup.stamp(entity.name):
        return None
    shape = shapes_of(hub, entity)
    return hub.lookup.read(entity.name, stamp(shape, files(hub, entity, published)), shape)


def refresh_lookup(hub: Hub, version: Version) -> None:
    """Bring the lookups to the published version: by what it changed where they are of the one before, else anew.

    Reads the version's staged files: call it before they are cleared. Small tables are read faster than looked up.
    """
    earlier = [one for one in hub.ledger.versions("published") if one.number < version.number]
    for entity in hub.city.standard.parties:
        shape, made_of = shapes_of(hub, entity), files(hub, entity, version)
        if _rows(made_of[LINKED]) < hub.settings.lookup_records:
            hub.lookup.drop(entity.name)
            continue
        now, tables = stamp(shape, made_of), None
        if hub.lookup.stamp(entity.name) == now:
            continue
        if earlier:
            before = hub.lookup.read(entity.name, stamp(shape, files(hub, entity, earlier[-1])), shape)
            tables = _after(hub, version, entity, before) if before is not None else None
        kept = {name: table for name, table in (tables or {}).items() if not _worn(table)}
        made = {name: _anew(hub, entity, shape[name], made_of[name]) for name in shape if name not in kept}
        hub.lookup.save(entity.name, now, {**kept, **made})


def files(hub: Hub, entity: Entity, version: Version) -> dict[str, tuple[str, ...]]:
    """Return by table the Parquet files that the published version is made of."""
    manifest = dict(version.manifest)
    found = {RECORDS: current_records(hub, entity, manifest).paths}
    for name, table in ((LINKED, links_table), (IDENTITIES, identity_table), (KEYS, block_keys_table)):
        number = manifest.get(table(entity.name))
        found[name] = () if number is None else tuple(hub.lake.files(table(entity.name), number))
    return found


def stamp(shape: Mapping[str, Shape], made_of: Mapping[str, tuple[str, ...]]) -> str:
    """Return the fingerprint of tables: no two Parquet files have one name, so it stands for what is in them."""
    told = [(name, str(one.schema), one.key, dict(one.found_by), made_of[name]) for name, one in shape.items()]
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()


def _after(hub: Hub, version: Version, entity: Entity, before: Found) -> Found | None:
    """Return the tables with what the version staged; None where that is gone."""
    folder = version_folder(hub, version.number)
    staged = {
        LINKED: ("link_upserts", "link_deletions"),
        IDENTITIES: ("identity_upserts", None),
        KEYS: ("block_keys", "block_key_deletions"),
    }
    paths = [folder / f"{name}-{entity.name}.parquet" for pair in staged.values() for name in pair if name]
    if not all(path.exists() for path in paths):
        return None
    arriving, changed = arriving_records(hub, version, entity), changed_records(hub, version, entity)
    records = before[RECORDS]
    tables = {RECORDS: records.after(arriving.select(records.schema.names), changed.column("record_id"))}
    for name, (upserts, deletions) in staged.items():
        rows = parquet.read_table(folder / f"{upserts}-{entity.name}.parquet").cast(before[name].schema)
        gone = pa.chunked_array([], pa.string())
        if deletions:
            gone = parquet.read_table(folder / f"{deletions}-{entity.name}.parquet").column("record_id")
        tables[name] = before[name].after(rows, gone)
    return tables


def _worn(table: IndexedRows) -> bool:
    first, *others = (segment.rows for segment, _ in table.parts)
    return len(others) >= MOST_PARTS or sum(others) > MOST_CHANGED * first


def _anew(hub: Hub, entity: Entity, shape: Shape, paths: tuple[str, ...]) -> IndexedRows:
    rows = hub.engine.stream([], {"rows": ParquetFiles(paths, shape.schema)}, "rows")
    batches = (batch.cast(shape.schema) for batch in rows)
    return IndexedRows(shape, [(hub.lookup.segment(entity.name, batches, shape), NOBODY)])


def _rows(paths: tuple[str, ...]) -> int:
    return sum(parquet.read_metadata(path.removeprefix("file://")).num_rows for path in paths)

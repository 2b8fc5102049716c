"""The statements that stand, of an entity over all departments, as a version pins them; what its batches changed."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from engine.relation import ParquetFiles
from engine.step import Step
from matching.tables import CHANGED
from pipeline.commit import history_schema
from pipeline.hub import Hub
from pipeline.lake_tables import current_table, history_table
from schemas.arrow import statement_schema
from schemas.standard import Entity
from warehouse.versions import Version


def current_records(
    hub: Hub, entity: Entity, manifest: dict[str, int], departments: Iterable[str] = ()
) -> ParquetFiles:
    """Return the current statements of an entity over all departments (or these), as the manifest pins them."""
    paths: list[str] = []
    for department in sorted(set(departments)) or hub.city.departments:
        name = current_table(department, entity.name)
        if name in manifest:
            paths += hub.lake.files(name, manifest[name])
    return ParquetFiles(tuple(paths), statement_schema(entity))


def changed_records(hub: Hub, version: Version, entity: Entity) -> pa.Table:
    """Return `record_id`, `op` of every statement that the pinned batches changed: what happened to it last."""
    history = _pinned_history(hub, version, entity, ("record_id", "op", "batch"))
    if not history.paths:
        return CHANGED.empty_table()
    step = Step("changed", "SELECT record_id, arg_max(op, batch) AS op FROM history GROUP BY record_id")
    return hub.engine.run([step], {"history": history}, "changed").cast(CHANGED)


def arriving_records(hub: Hub, version: Version, entity: Entity) -> pa.Table:
    """Return the statements that the pinned batches added or changed, as they stand after all of them.

    They are rows of `current_records`: of two batches the later one's row stands, whichever was accepted first.
    """
    last = Step(
        "last_rows",
        "SELECT * FROM history QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY batch DESC) = 1",
    )
    step = Step("arriving", "SELECT * EXCLUDE (op) FROM last_rows WHERE op <> 'deleted'")
    relations = {"history": _pinned_history(hub, version, entity)}
    return hub.engine.run([last, step], relations, "arriving").cast(statement_schema(entity))


def _pinned_history(hub: Hub, version: Version, entity: Entity, columns: Iterable[str] = ()) -> ParquetFiles:
    """Return what the pinned batches say of an entity, of all columns or these: the files are read for them alone."""
    paths: list[str] = []
    for department in hub.city.departments:
        paths += hub.lake.files(history_table(department, entity.name), batch=list(version.batches))
    schema = history_schema(entity)
    return ParquetFiles(tuple(paths), pa.schema([schema.field(name) for name in columns]) if columns else schema)

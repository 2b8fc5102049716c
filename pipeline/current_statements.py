"""The statements that stand, of an entity over all departments, as a version pins them; what its batches changed."""

from __future__ import annotations

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

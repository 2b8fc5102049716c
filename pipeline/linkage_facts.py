"""What the links tables say: decisions by evidence, by department, and what was merged, split or taken back."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import links_history_table, links_table
from pipeline.summary import published_files
from quality.linkage_quality import Stratum
from schemas.arrow import statement_schema
from schemas.standard import Entity

# Only what every edition of the links has; a table written without one of these reads as null.
DECIDED = pa.schema(
    [
        ("record_id", pa.string()), ("hub_id", pa.string()), ("decision", pa.string()), ("kind", pa.string()),
        ("rung", pa.string()), ("level", pa.string()), ("score", pa.float64()), ("candidate_hub_id", pa.string()),
        ("commit", pa.int64()),
    ]
)  # fmt: skip
# The class of evidence: how it was decided and by which rung or level; a register's own row is no decision about it.
EVIDENCE = "concat_ws('/', nullif(kind, ''), coalesce(nullif(rung, ''), nullif(level, ''), 'none'))"


def links_files(hub: Hub, entity: str) -> ParquetFiles:
    """Return the decisions as the published version pinned them."""
    published, name = hub.ledger.published_version(), links_table(entity)
    pinned = published.manifest.get(name) if published else None
    return ParquetFiles(tuple(hub.lake.files(name, pinned) if pinned is not None else hub.lake.files(name)), DECIDED)


def strata(hub: Hub, entity: str) -> list[Stratum]:
    """Return the decisions about the records of an entity by decision and class of evidence, largest first."""
    sql = f"""
        SELECT decision, {EVIDENCE} AS evidence, count(*) AS size FROM links
        GROUP BY ALL ORDER BY size DESC, decision, evidence"""
    rows = hub.engine.run([Step("strata", sql)], {"links": links_files(hub, entity)}, "strata").to_pylist()
    return [Stratum(entity, row["decision"], row["evidence"], row["size"]) for row in rows]


def decisions(hub: Hub, entity: Entity) -> dict[str, dict[str, int]]:
    """Return the number of records by department and decision."""
    files = [path for name in hub.city.departments for path in published_files(hub, name, entity)]
    sql = """
        SELECT department, decision, count(*) AS n FROM links JOIN records USING (record_id)
        GROUP BY ALL ORDER BY department, decision"""
    relations = {
        "links": links_files(hub, entity.name),
        "records": ParquetFiles(tuple(files), statement_schema(entity)),
    }
    result: dict[str, dict[str, int]] = {}
    for row in hub.engine.run([Step("decisions", sql)], relations, "decisions").to_pylist():
        result.setdefault(row["department"], {})[row["decision"]] = row["n"]
    return result


def reversals(hub: Hub, entity: str, after: int, version: int) -> int:
    """Return how many records that had been linked were linked elsewhere, or to nobody, by versions after `after`."""
    files = ParquetFiles(tuple(hub.lake.files(links_history_table(entity))), DECIDED)
    sql = f"""
        SELECT count(*) AS n FROM (
            SELECT commit, decision, hub_id, lag(hub_id) OVER (PARTITION BY record_id ORDER BY commit) AS before
            FROM history
            WHERE commit <= {int(version)}
        ) WHERE commit > {int(after)} AND before IS NOT NULL AND hub_id IS DISTINCT FROM before
            AND decision <> 'gone'"""
    [row] = hub.engine.run([Step("reversed", sql)], {"history": files}, "reversed").to_pylist()
    return int(row["n"])


def feed_counts(hub: Hub, entities: Sequence[str], after: int, version: int) -> dict[str, dict[str, int]]:
    """Return, by entity, how many ids the versions after `after` added, changed, merged, split and removed."""
    counts: dict[str, dict[str, int]] = {name: {} for name in entities}
    for row in hub.reader.change_counts(after, version):
        if row["entity"] in counts:
            counts[row["entity"]][row["op"]] = row["count"]
    return counts

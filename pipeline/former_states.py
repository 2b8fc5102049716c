"""What register rows said of themselves before, so that a former number or name still leads to its owner."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

import pyarrow as pa

from engine.quoting import quote
from engine.relation import ParquetFiles
from engine.step import Step
from matching.anchors import former_states, keyed, ladder_columns
from matching.lookups import RECORDS, Found
from matching.rules import LadderRules
from matching.tables import FORMER_STATES
from pipeline.commit import history_schema
from pipeline.hub import Hub
from pipeline.lake_tables import former_states_table, history_table
from schemas.standard import Entity
from warehouse.versions import Version


def stored_states(hub: Hub, entity: str) -> ParquetFiles:
    """Return the former states that earlier versions found."""
    return ParquetFiles(tuple(hub.lake.files(former_states_table(entity))), FORMER_STATES)


def fresh_states(
    hub: Hub, version: Version, entity: Entity, rules: LadderRules, changed: pa.Table, found: Found | None = None
) -> pa.Table:
    """Return the former states (tables.FORMER_STATES) that this version finds and the lake does not know yet.

    Of the register rows that changed, those that say another number or name than before, or were gone for a while: the
    statement history has all they ever said. Where records are `found` by value as they were before this version, that
    and what its batches say are enough: whatever was said earlier was found when it changed.
    """
    departments = {source.department for source in rules.anchors}
    batches, tables = set(version.batches), [history_table(name, entity.name) for name in departments]
    if found is None:
        taken = hub.ledger.batches("accepted")
        batches |= {one.id for one in taken if one.department in departments and one.taken_by}
    paths = [path for table in sorted(tables) for path in hub.lake.files(table, batch=sorted(batches))]
    if not paths or not changed.num_rows:
        return FORMER_STATES.empty_table()
    columns, schema = ladder_columns(rules), history_schema(entity)
    told = pa.schema([schema.field(name) for name in (*columns, "op")])
    before = told.empty_table().select(columns)
    if found is not None:
        before = found[RECORDS].near({"record_id": changed.column("record_id")}, columns)
    relations = {
        "said": ParquetFiles(tuple(paths), told),
        "said_before": before,
        "changed": changed,
        "stored": stored_states(hub, entity.name),
    }
    return hub.engine.run(_steps(rules), relations, "fresh").cast(FORMER_STATES)


def _steps(rules: LadderRules) -> list[Step]:
    columns = ", ".join(map(quote, ladder_columns(rules)))
    return [
        Step(
            "changed_history",
            f"""
            SELECT * FROM (SELECT {columns}, op FROM said UNION ALL SELECT {columns}, 'before' FROM said_before)
            WHERE record_id IN (SELECT record_id FROM changed)
            """,
            materialise=True,
        ),
        # A row that has one line in its history has said one thing only.
        Step(
            "near",
            """
            SELECT * FROM changed_history
            QUALIFY count(*) OVER (PARTITION BY record_id) > 1 OR record_id IN (SELECT record_id FROM stored)
            """,
            materialise=True,
        ),
        keyed(rules, "near", "keyed_near"),
        Step(
            "history",
            """
            SELECT * FROM near WHERE record_id IN (
                SELECT record_id FROM near WHERE op = 'deleted'
                UNION
                SELECT record_id FROM stored
                UNION
                SELECT record_id FROM keyed_near
                GROUP BY record_id HAVING count(DISTINCT {p: primary_key, o: other_key, n: name}) > 1)
            """,
        ),
        *former_states(rules),
        Step("fresh", "FROM former_states EXCEPT FROM stored ORDER BY ALL"),
    ]

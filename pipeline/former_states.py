"""What register rows said of themselves before, so that a former number or name still leads to its owner."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

import pyarrow as pa

from engine.quoting import quote
from engine.relation import ParquetFiles
from engine.step import Step
from matching.anchors import former_states, keyed, ladder_columns
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


def fresh_states(hub: Hub, version: Version, entity: Entity, rules: LadderRules, changed: pa.Table) -> pa.Table:
    """Return the former states (tables.FORMER_STATES) that this version finds and the lake does not know yet.

    Of the register rows that changed, those that say another number or name than before, or were gone for a while: the
    statement history has all they ever said.
    """
    departments = {source.department for source in rules.anchors}
    taken = [one.id for one in hub.ledger.batches("accepted") if one.department in departments and one.taken_by]
    batches, tables = sorted({*taken, *version.batches}), [history_table(name, entity.name) for name in departments]
    paths = [path for table in sorted(tables) for path in hub.lake.files(table, batch=batches)]
    if not paths or not changed.num_rows:
        return FORMER_STATES.empty_table()
    relations = {
        "all_history": ParquetFiles(tuple(paths), history_schema(entity)),
        "changed": changed,
        "stored": stored_states(hub, entity.name),
    }
    return hub.engine.run(_steps(rules), relations, "fresh").cast(FORMER_STATES)


def _steps(rules: LadderRules) -> list[Step]:
    return [
        Step(
            "changed_history",
            f"SELECT {', '.join(map(quote, ladder_columns(rules)))}, op FROM all_history "
            "WHERE record_id IN (SELECT record_id FROM changed)",
            materialise=True,
        ),
        # A row that has one line in its history has said one thing only.
        Step(
            "near",
            "SELECT * FROM changed_history QUALIFY count(*) OVER (PARTITION BY record_id) > 1",
            materialise=True,
        ),
        keyed(rules, "near", "keyed_near"),
        Step(
            "history",
            """
            SELECT * FROM near WHERE record_id IN (
                SELECT record_id FROM near WHERE op = 'deleted'
                UNION
                SELECT record_id FROM keyed_near
                GROUP BY record_id HAVING count(DISTINCT {p: primary_key, o: other_key, n: name}) > 1)
            """,
        ),
        *former_states(rules),
        Step("fresh", "FROM former_states EXCEPT FROM stored ORDER BY ALL"),
    ]

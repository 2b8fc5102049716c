"""What a batch changes in the current statements: named steps over the staged batch and the statements that stand."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal, quote
from engine.step import Step
from schemas.arrow import statement_schema
from schemas.standard import Entity

HISTORY_OPERATIONS = ("new", "changed", "deleted")


def change_steps(entity: Entity, source_table: str, batch: int) -> list[Step]:
    """Return the steps whose last one, `changes`, holds each statement of `entity` that this batch adds, changes or
    withdraws: the statement's columns and `op`; a withdrawn one as it last stood, under this batch's number.

    Reads `incoming` (the batch's accepted statements), `current` (those that stand, of one department), and
    `touched` and `gone` (`source_key`: rows standardised anew; rows marked deleted or absent from a full extract).
    A statement that a touched row no longer yields is withdrawn. Equal content with equal
    issues is no change: it is not in `changes`. (A cell mended at the source may clean to the value it always had.)
    """
    columns = statement_schema(entity).names
    standing = f"SELECT * FROM current WHERE source_table = {literal(source_table)}"
    incoming = ", ".join(f"incoming.{quote(name)}" for name in columns)
    leaving = ", ".join(
        f"CAST({batch} AS BIGINT) AS batch" if name == "batch" else f"before.{quote(name)}" for name in columns
    )
    return [
        Step("before", standing),
        Step(
            "arriving",
            f"""
            SELECT {incoming}, CASE WHEN before.record_id IS NULL THEN 'new' ELSE 'changed' END AS op
            FROM incoming LEFT JOIN before ON incoming.record_id = before.record_id
            WHERE before.record_id IS NULL OR before.content_hash <> incoming.content_hash
               OR before.issues IS DISTINCT FROM incoming.issues""",
        ),
        Step(
            "withdrawn",
            f"""
            SELECT {leaving}, 'deleted' AS op
            FROM before
            SEMI JOIN (SELECT source_key FROM touched UNION ALL SELECT source_key FROM gone) AS rows
                ON before.source_key = rows.source_key
            ANTI JOIN incoming ON before.record_id = incoming.record_id""",
        ),
        Step("changes", "SELECT * FROM arriving UNION ALL SELECT * FROM withdrawn"),
    ]

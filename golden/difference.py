"""Difference: what separates the rows just made from the rows stored, as upserts, removals and a feed of changes.

Law: stored rows with the upserts put in and the removals taken out are the rows that a rebuild from scratch makes.
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from engine.duckdb_engine import Session
from engine.quoting import literal, quote
from engine.step import Step
from schemas.arrow import golden_schema
from schemas.standard import Entity

CHANGES = pa.schema([("op", pa.string()), ("entity", pa.string()), ("id", pa.string()), ("into", pa.string())])


@dataclass(frozen=True)
class GoldenChanges:
    """`upserts` (golden_schema), `removals` (`id`), `changes` (CHANGES) for the feed, all ordered by id.

    `changes.op` is ADDED, CHANGED (a value, not merely its origin), REMOVED, or MERGED with `into`. An upsert that
    differs only in its origins has no change: what consumers see is the same.
    """

    upserts: pa.Table
    removals: pa.Table
    changes: pa.Table

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of upserts, of removals, and of changes by op in lower case."""
        ops = self.changes["op"].to_pylist()
        found = {"upserts": self.upserts.num_rows, "removals": self.removals.num_rows}
        return found | {op.lower(): ops.count(op) for op in sorted(set(ops))}


def difference(entity: Entity) -> list[Step]:
    """Return the steps from `golden_rows`, `golden` and `touched_ids` to `upserts`, `removals` and `changes`."""
    names = golden_schema(entity).names
    key, named = quote(names[0]), [name for name in names if name not in (names[0], "commit")]
    differs = " OR ".join(f"n.{quote(name)} IS DISTINCT FROM o.{quote(name)}" for name in named)
    into = "NULL::VARCHAR" if entity.is_fact else "i.into"
    redirects = "" if entity.is_fact else "LEFT JOIN identity i ON i.hub_id = r.id AND i.state = 'redirected'"
    return [
        Step("stored", f"SELECT * FROM golden WHERE {key} IN (FROM touched_ids)", materialise=True),
        Step(
            "upserts",
            f"""
            SELECT n.* FROM golden_rows n LEFT JOIN stored o ON o.{key} = n.{key}
            WHERE o.{key} IS NULL OR {differs} ORDER BY n.{key}
            """,
        ),
        Step(
            "removals",
            f"SELECT {key} AS id FROM stored WHERE {key} NOT IN (SELECT {key} FROM golden_rows) ORDER BY id",
        ),
        Step(
            "changes",
            f"""
            SELECT op, {literal(entity.name)} AS entity, id, "into" FROM (
                SELECT CASE WHEN o.{key} IS NULL THEN 'ADDED' ELSE 'CHANGED' END AS op, n.{key} AS id,
                    NULL::VARCHAR AS "into"
                FROM golden_rows n LEFT JOIN stored o ON o.{key} = n.{key}
                WHERE o.content_hash IS DISTINCT FROM n.content_hash
                UNION ALL
                SELECT CASE WHEN {into} IS NULL THEN 'REMOVED' ELSE 'MERGED' END, r.id, {into}
                FROM removals r {redirects}
            ) ORDER BY id
            """,
        ),
    ]


def fetch(session: Session, entity: Entity) -> GoldenChanges:
    """Return the three relations of a session in which `difference` has run."""
    return GoldenChanges(
        session.table("upserts").cast(golden_schema(entity)),
        session.table("removals"),
        session.table("changes").cast(CHANGES),
    )

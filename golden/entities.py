"""Golden people and businesses: one row an entity that has a linked record, of the entities touched only.

Relations read: `records`, `links`, `identity` (all as they stand after linking), `touched` (hub_id), `golden` (the
stored rows). Relations made: `golden_rows`, then those of difference.py.
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from engine.quoting import literal, quote
from engine.relation import Relation
from engine.step import Step
from golden.choice import faded_between
from golden.difference import GoldenChanges, difference, fetch
from golden.representatives import REPRESENTATIVES
from golden.survivorship import content_hash, policies_of, survivors
from schemas.arrow import golden_schema
from schemas.standard import Entity
from schemas.survivorship import SurvivorshipPolicy

TOUCHED = pa.schema([("hub_id", pa.string())])


@dataclass(frozen=True)
class Moment:
    """When: `as_of` decides what has faded; `commit` stamps the rows; `before` is the as-of date of the last run."""

    as_of: date
    commit: int
    before: date | None = None


@dataclass(frozen=True)
class SurviveInputs:
    """What `survive` reads; see the module's text. `golden` has the columns of golden_schema(entity)."""

    records: Relation
    links: Relation
    identity: Relation
    touched: Relation
    golden: Relation
    representatives: Relation = field(default_factory=REPRESENTATIVES.empty_table)


def plan(entity: Entity, policy: SurvivorshipPolicy | None, moment: Moment) -> list[Step]:
    """Return the steps from records and links to `golden_rows` and their difference to the stored `golden`."""
    policies = policies_of(entity, policy)
    steps = [touched_ids(entity, policy, moment), membership(), *survivors(policies, moment.as_of)]
    if "identifiers" in golden_schema(entity).names:
        steps.append(identifiers())
    return [*steps, golden_rows(entity, moment), *difference(entity)]


def survive(
    engine: DuckDBEngine, inputs: SurviveInputs, entity: Entity, policy: SurvivorshipPolicy | None, moment: Moment
) -> GoldenChanges:
    """Return what changes in the golden table. Nothing touched, nothing changed. Raises EngineError naming the step."""
    relations = {
        "records": inputs.records,
        "links": inputs.links,
        "identity": inputs.identity,
        "touched": inputs.touched,
        "golden": inputs.golden,
        "representatives": inputs.representatives,
    }
    with engine.session(relations) as session:
        session.run(plan(entity, policy, moment))
        return fetch(session, entity)


def slices(touched: pa.Table, rows: int = 500_000) -> Iterator[pa.Table]:
    """Cut `touched` into tables of at most `rows`, so that a first run's golden rows need not all be held at once.

    Surviving slice by slice gives the same rows as at once: an entity's row depends on its own records only.
    """
    for start in range(0, touched.num_rows, rows):
        yield touched.slice(start, rows)


def touched_ids(entity: Entity, policy: SurvivorshipPolicy | None, moment: Moment) -> Step:
    """Return `touched_ids`: `owner` of each row to make again: what linking touched, what faded since `before`."""
    sql = "SELECT hub_id AS owner FROM touched"
    if moment.before and moment.before != moment.as_of:
        faded = faded_between(policies_of(entity, policy), moment.before, moment.as_of)
        sql += f"""
            UNION
            SELECT l.hub_id FROM records r JOIN links l ON l.record_id = r.record_id
            WHERE l.decision = 'link' AND ({faded})
            """
    return Step("touched_ids", f"SELECT DISTINCT owner FROM ({sql})", materialise=True)


def membership() -> Step:
    """Return `membership`: `owner`, `record_id` of every record linked to a touched entity. Only links are golden."""
    return Step(
        "membership",
        """
        SELECT hub_id AS owner, record_id FROM links
        WHERE decision = 'link' AND hub_id IN (FROM touched_ids)
        """,
        materialise=True,
    )


def identifiers() -> Step:
    """Return `identifiers`: per owner the JSON list of {type, number, former} that its records carry, in order.

    A number is former where the entity's register row has another number of the same type.
    """
    return Step(
        "identifiers",
        """
        WITH carried AS (
            SELECT l.hub_id AS owner, l.record_id,
                unnest([{t: l.key_type, n: l.key_number}, {t: l.other_type, n: l.other_number}]) AS key
            FROM links l WHERE l.record_id IN (SELECT record_id FROM membership)
        ),
        official AS (
            SELECT c.owner, c.key.t AS type, max(c.key.n) AS number
            FROM carried c JOIN identity i ON i.hub_id = c.owner AND i.anchor_record = c.record_id
            GROUP BY c.owner, c.key.t
        ),
        distinct_keys AS (SELECT DISTINCT owner, key.t AS type, key.n AS number FROM carried WHERE key.n IS NOT NULL)
        SELECT d.owner, '[' || string_agg(
            '{"type":' || to_json(d.type) || ',"number":' || to_json(d.number) || ',"former":'
            || CASE WHEN o.number <> d.number THEN 'true' ELSE 'false' END || '}', ',' ORDER BY d.type, d.number
        ) || ']' AS identifiers
        FROM distinct_keys d LEFT JOIN official o ON o.owner = d.owner AND o.type = d.type
        GROUP BY d.owner
        """,
    )


def golden_rows(entity: Entity, moment: Moment) -> Step:
    """Return `golden_rows`, columns of golden_schema(entity): the touched entities that are active and have records."""
    fields = [one.name for one in entity.fields]
    shown = "".join(f", s.{quote(name)}" for name in fields)
    listed, joined = "", ""
    hashed, schema = [*fields, "anchored"], golden_schema(entity)
    if "identifiers" in schema.names:
        listed = ", coalesce(n.identifiers, '[]') AS identifiers"
        joined = "LEFT JOIN identifiers n ON n.owner = s.owner"
        hashed.append("identifiers")
    if "representative" in schema.names:
        listed += ", p.representative, p.representative_doubt"
        joined += " LEFT JOIN representatives p ON p.hub_id = s.owner"
        hashed.append("representative_doubt")  # who represents it is a fact of its own, told there; an id is no value
    columns = ", ".join(quote(name) for name in schema.names)
    return Step(
        "golden_rows",
        f"""
        SELECT {columns} FROM (
            SELECT *, {content_hash(hashed)} AS content_hash, {moment.commit}::BIGINT AS "commit" FROM (
                SELECT s.owner AS hub_id{shown}{listed}, i.anchor_record IS NOT NULL AS anchored,
                    i.anchor_record AS anchor, s.records, s.origins
                FROM survived s {joined}
                JOIN identity i ON i.hub_id = s.owner AND i.state = 'active' AND i.entity = {literal(entity.name)}
            )
        )
        """,
        materialise=True,
    )

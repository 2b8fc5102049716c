"""Golden facts: one row a fact whose parties are all linked; the others wait, are counted, and are completed later.

Relations read: `records` (current statements of the fact), `changed` (record_id), `parties` (PARTIES: the linked
records of people and businesses after linking, at least those that the facts decided again name), `party_changes`
(record_id of party records whose link changed), `members` (members_schema, as stored), `golden` (stored rows).
Relations made: `member_upserts`, `member_deletions`, `fact_counts`, `golden_rows`, then those of difference.py.

A fact is its kind, its parties and its identity fields: several departments' statements of one marriage are one fact.
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from engine.quoting import literal, quote
from engine.relation import Relation
from engine.step import Step
from golden.choice import faded_between
from golden.difference import GoldenChanges, difference, fetch
from golden.entities import Moment
from golden.survivorship import content_hash, policies_of, survivors
from schemas.arrow import party_column
from schemas.standard import Entity, Party
from schemas.survivorship import FieldPolicy, SurvivorshipPolicy

PARTIES = pa.schema([("record_id", pa.string()), ("hub_id", pa.string())])
RECORD_IDS = pa.schema([("record_id", pa.string())])


@dataclass(frozen=True)
class FactInputs:
    """What `complete` reads; see the module's text."""

    records: Relation
    changed: Relation
    parties: Relation
    party_changes: Relation
    members: Relation
    golden: Relation


@dataclass(frozen=True)
class FactChanges:
    """`golden` as for entities; `member_upserts` (members_schema) and `member_deletions` (record_id) for the lake;
    `counts`: statements decided again, by state."""

    golden: GoldenChanges
    member_upserts: pa.Table
    member_deletions: pa.Table
    counts: dict[str, int]


def members_schema(entity: Entity) -> pa.Schema:
    """Return the columns of a fact's membership: which golden fact each statement belongs to; keyed by record_id."""
    roles = [pa.field(party.role, pa.string()) for party in entity.parties]
    ending = [pa.field("fact_id", pa.string()), pa.field("state", pa.string()), pa.field("commit", pa.int64())]
    return pa.schema([pa.field("record_id", pa.string()), pa.field("entity", pa.string()), *roles, *ending])


def plan(entity: Entity, policy: SurvivorshipPolicy | None, moment: Moment) -> list[Step]:
    """Return the steps from fact statements and party links to golden facts and their difference to the stored."""
    roles = [party.role for party in entity.parties]
    policies = policies_of(entity, policy)
    steps = [moved(entity), resolved(entity), *member_changes(entity, moment), *touched_facts(entity, policies, moment)]
    steps += survivors(policies, moment.as_of, roles)
    return [*steps, golden_rows(entity, moment), *difference(entity), fact_counts()]


def complete(
    engine: DuckDBEngine, inputs: FactInputs, entity: Entity, policy: SurvivorshipPolicy | None, moment: Moment
) -> FactChanges:
    """Return what changes in one kind of fact. Raises EngineError naming the step."""
    names = ("records", "changed", "parties", "party_changes", "members", "golden")
    with engine.session({name: getattr(inputs, name) for name in names}) as session:
        session.run(plan(entity, policy, moment))
        return FactChanges(
            fetch(session, entity),
            session.table("member_upserts").cast(members_schema(entity)),
            session.table("member_deletions"),
            {row["state"]: row["count"] for row in session.table("fact_counts").to_pylist()},
        )


def moved(entity: Entity) -> Step:
    """Return `moved`: `record_id` of each statement that changed, or a party of which is linked otherwise."""
    tests = " OR ".join(f"{quote(party_column(p.role))} IN (FROM party_changes)" for p in entity.parties)
    return Step(
        "moved",
        f"SELECT DISTINCT record_id FROM changed UNION SELECT record_id FROM records WHERE {tests}",
        materialise=True,
    )


def resolved(entity: Entity) -> Step:
    """Return `resolved`: the moved statements with each party's hub id, `fact_id` (null while waiting) and `state`.

    A party that is named but not linked, or required and not named, leaves the statement waiting.
    """
    joins, hubs, known = "", "", []
    for number, party in enumerate(entity.parties):
        column = f"r.{quote(party_column(party.role))}"
        joins += f" LEFT JOIN parties p{number} ON p{number}.record_id = {column}"
        hubs += f", p{number}.hub_id AS {quote(party.role)}"
        known.append(_known(party, column, f"p{number}.hub_id"))
    fields = [field.name for field in entity.fields if field.name in entity.identity]
    kept = "".join(f", r.{quote(name)}" for name in fields)
    return Step(
        "resolved",
        f"""
        SELECT *, CASE WHEN known THEN {_fact_id(entity)} END AS fact_id,
            CASE WHEN known THEN 'golden' ELSE 'waiting' END AS state
        FROM (
            SELECT r.record_id{hubs}{kept}, {" AND ".join(known)} AS known
            FROM records r {joins} WHERE r.record_id IN (FROM moved)
        )
        """,
        materialise=True,
    )


def member_changes(entity: Entity, moment: Moment) -> list[Step]:
    """Return `member_rows`; `member_upserts`, those that differ from the stored; `member_deletions`, those gone."""
    names = members_schema(entity).names
    roles = "".join(f", {quote(party.role)}" for party in entity.parties)
    told = [quote(name) for name in names if name not in ("record_id", "commit")]
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in told)
    return [
        Step(
            "member_rows",
            f"""
            SELECT record_id, {literal(entity.name)} AS entity{roles}, fact_id, state,
                {moment.commit}::BIGINT AS "commit"
            FROM resolved
            """,
        ),
        Step(
            "member_upserts",
            f"""
            SELECT n.* FROM member_rows n LEFT JOIN members o ON o.record_id = n.record_id
            WHERE {differs} ORDER BY n.record_id
            """,
        ),
        Step(
            "member_deletions",
            """
            SELECT record_id FROM members
            WHERE record_id IN (FROM moved) AND record_id NOT IN (SELECT record_id FROM resolved) ORDER BY record_id
            """,
        ),
    ]


def touched_facts(entity: Entity, policies: tuple[FieldPolicy, ...], moment: Moment) -> list[Step]:
    """Return `touched_ids`: `owner` of every fact that a moved statement was or is part of, or a value of which faded
    since the last run; `membership` of them."""
    faded = faded_between(policies, moment.before or moment.as_of, moment.as_of)
    roles = "".join(f", {quote(party.role)}" for party in entity.parties)
    return [
        Step(
            "touched_ids",
            f"""
            SELECT fact_id AS owner FROM resolved WHERE fact_id IS NOT NULL
            UNION
            SELECT fact_id FROM members WHERE fact_id IS NOT NULL AND (
                record_id IN (FROM moved) OR record_id IN (SELECT record_id FROM records WHERE {faded}))
            """,
            materialise=True,
        ),
        Step(
            "membership",
            f"""
            SELECT fact_id AS owner, record_id{roles} FROM resolved WHERE fact_id IS NOT NULL
            UNION ALL
            SELECT fact_id, record_id{roles} FROM members
            WHERE fact_id IN (FROM touched_ids) AND record_id NOT IN (FROM moved)
            """,
            materialise=True,
        ),
    ]


def golden_rows(entity: Entity, moment: Moment) -> Step:
    """Return `golden_rows`, columns of golden_schema(entity): the touched facts that still have a statement."""
    values = [*(party.role for party in entity.parties), *(field.name for field in entity.fields)]
    shown = ", ".join(quote(name) for name in values)
    return Step(
        "golden_rows",
        f"""
        SELECT owner AS fact_id, {shown}, origins, {content_hash(values)} AS content_hash,
            {moment.commit}::BIGINT AS "commit"
        FROM survived
        """,
        materialise=True,
    )


def fact_counts() -> Step:
    """Return `fact_counts`: `state` (golden, waiting), `count` of the statements decided again."""
    return Step("fact_counts", "SELECT state, count(*)::BIGINT AS count FROM resolved GROUP BY state ORDER BY state")


def _known(party: Party, record: str, hub: str) -> str:
    return f"{hub} IS NOT NULL" if party.required else f"({record} IS NULL OR {hub} IS NOT NULL)"


def _fact_id(entity: Entity) -> str:
    parts = [f"coalesce(CAST({quote(name)} AS VARCHAR), chr(30))" for name in entity.identity]
    return f"left(sha256(concat_ws(chr(31), {', '.join([literal(entity.name), *parts])})), 32)"

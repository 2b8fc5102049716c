"""The ladder: deterministic linking by identifiers, with the register as anchor. `plan` gives steps, `link` runs them.

Relations read: `records` (current accepted statements of the entity, of all departments), `changed` (tables.CHANGED),
`links` and `identity` (as they stand), `fresh_ids` (at least as many rows as `newcomers`).
Relations made: `link_upserts`, `link_deletions`, `identity_upserts`, `touched`, `counts`.

Only records that changed, and records that share an identifier with them, are decided again. Law: whatever the order
of changes and their split into runs, decisions and partition are those of linking everything at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from engine.relation import Relation
from engine.step import AnyStep
from matching.affected import open_keys, open_records
from matching.agreement import compared, name_levels, references
from matching.anchors import anchors, holdings, keyed
from matching.decisions import counts, decided, link_deletions, link_upserts, touched
from matching.identities import claims, identity_upserts, inheritance, newcomers, unit_hubs
from matching.rules import LadderRules
from matching.tables import FRESH_IDS, IDENTITY, LINKS


@dataclass(frozen=True)
class LadderPlan:
    """`decide` ends with `newcomers`, whose row count says how many fresh ids `assign` needs."""

    decide: tuple[AnyStep, ...]
    assign: tuple[AnyStep, ...]


@dataclass(frozen=True)
class LinkInputs:
    """What `link` reads; see the module's text."""

    records: Relation
    changed: Relation
    links: Relation
    identity: Relation


@dataclass(frozen=True)
class LinkChanges:
    """What a run of the ladder changes. All empty when nothing changed.

    `link_upserts` (tables.LINKS), `link_deletions` (`record_id`, `hub_id` it had), `identity_upserts`
    (tables.IDENTITY), `touched` (`hub_id`), each ordered by its first column; `counts` by name.
    """

    link_upserts: pa.Table
    link_deletions: pa.Table
    identity_upserts: pa.Table
    touched: pa.Table
    counts: dict[str, int]


def plan(rules: LadderRules, commit: int) -> LadderPlan:
    """Return the steps of the ladder in two parts, to be run in one session; rows are stamped with `commit`."""
    decide: list[AnyStep] = [keyed(rules), *open_keys(rules), *anchors(rules), holdings(rules), open_records(rules)]
    decide += [references(rules), *name_levels(rules), compared(rules), decided(rules)]
    decide += [*claims(rules), *inheritance(), newcomers()]
    assign: list[AnyStep] = [unit_hubs(), *identity_upserts(rules, commit), *link_upserts(rules, commit)]
    assign += [link_deletions(), touched(), counts()]
    return LadderPlan(tuple(decide), tuple(assign))


def link(
    engine: DuckDBEngine, inputs: LinkInputs, rules: LadderRules, commit: int, mint: Callable[[int], pa.Array]
) -> LinkChanges:
    """Run the ladder and return what changes. `mint(n)` hands in n hub ids never used before.

    Raises EngineError naming the step, also where `mint` gave fewer ids than asked.
    """
    steps = plan(rules, commit)
    relations = {
        "records": inputs.records,
        "changed": inputs.changed,
        "links": inputs.links,
        "identity": inputs.identity,
    }
    with engine.session(relations) as session:
        session.run(steps.decide)
        needed = session.count("newcomers")
        ids = mint(needed) if needed else pa.array([], pa.string())
        ordinals = pa.array(range(len(ids)), pa.int64())
        session.add("fresh_ids", pa.Table.from_arrays([ordinals, ids], schema=FRESH_IDS))
        session.run(steps.assign)
        return LinkChanges(
            session.table("link_upserts").select(LINKS.names).sort_by("record_id"),
            session.table("link_deletions").sort_by("record_id"),
            session.table("identity_upserts").select(IDENTITY.names).sort_by("hub_id"),
            session.table("touched").sort_by("hub_id"),
            {row["what"]: row["count"] for row in session.table("counts").to_pylist()},
        )

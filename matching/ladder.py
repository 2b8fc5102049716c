"""The ladder: deterministic linking by identifiers, with the register as anchor, and people's judgements over all.

Relations read: `records` (current accepted statements of the entity, of all departments), `changed` (tables.CHANGED),
`links` and `identity` (as they stand), `former_states` (what register rows said before), `fresh_ids` (at least as many
rows as `newcomers`); judgements are handed in as constraints.
Relations made: `link_upserts`, `link_deletions`, `identity_upserts`, `splits`, `touched`, `counts`.

Only records that changed or that a judgement touches, and records that share an identifier with them, are decided
again. Law: whatever the order of changes and judgements and their split into runs, decisions and partition are those of
linking everything at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine, Session
from engine.relation import Relation
from engine.step import AnyStep, NearStep, Step
from matching.affected import links_open, moved, open_keys, open_records, touched_keys
from matching.agreement import aims, compared, name_levels, references
from matching.anchors import anchors, holdings, keyed
from matching.decisions import (
    by_ladder,
    counts,
    decided,
    judged_places,
    link_deletions,
    link_upserts,
    touched,
    unheard,
)
from matching.evidence import Evidence, EvidenceChanges, hear, stir
from matching.identities import (
    claims,
    identity_upserts,
    inheritance,
    newcomers,
    restored,
    splits,
    standing,
    unit_hubs,
    units,
)
from matching.judged_near import (
    JUDGED_DRAWN,
    JUDGED_KEYS,
    JUDGED_NEAR,
    drawn_now,
    judged_neighbours,
    judged_records,
    open_components,
)
from matching.judgements import Constraints, Judged
from matching.rules import LadderRules
from matching.settlement import Place, Settlement, settle
from matching.tables import FORMER_STATES, FRESH_IDS, IDENTITY, LINKS, SPLITS

JUDGED_CHANGED = pa.schema([("record_id", pa.string())])
APART = pa.schema([("left_id", pa.string()), ("right_id", pa.string()), ("judgement", pa.int64())])
MERGED = pa.schema([("unit", pa.string()), ("into", pa.string()), ("judgement", pa.int64())])
PLACED = pa.schema([("record_id", pa.string()), ("unit", pa.string()), ("judgement", pa.int64())])
BROKEN = pa.schema([("record_id", pa.string()), ("judgement", pa.int64()), ("sure", pa.bool_())])


@dataclass(frozen=True)
class LadderPlan:
    """The steps in five parts: what is touched, what is open and what identifiers make of it, what people judged, who
    has which hub id (ends with `newcomers`, whose row count says how many fresh ids are needed)."""

    touch: tuple[AnyStep, ...]
    decide: tuple[AnyStep, ...]
    judge: tuple[AnyStep, ...]
    claim: tuple[AnyStep, ...]


@dataclass(frozen=True)
class LinkInputs:
    """What `link` reads; see the module's text.

    Two parts of `records` spare reading all of them, where the caller has them apart: `register`, at least all rows
    that can be anchors, and `arriving`, the changed records as they are now (those that are gone left out). `before`,
    the changed records as they were, spares deciding those again whose identifiers and names are the same.
    """

    records: Relation
    changed: Relation
    links: Relation
    identity: Relation
    former_states: Relation = field(default_factory=FORMER_STATES.empty_table)
    judged: Judged = field(default_factory=Judged)
    evidence: Evidence | None = None
    register: Relation | None = None
    arriving: Relation | None = None
    before: Relation | None = None


@dataclass(frozen=True)
class LinkChanges:
    """What a run of the ladder changes. All empty when nothing changed.

    `link_upserts` (tables.LINKS), `link_deletions` (`record_id`, `hub_id` it had), `identity_upserts`
    (tables.IDENTITY), `splits` (tables.SPLITS), `touched` (`hub_id`), each ordered by its first column; `counts` by
    name; `evidence`: the model used and what changes in the index of block keys.
    """

    link_upserts: pa.Table
    link_deletions: pa.Table
    identity_upserts: pa.Table
    splits: pa.Table
    touched: pa.Table
    counts: dict[str, int]
    evidence: EvidenceChanges = field(default_factory=EvidenceChanges)


def nothing_changed(evidence: EvidenceChanges) -> LinkChanges:
    """Return what a run changes in which no record and no judgement is another one."""
    gone = pa.schema([("record_id", pa.string()), ("hub_id", pa.string())]).empty_table()
    touched = pa.schema([("hub_id", pa.string())]).empty_table()
    none = LINKS.empty_table(), gone, IDENTITY.empty_table(), SPLITS.empty_table(), touched
    return LinkChanges(*none, {}, evidence)


def plan(rules: LadderRules, kept: Sequence[str] = ()) -> LadderPlan:
    """Return the steps of the ladder up to the hub ids, to be run in one session."""
    decide: list[AnyStep] = [*open_keys(rules, kept), *anchors(rules), holdings(), open_records(rules)]
    decide += [*references(rules), aims(), *name_levels(rules), compared(rules), *by_ladder(rules)]
    claim: list[AnyStep] = [*links_open(), *decided(rules), *standing(), units(), *claims(), *inheritance()]
    claim += [restored(), newcomers()]
    return LadderPlan(tuple(touched_keys(rules)), tuple(decide), (drawn_now(), *judged_places()), tuple(claim))


def assignment(rules: LadderRules, commit: int, evidence_model: str) -> list[AnyStep]:
    """Return the steps that say what changes, once `fresh_ids` are there; rows are stamped with `commit`."""
    changed = [*identity_upserts(rules, commit), *link_upserts(rules, commit, evidence_model)]
    return [unit_hubs(), *changed, link_deletions(), splits(), touched(), counts()]


def link(
    engine: DuckDBEngine, inputs: LinkInputs, rules: LadderRules, commit: int, mint: Callable[[int], pa.Array]
) -> LinkChanges:
    """Run the ladder and the evidence and return what changes. `mint(n)` hands in n hub ids never used before.

    Raises EngineError naming the step, also where `mint` gave fewer ids than asked.
    """
    drawn = JUDGED_DRAWN.empty_table()
    while True:
        changes, more = _link(engine, inputs, rules, (commit, mint), drawn)
        if changes is not None:
            return changes
        drawn = pa.concat_tables([drawn, more])


def _link(
    engine: DuckDBEngine, inputs: LinkInputs, rules: LadderRules, numbers: tuple[int, Callable[[int], pa.Array]],
    drawn: pa.Table,
) -> tuple[LinkChanges | None, pa.Table]:  # fmt: skip
    """Return what changes; or, where evidence ties judged records to entities that are not open, these: they are to be
    opened from the start, because a judgement may merge them into another one."""
    steps, (commit, mint) = plan(rules, _kept(inputs)), numbers
    with engine.session({**_relations(inputs), "drawn": drawn}) as session:
        session.add("judged_changed", pa.table([sorted(inputs.judged.changed)], schema=JUDGED_CHANGED))
        session.run([moved(), *_parts(inputs, rules)])
        session.add("judged_records", judged_records(inputs.judged))
        stir(session, inputs.evidence)
        session.run(steps.touch)
        constraints = _open_judged(session, inputs.judged, rules)
        session.run(steps.decide)
        heard = _hear(session, engine, inputs.evidence)
        session.run(steps.judge)
        more = session.table("drawn_now").cast(JUDGED_DRAWN)
        if more.num_rows:
            return None, more
        _settle(session, constraints)
        session.run(steps.claim)
        needed = session.count("newcomers")
        ids = mint(needed) if needed else pa.array([], pa.string())
        ordinals = pa.array(range(len(ids)), pa.int64())
        session.add("fresh_ids", pa.Table.from_arrays([ordinals, ids], schema=FRESH_IDS))
        session.run(assignment(rules, commit, heard.model.version if heard.model else ""))
        return replace(_changes(session), evidence=heard), more


def _relations(inputs: LinkInputs) -> dict[str, Relation]:
    names = ("records", "changed", "links", "identity", "former_states", "register", "arriving", "before")
    relations = {name: getattr(inputs, name) for name in names if getattr(inputs, name) is not None}
    if inputs.evidence is not None:
        relations["evidence_index"] = inputs.evidence.index
    return relations


def _kept(inputs: LinkInputs) -> tuple[str, ...]:
    """Return the columns that evidence reads of records, where only some of these are near; all would fill memory."""
    if inputs.evidence is None or inputs.arriving is None:
        return ()
    return tuple(field.right for field in inputs.evidence.spec.fields)


def _parts(inputs: LinkInputs, rules: LadderRules) -> list[AnyStep]:
    """Return `keyed_arriving`, `keyed_was` and `keyed_judged`: the keys of changed records, of these as they were, and
    of judged rows of the register."""
    steps: list[AnyStep] = []
    if inputs.register is None:
        steps.append(Step("register", "FROM records"))
    if inputs.arriving is None:
        steps.append(Step("arriving", "SELECT * FROM records WHERE record_id IN (FROM moved)"))
    if inputs.before is None:
        steps.append(Step("before", "SELECT * FROM arriving WHERE FALSE"))
    steps += [keyed(rules, "arriving", "keyed_arriving"), keyed(rules, "before", "keyed_was")]
    steps += [NearStep("register_judged", "register", {"record_id": "FROM judged_changed"})]
    return [*steps, keyed(rules, "register_judged", "keyed_judged")]


def _hear(session: Session, engine: DuckDBEngine, evidence: Evidence | None) -> EvidenceChanges:
    """Add `by_rules`: the ladder's answers with the evidence over them, or as they are where none is to be heard."""
    if evidence is None:
        session.run(unheard())
        return EvidenceChanges()
    return hear(session, engine, evidence)


def _open_judged(session: Session, judged: Judged, rules: LadderRules) -> Constraints:
    """Add what judgements re-open: `judged_near`, `judged_keys`, `open_components`, `apart`. Return
    the constraints on the components that are open."""
    if judged.component:
        session.run(judged_neighbours(rules))
    else:
        session.add("judged_near", JUDGED_NEAR.empty_table())
        session.add("judged_keys", JUDGED_KEYS.empty_table())
    seeds = [row["component"] for row in session.table("judged_seeds").to_pylist()] if judged.component else []
    keys = session.table("judged_keys").to_pylist() if seeds else []
    opened = open_components(keys, seeds)
    session.add("open_components", opened)
    wanted = set(opened["component"].to_pylist())
    same = tuple(one for one in judged.now.same if judged.component[one.left] in wanted)
    apart = tuple(one for one in judged.now.apart if judged.component[one.left] in wanted)
    rows = [(one.left, one.right, one.number) for one in apart]
    session.add("apart", _table(rows, APART))
    return Constraints(same, apart, judged.now.contradictions)


def _settle(session: Session, constraints: Constraints) -> None:
    """Add `merged`, `placed` and `broken`: what people's judgements make of what the rules made."""
    found = Settlement()
    if constraints.same or constraints.apart:
        places = [_place(row) for row in session.table("judged_places").to_pylist()]
        units = session.table("judged_units").to_pylist()
        found = settle(places, constraints, {row["unit"]: (row["rank"], row["record_id"]) for row in units})
    merged = [(unit, into, number) for unit, (into, number) in found.merged.items()]
    session.add("merged", _table(merged, MERGED))
    placed = [(record, unit, number) for record, (unit, number) in found.placed.items()]
    session.add("placed", _table(placed, PLACED))
    broken = [(record, number, sure) for record, (number, sure) in found.broken.items()]
    session.add("broken", _table(broken, BROKEN))


def _changes(session: Session) -> LinkChanges:
    return LinkChanges(
        session.table("link_upserts").select(LINKS.names).sort_by("record_id"),
        session.table("link_deletions").sort_by("record_id"),
        session.table("identity_upserts").select(IDENTITY.names).sort_by("hub_id"),
        session.table("splits").cast(SPLITS).sort_by([("hub_id", "ascending"), ("into", "ascending")]),
        session.table("touched").sort_by("hub_id"),
        {row["what"]: row["count"] for row in session.table("counts").to_pylist()},
    )


def _place(row: dict[str, Any]) -> Place:
    aims = tuple((aim["unit"], aim["agrees"]) for aim in row["aims"] or ())
    return Place(row["record_id"], row["unit"], row["rank"], aims)


def _table(rows: Sequence[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema)

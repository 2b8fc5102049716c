"""The work of stewards: cases out of the published links, and what a person sees of one; values masked."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.quoting import literals, quote
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from matching.explanation_words import reason_words
from matching.judgements import constraints, in_force, judged
from pipeline.current_statements import current_records
from pipeline.hub import Hub
from pipeline.judged import constraining
from pipeline.lake_tables import current_table
from pipeline.masking import masked
from pipeline.published_records import published_links, published_manifest, reference_record, statements
from pipeline.register_doubles import register_doubles
from pipeline.resting_cases import Resting, resting, unsure_of
from schemas.arrow import party_column, statement_schema
from schemas.errors import JudgementRefused
from schemas.standard import Entity
from stewardship.cases import Case, Waiting, cases, contradictions, doubles, ranked


@dataclass(frozen=True)
class WorkList:
    """The open cases, weightiest first; those decided, which wait for the next run; those that rest."""

    open: tuple[Case, ...]
    waiting: tuple[Case, ...]
    resting: tuple[Resting, ...]

    @property
    def decided(self) -> int:
        """How many cases wait for the next run to obey what was decided."""
        return len(self.waiting)

    @property
    def unsure(self) -> int:
        """How many cases rest."""
        return len(self.resting)

    def case(self, identity: str) -> Case:
        """Return a case that is open or rests, by its id. Raises JudgementRefused if there is none."""
        for one in (*self.open, *(rest.case for rest in self.resting)):
            if one.id == identity.upper():
                return one
        if identity.upper() in {one.id for one in self.waiting}:
            undo = "cityhub link；撤回 or take it back: cityhub judge withdraw N"
            raise JudgementRefused(f"{identity} 已判，下次关联生效 it is decided, the next run obeys", next_step=undo)
        lists = "cityhub cases；存疑的 those that rest: cityhub cases --unsure"
        raise JudgementRefused(f"没有待办 no open case {identity}", next_step=lists)

    def asking(self, entity: str) -> list[Case]:
        """Return the cases about two records or more of one kind of party, open or at rest."""
        known = [*self.open, *(rest.case for rest in self.resting)]
        return [one for one in known if one.entity == entity and one.kind != "contradiction"]

    def rest(self, case: Case) -> Resting | None:
        """Return by whom, when and why a case was put off; None for an open one."""
        return next((one for one in self.resting if one.case == case), None)


def work_list(hub: Hub) -> WorkList:
    """Return what people have to decide, over all kinds of parties, as the published version left it."""
    left: list[Case] = []
    waits: list[Case] = []
    rests: list[Resting] = []
    published, last = hub.ledger.published_version(), hub.ledger.last_judgement()
    through = published.judged_through if published else 0
    for entity in hub.city.standard.parties:
        stored = hub.ledger.judgements(entity.name, last)
        standing = in_force(constraining(stored), last)
        settled = judged(constraining(stored), through, last).changed
        found = cases(*_waiting(hub, entity))
        found += _register_doubles(hub, entity, {one.pair for one in standing if one.verdict in ("same", "not_same")})
        asked = [case for case in found if not set(case.subjects) <= settled]
        waits += [case for case in found if set(case.subjects) <= settled]
        put_off = resting(hub, entity, asked, unsure_of(stored))
        off = {one.case.id for one in put_off}
        told = constraints(standing).contradictions
        chains = [(one.apart.pair, [one.apart.number, *(step.number for step in one.chain)]) for one in told]
        left += [case for case in asked if case.id not in off] + contradictions(entity.name, chains)
        rests += put_off
    return WorkList(tuple(ranked(left)), tuple(waits), tuple(rests))


def case_view(hub: Hub, work: WorkList, case: Case) -> dict[str, Any]:
    """Return a case with what its records and the entity's own record say, side by side, masked; and why it rests."""
    entity = hub.city.standard.entities[case.entity]
    reference = reference_record(hub, entity, case.candidate) if case.candidate else None
    wanted = [*([reference] if reference else []), *case.subjects]
    rows = {row["record_id"]: row for row in statements(hub, entity, wanted)}
    shown = [
        {
            "record": name,
            "of_entity": name == reference,
            "department": rows[name]["department"],
            "table": rows[name]["source_table"],
            **{field.name: masked(field, rows[name][field.name]) for field in entity.fields if rows[name][field.name]},
        }
        for name in dict.fromkeys(wanted)
        if name in rows
    ]
    rest = work.rest(case)
    told = reason_words(case.reason, {field.name: field.label.zh for field in entity.fields})
    return {**(rest_row(rest) if rest else case_row(case)), "reason_words": told, "records_shown": shown}


def rest_row(rest: Resting) -> dict[str, Any]:
    """Return the facts of a case that rests, with who put it off, when and why, and by which judgements."""
    told = {"who": rest.who, "at": rest.at, "why": rest.why, "judgements": list(rest.judgements)}
    return {**case_row(rest.case), "rests": told}


def case_row(case: Case) -> dict[str, Any]:
    """Return the facts of a case by name."""
    facts = {name: getattr(case, name) for name in ("id", "entity", "kind", "priority", "records", "facts", "relied")}
    zh, en = case.question
    asked = {"question": f"{zh} {en}", "reason": case.reason, "candidate": case.candidate}
    return {**facts, **asked, "subjects": list(case.subjects), "judgements": list(case.judgements)}


def _register_doubles(hub: Hub, entity: Entity, settled: set[tuple[str, str]]) -> list[Case]:
    """Return the cases about register rows that are alike but for a slip of the number, those not judged yet."""
    links = published_links(hub, entity.name)
    found = register_doubles(hub, entity, links, published_manifest(hub))
    found = [one for one in found if (one.left, one.right) not in settled]
    hubs = sorted({name for one in found for name in (one.left_hub, one.right_hub)})
    if not hubs:
        return []
    wanted = f"SELECT hub_id, count(*) AS records FROM links WHERE hub_id IN {literals(hubs)} GROUP BY hub_id"
    step = Step("counted", wanted)
    counted = hub.engine.run([step], links, "counted").to_pylist()
    return doubles(entity.name, found, {row["hub_id"]: row["records"] for row in counted})


def _waiting(hub: Hub, entity: Entity) -> tuple[list[Waiting], dict[str, int]]:
    """Return the records of an entity in review, and how many records each of their candidates has."""
    steps = [
        Step("review", "SELECT * FROM links WHERE decision = 'review'", materialise=True),
        Step(
            "holders",
            """
            SELECT key_type, key_number, list(record_id ORDER BY record_id) AS rows FROM (
                SELECT record_id, key_type, key_number FROM links WHERE rung = 'register'
                UNION SELECT record_id, other_type, other_number FROM links WHERE rung = 'register'
            ) WHERE (key_type, key_number) IN (
                SELECT (key_type, key_number) FROM review WHERE reason = 'identifier_ambiguous')
            GROUP BY key_type, key_number
            """,
            materialise=True,
        ),
        Step("facts", _facts(entity, hub), materialise=True),
        Step(
            "waiting",
            """
            SELECT v.record_id, v.reason, v.candidate_hub_id, v.score, coalesce(r.name, '') AS name,
                coalesce(h.rows, []) AS rows, coalesce(f.facts, 0) AS facts
            FROM review v JOIN records r ON r.record_id = v.record_id
            LEFT JOIN holders h ON h.key_type = v.key_type AND h.key_number = v.key_number
                AND v.reason = 'identifier_ambiguous'
            LEFT JOIN facts f ON f.record_id = v.record_id ORDER BY v.record_id
            """,
        ),
        Step(
            "members",
            "SELECT hub_id, count(*) AS records FROM links WHERE hub_id IN (SELECT candidate_hub_id FROM review) "
            "GROUP BY hub_id",
        ),
    ]
    relations = {
        **published_links(hub, entity.name),
        **_fact_statements(hub, entity),
        "records": current_records(hub, entity, published_manifest(hub)),
    }
    found = hub.engine.collect(steps, relations, ("waiting", "members"))
    waiting = [
        Waiting(
            row["record_id"], entity.name, row["reason"], row["candidate_hub_id"], row["name"],
            tuple(row["rows"]), row["facts"], row["score"],
        )
        for row in found["waiting"].to_pylist()
    ]  # fmt: skip
    return waiting, {row["hub_id"]: row["records"] for row in found["members"].to_pylist()}


def _fact_statements(hub: Hub, entity: Entity) -> dict[str, Relation]:
    manifest = published_manifest(hub)
    relations: dict[str, Relation] = {}
    for fact in _facts_about(hub, entity):
        names = [current_table(department, fact.name) for department in hub.city.departments]
        paths = [path for name in names if name in manifest for path in hub.lake.files(name, manifest[name])]
        relations[f"fact_{fact.name}"] = ParquetFiles(tuple(paths), statement_schema(fact))
    return relations


def _facts_about(hub: Hub, entity: Entity) -> list[Entity]:
    return [fact for fact in hub.city.standard.facts if any(party.entity == entity.name for party in fact.parties)]


def _facts(entity: Entity, hub: Hub) -> str:
    """Return the SQL of `record_id`, `facts`: how many statements of facts name each record in review as a party."""
    parts = [
        f"SELECT {quote(party_column(party.role))} AS record_id FROM {quote(f'fact_{fact.name}')}"
        for fact in _facts_about(hub, entity)
        for party in fact.parties
        if party.entity == entity.name
    ]
    named = " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR AS record_id"
    return f"""
        SELECT record_id, count(*) AS facts FROM ({named})
        WHERE record_id IN (SELECT record_id FROM review) GROUP BY record_id
        """

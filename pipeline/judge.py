"""A person's decision, checked against what stands and written to the ledger of judgements; the next run obeys it."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.quoting import literal
from engine.step import Step
from matching.judgements import Judgement, contradiction_of, in_force
from pipeline.events import redact
from pipeline.hub import Hub
from pipeline.judged import constraining
from pipeline.published_records import published_links, reference_record
from pipeline.resting_cases import DOUBT, Pair, doubts_of
from pipeline.stage import stage_of
from pipeline.steward import work_list
from schemas.errors import JudgementRefused, LedgerBusy, UnknownEntity
from schemas.standard import Entity
from stewardship.cases import pairs
from warehouse.judgements import JudgementEntry, StoredJudgement, Verdict

ATTEMPTS = 5  # against others who judge at the same moment


@dataclass(frozen=True)
class Question:
    """The pairs of records that a decision is about, and what is in doubt about those that it puts off."""

    entity: Entity
    pairs: Sequence[Pair]
    doubts: Mapping[Pair, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What a person says: `verdict` about a case, or about two records or hub ids; who, and why. A withdrawal names the
    judgement that it `takes_back`, which must be the one in force about its records."""

    verdict: Verdict
    subject: str
    other: str
    who: str
    why: str
    role: str = "handler"
    takes_back: int | None = None


def judge(hub: Hub, decision: Decision) -> dict[str, Any]:
    """Write the judgements that the decision makes; return {"entity", "verdict", "judgements": [numbers]}.

    Raises JudgementRefused with the chain of judgements that it contradicts, or where what it takes back is not in
    force; UnknownEntity for a subject nobody knows.
    """
    with stage_of(hub, "judge") as counts:
        asked = _asked(hub, decision)
        numbers = [one.number for one in _write(hub, decision, asked)]
        counts.update(entity=asked.entity.name, verdict=decision.verdict, judgements=numbers, who=redact(decision.who))
    return {"entity": asked.entity.name, "verdict": decision.verdict, "judgements": numbers}


def withdraw(hub: Hub, number: int, who: str, why: str) -> dict[str, Any]:
    """Take a judgement back; it stays in the ledger, and the next run restores what was without it.

    Raises JudgementRefused for one that is not in force: it was superseded, taken back, or took another one back.
    """
    return judge(hub, withdrawal(hub, number, who, why))


def withdrawal(hub: Hub, number: int, who: str, why: str) -> Decision:
    """Return the decision that takes a judgement back."""
    taken = hub.ledger.judgement(number)
    return Decision("withdrawn", taken.left_record, taken.right_record, who, why, takes_back=number)


def entries_of(hub: Hub, decision: Decision) -> tuple[Entity, list[JudgementEntry], int]:
    """Return the judgements that the decision would make, checked, and the number of the last one that stands.

    Raises JudgementRefused and UnknownEntity as `judge` does.
    """
    asked = _asked(hub, decision)
    entries, seen = _entries(hub, decision, asked), hub.ledger.last_judgement()
    _check(hub, asked.entity, decision, entries, seen)
    return asked.entity, entries, seen


def record_of(hub: Hub, subject: str) -> tuple[Entity, str]:
    """Return the kind of party and the record that a record id or hub id stands for today. Raises UnknownEntity.

    An id that was merged into another stands for its own register row, where it had one: only so can the two be parted.
    """
    for entity in hub.city.standard.parties:
        step = Step(
            "found",
            f"""
            SELECT record_id FROM links WHERE record_id = {literal(subject)} OR record_id IN (
                SELECT anchor_record FROM identity WHERE hub_id = {literal(subject)} AND state <> 'active')
            """,
        )
        stands = hub.engine.run([step], published_links(hub, entity.name), "found").to_pylist()
        if stands:
            return entity, str(stands[0]["record_id"])
        final = hub.reader.resolve(subject)
        if (found := reference_record(hub, entity, final)) is not None:
            return entity, found
    raise UnknownEntity("record", redact(subject))


def _asked(hub: Hub, decision: Decision) -> Question:
    if decision.takes_back is not None:  # its records may have left the hub since: the ledger knows them
        taken = hub.ledger.judgement(decision.takes_back)
        return Question(hub.city.standard.entities[taken.entity], [(taken.left_record, taken.right_record)])
    if decision.other:
        return _asked_by_name(hub, decision)
    case = work_list(hub).case(decision.subject)
    entity = hub.city.standard.entities[case.entity]
    if case.kind in ("contradiction", "apart"):
        raise JudgementRefused("请指明两条记录，或撤回其中一条判定 name two records, or withdraw a judgement")
    if decision.verdict == "unsure":
        doubts = doubts_of(hub, entity, [case])[case.id]
        return Question(entity, list(doubts), doubts)
    return Question(entity, pairs(case, reference_record(hub, entity, case.candidate) if case.candidate else None))


def _asked_by_name(hub: Hub, decision: Decision) -> Question:
    (entity, left), (kind, right) = record_of(hub, decision.subject), record_of(hub, decision.other)
    if entity != kind:
        raise JudgementRefused(f"{entity.name} ≠ {kind.name}: 不是同类主体 they are parties of different kinds")
    if left == right:
        raise _one_record(hub, entity, decision)
    pair = (min(left, right), max(left, right))
    if decision.verdict != "unsure":
        return Question(entity, [pair])
    near = [case for case in work_list(hub).asking(entity.name) if set(pair) & set(case.subjects)]
    found = [doubts for doubts in doubts_of(hub, entity, near).values() if pair in doubts]
    return Question(entity, [pair], {pair: found[0][pair]} if found else {})


def _one_record(hub: Hub, entity: Entity, decision: Decision) -> JudgementRefused:
    """Return why two subjects that lead to one record cannot be judged, and what parts them or tells their records."""
    if decision.subject == decision.other:
        return JudgementRefused("两次写的是同一个 the same subject twice")
    names = f"hub_id IN ({literal(decision.subject)}, {literal(decision.other)})"
    step = Step("gone", f"SELECT hub_id, judgement FROM identity WHERE {names} AND state <> 'active' ORDER BY hub_id")
    gone = hub.engine.run([step], published_links(hub, entity.name), "gone").to_pylist()
    if not gone:
        return JudgementRefused("两者已是同一条记录 both are one record")
    numbers = sorted({row["judgement"] for row in gone if row["judgement"] is not None})
    told = f"，依第 {numbers[0]} 号判定 by judgement {numbers[0]}" if numbers else ""
    undo = f"cityhub judge withdraw {numbers[0]}，或 or " if numbers else ""
    named = f"指明两条记录 name two records; cityhub history {gone[0]['hub_id']} tells them"
    return JudgementRefused(f"两号现为同一主体 the two ids are one entity now{told}", numbers, next_step=undo + named)


def _entries(hub: Hub, decision: Decision, asked: Question) -> list[JudgementEntry]:
    published = hub.ledger.published_version()
    seen_version = published.number if published else None
    told = {"subject": redact(decision.subject), "other": redact(decision.other), "version": seen_version}
    return [
        JudgementEntry(
            asked.entity.name, *pair, decision.verdict, decision.who, redact(decision.why), hub.run_id,
            decision.role, {**told, **({DOUBT: asked.doubts[pair]} if pair in asked.doubts else {})},
        )
        for pair in asked.pairs
    ]  # fmt: skip


def _write(hub: Hub, decision: Decision, asked: Question) -> list[StoredJudgement]:
    entries = _entries(hub, decision, asked)
    for attempt in range(ATTEMPTS):
        seen = hub.ledger.last_judgement()
        _check(hub, asked.entity, decision, entries, seen)
        try:
            return hub.ledger.judge(entries, hub.clock(), seen)
        except LedgerBusy:
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


def _check(
    hub: Hub, entity: Entity, decision: Decision, entries: Sequence[JudgementEntry], seen: int
) -> None:
    """Raise JudgementRefused where what is taken back is not in force, or where one of the judgements contradicts those
    that stand, or another of them."""
    stored = hub.ledger.judgements(entity.name, seen)
    if decision.takes_back is not None:
        refuse_not_in_force(stored, decision.takes_back)
    standing = in_force(constraining(stored), seen)
    for place, entry in enumerate(entries, 1):
        proposed = Judgement(seen + place, entry.left_record, entry.right_record, entry.verdict)
        found = contradiction_of(standing, proposed)
        if found is not None:
            chain = [one.number for one in (found.apart, *found.chain) if one.number != proposed.number]
            raise JudgementRefused(
                f"与第 {', '.join(map(str, chain))} 号判定矛盾 it contradicts judgement {', '.join(map(str, chain))}",
                chain,
                next_step="先撤回其中一条 withdraw one of them first: cityhub judge withdraw N",
            )
        standing = [one for one in standing if one.pair != proposed.pair] + [proposed]


def refuse_not_in_force(stored: Sequence[StoredJudgement], number: int) -> None:
    """Raise JudgementRefused unless judgement `number` is the last one about its two records, and no withdrawal: taking
    it back would void another one, that somebody else may have made."""
    taken = next(one for one in stored if one.number == number)
    pair = (taken.left_record, taken.right_record)
    after = [one for one in stored if (one.left_record, one.right_record) == pair and one.number > number]
    again = "重新判定 judge the two records anew: cityhub judge same|not-same|unsure RECORD RECORD"
    if taken.verdict == "withdrawn":
        raise JudgementRefused(
            f"第 {number} 号本身是撤回 judgement {number} is a withdrawal itself", next_step=again
        )
    if not after:
        return
    first, last = after[0], after[-1]
    if first.verdict == "withdrawn":
        raise JudgementRefused(
            f"第 {number} 号已撤回（第 {first.number} 号）it was withdrawn by judgement {first.number}",
            [first.number],
        )
    in_place = f"第 {number} 号已被第 {first.number} 号取代 it was superseded by judgement {first.number}"
    if last.verdict == "withdrawn":
        in_place += f"，其后也已撤回（第 {last.number} 号）withdrawn since by judgement {last.number}"
        raise JudgementRefused(in_place, [first.number, last.number], next_step=again)
    raise JudgementRefused(in_place, [last.number], next_step=f"cityhub judge withdraw {last.number}")

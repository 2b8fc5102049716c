"""Cases that rest: judged unsure, until what is in doubt is another question than the one that was put off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipeline.hub import Hub
from pipeline.published_records import contents, reference_records
from schemas.standard import Entity
from stewardship.cases import Case, doubt, pairs
from warehouse.judgements import StoredJudgement

DOUBT = "doubt"  # the name under which a judgement keeps what was in doubt when it was made
Pair = tuple[str, str]


@dataclass(frozen=True)
class Resting:
    """A case that people put off: who did last, when and why, and the numbers of the judgements that say so."""

    case: Case
    who: str
    at: datetime | None
    why: str
    judgements: tuple[int, ...]


def unsure_of(stored: Iterable[StoredJudgement]) -> dict[Pair, StoredJudgement]:
    """Return, by pair of records, the judgements in force that say nobody can tell."""
    last = {(one.left_record, one.right_record): one for one in stored}  # in the order in which they were made
    return {pair: one for pair, one in last.items() if one.verdict == "unsure"}


def resting(
    hub: Hub, entity: Entity, found: Sequence[Case], unsure: Mapping[Pair, StoredJudgement]
) -> list[Resting]:
    """Return those of the cases of which every pair was judged unsure, and where nothing has changed since.

    A judgement of before that does not say what was in doubt holds as long as the pair is asked about.
    """
    named = {record for pair in unsure for record in pair}
    near = [case for case in found if set(case.subjects) <= named]
    doubts = doubts_of(hub, entity, near)
    rests = []
    for case in near:
        said = [unsure[pair] for pair in doubts[case.id] if pair in unsure]
        now = list(doubts[case.id].values())
        if not said or len(said) < len(now):
            continue
        if any(one.asked.get(DOUBT, as_is) != as_is for one, as_is in zip(said, now, strict=True)):
            continue
        last = max(said, key=lambda one: one.number)
        rests.append(Resting(case, last.who, last.made_at, last.why, tuple(sorted(one.number for one in said))))
    return rests


def doubts_of(hub: Hub, entity: Entity, asked: Sequence[Case]) -> dict[str, dict[Pair, str]]:
    """Return by case what is in doubt about each of its pairs, as fingerprints."""
    standing = reference_records(hub, entity, [case.candidate for case in asked if case.candidate])
    about = {case.id: pairs(case, standing.get(case.candidate or "")) for case in asked}
    said = contents(hub, entity, [record for found in about.values() for pair in found for record in pair])
    return {case.id: {pair: doubt(case, pair, said) for pair in about[case.id]} for case in asked}

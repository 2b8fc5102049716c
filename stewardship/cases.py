"""Cases: the records that rules could not decide, put together so that one decision settles a whole group of them.

Records that raise the same question (the same number with the same other name, against the same entity) are one case,
however many departments sent them. A number that several register rows hold is one case about those rows: once they are
known to be one person or not, everyone waiting behind the number is settled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

Kind = Literal["contradiction", "register_duplicate", "apart", "review"]
ORDER: tuple[Kind, ...] = ("contradiction", "register_duplicate", "apart", "review")
QUESTIONS: Mapping[Kind, tuple[str, str]] = {
    "contradiction": ("这些判定互相矛盾，请改判其中一条", "these judgements contradict each other: change one of them"),
    "register_duplicate": ("底册这几条是同一主体吗", "are these register rows one party"),
    "apart": ("已判不同，哪一条属于该主体", "held apart: which of them belongs to the entity"),
    "review": ("这些记录属于该主体吗", "do these records belong to the entity"),
}


@dataclass(frozen=True)
class Waiting:
    """One undecided record. `group` is what makes questions alike (its name as standardised); `rows` are the register
    rows that hold its number where they are several; `facts` counts the facts that wait for it."""

    record: str
    entity: str
    reason: str
    candidate: str | None
    group: str
    rows: tuple[str, ...] = ()
    facts: int = 0
    probability: float | None = None


@dataclass(frozen=True)
class Case:
    """One question to a person. `subjects` are two or more records (or register rows) of which it asks; `candidate` is
    the entity they may belong to; `records` and `facts` wait for the answer; `relied` records of the candidate would
    get company. `judgements` are the numbers of contradicting judgements. `doubts` says of each subject, in their
    order, why it waits: the reason and the levels behind it, without bits; empty where the reason is one for all."""

    id: str
    entity: str
    kind: Kind
    subjects: tuple[str, ...]
    candidate: str | None
    records: int
    facts: int
    relied: int = 0
    reason: str = ""
    judgements: tuple[int, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def priority(self) -> int:
        """How much hangs on it: facts that wait count double, for an approval may need them; then records waiting and
        records that would get company."""
        return 2 * self.facts + self.records + self.relied

    @property
    def question(self) -> tuple[str, str]:
        """The question in Chinese and in English."""
        return QUESTIONS[self.kind]


def cases(waiting: Iterable[Waiting], members: Mapping[str, int]) -> list[Case]:
    """Return the cases of undecided records, the weightiest first. `members` counts the records of each entity."""
    groups: dict[tuple[Kind, str, tuple[str, ...], str], list[Waiting]] = {}
    for one in waiting:
        if one.rows:
            place: tuple[Kind, str, tuple[str, ...], str] = ("register_duplicate", one.entity, one.rows, "")
        elif one.reason == "judged_not_same":
            place = ("apart", one.entity, (one.candidate or one.record,), "")
        else:
            place = ("review", one.entity, (one.candidate or one.record,), one.group)
        groups.setdefault(place, []).append(one)
    return ranked([_case(kind, entity, about, group, members) for (kind, entity, about, _), group in groups.items()])


@dataclass(frozen=True)
class Double:
    """Two register rows that may be one party, their hub ids, and how their numbers differ."""

    left: str
    right: str
    left_hub: str
    right_hub: str
    level: str


def doubles(entity: str, found: Iterable[Double], members: Mapping[str, int]) -> list[Case]:
    """Return a case for each pair of register rows; what hangs on it are the records of the smaller entity."""
    return [
        Case(
            _id("register_duplicate", entity, (one.left, one.right)), entity, "register_duplicate",
            (one.left, one.right), None, 0, 0, min(members.get(hub, 0) for hub in (one.left_hub, one.right_hub)),
            f"number_{one.level}",
        )
        for one in found
    ]  # fmt: skip


def contradictions(entity: str, chains: Iterable[tuple[tuple[str, str], Sequence[int]]]) -> list[Case]:
    """Return a case for each contradiction: the two records held apart, and the numbers of all judgements involved."""
    return [
        Case(_id("contradiction", entity, pair), entity, "contradiction", pair, None, 2, 0, judgements=tuple(numbers))
        for pair, numbers in chains
    ]


def ranked(found: Iterable[Case]) -> list[Case]:
    """Return the cases in the order in which people should take them: contradictions first, then by priority."""


    def place(case: Case) -> tuple[bool, int, int, str]:
        return case.kind != "contradiction", -case.priority, ORDER.index(case.kind), case.id

    return sorted(found, key=place)


def pairs(case: Case, reference: str | None) -> list[tuple[str, str]]:
    """Return the pairs of records that one verdict on the case is about, each in the order of its ids.

    Register rows are judged against the first of them; waiting records against the record that stands for the entity.
    """
    against = case.subjects[0] if case.kind == "register_duplicate" or reference is None else reference
    found = {(min(one, against), max(one, against)) for one in case.subjects if one != against}
    return sorted(found)


def doubt(case: Case, pair: tuple[str, str], contents: Mapping[str, str]) -> str:
    """Return a fingerprint of what is in doubt about one pair of a case: against whom, why, and what both say.

    `contents` are the hashes of what the records say. The fingerprint is the same as long as a person would be shown
    the same: another value, another candidate or another level makes another one; a retrained model's bits do not.
    """
    reasons = [one for name, one in zip(case.subjects, case.doubts, strict=False) if name in pair]
    told = [case.kind, case.candidate or "", *(reasons or [levels(case.reason)]), *(contents[one] for one in pair)]
    return blake2b("\x1f".join(told).encode(), digest_size=8).hexdigest()


def levels(reason: str) -> str:
    """Return an explanation without its bits: its reason and the level of each field."""
    code, *parts = reason.split(" ")
    return " ".join([code, *(re.split("[+-]", part)[0] for part in parts if "=" in part)])


def _case(kind: Kind, entity: str, about: tuple[str, ...], group: list[Waiting], members: Mapping[str, int]) -> Case:
    group = sorted(group, key=lambda one: one.record)
    records = tuple(one.record for one in group)
    candidate = group[0].candidate
    return Case(
        id=_id(kind, entity, about if kind == "register_duplicate" else records[:1]),
        entity=entity,
        kind=kind,
        subjects=about if kind == "register_duplicate" else records,
        candidate=candidate,
        records=len(records),
        facts=sum(one.facts for one in group),
        relied=members.get(candidate, 0) if candidate else 0,
        reason=group[0].reason,
        doubts=() if kind == "register_duplicate" else tuple(levels(one.reason) for one in group),
    )


def _id(kind: str, entity: str, records: Sequence[str]) -> str:
    """Return a short name that stays as long as the case does. Made of record ids, which say nothing by themselves."""
    text = "\x1f".join((kind, entity, *records))
    return "C" + blake2b(text.encode(), digest_size=5).hexdigest().upper()

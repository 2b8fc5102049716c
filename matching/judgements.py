"""Judgements: what people decided about two records, as constraints on entities; contradictions with their chain.

A judgement is never overwritten: a later one about the same two records supersedes it. What is in force up to a number
is a pure function of the ledger, so a version that pins a number sees the same constraints whenever it is computed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["same", "not_same", "unsure", "withdrawn"]
VERDICTS: tuple[Verdict, ...] = ("same", "not_same", "unsure", "withdrawn")
Pair = tuple[str, str]


@dataclass(frozen=True)
class Judgement:
    """One decision about two records; `number` orders all of them. `unsure` and `withdrawn` constrain nothing."""

    number: int
    left: str
    right: str
    verdict: Verdict

    @property
    def pair(self) -> Pair:
        """The two records in the order of their ids."""
        return (self.left, self.right) if self.left <= self.right else (self.right, self.left)


@dataclass(frozen=True)
class Contradiction:
    """Records judged not the same (`apart`) although the `chain` of judgements says, step by step, that they are.

    The judgements of the chain are set aside until people settle it: two people never become one by accident.
    """

    apart: Judgement
    chain: tuple[Judgement, ...]


@dataclass(frozen=True)
class Constraints:
    """Must-links (`same`) and cannot-links (`apart`) in force, by number, free of contradictions."""

    same: tuple[Judgement, ...] = ()
    apart: tuple[Judgement, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True)
class Judged:
    """What a run must obey (`now`), and the records whose constraints are others than before (`changed`).

    `component` numbers the records that any constraint, old or new, ties together: they are decided again together.
    """

    now: Constraints = field(default_factory=Constraints)
    changed: frozenset[str] = frozenset()
    component: Mapping[str, int] = field(default_factory=dict)


def in_force(ledger: Iterable[Judgement], through: int) -> list[Judgement]:
    """Return, of each pair of records, the last judgement up to the number `through`, ordered by number."""
    last: dict[Pair, Judgement] = {}
    for one in sorted(ledger, key=lambda judgement: judgement.number):
        if one.number <= through:
            last[one.pair] = one
    return sorted(last.values(), key=lambda judgement: judgement.number)


def constraints(standing: Iterable[Judgement]) -> Constraints:
    """Return the constraints that judgements in force make; a `same` on a contradictory chain is set aside."""
    ordered = sorted(standing, key=lambda judgement: judgement.number)
    apart = [one for one in ordered if one.verdict == "not_same"]
    same = {one.number: one for one in ordered if one.verdict == "same" and one.left != one.right}
    contradictions = []
    for one in apart:
        while chain := _chain(same.values(), one.left, one.right):
            contradictions.append(Contradiction(one, chain))
            for step in chain:
                del same[step.number]
    return Constraints(tuple(same.values()), tuple(apart), tuple(contradictions))


def judged(ledger: Iterable[Judgement], since: int, through: int) -> Judged:
    """Return what a version that pins `through` must obey, after one that had pinned `since`."""
    known = list(ledger)
    before, now = constraints(in_force(known, since)), constraints(in_force(known, through))
    old, new = {*before.same, *before.apart}, {*now.same, *now.apart}
    moved = frozenset(record for one in _differing(old, new) for record in one.pair)
    component = {record: number for number, group in enumerate(components(old | new)) for record in group}
    return Judged(now, moved, component)


def contradiction_of(standing: Iterable[Judgement], proposed: Judgement) -> Contradiction | None:
    """Return what the proposed judgement would contradict among those in force; None if it fits."""
    others = [one for one in standing if one.pair != proposed.pair]
    known = {(one.apart.number, tuple(step.number for step in one.chain)) for one in constraints(others).contradictions}
    for found in constraints([*others, proposed]).contradictions:
        if (found.apart.number, tuple(step.number for step in found.chain)) not in known:
            return found
    return None


def components(judgements: Iterable[Judgement]) -> list[list[str]]:
    """Return the groups of records that the judgements tie together, each sorted, in the order of their least id."""
    parent: dict[str, str] = {}

    def root(record: str) -> str:
        while parent.setdefault(record, record) != record:
            parent[record] = parent[parent[record]]
            record = parent[record]
        return record

    for one in judgements:
        low, high = sorted((root(one.left), root(one.right)))
        parent[high] = low
    groups: dict[str, list[str]] = {}
    for record in sorted(parent):
        groups.setdefault(root(record), []).append(record)
    return list(groups.values())


def _differing(old: set[Judgement], new: set[Judgement]) -> set[Judgement]:
    """Return judgements of pairs whose verdict is another one; the same verdict given again changes nothing."""
    before, after = ({(one.pair, one.verdict) for one in side} for side in (old, new))
    return {one for one in old | new if ((one.pair, one.verdict) in before) != ((one.pair, one.verdict) in after)}


def _chain(same: Iterable[Judgement], start: str, end: str) -> tuple[Judgement, ...]:
    """Return the shortest way from `start` to `end` over `same` judgements, empty if there is none."""
    neighbours: dict[str, list[Judgement]] = {}
    for one in same:
        neighbours.setdefault(one.left, []).append(one)
        neighbours.setdefault(one.right, []).append(one)
    came: dict[str, tuple[str, Judgement] | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in came:
        record = waiting.popleft()
        for one in sorted(neighbours.get(record, ()), key=lambda judgement: judgement.number):
            other = one.right if one.left == record else one.left
            if other not in came:
                came[other] = (record, one)
                waiting.append(other)
    steps: list[Judgement] = []
    place = came.get(end)
    while place is not None:
        record, one = place
        steps.append(one)
        place = came[record]
    return tuple(reversed(steps))

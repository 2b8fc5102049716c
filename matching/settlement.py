"""Settlement: where judged records belong, once people's decisions have been put over what the rules would do.

Units are entities to be (`row:…`, `key:…`, `new:…`). A rule's link ties a record to a unit; a judgement ties two
records, or holds them apart. Judgements are laid first, links of rules after them, and a link that would bring together
what a judgement holds apart is broken. The result depends on the sets alone, never on the order in which they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matching.judgements import Constraints, Judgement

REFERENCE = 1_000  # the rank of the record that stands for its unit: it never leaves it
Node = tuple[str, str]


@dataclass(frozen=True)
class Place:
    """What the rules say of a judged record: its `unit` (None: no link) and how firmly (`rank`).

    `aims`: where an ambiguous identifier points, each unit with whether the name agrees with it.
    """

    record: str
    unit: str | None
    rank: int = 0
    aims: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Settlement:
    """`merged`: unit → (the unit it is part of, the judgement behind it), also for that unit itself. `placed`: record →
    (unit, judgement). `broken`: record → (judgement, whether it is known to be the one that leaves).
    """

    merged: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    placed: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    broken: Mapping[str, tuple[int, bool]] = field(default_factory=dict)


def settle(places: Sequence[Place], constraints: Constraints, ranks: Mapping[str, tuple[int, str]]) -> Settlement:
    """Return where the judged records belong. `ranks` orders register units by trust for the choice among merged ones.

    A judgement ties its records even where one of them has left its source; only records among `places` are placed.
    """
    present = {place.record: place for place in places}
    classes = _Classes(present, constraints)
    broken = _rivals(present, constraints)
    for place in places:
        if place.unit is not None and place.rank >= REFERENCE:
            classes.join(("record", place.record), ("unit", place.unit))
    for one in classes.same:
        classes.join(("record", one.left), ("record", one.right))
    linked = [place for place in places if place.unit is not None and place.rank < REFERENCE]
    for place in sorted(linked, key=lambda one: (-one.rank, one.record)):
        if place.record not in broken and place.unit is not None:
            against = classes.try_join(("record", place.record), ("unit", place.unit))
            if against is not None:
                broken[place.record] = (against.number, True)
    _resolve_ambiguous(places, classes)
    return _read(classes, broken, ranks)


def _rivals(present: Mapping[str, Place], constraints: Constraints) -> dict[str, tuple[int, bool]]:
    """Return records that leave their unit because one at least as firm there is not the same party.

    Where both are equally firm both leave, and which of them it is remains a question for people.
    """
    sided = {record for one in constraints.same for record in one.pair}
    broken: dict[str, tuple[int, bool]] = {}
    for one in constraints.apart:
        left, right = present.get(one.left), present.get(one.right)
        if left is None or right is None or left.unit is None or left.unit != right.unit:
            continue
        firm = [(place.rank, place.record in sided) for place in (left, right)]
        for place, own, other in ((left, firm[0], firm[1]), (right, firm[1], firm[0])):
            if own <= other and place.rank < REFERENCE:
                broken[place.record] = (one.number, own < other)
    return broken


def _resolve_ambiguous(places: Sequence[Place], classes: _Classes) -> None:
    """Tie records whose identifier pointed at several units that have become one; again while that merges more."""
    waiting = [place for place in places if place.unit is None and any(agrees for _, agrees in place.aims)]
    moving = True
    while moving and waiting:
        moving = False
        for place in list(waiting):
            if len({classes.root(("unit", unit)) for unit, _ in place.aims}) == 1:
                waiting.remove(place)
                moving |= classes.try_join(("record", place.record), ("unit", place.aims[0][0])) is None


def _read(
    classes: _Classes, broken: dict[str, tuple[int, bool]], ranks: Mapping[str, tuple[int, str]]
) -> Settlement:
    merged, placed = {}, {}
    numbers: dict[str, int] = {}
    for one in classes.same:
        for record in one.pair:
            numbers[record] = max(one.number, numbers.get(record, 0))
    for group in classes.groups():
        units = sorted(name for kind, name in group if kind == "unit")
        records = sorted(name for kind, name in group if kind == "record" and name in numbers)
        records = [name for name in records if name in classes.present]
        if not records or (not units and len(records) == 1):
            continue
        unit = min(units, key=lambda name: (ranks.get(name, (99, name)), name)) if units else f"new:{records[0]}"
        number = max(numbers[record] for record in records)
        placed.update({record: (unit, numbers[record]) for record in records})
        if len(units) > 1:
            merged.update(dict.fromkeys(units, (unit, number)))
    gone = {record: why for record, why in broken.items() if record not in placed}
    return Settlement(merged, placed, gone)


class _Classes:
    """Records and units that belong together: a union-find that knows which records must stay apart."""

    def __init__(self, present: Mapping[str, Place], constraints: Constraints) -> None:
        self.same, self.present = constraints.same, present
        self._parent: dict[Node, Node] = {}
        self._records: dict[Node, set[str]] = {}
        self._apart: dict[str, dict[str, Judgement]] = {}
        for one in constraints.apart:
            self._apart.setdefault(one.left, {})[one.right] = one
            self._apart.setdefault(one.right, {})[one.left] = one
        for record in present:
            self.root(("record", record))

    def root(self, node: Node) -> Node:
        if node not in self._parent:
            self._parent[node] = node
            self._records[node] = {node[1]} if node[0] == "record" else set()
        while self._parent[node] != node:
            self._parent[node] = self._parent[self._parent[node]]
            node = self._parent[node]
        return node

    def join(self, left: Node, right: Node) -> None:
        one, other = self.root(left), self.root(right)
        if one == other:
            return
        if len(self._records[one]) < len(self._records[other]):
            one, other = other, one
        self._parent[other] = one
        self._records[one] |= self._records.pop(other)

    def try_join(self, left: Node, right: Node) -> Judgement | None:
        """Join the two classes, or return the judgement (the first by number) that forbids it."""
        one, other = self.root(left), self.root(right)
        if one == other:
            return None
        small, large = sorted((self._records[one], self._records[other]), key=len)
        against = [
            judgement
            for record in small
            for partner, judgement in self._apart.get(record, {}).items()
            if partner in large
        ]
        if against:
            return min(against, key=lambda judgement: judgement.number)
        self.join(one, other)
        return None

    def groups(self) -> Iterable[list[Node]]:
        found: dict[Node, list[Node]] = {}
        for node in sorted(self._parent):
            found.setdefault(self.root(node), []).append(node)
        return found.values()

"""The ladder for one record: what its identifiers say, given the rows of the index that share one with it.

The batch's rules (`decisions`, `agreement`, `anchors`) for a handful of rows, without a join.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from matching.evidence_steps import RUNG
from matching.rules import LadderRules

DOUBTED = "doubted"  # the rung of a row in review: all records of its provisional number are


@dataclass(frozen=True)
class Row:
    """A row the record may be the same as, how it came to its entity (`rung`); `values` by the standard's names, and
    `past_names`, `past_keys`: what a register row said of itself before."""

    record_id: str
    hub_id: str
    unit: str
    anchor: bool
    values: Mapping[str, Any]
    rung: str = "register"


@dataclass(frozen=True)
class Asked:
    """A record asked about, and the rows near it. `apart`: entities that people hold it apart from; `same`: the one
    that they put it to."""

    values: Mapping[str, Any]
    rows: Sequence[Row]
    apart: frozenset[str] = frozenset()
    same: str | None = None


@dataclass(frozen=True)
class Answer:
    """`decision` link, review, new or insufficient; the entity it is about; how sure; why. `candidates` are entities
    compared, likeliest first: {hub_id, weight, fields: {name: (level, bits)}}; `weight` has what a rare value adds."""

    decision: str
    reason: str
    rung: str
    hub_id: str | None = None
    probability: float | None = None
    candidates: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Laddered:
    """The ladder's answer, the units that evidence is bound to (None: to none in particular), and the entity that
    evidence has found for others of the record's number (`spoken`), or doubts for them (`doubted`)."""

    answer: Answer
    bound: frozenset[str] | None = None
    spoken: str | None = None
    doubted: str | None = None


def identifiers(rules: LadderRules, values: Mapping[str, Any]) -> list[str]:
    """Return the record's keys `type:number`, the strongest first."""
    found = []
    for key in rules.keys:
        number = values.get(key.number)
        if number:
            kind = (values.get(key.type_column) if key.type_column else None) or key.type
            found.append(f"{kind}:{number}")
    return found


def laddered(rules: LadderRules, asked: Asked) -> Laddered:
    """Return what the record's first identifier says."""
    keys = identifiers(rules, asked.values)
    if not keys:
        return Laddered(Answer("insufficient", "no_identifier", "none"))
    key = keys[0]
    holders = [row for row in asked.rows if row.anchor and key in identifiers(rules, row.values)]
    former = holders == [] or all(_gone_over(rules, row, key) for row in holders)
    holders = holders or [row for row in asked.rows if row.anchor and key in (row.values.get("past_keys") or ())]
    if not holders:
        return _provisional(rules, asked, key)
    rung = "former_identifier" if former else "anchored_identifier"
    units = {row.unit: row for row in holders if row.hub_id not in asked.apart}
    if not units:
        return Laddered(Answer("insufficient", "judged_not_same", "anchored_identifier"))
    if len(units) > 1:
        first = units[min(units)]
        return Laddered(Answer("review", "identifier_ambiguous", rung, first.hub_id), frozenset(units))
    of_unit = [row for row in asked.rows if row.anchor and row.unit in units]
    return Laddered(_agreed(rules, asked, of_unit, rung), frozenset(units))


def _gone_over(rules: LadderRules, row: Row, key: str) -> bool:
    """Say whether the row's business goes on under another number than its own: a sole trader become a company."""
    return row.unit.startswith("key:") and row.unit != f"key:{key}" and identifiers(rules, row.values)[:1] == [key]


def _provisional(rules: LadderRules, asked: Asked, key: str) -> Laddered:
    """Return what others of a number say that the register does not hold."""
    members = [row for row in asked.rows if not row.anchor and identifiers(rules, row.values)[:1] == [key]]
    named = [row for row in members if row.values.get(rules.name.column)]
    rung = "provisional_identifier"
    if any(row.hub_id in asked.apart for row in named):
        return Laddered(Answer("insufficient", "judged_not_same", rung))
    if not named:
        known = bool(asked.values.get(rules.name.column))
        return Laddered(Answer("new" if known else "insufficient", "no_candidate" if known else "name_missing", rung))
    spoken, doubted = (next((row.hub_id for row in named if row.rung == one), None) for one in (RUNG, DOUBTED))
    answer = _agreed(rules, asked, named, rung)
    return Laddered(answer, spoken=spoken, doubted=doubted)


def _agreed(rules: LadderRules, asked: Asked, rows: Sequence[Row], rung: str) -> Answer:
    """Return link where the record's name agrees with that of the row which stands for the entity."""
    reference = min(rows, key=lambda row: _trust(rules, row))
    level, agrees = _agreement(rules, asked.values, reference.values)
    if agrees:
        return Answer("link", f"{rung}.{level}", rung, reference.hub_id, 1.0)
    if level == rules.name.levels[0]:
        return Answer("insufficient", "name_missing", rung, reference.hub_id)
    return Answer(rules.otherwise, "name_disagrees", rung, reference.hub_id)


def _trust(rules: LadderRules, row: Row) -> tuple[bool, bool, int, bool, str, str]:
    """Return the batch's order of who stands for an entity: of its own number, by trust, earliest, by record id."""
    seen, values = row.values.get("observed_at"), row.values
    other = row.unit.startswith("key:") and [row.unit[4:]] != identifiers(rules, values)[:1]
    nameless = not rules.rows_are_entities and not values.get(rules.name.column)
    return nameless, other, int(values.get("anchor_rank") or 0), seen is None, str(seen), row.record_id


def _agreement(rules: LadderRules, values: Mapping[str, Any], reference: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the level of the record's name and the reference's, and whether they agree, now or formerly."""
    name = rules.name
    own, other = values.get(name.column), reference.get(name.column)
    if not own or not other:
        return name.levels[0], False
    if own == other:
        return name.levels[-1], True
    former = name.former_column
    pairs = [(own, other)]
    if former:
        pairs += [(own, reference[former])] if reference.get(former) else []
        pairs += [(values[former], other)] if values.get(former) else []
    pairs += [(own, past) for past in reference.get("past_names") or ()]
    left, right = (pa.array(side, pa.string()) for side in zip(*pairs, strict=True))
    found = [name.levels[level] for level in name.compare(left, right)]
    levels = [name.levels[-1] if a == b else level for (a, b), level in zip(pairs, found, strict=True)]
    if levels[0] in name.agree:
        return levels[0], True
    if any(level in name.agree or a == b for level, (a, b) in zip(levels[1:], pairs[1:], strict=True)):
        return "former_name", True
    return levels[0], False

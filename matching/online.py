"""One record now: the batch's ladder and evidence for a single record against the few rows that share a key with it.

The comparison of names and fields, the model, the scores and the thresholds are the batch's own functions; only the
candidates come from an index instead of a join. What the batch decides about groups (provisional entities formed by
evidence) one record cannot: it is `new`, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from matching.blocks import side_keys
from matching.candidates import Candidates
from matching.choice import REVIEW, choose, rank
from matching.encoding import hash_texts
from matching.evidence import one_row_a_unit
from matching.fields import encoded_fields
from matching.model import Model
from matching.rules import LadderRules
from matching.scoring import Scored, Scorer
from schemas.linkage_spec import Decide, LinkageSpec

SHOWN = 5  # candidates told with an answer


@dataclass(frozen=True)
class Online:
    """What resolving needs, made once: the rules, the specification, the model in force, what kinds of values need."""

    rules: LadderRules
    spec: LinkageSpec
    model: Model | None
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A row the record may be the same as; `values` by the standard's names."""

    record_id: str
    hub_id: str
    unit: str
    anchor: bool
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Heard:
    """A record that evidence is heard about: its values, the register rows near it, the units it is bound to (None: to
    none in particular)."""

    values: Mapping[str, Any]
    rows: tuple[Row, ...]
    bound: frozenset[str] | None


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


def identifiers(rules: LadderRules, values: Mapping[str, Any]) -> list[str]:
    """Return the record's keys `type:number`, the strongest first."""
    found = []
    for key in rules.keys:
        number = values.get(key.number)
        if number:
            kind = (values.get(key.type_column) if key.type_column else None) or key.type
            found.append(f"{kind}:{number}")
    return found


def keys_of(online: Online, tables: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the block keys of rows, one row each, one column a rule (0: none)."""
    if online.model is None:
        return np.zeros((tables.num_rows, 0), np.int64)
    keys = side_keys(encoded_fields(tables, None, online.spec, online.context), "record", online.model.crowded)
    return np.stack([key.view(np.int64) for key in keys], axis=1)


def identifier_hash(keys: Sequence[str]) -> list[int]:
    """Return the 64-bit hash of each identifier key, as the index holds it."""
    return [int(one) for one in hash_texts(pa.array(keys, pa.string())).view(np.int64)] if keys else []


def values_table(
    online: Online, rows: Sequence[Mapping[str, Any]], schema: pa.Schema, *, told: bool = True
) -> pa.Table:
    """Return rows as the table of the fields that evidence reads, as records have `told` them or as base rows have."""
    fields = [(one.name, one.right if told else one.left) for one in online.spec.fields]
    columns = [pa.array([row.get(column) for row in rows], schema.field(column).type) for _, column in fields]
    return pa.table(columns, names=[name for name, _ in fields])


def settled(online: Online, values: Mapping[str, Any], rows: Sequence[Row]) -> Answer | None:
    """Return the ladder's answer where nothing else needs to be heard, given every row that shares an identifier."""
    answer, _ = _ladder(online.rules, values, rows)
    return answer if _is_sure(answer) else None


def resolve(
    online: Online, asked: Sequence[tuple[Mapping[str, Any], Sequence[Row]]], schema: pa.Schema
) -> list[Answer]:
    """Return the decision about each record, given every row that shares an identifier or a block key with it.

    Many at once cost little more than one: what is compared is compared in columns.
    """
    laddered = [_ladder(online.rules, values, rows) for values, rows in asked]
    heard = [
        Heard(values, tuple(row for row in rows if row.anchor), bound)
        for (values, rows), (answer, bound) in zip(asked, laddered, strict=True)
        if online.model is not None and not _is_sure(answer)
    ]
    told = iter(_evidence(online, heard, schema) if heard else ())
    return [
        answer if online.model is None or _is_sure(answer) else _overlaid(answer, next(told)) for answer, _ in laddered
    ]


def _is_sure(answer: Answer) -> bool:
    return answer.decision == "link" and answer.rung != "provisional_identifier"


def _overlaid(ladder: Answer, told: Answer) -> Answer:
    """Return the ladder's answer with the evidence over it, by the batch's rule."""
    loose = ladder.rung in ("none", "provisional_identifier")
    if told.decision == "link" or (told.decision == "review" and loose):
        return told
    if ladder.rung == "none":
        return replace(told, rung="none", hub_id=None)
    return replace(ladder, probability=told.probability, candidates=told.candidates)


def _ladder(rules: LadderRules, values: Mapping[str, Any], rows: Sequence[Row]) -> tuple[Answer, frozenset[str] | None]:
    """Return the ladder's answer, and the units that evidence is bound to (None: any)."""
    keys = identifiers(rules, values)
    if not keys:
        return Answer("insufficient", "no_identifier", "none"), None
    holders = [row for row in rows if row.anchor and keys[0] in identifiers(rules, row.values)]
    units = {row.unit: row for row in holders}
    if len(units) > 1:
        first = units[min(units)]
        return Answer("review", "identifier_ambiguous", "anchored_identifier", first.hub_id), frozenset(units)
    rung = "anchored_identifier" if holders else "provisional_identifier"
    members = holders or [row for row in rows if identifiers(rules, row.values)[:1] == keys[:1]]
    members = [row for row in members if holders or row.values.get(rules.name.column)]
    if not members:
        named = bool(values.get(rules.name.column))
        return Answer("new" if named else "insufficient", "no_candidate" if named else "name_missing", rung), None
    reference = min(members, key=_trust)
    level, agrees = _agreement(rules, values, reference.values)
    bound = frozenset(units) if holders else None
    if agrees:
        return Answer("link", f"{rung}.{level}", rung, reference.hub_id, 1.0), bound
    if level == rules.name.levels[0]:
        return Answer("insufficient", "name_missing", rung, reference.hub_id), bound
    return Answer(rules.otherwise, "name_disagrees", rung, reference.hub_id), bound


def _trust(row: Row) -> tuple[int, bool, str, str]:
    seen = row.values.get("observed_at")
    return int(row.values.get("anchor_rank") or 0), seen is None, str(seen), row.record_id


def _agreement(rules: LadderRules, values: Mapping[str, Any], reference: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the level of the record's name and the reference's, and whether they agree, now or formerly."""
    name = rules.name
    own, other = values.get(name.column), reference.get(name.column)
    if not own or not other:
        return name.levels[0], False
    former = name.former_column
    pairs = [(own, other)]
    if former:
        pairs += [(own, reference[former])] if reference.get(former) else []
        pairs += [(values[former], other)] if values.get(former) else []
    pairs += [(own, past) for past in reference.get("past_names") or ()]
    left, right = (pa.array(side, pa.string()) for side in zip(*pairs, strict=True))
    found = [name.levels[level] for level in name.compare(left, right)]
    levels = [name.levels[-1] if a == b else level for (a, b), level in zip(pairs, found, strict=True)]
    if levels[0] in name.agree or own == other:
        return levels[0], True
    if any(level in name.agree or a == b for level, (a, b) in zip(levels[1:], pairs[1:], strict=True)):
        return "former_name", True
    return levels[0], False


def _evidence(online: Online, heard: Sequence[Heard], schema: pa.Schema) -> list[Answer]:
    """Return what the model says of each record; its candidates are compared as the batch compares them."""
    model, spec = online.model, online.spec
    assert model is not None
    rows = [row for one in heard for row in one.rows]
    of = np.repeat(np.arange(len(heard), dtype=np.int64), [len(one.rows) for one in heard])
    records = values_table(online, [one.values for one in heard], schema)
    base = values_table(online, [row.values for row in rows], schema, told=False)
    fields = encoded_fields(records, base, spec, online.context)
    scorer = Scorer.of(model, fields.comparers())
    units = {unit: code for code, unit in enumerate(sorted({row.unit for row in rows}))}
    codes = np.array([units[row.unit] for row in rows], np.int32)
    pairs = Candidates(of, np.arange(len(rows), dtype=np.int64), np.zeros(len(rows), np.int8))
    allowed = (
        np.array([one.bound is not None for one in heard]),
        frozenset((place, units[unit]) for place, one in enumerate(heard) for unit in one.bound or () if unit in units),
    )
    pairs, scored = one_row_a_unit(pairs, scorer, codes, allowed)
    ranked = rank(scorer, pairs, scored, 0, len(heard))
    choices = choose(scorer, ranked, spec.decide or Decide(), 0, scorer.possible(len(heard)))
    named = np.where(choices.decision <= REVIEW, choices.best, -1).tolist()
    starts = np.searchsorted(pairs.record, np.arange(len(heard) + 1)).tolist()
    decisions, reasons = choices.decisions().to_pylist(), choices.reasons().to_pylist()
    return [
        Answer(
            decisions[place],
            reasons[place],
            "evidence",
            rows[best].hub_id if best >= 0 else None,
            float(choices.probability[place]),
            _compared(scorer, pairs, scored, rows, range(starts[place], starts[place + 1])),
        )
        for place, best in enumerate(named)
    ]


def _compared(
    scorer: Scorer, pairs: Candidates, scored: Scored, rows: Sequence[Row], places: range
) -> tuple[Mapping[str, Any], ...]:
    """Return the likeliest candidates of one record, with the level and the bits of each field."""
    best = sorted(places, key=lambda place: -float(scored.match[place]))[:SHOWN]
    fields = list(zip(scorer.comparers, scorer.weights, scored.levels, strict=True))
    return tuple(
        {
            "hub_id": rows[int(pairs.base[place])].hub_id,
            "weight": round(float(scored.match[place]), 2),
            "fields": {
                one.column.name: (one.levels[int(level[place])], round(float(weight.match[level[place]]), 2))
                for one, weight, level in fields
            },
        }
        for place in best
    )

"""One record now: the batch's ladder and evidence for a single record against the few rows that share a key with it.

The comparison of names and fields, the model, the scores and the thresholds are the batch's own functions; only the
candidates come from an index instead of a join. The ladder stands in `online_ladder`; whom the register does not know
is compared with others like him as the batch groups them, but moves none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from matching.blocks import side_keys
from matching.candidates import Candidates
from matching.choice import DECISIONS, REASONS, REVIEW, choose, rank
from matching.deduplication import pair_probabilities
from matching.encoding import hash_texts
from matching.evidence import one_row_a_unit
from matching.evidence_steps import PROVISIONAL_RUNG, RUNG
from matching.few_rows import FEW, FewColumn, FewRows
from matching.fields import encoded_fields
from matching.model import Model
from matching.never_same import never_same
from matching.online_ladder import DOUBTED, Answer, Asked, Laddered, Row, laddered
from matching.provisional import among_themselves
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
class Heard:
    """A record that evidence is heard about: its values, the register rows near it, the units it is bound to (None: to
    none in particular)."""

    values: Mapping[str, Any]
    rows: tuple[Row, ...]
    bound: frozenset[str] | None


def keys_of(online: Online, tables: pa.Table | FewRows) -> np.ndarray[Any, np.dtype[np.int64]]:
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
) -> pa.Table | FewRows:
    """Return rows as the table of the fields that evidence reads, as records have `told` them or as base rows have."""
    fields = [(one.name, one.right if told else one.left) for one in online.spec.fields]
    columns = {
        name: FewColumn([row.get(column) for row in rows], schema.field(column).type) for name, column in fields
    }
    if len(rows) < FEW:
        return FewRows(columns, len(rows))
    return pa.table({name: column.array() for name, column in columns.items()})


def settled(online: Online, asked: Asked) -> Answer | None:
    """Return the ladder's answer where nothing else needs to be heard, given every row that shares an identifier."""
    if asked.same is not None:
        return Answer("link", "judged_same", "none", asked.same)
    answer = laddered(online.rules, asked).answer
    return answer if _is_sure(answer) else None


def resolve(online: Online, asked: Sequence[Asked], schema: pa.Schema) -> list[Answer]:
    """Return the decision about each record, given every row that shares an identifier or a block key with it.

    Many at once cost little more than one: what is compared is compared in columns.
    """
    told = [laddered(online.rules, one) for one in asked]
    answers = [one.answer for one in told]
    open_ = [place for place, one in enumerate(told) if online.model is not None and not _is_sure(one.answer)]
    heard = [
        Heard(asked[place].values, tuple(row for row in asked[place].rows if row.anchor), told[place].bound)
        for place in open_
    ]
    for place, evidence in zip(open_, _evidence(online, heard, schema) if heard else (), strict=True):
        answers[place] = _overlaid(told[place], evidence, asked[place].apart)
    if online.model is not None:
        _form(online, answers, asked, schema)
    return answers


def _is_sure(answer: Answer) -> bool:
    return answer.decision == "link" and answer.rung != "provisional_identifier"


def _overlaid(ladder: Laddered, told: Answer, apart: frozenset[str]) -> Answer:
    """Return the ladder's answer with the evidence over it, by the batch's rule."""
    answer = ladder.answer
    loose = answer.rung in ("none", "provisional_identifier")
    if told.decision == "link" and told.hub_id in apart:
        return replace(told, decision="insufficient", reason="judged_not_same", hub_id=None)
    if ladder.spoken is not None:  # other records of the number say whose it is; two that disagree go to review
        disagree = told.decision == "link" and told.hub_id != ladder.spoken
        return replace(told, decision="review" if disagree else "link", hub_id=ladder.spoken)
    if told.decision == "link" or (told.decision == "review" and loose):
        return told
    if ladder.doubted is not None:
        return replace(told, decision="review", hub_id=ladder.doubted)
    if answer.rung == "none":
        return replace(told, rung="none", hub_id=None)
    return replace(answer, probability=told.probability, candidates=told.candidates)


def _form(online: Online, answers: list[Answer], asked: Sequence[Asked], schema: pa.Schema) -> None:
    """Put records without identifier that are nobody the register knows to the entity of others like them."""
    model = online.model
    assert model is not None
    places = [
        place
        for place, (answer, one) in enumerate(zip(answers, asked, strict=True))
        if answer.rung == "none" and answer.decision == "new" and any(_forms(row, one) for row in one.rows)
    ]
    if not places:
        return
    near = [tuple(row for row in asked[place].rows if _forms(row, asked[place])) for place in places]
    rows = [row for part in near for row in part]
    of = np.repeat(np.arange(len(near), dtype=np.int64), [len(part) for part in near])
    records = values_table(online, [asked[place].values for place in places], schema)
    base = values_table(online, [row.values for row in rows], schema)
    fields = encoded_fields(records, base, online.spec, online.context)
    scorer = Scorer.of(among_themselves(model), fields.comparers())
    pairs = Candidates(of, np.arange(len(rows), dtype=np.int64), np.zeros(len(rows), np.int8))
    probability, weight = pair_probabilities(scorer, pairs)
    levels = [one.between(pairs.record, pairs.base) for one in scorer.comparers]
    good = (probability >= (online.spec.decide or Decide()).link) & ~never_same(scorer, levels)
    for order, place in enumerate(places):
        likely = np.flatnonzero(good & (of == order))
        own = [row.hub_id for row in near[order] if row.record_id == asked[place].values.get("record_id")]
        if own:
            answers[place] = replace(answers[place], decision="link", rung=PROVISIONAL_RUNG, hub_id=own[0])
        elif len(likely):
            best = int(likely[np.argmax(weight[likely])])
            answers[place] = replace(
                answers[place], decision="link", reason="new_alike", rung=PROVISIONAL_RUNG, hub_id=rows[best].hub_id,
                probability=float(probability[best]),
            )  # fmt: skip


def _forms(row: Row, asked: Asked) -> bool:
    """Say whether the batch would group the record with this row: one that is nobody the register knows either."""
    return not row.anchor and row.rung not in (RUNG, DOUBTED) and row.hub_id not in asked.apart


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
    scorer = replace(scorer, bound=allowed[0])
    pairs, scored = one_row_a_unit(pairs, scorer, codes, allowed)
    ranked = rank(scorer, pairs, scored, 0, len(heard))
    choices = choose(scorer, ranked, spec.decide or Decide(), 0, scorer.possible(len(heard)))
    named = np.where(choices.decision <= REVIEW, choices.best, -1).tolist()
    starts = np.searchsorted(pairs.record, np.arange(len(heard) + 1)).tolist()
    decisions, reasons = choices.decision.tolist(), choices.reason.tolist()
    return [
        Answer(
            DECISIONS[decisions[place]],
            REASONS[reasons[place]],
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

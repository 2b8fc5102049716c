"""Match: which records of the right table are parties of the left one. Train, make candidates, score, choose.

The left table is the base (a register: it holds each party once, as far as it knows), the right one the records to
decide; each right record is linked to at most one left row. Both are Arrow tables whose columns the specification
names. Memory is bounded by the two tables and the candidates of one range of records.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from matching.candidates import Candidates, joined, pair_counts
from matching.choice import DECISIONS, LINK, REASONS, Choices, choose, one_to_one, rank
from matching.comparing import Levels
from matching.explanation import texts
from matching.fields import encoded_fields
from matching.model import Model
from matching.prepared import Prepared, made_ready
from matching.rungs import AGREES, RungPairs, labels_of, rung_pairs
from matching.scoring import Scorer
from matching.teaching import begin, finish
from matching.training import Labels
from matching.workers import both, in_order
from schemas.linkage_spec import Decide, LinkageSpec

LINK_COLUMNS = pa.schema(
    [
        ("left_id", pa.string()),  # null: no candidate worth naming
        ("right_id", pa.string()),
        ("decision", pa.string()),
        ("probability", pa.float64()),
        ("weight", pa.float64()),  # bits
        ("reason", pa.string()),
    ]
)
_RUNG_REASONS = ("ladder", "ladder_disagrees", "ladder_ambiguous")  # by what the rung says
RANGE, JOINED = 100_000, 500_000  # records decided, and joined, at once


@dataclass(frozen=True)
class Given:
    """What a call knows beside the tables: what kinds of values need of a city, today as text, and labelled pairs."""

    context: Mapping[str, Any] = field(default_factory=dict)
    today: str = ""
    labels: Labels | None = None


NOTHING_GIVEN = Given()


@dataclass(frozen=True)
class MatchOutcome:
    """`links`: one row a right record (LINK_COLUMNS), in the order of the records. `facts`: counts by name."""

    links: pa.Table
    model: Model
    facts: dict[str, Any]


def match(
    engine: DuckDBEngine, left: pa.Table, right: pa.Table, spec: LinkageSpec, given: Given = NOTHING_GIVEN,
    model: Model | None = None,
) -> MatchOutcome:  # fmt: skip
    """Decide every right record; without a model one is trained on these tables.

    Raises TooLittleToTrain, CrowdedBlock, ModelError, KeyError for a missing column.
    """
    ids = spec.id or ("id", "id")
    left_ids, right_ids = left.column(ids[0]), right.column(ids[1])
    fields = encoded_fields(right, left, spec, given.context)
    del left, right  # all that is compared is encoded: tables nobody else holds need not stay
    pa.default_memory_pool().release_unused()
    ready = made_ready(fields, model)
    rungs = rung_pairs(ready.fields, ready.comparers)
    if model is None:
        own = given.labels or (labels_of(rungs) if len(rungs.record) else None)
        model, parts = _trained(engine, ready, spec, own, given.today)
    else:
        parts = ranges(engine, ready)
    scorer = Scorer.of(model, ready.comparers)
    for column in fields.columns.values():
        column.forget()
    choices, candidates = decide(ready, parts, scorer, spec.decide or Decide())
    choices = _settled_by_rungs(choices, rungs)
    if spec.one_to_one:
        choices = one_to_one(choices)
    facts = _facts(ready, candidates, choices)
    del ready, fields  # block keys need not stay either
    pa.default_memory_pool().release_unused()
    return MatchOutcome(_links(scorer, choices, rungs, left_ids, right_ids), model, facts)


def _trained(
    engine: DuckDBEngine, ready: Prepared, spec: LinkageSpec, labels: Labels | None, today: str
) -> tuple[Model, Iterable[Part]]:
    """Return the trained model and the candidates of all records: those it was trained on first, and the next are
    joined while it is trained."""
    begun = begin(engine, ready, spec, labels, today)
    sample = begun.sample
    rest = ranges(engine, ready, sample.record_rows)
    model, ahead = both(lambda: finish(begun, ready, spec, labels), lambda: list(islice(rest, 1)))
    return model, chain([Part(0, sample.record_rows, sample.candidates, sample.levels)], ahead, rest)


def decide(
    ready: Prepared, parts: Iterable[Part], scorer: Scorer, limits: Decide
) -> tuple[Choices, npt.NDArray[np.int64]]:
    """Return the choice of every record, and how many candidates each rule made; parts are in the order of records."""
    possible, rules = scorer.possible(ready.records), len(ready.blocks.names)

    def decided(part: Part) -> tuple[Choices, npt.NDArray[np.int64]]:
        start, stop, pairs, levels = part
        ranked = rank(scorer, pairs, scorer.score(pairs.record, pairs.base, levels), start, stop)
        choices = choose(scorer, ranked, limits, start, possible[start:stop])
        return choices, np.bincount(pairs.rule, minlength=rules)

    done = list(in_order(decided, parts))
    made: npt.NDArray[np.int64] = np.sum([counts for _, counts in done], axis=0, dtype=np.int64)
    return _together([choices for choices, _ in done]), made + np.zeros(rules, np.int64)


class Part(NamedTuple):
    """The candidates of records `start` to `stop` (not included), and their levels by field where they are known."""

    start: int
    stop: int
    candidates: Candidates
    levels: tuple[Levels, ...] | None = None


def ranges(engine: DuckDBEngine, ready: Prepared, first: int = 0) -> Iterator[Part]:
    """Yield the candidates of one range of records after another, from record `first` on.

    Joined are many ranges at once, for a join looks at the whole base.
    """
    with joined(engine, ready.blocks.keys) as candidates:
        for start in range(first, ready.records, JOINED):
            stop = min(start + JOINED, ready.records)
            made = candidates.between(start, stop)
            for low in range(start, stop, RANGE):
                high = min(low + RANGE, stop)
                yield Part(low, high, made.between(low, high))


def _together(parts: list[Choices]) -> Choices:
    if not parts:
        rows, numbers, words = np.empty(0, np.int64), np.empty(0), np.empty(0, np.int8)
        return Choices(0, rows, numbers, numbers, numbers, rows, words, words)
    return Choices(
        0,
        np.concatenate([part.best for part in parts]),
        np.concatenate([part.probability for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.margin for part in parts]),
        np.concatenate([part.place for part in parts]),
        np.concatenate([part.decision for part in parts]),
        np.concatenate([part.reason for part in parts]),
    )


def _settled_by_rungs(choices: Choices, rungs: RungPairs) -> Choices:
    """Return choices in which the ladder has spoken: agreeing identifiers link, others get the rung's own outcome.

    Where the rung disagrees or is ambiguous, evidence that links the record all the same is heard.
    """
    if not len(rungs.record):
        return choices
    best, probability, decision = choices.best.copy(), choices.probability.copy(), choices.decision.copy()
    sure = rungs.state == AGREES
    best[rungs.record[sure]], probability[rungs.record[sure]] = rungs.base[sure], 1.0
    decision[rungs.record[sure]] = LINK
    outcomes = np.array([DECISIONS.index(one) for one in rungs.otherwise], np.int8)
    open_ = ~sure & (decision[rungs.record] != LINK)
    rows = rungs.record[open_]
    decision[rows] = outcomes[open_]
    best[rows] = np.where(best[rows] < 0, rungs.base[open_], best[rows])
    return replace(choices, best=best, probability=probability, decision=decision)


def _links(
    scorer: Scorer, choices: Choices, rungs: RungPairs, base_ids: pa.ChunkedArray, record_ids: pa.ChunkedArray
) -> pa.Table:
    reasons = choices.reason.copy()
    spoken = (rungs.state == AGREES) | (choices.decision[rungs.record] != LINK)
    reasons[rungs.record[spoken]] = len(REASONS) + rungs.state[spoken]
    named = np.where(choices.decision <= 1, choices.best, -1)  # only a link or a review names its candidate
    words = pa.array([*REASONS, *_RUNG_REASONS], pa.string()).take(pa.array(reasons))

    def told(start: int) -> pa.Array:
        rows = slice(start, start + RANGE)
        records = np.arange(start, min(start + RANGE, len(named)))
        return texts(scorer, records, named[rows], words[rows], choices.weight[rows])

    texts_ = pa.chunked_array(list(in_order(told, range(0, len(named), RANGE))), pa.string())
    found = base_ids.cast(pa.string()).combine_chunks().take(pa.array(named, mask=named < 0))
    return pa.table(
        [
            found,
            record_ids.cast(pa.string()).combine_chunks(),
            choices.decisions(),
            pa.array(choices.probability),
            pa.array(choices.weight),
            texts_,
        ],
        schema=LINK_COLUMNS,
    )


def _facts(ready: Prepared, made: npt.NDArray[np.int64], choices: Choices) -> dict[str, Any]:
    counts = np.bincount(choices.decision, minlength=len(DECISIONS))
    return {
        "records": len(choices.best),
        "base": len(ready.comparers[0].column.base),
        "candidates": int(made.sum()),
        "candidates_by_rule": dict(zip(ready.blocks.names, made.tolist(), strict=True)),
        "crowded_keys": [len(keys) for keys in ready.blocks.crowded],
        **{name: int(count) for name, count in zip(DECISIONS, counts, strict=True)},
    }


def rule_counts(ready: Prepared) -> dict[str, int]:
    """Return how many pairs each block rule would make on these tables, without making them."""
    return dict(zip(ready.blocks.names, pair_counts(ready.blocks.keys), strict=True))

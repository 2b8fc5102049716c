"""Match: which records of the right table are parties of the left one. Train, make candidates, score, choose.

The left table is the base (a register: it holds each party once, as far as it knows), the right one the records to
decide; each right record is linked to at most one left row. Both are Arrow tables whose columns the specification
names. Memory is bounded by the two tables and the candidates of one range of records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from matching.candidates import Candidates, joined, pair_counts
from matching.choice import DECISIONS, LINK, REASONS, Choices, choose, one_to_one, rank
from matching.explanation import texts
from matching.fields import encoded_fields
from matching.model import Model
from matching.prepared import Prepared, made_ready
from matching.rungs import AGREES, RungPairs, labels_of, rung_pairs
from matching.scoring import Scorer
from matching.teaching import train
from matching.training import Labels
from matching.workers import in_order
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
RANGE = 250_000


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
        model = train(engine, ready, spec, own, given.today)
    scorer = Scorer.of(model, ready.comparers)
    for column in fields.columns.values():
        column.forget()
    choices, candidates = decide(engine, ready, scorer, spec.decide or Decide())
    choices = _settled_by_rungs(choices, rungs)
    if spec.one_to_one:
        choices = one_to_one(choices)
    facts = _facts(ready, candidates, choices)
    del ready, fields  # block keys need not stay either
    pa.default_memory_pool().release_unused()
    return MatchOutcome(_links(scorer, choices, rungs, left_ids, right_ids), model, facts)


def decide(
    engine: DuckDBEngine, ready: Prepared, scorer: Scorer, limits: Decide
) -> tuple[Choices, npt.NDArray[np.int64]]:
    """Return the choice of every record, and how many candidates each rule made."""
    possible, rules = scorer.possible(ready.records), len(ready.blocks.names)

    def decided(part: tuple[int, int, Candidates]) -> tuple[Choices, npt.NDArray[np.int64]]:
        start_row, stop, pairs = part
        ranked = rank(scorer, pairs, scorer.score(pairs.record, pairs.base), start_row, stop)
        choices = choose(scorer, ranked, limits, start_row, possible[start_row:stop])
        return choices, np.bincount(pairs.rule, minlength=rules)

    parts = list(in_order(decided, ranges(engine, ready)))
    made: npt.NDArray[np.int64] = np.sum([counts for _, counts in parts], axis=0, dtype=np.int64)
    return _together([choices for choices, _ in parts]), made + np.zeros(rules, np.int64)


def ranges(engine: DuckDBEngine, ready: Prepared) -> Iterator[tuple[int, int, Candidates]]:
    """Yield the candidates of one range of records after another; ranges are of about one size."""
    count = -(-ready.records // RANGE)
    size = -(-ready.records // max(count, 1))
    with joined(engine, ready.blocks.keys) as candidates:
        for start_row in range(0, ready.records, max(size, 1)):
            stop = min(start_row + size, ready.records)
            yield start_row, stop, candidates.between(start_row, stop)


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
    reasons = np.array(REASONS, dtype=object)[choices.reason]
    said = np.array(["ladder", "ladder_disagrees", "ladder_ambiguous"], dtype=object)[rungs.state]
    spoken = (rungs.state == AGREES) | (choices.decision[rungs.record] != LINK)
    reasons[rungs.record[spoken]] = said[spoken]
    named = np.where(choices.decision <= 1, choices.best, -1)  # only a link or a review names its candidate
    texts_ = texts(scorer, np.arange(len(named)), named, pa.array(reasons, pa.string()), choices.weight)
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

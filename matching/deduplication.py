"""Dedupe: which rows of one table are the same party."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from matching.candidates import Candidates
from matching.clustering import Clusters, Constraints, cluster
from matching.comparing import Levels
from matching.explanation import texts
from matching.linkage import LINK_COLUMNS, NOTHING_GIVEN, Given, ranges
from matching.model import Model
from matching.prepared import Prepared, prepare
from matching.rungs import same_identifier
from matching.scoring import Rows, Scorer, logits, probabilities
from matching.teaching import train
from matching.training import Labels
from matching.weights import Bits
from schemas.linkage_spec import Decide, LinkageSpec

_LADDER_BITS = 200.0  # an identifier outweighs all evidence
CLUSTERS = pa.schema([("id", pa.string()), ("cluster_id", pa.string())])


@dataclass(frozen=True)
class DedupeOutcome:
    """`clusters`: `id`, `cluster_id` (the id of the cluster's first row), every row once. `links`: the pairs that were
    joined or are for review, first row left (LINK_COLUMNS). `refusals`: pairs not joined, and why."""

    clusters: pa.Table
    links: pa.Table
    model: Model
    facts: dict[str, Any]
    refusals: pa.Table


@dataclass(frozen=True)
class Pairs:
    """Pairs worth keeping: rows, probability, weight in bits, and whether the ladder said so."""

    first: Rows
    second: Rows
    probability: Bits
    weight: Bits
    ladder: npt.NDArray[np.bool_]


def dedupe(
    engine: DuckDBEngine, rows: pa.Table, spec: LinkageSpec, given: Given = NOTHING_GIVEN, model: Model | None = None
) -> DedupeOutcome:
    """Return the parties of one table; without a model one is trained on it.

    Raises TooLittleToTrain, CrowdedBlock, ModelError, KeyError for a missing column.
    """
    ready = prepare(rows, None, spec, given.context, model)
    sure = same_identifier(ready.fields, ready.comparers)
    if model is None:
        labels = given.labels or (Labels(*sure, "ladder") if len(sure[0]) else None)
        model = train(engine, ready, spec, labels, given.today, itself=True)
    scorer = Scorer.of(model, ready.comparers)
    limits = spec.decide or Decide()
    pairs, made = _scored_pairs(engine, ready, scorer, limits, sure)
    joined_ = pairs.probability >= limits.link
    constraints = Constraints({name: ready.fields.columns[name].record for name in spec.never_share})
    found = cluster(ready.records, pairs.first[joined_], pairs.second[joined_], pairs.weight[joined_], constraints)
    ids = rows.column(spec.id[0] if spec.id else "id").cast(pa.string()).combine_chunks()
    links = _links(scorer, pairs, found, limits, ids)
    facts = {
        "records": ready.records,
        "candidates": int(made.sum()),
        "candidates_by_rule": dict(zip(ready.blocks.names, made.tolist(), strict=True)),
        "crowded_keys": [len(keys) for keys in ready.blocks.crowded],
        "clusters": len(np.unique(found.of)),
        "joined_pairs": int(joined_.sum()),
        "review": int((~joined_).sum()),
        "refused": len(found.refusals),
    }
    clusters = pa.table([ids, ids.take(pa.array(found.of))], schema=CLUSTERS)
    return DedupeOutcome(clusters, links, model, facts, _refusals(found, ids))


def _scored_pairs(
    engine: DuckDBEngine, ready: Prepared, scorer: Scorer, limits: Decide, sure: tuple[Rows, Rows]
) -> tuple[Pairs, npt.NDArray[np.int64]]:
    """Return the pairs at or above the review threshold, those of the ladder among them, and candidates by rule."""
    count = len(sure[0])
    kept = [Pairs(*sure, np.ones(count), np.full(count, _LADDER_BITS), np.ones(count, bool))]
    made = np.zeros(len(ready.blocks.names), np.int64)
    for _, _, pairs, _ in ranges(engine, ready):
        made += np.bincount(pairs.rule, minlength=len(made))
        probability, weight = pair_probabilities(scorer, pairs)
        good = np.flatnonzero(probability >= limits.review)
        nothing = np.zeros(len(good), bool)
        kept.append(Pairs(pairs.record[good], pairs.base[good], probability[good], weight[good], nothing))
    names = ("first", "second", "probability", "weight", "ladder")
    return Pairs(*(np.concatenate([getattr(one, name) for one in kept]) for name in names)), made


def pair_probabilities(
    scorer: Scorer, pairs: Candidates, levels: tuple[Levels, ...] | None = None
) -> tuple[Bits, Bits]:
    """Return the probability that each pair is one party, and its weight in bits; `levels` where they are known."""
    scored = scorer.score(pairs.record, pairs.base, levels)
    match, kin = scorer.odds(scored, pairs.record)
    probability = match / (match + kin + 1.0)
    return probabilities(scorer.model.calibration.apply(logits(probability))), scored.match


def _links(scorer: Scorer, pairs: Pairs, found: Clusters, limits: Decide, ids: pa.Array) -> pa.Table:
    """Return one row a pair, ladder before evidence for a pair that both know."""
    order = np.lexsort((~pairs.ladder, pairs.second, pairs.first))
    first, second = pairs.first[order], pairs.second[order]
    fresh = np.concatenate(([True], (first[1:] != first[:-1]) | (second[1:] != second[:-1]))) if len(order) else order
    order = order[np.flatnonzero(fresh)]
    first, second, ladder = pairs.first[order], pairs.second[order], pairs.ladder[order]
    together = found.of[first] == found.of[second]
    likely = pairs.probability[order] >= limits.link
    words = np.where(ladder, "ladder", np.where(likely & together, "evidence", np.where(likely, "refused", "doubtful")))
    decision = np.where(likely & together, "link", "review")
    reasons = texts(scorer, second, first, pa.array(words.astype(object), pa.string()))
    return pa.table(
        [
            ids.take(pa.array(first)),
            ids.take(pa.array(second)),
            pa.array(decision.astype(object), pa.string()),
            pa.array(pairs.probability[order]),
            pa.array(pairs.weight[order]),
            reasons,
        ],
        schema=LINK_COLUMNS,
    )


def _refusals(found: Clusters, ids: pa.Array) -> pa.Table:
    names = ids.to_pylist() if found.refusals else []
    return pa.table(
        {
            "left_id": pa.array([names[one.first] for one in found.refusals], pa.string()),
            "right_id": pa.array([names[one.second] for one in found.refusals], pa.string()),
            "reason": pa.array([one.reason for one in found.refusals], pa.string()),
        }
    )

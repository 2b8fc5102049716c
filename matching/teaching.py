"""Teaching: from two prepared tables, and labels where there are some, to a model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.duckdb_engine import DuckDBEngine
from matching.candidates import BlockKeys, joined, pair_counts
from matching.choice import rank
from matching.encoding import NO_KEY
from matching.model import Model
from matching.prepared import Prepared, specification_of
from matching.scoring import Scorer
from matching.training import (
    FEWEST_LABELS,
    Kin,
    Known,
    Labels,
    Sample,
    calibrate,
    enough,
    improve,
    missed_shares,
    roofs_share,
    start,
    with_kin,
)  # fmt: skip
from matching.workers import both
from schemas.linkage_spec import LinkageSpec

_SAMPLE = 100_000
_LABELLED_KNOWN = 0.99
_KIN_ROWS, _LARGEST_HOUSEHOLD = 50_000, 20


@dataclass(frozen=True)
class Begun:
    """What training begins with: the model before it has seen candidates, pairs of kin, and the first records'
    candidates."""

    model: Model
    kin: Kin | None
    sample: Sample


def train(
    engine: DuckDBEngine, ready: Prepared, spec: LinkageSpec, labels: Labels | None, today: str, itself: bool = False
) -> Model:
    """Return a model trained on two prepared tables. Raises TooLittleToTrain."""
    return finish(begin(engine, ready, spec, labels, today), ready, spec, labels, itself)


def begin(engine: DuckDBEngine, ready: Prepared, spec: LinkageSpec, labels: Labels | None, today: str) -> Begun:
    """Return what training begins with. Raises TooLittleToTrain."""

    def pairs() -> tuple[Kin | None, Sample]:
        return kin_pairs(engine, ready, spec), sampled(engine, ready)

    enough(ready.comparers)
    model, (kin, sample) = both(lambda: start(spec, ready.comparers, labels, today), pairs)
    model = replace(
        model,
        specification=specification_of(spec),
        crowded=ready.blocks.crowded,
        identifiers=tuple(sorted(_numbers(spec))),
    )
    return Begun(model, kin, sample)


def sampled(engine: DuckDBEngine, ready: Prepared) -> Sample:
    """Return the candidates of the first records, with their levels."""
    stop = min(ready.records, _SAMPLE)
    with joined(engine, ready.blocks.keys) as candidates:
        pairs = candidates.between(0, stop)
    return Sample(pairs, tuple(one.between(pairs.record, pairs.base) for one in ready.comparers), stop)


def finish(begun: Begun, ready: Prepared, spec: LinkageSpec, labels: Labels | None, itself: bool = False) -> Model:
    """Return the trained model."""
    model, kin, sample = begun.model, begun.kin, begun.sample
    if kin is not None:
        apart = {word.partition(".")[0] for rule in spec.household for word in rule}
        distinct = {one.field for one in spec.compare if one.distinct}
        model = with_kin(model, ready.comparers, kin, _numbers(spec) | apart, distinct)
    if spec.namesake and not itself:
        model = replace(model, alike=spec.namesake, namesakes=namesakes(ready, spec, model))
    if labels is not None and not itself:
        found = missed_shares(ready.comparers, labels.below(sample.record_rows), sample.candidates)
        model = replace(model, missed=found)
    model = improve(model, ready.comparers, sample, _known(ready, spec, labels), itself)
    if labels is None or itself:
        return model
    model = replace(model, roofs=_roofs(ready, spec, model, sample))
    return _calibrated(model, ready, sample, labels)


def _known(ready: Prepared, spec: LinkageSpec, labels: Labels | None) -> Known:
    """Return which records tell the share that the base knows: those without any identifier, if there are enough.

    A record that no rule can find a candidate for (a name alone) tells nothing of it.
    """
    identifiers = _numbers(spec)
    telling = np.logical_or.reduce([keys != NO_KEY for keys in ready.blocks.keys.record])
    if labels is not None:
        telling[labels.record] = False
    for name in identifiers:
        telling &= ready.fields.columns[name].record < 0
    if telling[:_SAMPLE].sum() < FEWEST_LABELS:
        telling = np.ones(ready.records, bool)
    total = 0 if labels is None else max(labels.total, len(labels.record))
    return Known(telling, identifiers, total)


def _roofs(ready: Prepared, spec: LinkageSpec, model: Model, sample: Sample) -> float:
    """Return how many of the records unknown to the base are about a household that it knows."""
    if not spec.household:
        return 1.0
    telling, under = np.zeros(ready.records, bool), np.zeros(ready.records, bool)
    for rule in spec.household:
        own, base = ready.fields.rule_keys(rule, "record"), ready.fields.rule_keys(rule, "base")
        telling |= own != NO_KEY
        under |= (own != NO_KEY) & np.isin(own, base)
    return roofs_share(Scorer.of(model, ready.comparers), sample, under, telling)


def _numbers(spec: LinkageSpec) -> frozenset[str]:
    return frozenset(field for rung in spec.ladder for field in rung.same)


def _calibrated(model: Model, ready: Prepared, sample: Sample, labels: Labels) -> Model:
    # All labelled records are known to the base, whatever share of the others is.
    scorer = Scorer.of(replace(model, known=_LABELLED_KNOWN), ready.comparers)
    pairs = sample.candidates
    ranked = rank(scorer, pairs, scorer.score(pairs.record, pairs.base, sample.levels), 0, ready.records)
    # That a right row is no candidate at all is part of `known`: among candidates the right one must come first.
    candidate = np.isin(labels.record << 32 | labels.base, pairs.record << 32 | pairs.base)
    rows, truth = labels.record[candidate], labels.base[candidate]
    best = ranked.best[rows]
    wrong = np.flatnonzero((best >= 0) & (best != truth))
    double = wrong[scorer.double(best[wrong], truth[wrong])]
    best[double] = truth[double]
    calibration, facts = calibrate(ranked.probability[rows], best, truth)
    return replace(model, calibration=calibration, report={**model.report, **facts})


def kin_pairs(engine: DuckDBEngine, ready: Prepared, spec: LinkageSpec) -> Kin | None:
    """Return pairs of base rows of one household; None where the specification knows no household."""
    if not spec.household:
        return None
    light = tuple(_light(ready.fields.rule_keys(rule, "base")) for rule in spec.household)
    keys = BlockKeys(light, light, itself=True)
    with joined(engine, keys) as pairs:
        found = pairs.between(0, min(len(light[0]), _KIN_ROWS))
    if not len(found):
        return None
    return Kin(found.record, found.base, 2.0 * sum(pair_counts(keys)) / max(len(light[0]), 1))


def namesakes(ready: Prepared, spec: LinkageSpec, model: Model) -> float:
    """Return how many of the base's parties have a namesake: a row with the same values that is not their own, entered
    twice, by what else both rows tell."""
    keys = _light(ready.fields.rule_keys(spec.namesake, "base"))
    order = np.argsort(keys, kind="stable")
    order = order[keys[order] != NO_KEY]
    firsts, seconds = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for apart in range(1, _LARGEST_HOUSEHOLD):
        same = np.flatnonzero(keys[order[apart:]] == keys[order[:-apart]])
        if not len(same):
            break
        firsts.append(order[same])
        seconds.append(order[same + apart])
    first, second = np.concatenate(firsts), np.concatenate(seconds)
    twice = Scorer.of(model, ready.comparers).twice(first, second, (*spec.namesake, *model.identifiers))
    return float(f"{max(2.0 * float((1.0 - twice).sum()), 1.0) / max(model.base_rows, 1):.6g}")


def _light(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return the keys without those that more rows share than any household has."""
    ordered = np.sort(keys)
    heavy = np.unique(ordered[_LARGEST_HOUSEHOLD:][ordered[_LARGEST_HOUSEHOLD:] == ordered[:-_LARGEST_HOUSEHOLD]])
    if not len(heavy):
        return keys
    places = np.minimum(np.searchsorted(heavy, keys), len(heavy) - 1)
    light: npt.NDArray[np.uint64] = np.where(heavy[places] == keys, NO_KEY, keys)
    return light

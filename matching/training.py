"""Training: the model's probabilities, learned without anyone labelling pairs by hand.

`random` comes from chance agreement (matching/frequencies.py), `kin` from pairs of the register under one roof, and
`match` from records whose identifier the register anchors: free labels. A labelled pair teaches a field only where other
fields agree too, so that a wrong number does not teach that names differ. Records without identifier are dirtier: the
expectation-maximisation that follows moves `match` towards what they show. Without labels it starts from the plain
assumption that most fields of one party agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.candidates import Candidates
from matching.comparing import MISSING, FieldComparer, Levels
from matching.frequencies import Shares, random_levels, term_frequencies
from matching.model import Calibration, FieldModel, Model
from matching.scoring import Bits, Rows, Scorer, group_starts, logits
from schemas.errors import TooLittleToTrain
from schemas.linkage_spec import LinkageSpec

# Pseudo-pairs that a start is worth against what the records show.
_LABELLED_WEIGHT, _ASSUMED_WEIGHT = 2_000.0, 5.0
_ROUNDS = 12
FEWEST_LABELS = 200
FEWEST_ROWS = 20
_RIDGE = 4.0


@dataclass(frozen=True)
class Labels:
    """Pairs known to be one party: rows of both sides, and how they are known."""

    record: Rows
    base: Rows
    source: str


@dataclass(frozen=True)
class Sample:
    """Candidates of some record rows with their levels by field; `record_rows` is how many rows they were made for."""

    candidates: Candidates
    levels: tuple[Levels, ...]
    record_rows: int


def start(
    spec: LinkageSpec, comparers: Sequence[FieldComparer], labels: Labels | None, kin: tuple[Rows, Rows] | None, today: str
) -> Model:
    """Return the model before it has seen candidates. Raises TooLittleToTrain."""
    base_rows = len(comparers[0].column.base)
    if min(base_rows, len(comparers[0].column.record)) < FEWEST_ROWS:
        raise TooLittleToTrain(base_rows, FEWEST_ROWS)
    enough = labels is not None and len(labels.record) >= FEWEST_LABELS
    learned = _labelled_levels(comparers, labels) if labels is not None and enough else None
    frequent = {one.field: one.term_frequency for one in spec.compare}
    itself = comparers[0].column.record is comparers[0].column.base
    fields = []
    for place, comparer in enumerate(comparers):
        match = _assumed(len(comparer.levels) - 1) if learned is None else learned[place]
        share = float(match[-1]) / max(base_rows, 1)
        chance = random_levels(comparer, base_is_distinct=not itself, match_share=share if itself else 0.0)
        together = None if kin is None else _kin_levels(comparers, place, kin)
        terms = term_frequencies(comparer) if frequent[comparer.column.name] else None
        fields.append(
            FieldModel(comparer.column.name, comparer.levels, _tuple(match), _tuple(chance), _optional(together), terms)
        )
    return Model(
        entity=spec.entity,
        specification="",
        trained_on=today,
        known=0.9,
        base_rows=base_rows,
        kinship=0.0 if kin is None else 2.0 * len(kin[0]) / max(base_rows, 1),
        fields=tuple(fields),
        crowded=(),
        report={"labels": 0 if labels is None else len(labels.record), "label_source": labels.source if labels and enough else "none"},
    )


def _tuple(shares: Shares) -> tuple[float, ...]:
    return tuple(float(f"{share:.6g}") for share in shares)


def _optional(shares: Shares | None) -> tuple[float, ...] | None:
    return None if shares is None else _tuple(shares)


def _assumed(levels: int) -> Shares:
    """Return what is assumed of one party's field before anything is learned: 0.9 the same, 0.04 different."""
    if levels == 1:
        return np.array([1.0])
    between = np.full(levels, 0.06 / max(levels - 2, 1))
    between[0], between[-1] = 0.04, 0.9
    found: Shares = between / between.sum()
    return found


def _labelled_levels(comparers: Sequence[FieldComparer], labels: Labels) -> list[Shares]:
    levels = [comparer.between(labels.record, labels.base) for comparer in comparers]
    agreeing = [found >= max(comparer.same, 1) for found, comparer in zip(levels, comparers, strict=True)]
    shares = []
    for place, (found, comparer) in enumerate(zip(levels, comparers, strict=True)):
        others = [one for number, one in enumerate(agreeing) if number != place]
        support = np.sum(others, axis=0)
        present = np.sum([levels[number] != MISSING for number in range(len(levels)) if number != place], axis=0)
        taught = (support >= np.minimum(2, present)) & (found != MISSING)
        shares.append(_posterior(np.bincount(found[taught], minlength=len(comparer.levels))[1:], _assumed(len(comparer.levels) - 1), 10.0))
    return shares


def _posterior(counts: Shares, prior: Shares, weight: float) -> Shares:
    found: Shares = (counts + weight * prior) / (counts.sum() + weight)
    return found


def _kin_levels(comparers: Sequence[FieldComparer], place: int, kin: tuple[Rows, Rows]) -> Shares:
    """Return the levels of one field among kin; agreeing twice over (name and birth) is a double entry, not kin."""
    comparer = comparers[place]
    a, b = kin
    found = comparer.of_codes(comparer.column.base[a], comparer.column.base[b])
    counts = np.bincount(found[found != MISSING], minlength=len(comparer.levels))[1:].astype(float)
    flat = np.full(len(counts), 1.0 / len(counts))
    return _posterior(counts, flat, 1.0)


def improve(model: Model, comparers: Sequence[FieldComparer], sample: Sample, itself: bool) -> Model:
    """Return the model after expectation-maximisation on candidates of records whose truth is not known."""
    if not len(sample.candidates) or not sample.record_rows:
        return model
    weight = _LABELLED_WEIGHT if model.report.get("label_source") != "none" else _ASSUMED_WEIGHT
    first, known = model, model.known
    for _ in range(_ROUNDS):
        scorer = Scorer.of(model, comparers)
        posterior = pair_posteriors(scorer, sample) if itself else record_posteriors(scorer, sample)
        fields = []
        for place, (before, now) in enumerate(zip(first.fields, model.fields, strict=True)):
            levels = sample.levels[place]
            counts = np.bincount(levels, weights=posterior, minlength=len(before.levels))[1:]
            fields.append(replace(now, match=_tuple(_posterior(counts, np.array(before.match), weight))))
        known = _share(float(posterior.sum()), sample.record_rows)
        settled = abs(known - model.known) < 1e-4
        model = replace(model, known=known, fields=tuple(fields))
        if settled:
            break
    return model


def _share(expected: float, rows: int) -> float:
    return float(f"{min(max(expected / rows, 1e-6), 0.999):.6g}")


def record_posteriors(scorer: Scorer, sample: Sample) -> Bits:
    """Return the probability of each candidate, candidates of one record competing."""
    scored = scorer.score(sample.candidates.record, sample.candidates.base)
    match, kin = scorer.odds(scored)
    starts = group_starts(sample.candidates.record)
    total = np.add.reduceat(match, starts) + np.add.reduceat(kin, starts) + 1.0
    found: Bits = match / np.repeat(total, np.diff(np.append(starts, len(match))))
    return found


def pair_posteriors(scorer: Scorer, sample: Sample) -> Bits:
    """Return the probability of each pair by itself, as deduplication sees them."""
    scored = scorer.score(sample.candidates.record, sample.candidates.base)
    match, kin = scorer.odds(scored)
    found: Bits = match / (match + kin + 1.0)
    return found


def calibrate(probability: Bits, base: Rows, truth: Rows) -> tuple[Calibration, dict[str, float]]:
    """Return how to correct probabilities, from the likeliest candidates (`base`, -1 none) of labelled records.

    A logistic curve through the logits, held near the identity by a ridge: with few errors it changes little. The
    numbers beside it: pairs, wrong ones, and their share.
    """
    some = base >= 0
    x, y = logits(probability[some]), (base[some] == truth[some]).astype(float)
    pairs, wrong = int(some.sum()), int((y == 0).sum())
    facts = {"calibration_pairs": float(pairs), "calibration_wrong": float(wrong)}
    if pairs < FEWEST_LABELS or not wrong:
        return Calibration(), facts
    x = np.clip(x, -30, 30)
    shift, slope = 0.0, 1.0
    for _ in range(50):
        fitted = 1 / (1 + np.exp(-(shift + slope * x)))
        spread = fitted * (1 - fitted)
        gradient = np.array([(fitted - y).sum() + _RIDGE * shift, ((fitted - y) * x).sum() + _RIDGE * (slope - 1)])
        curve = np.array([[spread.sum() + _RIDGE, (spread * x).sum()], [(spread * x).sum(), (spread * x * x).sum() + _RIDGE]])
        step = np.linalg.solve(curve, gradient)
        shift, slope = shift - step[0], slope - step[1]
        if np.abs(step).max() < 1e-8:
            break
    if not np.isfinite(shift) or slope <= 0.1:
        return Calibration(), facts
    return Calibration(float(f"{shift:.6g}"), float(f"{slope:.6g}")), facts

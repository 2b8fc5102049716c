"""Training: the model's probabilities, learned without anyone labelling pairs by hand.

`random` comes from chance agreement (matching/frequencies.py), `kin` from pairs of the register under one roof, and
`match` from records whose identifier the register anchors: free labels. A labelled pair teaches a field only where
other fields agree too, so that a wrong number does not teach that names differ. Records without identifier are dirtier:
the expectation-maximisation that follows moves `match` towards what they show. Without labels it starts from the plain
assumption that most fields of one party agree. `random` stays as it is: blocked pairs are not random ones.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.candidates import Candidates
from matching.comparing import MISSING, FieldComparer, Levels, stood_in
from matching.frequencies import Shares, random_levels, term_frequencies
from matching.model import Calibration, FieldModel, Model
from matching.scoring import Rows, Scorer, group_starts, logits, told_fields
from matching.weights import Bits
from matching.workers import both
from schemas.errors import TooLittleToTrain
from schemas.linkage_spec import LinkageSpec

# Pseudo-pairs that a start is worth against what the records show.
_LABELLED_WEIGHT, _ASSUMED_WEIGHT = 2_000.0, 5.0
_ROUNDS = 12
_FEW = 10.0
FEWEST_LABELS = 200
FEWEST_ROWS = 20
_RIDGE = 4.0
_WRONG_LABELS = 0.0005
_DOUBLES = 0.003  # odds that two register rows under one roof are one person, before anything else is seen
_MATTERS = 0.8
# Calibration may make the model humbler, never surer than its evidence.
_CALIBRATION_BOUNDS = ((-6.0, 0.0), (0.2, 1.0))


@dataclass(frozen=True)
class Labels:
    """Pairs known to be one party: rows of both sides, and how they are known."""

    record: Rows
    base: Rows
    source: str
    total: int = 0  # how many such pairs there are in all, where these are a sample

    def below(self, stop: int) -> Labels:
        """Return the labels of records before row `stop`."""
        some = self.record < stop
        return replace(self, record=self.record[some], base=self.base[some])


@dataclass(frozen=True)
class Kin:
    """Pairs of base rows of one household, and how many kin a base row has on average."""

    first: Rows
    second: Rows
    kinship: float


@dataclass(frozen=True)
class Sample:
    """Candidates of some record rows with their levels by field; `record_rows` is how many rows they were made for."""

    candidates: Candidates
    levels: tuple[Levels, ...]
    record_rows: int


def enough(comparers: Sequence[FieldComparer]) -> None:
    """Raise TooLittleToTrain where a side has too few rows to learn anything from."""
    base_rows = len(comparers[0].column.base)
    if min(base_rows, len(comparers[0].column.record)) < FEWEST_ROWS:
        raise TooLittleToTrain(base_rows, FEWEST_ROWS)


def start(spec: LinkageSpec, comparers: Sequence[FieldComparer], labels: Labels | None, today: str) -> Model:
    """Return the model before it has seen candidates."""
    base_rows = len(comparers[0].column.base)
    taught = labels is not None and len(labels.record) >= FEWEST_LABELS
    learned = _labelled_levels(comparers, labels) if labels is not None and taught else None
    frequent = {one.field: one.term_frequency for one in spec.compare}
    itself = comparers[0].column.record is comparers[0].column.base
    fields = []
    matches = learned or [_assumed(len(one.levels) - 1) for one in comparers]
    shares = [float(one[-1]) / base_rows if itself else 0.0 for one in matches]
    rare, chances = both(
        lambda: [term_frequencies(one) if frequent[one.column.name] else {} for one in comparers],
        lambda: random_levels(comparers, itself, shares),
    )
    for comparer, match, chance, terms in zip(comparers, matches, chances, rare, strict=True):
        fields.append(FieldModel(comparer.column.name, comparer.levels, _tuple(match), _tuple(chance), None, terms))
    report = {
        "labels": len(labels.record) if labels else 0,
        "label_source": labels.source if labels and taught else "none",
    }
    known = 0.1 if itself else 0.9
    return Model(spec.entity, "", today, known, base_rows, 0.0, tuple(fields), (), itself=itself, report=report)


def with_kin(
    model: Model, comparers: Sequence[FieldComparer], kin: Kin, apart: frozenset[str], distinct: Container[str] = ()
) -> Model:
    """Return the model with the levels that kin show; `distinct` fields show what any two parties would.

    Some pairs under one roof are double entries of the register, not kin: the same name and birth date, perhaps under
    two numbers. How likely each is one is told by all fields but those `apart` (what makes a household, and
    identifiers), and it teaches as much less.
    """
    levels = [one.of_codes(one.column.base[kin.first], one.column.base[kin.second]) for one in comparers]
    double, shown = np.zeros(len(kin.first)), [_uniform(len(field.levels) - 1) for field in model.fields]
    for _ in range(_ROUNDS):
        bits = np.full(len(double), np.log2(_DOUBLES))
        for place, (field, found) in enumerate(zip(model.fields, levels, strict=True)):
            counts = np.bincount(found, weights=1.0 - double, minlength=len(field.levels))[1:].astype(float)
            shown[place] = _posterior(counts, _uniform(len(counts)), 1.0)
            if field.name in distinct:
                shown[place] = np.array(field.random)
            if field.name not in apart:
                bits += np.concatenate(([0.0], np.log2(np.array(field.match)) - np.log2(shown[place])))[found]
        double = 1.0 / (1.0 + np.exp2(-bits))
    fields = tuple(replace(field, kin=_tuple(shares)) for field, shares in zip(model.fields, shown, strict=True))
    return replace(model, kinship=float(f"{kin.kinship * float(1.0 - double.mean()):.6g}"), fields=fields)


def _uniform(levels: int) -> Shares:
    return np.full(levels, 1.0 / levels)


def _tuple(shares: Shares) -> tuple[float, ...]:
    return tuple(float(f"{share:.6g}") for share in shares)


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
        counts = _told(comparers, levels, place, taught.astype(float))
        shares.append(_posterior(counts, _assumed(len(comparer.levels) - 1), _FEW))
    return shares


def _posterior(counts: Shares, prior: Shares, weight: float) -> Shares:
    found: Shares = (counts + weight * prior) / (counts.sum() + weight)
    return found


def improve(model: Model, comparers: Sequence[FieldComparer], sample: Sample, known: Known, itself: bool) -> Model:
    """Return the model after expectation-maximisation on candidates of records whose truth is not known.

    `known` says which records tell what share the base knows, and what is known of identifiers beforehand.
    """
    if not len(sample.candidates) or not sample.record_rows:
        return model
    common = _LABELLED_WEIGHT if model.report.get("label_source") != "none" else _ASSUMED_WEIGHT
    starts = [_start_of(field, known, common) for field in model.fields]
    telling = known.telling[sample.candidates.record]
    rows = int(known.telling[: sample.record_rows].sum())
    scorer = Scorer.of(model, comparers)
    for _ in range(_ROUNDS):
        scorer = scorer.by(model)
        posterior = pair_posteriors(scorer, sample) if itself else record_posteriors(scorer, sample)
        fields = []
        for place, (now, (before, weight)) in enumerate(zip(model.fields, starts, strict=True)):
            counts = _told(comparers, sample.levels, place, posterior)
            fields.append(replace(now, match=_tuple(_posterior(counts, before, weight))))
        expected = float(posterior[telling].sum()) / max(rows, 1)
        share = max(2 * expected, 1e-6) if itself else _known_share(scorer, sample, posterior, known.telling)
        share = float(f"{share:.6g}")
        settled = abs(share - model.known) < 1e-4
        model = replace(model, known=share, fields=tuple(fields))
        if settled:
            break
    return model


def _known_share(scorer: Scorer, sample: Sample, posterior: Bits, telling: npt.NDArray[np.bool_]) -> float:
    """Return the share of telling records that the base knows: those found, and what share of the others is missed."""
    found = np.bincount(sample.candidates.record, weights=posterior, minlength=sample.record_rows)
    before = scorer.found[: sample.record_rows]
    missed = np.maximum(scorer.model.known - before, 0.0) / (1.0 - before)
    share = (found + (1.0 - found) * missed)[telling[: sample.record_rows]]
    return min(max(float(share.mean()) if len(share) else 0.0, 1e-6), 0.999)


def roofs_share(scorer: Scorer, sample: Sample, under: npt.NDArray[np.bool_], telling: npt.NDArray[np.bool_]) -> float:
    """Return the share of records unknown to the base that tell a household which it knows (`under`), of those
    `telling` one; never less than one in twenty."""
    posterior = record_posteriors(scorer, sample)
    found = np.bincount(sample.candidates.record, weights=posterior, minlength=sample.record_rows)
    before = scorer.found[: sample.record_rows]
    unknown = (1.0 - np.minimum(found, 1.0)) * (1.0 - scorer.model.known) / (1.0 - before)
    unknown = np.where(telling[: sample.record_rows], unknown, 0.0)
    share = float((unknown * under[: sample.record_rows]).sum()) / max(float(unknown.sum()), 1e-9)
    return float(f"{min(max(share, 0.05), 1.0):.6g}")


def _told(comparers: Sequence[FieldComparer], levels: Sequence[Levels], place: int, weights: Bits) -> Shares:
    """Return how often each level from 1 up is seen, where no other field speaks instead."""
    instead = stood_in(comparers, levels, place)
    own = weights if instead is None else np.where(instead, 0.0, weights)
    return np.bincount(levels[place], weights=own, minlength=len(comparers[place].levels))[1:].astype(float)


@dataclass(frozen=True)
class Known:
    """`telling`: per record, whether it counts for the share that the base knows. `identified`: how many records an
    identifier linked, `identifiers` the fields that did: most of their numbers are right."""

    telling: npt.NDArray[np.bool_]
    identifiers: frozenset[str] = frozenset()
    identified: int = 0


def _start_of(field: FieldModel, known: Known, common: float) -> tuple[Shares, float]:
    if field.name in known.identifiers and known.identified:
        right = np.full(len(field.match), 1e-4)
        right[-1] = 1.0
        return right / right.sum(), float(known.identified)
    return np.array(field.match), common


def record_posteriors(scorer: Scorer, sample: Sample) -> Bits:
    """Return the probability of each candidate, candidates of one record competing."""
    record = sample.candidates.record
    match, kin = scorer.odds(scorer.score(record, sample.candidates.base, sample.levels), record)
    starts = group_starts(record)
    total = np.add.reduceat(match, starts) + np.add.reduceat(kin, starts) + 1.0
    found: Bits = match / np.repeat(total, np.diff(np.append(starts, len(match))))
    return found


def pair_posteriors(scorer: Scorer, sample: Sample) -> Bits:
    """Return the probability of each pair by itself, as deduplication sees them."""
    record = sample.candidates.record
    match, kin = scorer.odds(scorer.score(record, sample.candidates.base, sample.levels), record)
    found: Bits = match / (match + kin + 1.0)
    return found


def missed_shares(comparers: Sequence[FieldComparer], labels: Labels, candidates: Candidates) -> dict[str, float]:
    """Return how often the right row is no candidate, by what fields the labelled record tells; "" over all of them."""
    found = np.isin(labels.record << 32 | labels.base, candidates.record << 32 | candidates.base)
    names = {one.column.name for one in comparers if (one.column.record[labels.record] >= 0).any()}
    kinds, told = told_fields(comparers, names, labels.record)
    overall = float((1 + (~found).sum()) / (2 + len(found)))
    shares = {"": float(f"{overall:.6g}")}
    for place, kind in enumerate(kinds):
        missed, count = int((~found & (told == place)).sum()), int((told == place).sum())
        shares[kind] = float(f"{(missed + _FEW * overall) / (count + _FEW):.6g}")
    return shares


def calibrate(probability: Bits, base: Rows, truth: Rows) -> tuple[Calibration, dict[str, float]]:
    """Return how to correct probabilities, from the likeliest candidates (`base`, -1 none) of labelled records.

    A logistic curve through the logits, held near the identity by a ridge: with few errors it changes little. Only
    candidates likely enough to matter are looked at: where the right one was never a candidate, a weak one is the best,
    always wrong, and says nothing of the strong ones. The numbers beside it: pairs and wrong ones.
    """
    some = (base >= 0) & (probability >= _MATTERS)
    x, y = logits(probability[some]), (base[some] == truth[some]).astype(float)
    pairs, wrong = int(some.sum()), int((y == 0).sum())
    facts = {"calibration_pairs": float(pairs), "calibration_wrong": float(wrong)}
    if pairs < FEWEST_LABELS or not wrong:
        return Calibration(), facts
    from scipy.optimize import minimize  # half a second to import, for models with labels only

    fitted = minimize(
        _unlikely, (0.0, 1.0), args=(np.clip(x, -30, 30), y), bounds=_CALIBRATION_BOUNDS, method="L-BFGS-B"
    )
    shift, slope = fitted.x
    return Calibration(float(f"{shift:.6g}"), float(f"{slope:.6g}")), facts


def _unlikely(curve: Shares, x: Bits, y: Bits) -> float:
    """Return how badly a logistic curve (shift, slope) fits, with the ridge that holds it near the identity.

    A few labels are wrong themselves (two people, one number, one name): a sure pair that misses its label may be one.
    """
    z = curve[0] + curve[1] * x
    miss = np.log(_WRONG_LABELS + (1 - _WRONG_LABELS) / (1 + np.exp(np.clip(z, -500, 500))))
    fit = np.where(y > 0, np.logaddexp(0.0, -z), -miss)
    return float(fit.sum() + _RIDGE / 2 * (curve[0] ** 2 + (curve[1] - 1) ** 2))

"""Precision and recall at every threshold: what a stricter or a laxer limit would have cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.evaluation import (
    CodedPairs,
    Measures,
    clusters_of_pairs,
    coded_pairs,
    evaluate_clusters,
)

POINTS = (0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999, 0.99999)


@dataclass(frozen=True)
class CurvePoint:
    """The measures of all pairs whose probability is at least `threshold`."""

    threshold: float
    measures: Measures


@dataclass(frozen=True)
class Curve:
    """Points in rising order of threshold, and the `best` by F1 (of all thresholds where pairs stand alone; of the
    points where they are joined to clusters). `best` is None where there is no pair."""

    points: tuple[CurvePoint, ...]
    best: CurvePoint | None


def pair_curve(found: pa.Table, true: pa.Table, *, one_file: bool = False) -> Curve:
    """Return the curve of pairs (`left_id`, `right_id`, `probability`) against true pairs."""
    ranked = found.filter(pc.is_valid(found["probability"])).sort_by([("probability", "descending")])
    coded = coded_pairs(ranked, true, one_file=one_file)
    rows, hits = _ranked(coded)
    probabilities = ranked["probability"].to_numpy()[rows]
    correct = np.cumsum(hits)
    ends = np.flatnonzero(np.append(probabilities[1:] != probabilities[:-1], [True] * bool(len(rows))))
    total = len(coded.true)

    def point(threshold: float, count: int) -> CurvePoint:
        return CurvePoint(threshold, Measures(int(correct[count - 1]) if count else 0, count, total))

    kept = [int(np.searchsorted(-probabilities, -threshold, side="right")) for threshold in POINTS]
    points = tuple(point(threshold, count) for threshold, count in zip(POINTS, kept, strict=True))
    if not len(ends):
        return Curve(points, None)
    quality = 2 * correct[ends] / (ends + 1 + total)
    top = int(ends[int(np.argmax(quality))])
    return Curve(points, point(float(probabilities[top]), top + 1))


def _ranked(coded: CodedPairs) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return the rows of distinct pairs in rank order, and which of them are true."""
    hits = np.isin(coded.found, coded.true, assume_unique=True)
    order = np.argsort(coded.rows, kind="stable")
    return coded.rows[order], hits[order]


def cluster_curve(found: pa.Table, true: pa.Table) -> Curve:
    """Return the curve of pairs (`left_id`, `right_id`, `probability`), joined to clusters, against true clusters."""
    points = []
    for threshold in POINTS:
        kept = found.filter(pc.greater_equal(found["probability"], threshold))
        measures = evaluate_clusters(clusters_of_pairs(kept, true["id"]), true).pairs
        points.append(CurvePoint(threshold, measures))
    scored = [one for one in points if one.measures.f1 is not None]
    best = max(scored, key=lambda one: (one.measures.f1 or 0.0, one.threshold), default=None)
    return Curve(tuple(points), best if found.num_rows else None)

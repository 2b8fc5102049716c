"""How right links or clusters are against the truth: pairwise and B³ precision, recall and F1, whole and by group.

Pairs inside clusters are counted from the sizes where found and true clusters overlap, never listed: ten million
records cost ten million rows, whatever the size of their clusters.
B³: A. Bagga and B. Baldwin, Entity-based cross-document coreferencing using the vector space model, 1998.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.intervals import Interval, wilson
from schemas.errors import UnusableIds

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measures:
    """`correct` pairs of those `found` and of those `true`. A share of nothing is None, not 0 and not 1."""

    correct: int
    found: int
    true: int

    @property
    def precision(self) -> float | None:
        return self.correct / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.correct / self.true if self.true else None

    @property
    def f1(self) -> float | None:
        return 2 * self.correct / (self.found + self.true) if self.found + self.true else None

    @property
    def precision_interval(self) -> Interval | None:
        return wilson(self.correct, self.found)

    @property
    def recall_interval(self) -> Interval | None:
        return wilson(self.correct, self.true)


@dataclass(frozen=True)
class BCubed:
    """Averages over `records`: the share of its found cluster that belongs there, of its true one that was found."""

    precision: float
    recall: float
    records: int

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Evaluation:
    """`pairs` and `b_cubed` (None where there are only pairs of two files); the same by group.

    In groups of clusters a pair counts for the group of each of its two records; in groups of pairs for that of its
    right record, the one that was decided. `unknown` are records of the result that the truth does not know, left out.
    """

    pairs: Measures
    b_cubed: BCubed | None
    unknown: int = 0
    groups: Mapping[str, Evaluation] = field(default_factory=dict)


def evaluate_clusters(found: pa.Table, true: pa.Table, groups: pa.Table | None = None) -> Evaluation:
    """Return the measures of `found` against `true`, both (`id`, `cluster_id`); `groups` is (`id`, `group`).

    A true record that was not found counts as a cluster of its own. Raises UnusableIds for an id twice in one table.
    """
    ids, (true_ids, found_ids, group_ids) = encoded(
        true["id"], found["id"], groups["id"] if groups is not None else pa.chunked_array([], pa.string())
    )
    _no_repeat(true_ids, ids, "truth")
    _no_repeat(found_ids, ids, "result")
    true_of = _scattered(true_ids, _numbers(true["cluster_id"]), ids)
    found_of = _scattered(found_ids, _numbers(found["cluster_id"]), ids)
    unknown = int(((true_of < 0) & (found_of >= 0)).sum())
    alone = (found_of < 0) & (true_of >= 0)
    found_of[alone] = np.arange(alone.sum()) + found_of.max(initial=-1) + 1
    known = np.flatnonzero(true_of >= 0)
    counted = _Overlap(found_of[known], true_of[known])
    named = _group_names(groups, group_ids, ids)[known] if groups is not None else None
    return Evaluation(counted.pairs(), counted.b_cubed(), unknown, counted.by_group(named) if named is not None else {})


class _Overlap:
    """For every record: the sizes of its found cluster, of its true one, and of what they share, itself included."""

    def __init__(self, found: Integers, true: Integers) -> None:
        self.found = _sizes(found)
        self.true = _sizes(true)
        self.shared = _sizes(found * (int(true.max(initial=0)) + 1) + true)

    def pairs(self) -> Measures:
        # every pair is met at both of its records
        correct, found, true = (int((sizes - 1).sum()) // 2 for sizes in (self.shared, self.found, self.true))
        return Measures(correct, found, true)

    def b_cubed(self, rows: Integers | slice = slice(None)) -> BCubed:
        shared = self.shared[rows]
        if not len(shared):
            return BCubed(0.0, 0.0, 0)
        return BCubed(
            float((shared / self.found[rows]).mean()), float((shared / self.true[rows]).mean()), len(shared)
        )

    def by_group(self, names: npt.NDArray[np.object_]) -> dict[str, Evaluation]:
        result = {}
        for name, rows in rows_by(names).items():
            sizes = (self.shared[rows], self.found[rows], self.true[rows])
            correct, found, true = (int((each - 1).sum()) for each in sizes)
            result[name] = Evaluation(Measures(correct, found, true), self.b_cubed(rows))
        return result


def evaluate_pairs(
    found: pa.Table, true: pa.Table, groups: pa.Table | None = None, *, one_file: bool = False
) -> Evaluation:
    """Return the measures of pairs `found` against those that are `true`, both (`left_id`, `right_id`).

    Repeated pairs count once. `one_file`: both ids are of one file, so that a pair has no order. `groups` is (`id`,
    `group`) of right records. Pairs of an id that is missing are left out.
    """
    coded = coded_pairs(found, true, one_file=one_file)
    hits = np.isin(coded.found, coded.true, assume_unique=True)
    whole = Measures(int(hits.sum()), len(coded.found), len(coded.true))
    if groups is None:
        return Evaluation(whole, None)
    names = _groups_of_ids(groups, coded.ids)
    found_names, true_names = names[coded.found % coded.width], names[coded.true % coded.width]
    by_group = {}
    for name in sorted({*found_names.tolist(), *true_names.tolist()}):
        mine = found_names == name
        counts = (int(hits[mine].sum()), int(mine.sum()), int((true_names == name).sum()))
        by_group[name] = Evaluation(Measures(*counts), None)
    return Evaluation(whole, None, groups=by_group)


@dataclass(frozen=True)
class CodedPairs:
    """Distinct pairs as single numbers, left × `width` + right, ascending; `ids` by number; `rows` of `found` (the
    first of each pair in the order given)."""

    found: Integers
    true: Integers
    rows: Integers
    ids: pa.Array
    width: int


def coded_pairs(found: pa.Table, true: pa.Table, *, one_file: bool = False) -> CodedPairs:
    """Return the pairs of both tables in one numbering, null ids and, in one file, a record with itself left out."""
    columns = [table[name] for table in (found, true) for name in ("left_id", "right_id")]
    ids, (found_left, found_right, true_left, true_right) = encoded(*columns)
    width = max(len(ids), 1)
    found_rows, found_pairs = _pairs(found_left, found_right, width, one_file)
    _, true_pairs = _pairs(true_left, true_right, width, one_file)
    distinct, first = np.unique(found_pairs, return_index=True)
    return CodedPairs(distinct, np.unique(true_pairs), found_rows[first], ids, width)


def _pairs(left: Integers, right: Integers, width: int, one_file: bool) -> tuple[Integers, Integers]:
    whole = (left >= 0) & (right >= 0)
    if one_file:
        whole &= left != right
        left, right = np.minimum(left, right), np.maximum(left, right)
    rows = np.flatnonzero(whole)
    return rows, left[rows] * width + right[rows]


def clusters_of_pairs(pairs: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """Return (`id`, `cluster_id`) of all `ids`: records joined by pairs (`left_id`, `right_id`), by any way round."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names, (all_ids, left, right) = encoded(ids, pairs["left_id"], pairs["right_id"])
    whole = (left >= 0) & (right >= 0)
    left, right = left[whole], right[whole]
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(names), len(names)))
    labels = connected_components(graph.tocsr(), directed=False)[1].astype(np.int64)
    wanted = np.unique(np.concatenate([all_ids[all_ids >= 0], left, right]))
    return pa.table({"id": names.take(pa.array(wanted)), "cluster_id": pa.array(labels[wanted])})


def encoded(*columns: pa.ChunkedArray) -> tuple[pa.Array, list[Integers]]:
    """Return the distinct values of text columns and each column as numbers of them, -1 for null."""
    chunks = [chunk.cast(pa.string()) for column in columns for chunk in column.chunks]
    whole = pa.chunked_array(chunks, pa.string()).combine_chunks()
    coded = whole.dictionary_encode() if isinstance(whole, pa.Array) else whole.combine_chunks().dictionary_encode()
    numbers = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    borders = np.cumsum([len(column) for column in columns])[:-1]
    return coded.dictionary, [np.asarray(part) for part in np.split(numbers, borders)]


def rows_by(names: npt.NDArray[np.object_]) -> dict[str, Integers]:
    """Return the rows of each name, names in order."""
    distinct, numbers = np.unique(names.astype(str), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    borders = np.searchsorted(numbers[order], np.arange(len(distinct) + 1))
    return {str(name): order[borders[at] : borders[at + 1]] for at, name in enumerate(distinct)}


def _numbers(column: pa.ChunkedArray) -> Integers:
    return encoded(column)[1][0]


def _sizes(labels: Integers) -> Integers:
    """Return, for each record, how many have its label."""
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.asarray(counts[inverse], np.int64)


def _scattered(places: Integers, values: Integers, ids: pa.Array) -> Integers:
    """Return the values by id, -1 for ids without one."""
    spread = np.full(len(ids), -1, np.int64)
    spread[places[places >= 0]] = values[places >= 0]
    return spread


def _no_repeat(places: Integers, ids: pa.Array, table: str) -> None:
    counts = np.bincount(places[places >= 0], minlength=len(ids))
    if (counts > 1).any():
        raise UnusableIds(table, "id", repeated=int((counts > 1).sum()))


def _groups_of_ids(groups: pa.Table, ids: pa.Array) -> npt.NDArray[np.object_]:
    known, (places, of_groups) = encoded(pa.chunked_array([ids]), groups["id"])
    return _group_names(groups, of_groups, known)[places]


def _group_names(groups: pa.Table, places: Integers, ids: pa.Array) -> npt.NDArray[np.object_]:
    names: npt.NDArray[np.object_] = np.full(len(ids), "—", dtype=object)
    texts = groups["group"].cast(pa.string()).combine_chunks().fill_null("—").to_numpy(zero_copy_only=False)
    names[places[places >= 0]] = texts[places >= 0]
    return names


def as_dict(evaluation: Evaluation) -> dict[str, object]:
    """Return an evaluation ready for JSON; shares that do not exist are null."""
    return {
        "pairs": measures_dict(evaluation.pairs),
        "b_cubed": vars(evaluation.b_cubed) | {"f1": evaluation.b_cubed.f1} if evaluation.b_cubed else None,
        "unknown_records": evaluation.unknown,
        "groups": {name: as_dict(one) for name, one in evaluation.groups.items()},
    }


def measures_dict(measures: Measures) -> dict[str, object]:
    """Return counts, shares and intervals by name."""
    intervals: Sequence[tuple[str, Interval | None]] = (
        ("precision_interval", measures.precision_interval), ("recall_interval", measures.recall_interval),
    )  # fmt: skip
    return {
        "correct": measures.correct, "found": measures.found, "true": measures.true,
        "precision": measures.precision, "recall": measures.recall, "f1": measures.f1,
        **{name: [one.low, one.high] if one else None for name, one in intervals},
    }  # fmt: skip

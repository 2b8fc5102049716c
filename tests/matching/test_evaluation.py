from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recordlinkage

from matching.evaluation import Measures, as_dict, clusters_of_pairs, evaluate_clusters, evaluate_pairs
from matching.threshold_curve import POINTS, cluster_curve, pair_curve
from schemas.errors import UnusableIds

FOUND = [("a", "1"), ("b", "1"), ("c", "2"), ("d", "2"), ("e", "2"), ("f", "3")]
TRUE = [("a", "x"), ("b", "x"), ("c", "x"), ("d", "y"), ("e", "y"), ("f", "z")]


def clusters(rows: Sequence[tuple[str, str]]) -> pa.Table:
    return pa.table({"id": [row[0] for row in rows], "cluster_id": [row[1] for row in rows]}).cast(
        pa.schema([("id", pa.string()), ("cluster_id", pa.string())])
    )


def pairs(*rows: tuple[str | None, str | None], probability: Sequence[float] = ()) -> pa.Table:
    table = pa.table(
        {
            "left_id": pa.array([row[0] for row in rows], pa.string()),
            "right_id": pa.array([row[1] for row in rows], pa.string()),
        }
    )
    return table.append_column("probability", pa.array(probability, pa.float64())) if probability else table


def groups(**named: str) -> pa.Table:
    return pa.table({"id": list(named), "group": list(named.values())})


def listed(rows: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return all pairs of ids of one cluster, the slow and plain way."""
    return {(a, b) for (a, one), (b, two) in combinations(sorted(rows), 2) if one == two}


def test_pairs_inside_clusters_and_b_cubed_by_hand() -> None:
    found = evaluate_clusters(clusters(FOUND), clusters(TRUE))
    assert found.pairs == Measures(correct=2, found=4, true=4)
    assert found.b_cubed is not None
    # a, b: 2/2; c: 1/3; d, e: 2/3; f: 1
    assert found.b_cubed.precision == pytest.approx((1 + 1 + 1 / 3 + 2 / 3 + 2 / 3 + 1) / 6)
    # a, b: 2/3; c: 1/3; d, e: 1; f: 1
    assert found.b_cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1 + 1) / 6)


def test_counted_pairs_are_those_that_recordlinkage_lists() -> None:
    generator = np.random.default_rng(7)
    names = [f"r{number}" for number in range(60)]
    found = [(name, str(generator.integers(25))) for name in names]
    true = [(name, str(generator.integers(25))) for name in names]
    counted = evaluate_clusters(clusters(found), clusters(true)).pairs
    links_true = pd.MultiIndex.from_tuples(sorted(listed(true)))
    links_found = pd.MultiIndex.from_tuples(sorted(listed(found)))
    assert counted.precision == pytest.approx(recordlinkage.precision(links_true, links_found))
    assert counted.recall == pytest.approx(recordlinkage.recall(links_true, links_found))
    assert counted.f1 == pytest.approx(recordlinkage.fscore(links_true, links_found))
    as_pairs = evaluate_pairs(pairs(*sorted(listed(found))), pairs(*sorted(listed(true))), one_file=True)
    assert as_pairs.pairs == counted


def test_a_true_record_that_was_not_found_is_alone_and_an_unknown_one_counts_for_nothing() -> None:
    found = evaluate_clusters(clusters([("a", "1"), ("b", "1"), ("stranger", "1")]), clusters(TRUE[:3]))
    assert found.pairs == Measures(correct=1, found=1, true=3)
    assert found.unknown == 1
    assert found.b_cubed is not None
    assert found.b_cubed.precision == 1.0


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(UnusableIds, match=r"result, column id: 1 "):
        evaluate_clusters(clusters([*FOUND, ("a", "9")]), clusters(TRUE))


def test_pairs_of_two_files_have_an_order_and_count_once() -> None:
    found = pairs(("a", "b"), ("a", "b"), ("b", "a"), ("c", None))
    true = pairs(("a", "b"), ("c", "d"))
    assert evaluate_pairs(found, true).pairs == Measures(correct=1, found=2, true=2)
    assert evaluate_pairs(found, true, one_file=True).pairs == Measures(correct=1, found=1, true=2)


def test_by_group_of_the_record_that_was_decided() -> None:
    found = evaluate_pairs(
        pairs(("1", "a"), ("2", "b"), ("9", "c")), pairs(("1", "a"), ("3", "b"), ("4", "d")),
        groups(a="tax", b="tax", c="health"),
    )  # fmt: skip
    assert {name: one.pairs for name, one in found.groups.items()} == {
        "health": Measures(0, 1, 0), "tax": Measures(1, 2, 2), "—": Measures(0, 0, 1),
    }  # fmt: skip


def test_by_group_of_clustered_records() -> None:
    found = evaluate_clusters(clusters(FOUND), clusters(TRUE), groups(a="x", b="x", c="x", d="y", e="y", f="y"))
    assert found.groups["x"].pairs == Measures(correct=2, found=4, true=6)
    assert found.groups["y"].pairs == Measures(correct=2, found=4, true=2)
    assert found.groups["y"].b_cubed is not None
    assert found.groups["y"].b_cubed.recall == 1.0


def test_nothing_found_and_nothing_true_have_no_share() -> None:
    nothing = evaluate_pairs(pairs(), pairs()).pairs
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.precision_interval) == (None, None, None, None)
    assert evaluate_clusters(clusters([]), clusters([])).pairs == Measures(0, 0, 0)
    assert as_dict(evaluate_clusters(clusters([]), clusters([])))["unknown_records"] == 0


def test_pairs_join_to_clusters_all_the_way_round() -> None:
    ids = pa.chunked_array([["a", "b", "c", "d"]])
    joined = clusters_of_pairs(pairs(("a", "b"), ("c", "b"), ("d", None)), ids)
    of = dict(zip(joined["id"].to_pylist(), joined["cluster_id"].to_pylist(), strict=True))
    assert of["a"] == of["b"] == of["c"] != of["d"]


def test_clusters_of_a_million_records_are_counted_not_listed() -> None:
    ids = pa.array(np.arange(1_000_000)).cast(pa.string())
    same = pa.table({"id": ids, "cluster_id": pa.array(np.zeros(1_000_000, np.int64)).cast(pa.string())})
    assert evaluate_clusters(same, same).pairs.true == 1_000_000 * 999_999 // 2


def test_the_curve_of_pairs_and_its_best_point() -> None:
    found = pairs(("a", "1"), ("b", "2"), ("c", "9"), ("d", "4"), ("d", "4"), probability=(0.99, 0.7, 0.6, 0.3, 0.2))
    curve = pair_curve(found, pairs(("a", "1"), ("b", "2"), ("d", "4")))
    assert [point.threshold for point in curve.points] == list(POINTS)
    at = {point.threshold: point.measures for point in curve.points}
    assert at[0.01] == Measures(3, 4, 3)
    assert at[0.5] == Measures(2, 3, 3)
    assert at[0.7] == Measures(2, 2, 3)
    assert at[0.99] == Measures(1, 1, 3)
    assert at[0.999] == Measures(0, 0, 3)
    assert curve.best is not None
    assert (curve.best.threshold, curve.best.measures) == (0.3, Measures(3, 4, 3))


def test_the_curve_of_pairs_joined_to_clusters() -> None:
    found = pairs(("a", "b"), ("b", "c"), ("c", "d"), probability=(0.9, 0.8, 0.4))
    curve = cluster_curve(found, clusters([("a", "x"), ("b", "x"), ("c", "x"), ("d", "y")]))
    at = {point.threshold: point.measures for point in curve.points}
    assert at[0.4] == Measures(3, 6, 3)
    assert at[0.8] == Measures(3, 3, 3)
    assert at[0.9] == Measures(1, 1, 3)
    assert curve.best is not None
    assert curve.best.threshold == 0.8


def test_no_pair_has_no_best_point() -> None:
    none = pairs(("a", "1"), probability=(0.5,)).slice(0, 0)
    assert pair_curve(none, pairs(("a", "1"))).best is None

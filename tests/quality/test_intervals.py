"""Intervals against published figures and their own laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.intervals import stratified, wilson
from quality.linkage_quality import Stratum, allotted, precision, recall


@pytest.mark.parametrize(
    ("right", "sample", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (29, 29, 0.8830, 1.0)],
)
def test_wilson_as_newcombe_prints_it(right: int, sample: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3."""
    found = wilson(right, sample)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.0002)


def test_nothing_sampled_is_nothing_known() -> None:
    assert wilson(0, 0) is None
    assert stratified([(100, 0, 0)]) is None
    assert precision([Stratum("person", "link", "x", 10)]) is None
    assert recall([Stratum("person", "link", "x", 10, same=3)]) is None


@given(st.integers(0, 400), st.integers(1, 400))
def test_an_interval_holds_its_share(right: int, sample: int) -> None:
    found = wilson(min(right, sample), sample)
    assert found is not None
    assert 0.0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1.0


def test_strata_count_by_their_size() -> None:
    found = stratified([(900, 10, 10), (100, 0, 10)])
    assert found is not None
    assert found.value == pytest.approx(0.9)
    assert found.low < 0.9 < found.high


def test_recall_is_what_links_have_of_all_that_is_the_same() -> None:
    groups = [Stratum("person", "link", "a", 900, same=50), Stratum("person", "review", "b", 100, same=5, different=5)]
    found = recall(groups)
    assert found is not None
    assert found.value == pytest.approx(900 / 950)
    assert found.low < found.value < found.high


def test_rare_evidence_gets_its_floor() -> None:
    groups = [Stratum("person", "link", "common", 100_000), Stratum("person", "review", "rare", 12)]
    drawn = allotted(groups, 100)
    assert drawn["person/review/rare"] >= 10
    assert drawn["person/link/common"] >= 85
    assert allotted([Stratum("person", "link", "few", 3)], 100) == {"person/link/few": 3}

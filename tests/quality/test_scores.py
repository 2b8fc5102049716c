"""Scores by hand-computed examples: dimensions, the dataset, caps, and when there is no grade."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.scores import RuleResult, dataset_score, dimension_score, grade_of, merged, score
from schemas.quality import DIMENSIONS, Grading

GRADING = Grading(grades=(("A", 99.0), ("B", 90.0), ("C", 0.0)), cap="B")


def result(**facts: Any) -> RuleResult:
    given_facts: dict[str, Any] = {
        "rule": "person.name.filled", "department": "tax", "dimension": "accuracy", "severity": "major",
        "tolerance": 0.01, "tested": 1000, "failed": 0,
    }  # fmt: skip
    return RuleResult(**{**given_facts, **facts})


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"failed": 0}, "passed"),
        ({"failed": 10}, "passed"),  # exactly the tolerance
        ({"failed": 11}, "failed"),
        ({"tested": 0}, "not_tested"),
        ({"tested": 0, "error": "EngineError"}, "error"),
        ({"failed": 1000, "error": "EngineError"}, "error"),  # a fault of the rule is never bad data
        ({"tolerance": 0.0, "failed": 1}, "failed"),
    ],
)
def test_states_are_four_and_never_mixed(facts: dict[str, Any], state: str) -> None:
    assert result(**facts).state == state


def test_a_dimension_weighs_rules_by_severity() -> None:
    rules = [result(severity="critical", failed=100), result(severity="minor", failed=0)]
    assert dimension_score(rules, GRADING) == pytest.approx((5 * 0.9 + 1 * 1.0) / 6)
    assert dimension_score([result(tested=0)], GRADING) is None


def test_the_dataset_is_geometric_over_what_was_tested() -> None:
    dimensions = dict.fromkeys(DIMENSIONS, None) | {"accuracy": 0.5, "completeness": 1.0}
    weights = GRADING.dimension_weights
    share = weights["accuracy"] / (weights["accuracy"] + weights["completeness"])
    assert dataset_score(dimensions, GRADING) == pytest.approx(100 * 0.5**share)
    assert dataset_score(dict.fromkeys(DIMENSIONS, None), GRADING) is None
    assert dataset_score(dimensions | {"accuracy": 0.0}, GRADING) == 0.0


@given(st.lists(st.floats(0.01, 1.0), min_size=6, max_size=6))
def test_a_bad_dimension_cannot_hide(values: list[float]) -> None:
    dimensions = dict(zip(DIMENSIONS, values, strict=True))
    q = dataset_score(dimensions, GRADING)
    assert q is not None
    total = sum(GRADING.dimension_weights.values())
    arithmetic = 100 * math.fsum(GRADING.dimension_weights[name] / total * dimensions[name] for name in DIMENSIONS)
    assert q <= arithmetic + 1e-9
    assert 100 * min(values) - 1e-9 <= q <= 100 * max(values) + 1e-9


def test_a_score_is_graded_as_it_is_printed() -> None:
    assert grade_of(98.996, GRADING) == "A"
    assert grade_of(98.99, GRADING) == "B"


def test_a_critical_rule_beyond_tolerance_caps_the_grade() -> None:
    rules = [result(severity="critical", failed=20), *[result(rule=f"r{number}") for number in range(60)]]
    capped = score(rules, GRADING)
    assert (capped.grade, capped.q and capped.q > 99) == ("B", True)
    assert "person.name.filled" in capped.reasons[0]
    assert score([replace(rules[0], waived=True), *rules[1:]], GRADING).grade == "A"
    assert score([replace(rules[0], tested=3, failed=1, least=30), *rules[1:]], GRADING).grade == "A"


def test_a_doubt_takes_the_grade_and_leaves_the_figures() -> None:
    doubted = score([result()], GRADING, ["rows unexplained: 1"])
    assert doubted.grade == ""
    assert doubted.q == 100.0
    assert doubted.reasons == ("rows unexplained: 1",)
    assert score([result(tested=0)], GRADING).grade == ""


def test_coverage_counts_rules_that_answered() -> None:
    told = score([result(rule="a"), result(rule="b", tested=0), result(rule="c", error="x", tested=0)], GRADING)
    assert told.coverage == pytest.approx(1 / 3, abs=1e-6)
    assert (told.passed, told.failed, told.not_tested, told.errors) == (1, 0, 1, 1)


def test_results_of_one_rule_are_added_up() -> None:
    [one] = merged([result(tested=10, failed=1), result(tested=30, failed=2, error="x")])
    assert (one.tested, one.failed, one.error) == (40, 3, "x")

"""From counts to grades: a rule's p, a dimension's D, a dataset's Q, and why there may be no grade at all.

p = 1 − failed / tested. D = Σ w·p / Σ w over the tested rules of a dimension, w by severity. Q = 100 · ∏ D^W over the
dimensions tested, their W brought to sum 1: geometric, so that a bad dimension cannot hide behind good ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.quality import DIMENSIONS, Grading
from schemas.standard import Dimension, Severity

State = Literal["passed", "failed", "not_tested", "error"]


@dataclass(frozen=True)
class RuleResult:
    """One rule's counts in one department. `error` is why it could not answer; `waived` that it need not hold now."""

    rule: str
    department: str
    dimension: Dimension
    severity: Severity
    tolerance: float
    tested: int
    failed: int
    least: int = 1
    error: str = ""
    waived: bool = False

    @property
    def state(self) -> State:
        """Passed and failed are about the data; `not_tested` and `error` are about neither."""
        if self.error:
            return "error"
        if not self.tested:
            return "not_tested"
        # Compared as counts: 1 of 100 is within a tolerance of 1 %, whatever a division makes of it.
        return "failed" if self.failed > self.tolerance * self.tested + 1e-9 else "passed"

    @property
    def p(self) -> float | None:
        """The share of those tested that holds; None where nothing was tested."""
        return 1.0 - self.failed / self.tested if self.tested and not self.error else None


@dataclass(frozen=True)
class Score:
    """A department's (or the city's) scores. `dimensions` are D from 0 to 1, None where nothing was tested.

    `coverage` is the share of rules that answered. `grade` is empty when there is none, and `reasons` say why, or why
    it was capped.
    """

    dimensions: Mapping[Dimension, float | None]
    q: float | None
    grade: str
    reasons: tuple[str, ...]
    coverage: float
    passed: int
    failed: int
    not_tested: int
    errors: int


def merged(results: Iterable[RuleResult]) -> list[RuleResult]:
    """Return one result a rule and department, counts summed over tables and statements, in order of first sight."""
    found: dict[tuple[str, str], RuleResult] = {}
    for one in results:
        place = (one.department, one.rule)
        before = found.get(place)
        if before is None:
            found[place] = one
            continue
        found[place] = RuleResult(
            one.rule, one.department, one.dimension, one.severity, one.tolerance,
            before.tested + one.tested, before.failed + one.failed, before.least,
            before.error or one.error, before.waived or one.waived,
        )  # fmt: skip
    return list(found.values())


def dimension_score(results: Sequence[RuleResult], grading: Grading) -> float | None:
    """Return D of the rules of one dimension, 0 to 1; None when none was tested."""
    weighed = [(grading.severity_weights[one.severity], one.p) for one in results]
    tested = [(weight, p) for weight, p in weighed if p is not None]
    total = math.fsum(weight for weight, _ in tested)
    return math.fsum(weight * p for weight, p in tested) / total if tested else None


def dataset_score(dimensions: Mapping[Dimension, float | None], grading: Grading) -> float | None:
    """Return Q from 0 to 100; None when no dimension was tested."""
    tested = {name: value for name, value in dimensions.items() if value is not None}
    if not tested:
        return None
    if not all(tested.values()):
        return 0.0
    total = math.fsum(grading.dimension_weights[name] for name in tested)
    return 100.0 * math.exp(
        math.fsum(grading.dimension_weights[name] / total * math.log(value) for name, value in tested.items() if value)
    )


def grade_of(q: float, grading: Grading) -> str:
    """Return the letter of a score. It is judged as it is printed: to two digits."""
    return next(letter for letter, least in grading.grades if round(q, 2) >= least)


def score(results: Sequence[RuleResult], grading: Grading, doubts: Sequence[str] = ()) -> Score:
    """Return the score of one department or of the city from one result a rule.

    `doubts` say why no grade may be given (rows unexplained, a broken chain); they leave the figures and take the
    grade.
    """
    by_dimension = {name: [one for one in results if one.dimension == name] for name in DIMENSIONS}
    dimensions = {name: dimension_score(group, grading) for name, group in by_dimension.items()}
    q = dataset_score(dimensions, grading)
    states = [one.state for one in results]
    answered = sum(state in ("passed", "failed") for state in states)
    grade, reasons = _graded(q, results, grading, doubts)
    return Score(
        dimensions={name: None if value is None else round(value, 6) for name, value in dimensions.items()},
        q=None if q is None else round(q, 4),
        grade=grade,
        reasons=reasons,
        coverage=round(answered / len(states), 6) if states else 0.0,
        passed=states.count("passed"),
        failed=states.count("failed"),
        not_tested=states.count("not_tested"),
        errors=states.count("error"),
    )


def _graded(
    q: float | None, results: Sequence[RuleResult], grading: Grading, doubts: Sequence[str]
) -> tuple[str, tuple[str, ...]]:
    if doubts or q is None:
        return "", tuple(doubts) or ("没有可测的规则 no rule could be tested",)
    grade = grade_of(q, grading)
    beyond = sorted(
        {
            one.rule
            for one in results
            if one.severity == "critical" and one.state == "failed" and one.tested >= one.least and not one.waived
        }
    )
    letters = [letter for letter, _ in grading.grades]
    if beyond and letters.index(grade) < letters.index(grading.cap):
        return grading.cap, tuple(f"关键规则超出容忍度 critical rule beyond tolerance: {rule}" for rule in beyond)
    return grade, ()

"""The gate: may a batch enter? Measures, answers and rules in; a verdict with its reasons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from quality.evidence import Answers, Measures, measure
from quality.rule import Rule
from quality.suite import Outcome, run_suite
from schemas.contract import TableContract


@dataclass(frozen=True)
class Failure:
    """A rule that did not hold, in counts: `failed` of `tested`, where `tolerance` (a share) was allowed."""

    rule: str
    subject: str
    severity: str
    dimension: str
    zh: str
    en: str
    tested: int
    failed: int
    share: float
    tolerance: float


@dataclass(frozen=True)
class RuleError:
    """A rule that could not be run: a fault of the rule, never of the data."""

    rule: str
    subject: str
    detail: str


@dataclass(frozen=True)
class GateResult:
    """The verdict on one batch. `passed` is false when a critical rule failed, or when a rule could not be run.

    `critical` holds the batch, `warnings` are told and let it pass. `tested` and `not_tested` count rules.
    """

    passed: bool
    critical: tuple[Failure, ...]
    warnings: tuple[Failure, ...]
    rule_errors: tuple[RuleError, ...]
    tested: int
    not_tested: int

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as plain dictionaries and lists, ready for JSON; it holds counts and no value."""
        return asdict(self)


def gate(
    table: TableContract, rules: Sequence[Rule], answers: Mapping[str, Answers], measures: Measures
) -> GateResult:
    """Judge one batch by its rules; `answers` are the columns of the row rules (`Rule.answer_column`).

    A rule with nothing to test, or with fewer tested than it asks for, is not tested.
    """
    columns: dict[str, Answers] = {}
    shares: dict[str, float] = {}
    asked: list[Rule] = []
    tested = {name: int(np.count_nonzero(~np.isnan(column))) for name, column in answers.items()}
    for rule in rules:
        if rule.scope == "table":
            found = measure(rule, measures, table)
            if found is not None:
                shares[rule.column] = found
                columns[rule.column] = np.array([found <= rule.tolerance], np.float32)
                asked.append(rule)
        elif tested[rule.answer_column] >= max(rule.least, 1):
            columns[rule.answer_column] = answers[rule.answer_column]
            asked.append(rule)
    outcomes = run_suite([_exact(rule) for rule in asked], columns)
    return _result(asked, outcomes, shares, len(rules) - len(asked))


def _exact(rule: Rule) -> Rule:
    """A table rule's tolerance is already in its one answer."""
    return rule if rule.scope == "row" else replace(rule, tolerance=0.0)


def _result(
    rules: Sequence[Rule], outcomes: Sequence[Outcome], shares: dict[str, float], not_tested: int
) -> GateResult:
    errors = [RuleError(one.rule.code, one.rule.subject, one.error) for one in outcomes if one.error]
    failures = [
        _failure(rule, one, shares.get(rule.column))
        for rule, one in zip(rules, outcomes, strict=True)
        if not one.error and not one.held
    ]
    critical = tuple(one for one in failures if one.severity == "critical")
    return GateResult(
        passed=not critical and not errors,
        critical=critical,
        warnings=tuple(one for one in failures if one.severity != "critical"),
        rule_errors=tuple(errors),
        tested=len(rules),
        not_tested=not_tested,
    )


def _failure(rule: Rule, one: Outcome, share: float | None) -> Failure:
    found = share if share is not None else one.failed / one.tested
    return Failure(
        rule=rule.code,
        subject=rule.subject,
        severity=rule.severity,
        dimension=rule.dimension.value,
        zh=rule.sentence.zh,
        en=rule.sentence.en,
        tested=one.tested,
        failed=one.failed,
        share=round(found, 6),
        tolerance=rule.tolerance,
    )

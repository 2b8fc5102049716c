"""Great Expectations, and nothing else: runs named checks on frames of answers and returns counts, never values.

The only file that imports great_expectations; it costs seconds, so it is imported when the first batch is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.rule import Rule

Answers = npt.NDArray[np.float32]

SMALL_ROWS = 65_536
# A context and its sources cost more than judging a small batch. They hold the frame judged last, so they are kept for
# small frames only, and for one thread: two frames at once would be one batch to them.
_KEPT: ContextVar[dict[str, Any] | None] = ContextVar("great_expectations", default=None)


@dataclass(frozen=True)
class Outcome:
    """What one expectation said: `tested` and `failed` counts, `held` (its verdict), or the `error` it raised."""

    rule: Rule
    held: bool
    tested: int
    failed: int
    error: str = ""


def run_suite(rules: Sequence[Rule], answers: Mapping[str, Answers]) -> tuple[Outcome, ...]:
    """Return one outcome a rule, in order. `answers` holds their columns: 1 holds, 0 fails, NaN not tested.

    Row rules share one frame and table rules another, each one batch of an ephemeral context; shorter columns are
    filled up with "not tested". `answers` are by `Rule.answer_column`. An expectation that raised comes back with its
    error and is no verdict on the data.
    """
    if not rules:
        return ()
    # What is no number was no answer: a fault of the rule that yielded it.
    outcomes = {
        rule.column: Outcome(rule, False, 0, 0, f"answers of type {answers[rule.answer_column].dtype}")
        for rule in rules
        if answers[rule.answer_column].dtype.kind != "f"
    }
    sources = _sources(max(map(len, answers.values()), default=0))
    for scope in ("table", "row"):
        group = [rule for rule in rules if rule.scope == scope and rule.column not in outcomes]
        if group:
            outcomes |= _frame(sources[scope], scope, group, answers)
    return tuple(outcomes[rule.column] for rule in rules)


def _sources(rows: int) -> Mapping[str, Any]:
    """Return the definition of the batch of either scope, for frames of so many rows."""
    kept = _KEPT.get()
    if kept is not None and rows <= SMALL_ROWS:
        return kept
    context = _context()
    sources = {}
    for scope in ("table", "row"):
        asset = context.data_sources.add_pandas(scope).add_dataframe_asset(scope)
        sources[scope] = asset.add_batch_definition_whole_dataframe(scope)
    if rows <= SMALL_ROWS:
        _KEPT.set(sources)
    return sources


def _context() -> Any:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)  # nothing leaves a closed network
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _frame(source: Any, name: str, rules: Sequence[Rule], answers: Mapping[str, Answers]) -> dict[str, Outcome]:
    import great_expectations as gx
    import pandas as pd

    names = dict.fromkeys(rule.answer_column for rule in rules)
    longest = max(len(answers[column]) for column in names)
    data = pd.DataFrame({column: _filled(answers[column], longest) for column in names}, copy=False)
    # All at once: one that is added is compared with each that is there. Two tolerances of a column share its metrics.
    suite = gx.ExpectationSuite(name=name, expectations=[_expectation(rule) for rule in rules])
    batch = source.get_batch(batch_parameters={"dataframe": data})
    # The verdict only: samples of failing values are neither wanted nor cheap, and counting answers is ours to do.
    result = batch.validate(suite, result_format="BOOLEAN_ONLY")
    said = {one.expectation_config.meta["rule"]: one for one in result.results}
    return {rule.column: _outcome(rule, said[rule.column], answers[rule.answer_column]) for rule in rules}


def _filled(answers: Answers, length: int) -> Answers:
    filled = np.full(length, np.nan, answers.dtype)
    filled[: len(answers)] = answers
    return filled


def _expectation(rule: Rule) -> Any:
    import great_expectations as gx

    # A set of one is looked up in the whole column at once; bounds would be compared value by value in Python.
    return gx.expectations.ExpectColumnValuesToBeInSet(
        column=rule.answer_column,
        value_set=[1.0],
        mostly=max(1.0 - rule.tolerance, 0.0),
        severity=_SEVERITIES[rule.severity],
        meta={"rule": rule.column},
    )


_SEVERITIES: Mapping[str, Any] = {"critical": "critical", "major": "warning", "minor": "info"}


def _outcome(rule: Rule, said: Any, answers: Answers) -> Outcome:
    if error := _error(said.exception_info or {}):
        return Outcome(rule, False, 0, 0, error)
    tested = int(np.count_nonzero(~np.isnan(answers)))
    return Outcome(rule, bool(said.success), tested, int(np.count_nonzero(answers == 0)))


def _error(info: Mapping[str, Any]) -> str:
    """Return the kind of exception that stopped an expectation, "" for none; its text might quote a value."""
    raised = [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, Mapping)]
    for one in raised:
        if one.get("raised_exception"):
            return str(one.get("exception_message") or "").split(":")[0].split("(")[0][:80] or "exception"
    return ""

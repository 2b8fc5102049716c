"""What a report must agree with: its own counts. Scores are made again from them, and every equation is added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from quality.scores import RuleResult, Score, merged, score
from schemas.quality import Grading

Body = Mapping[str, Any]
_ROW_PARTS = ("standardised", "rejected", "identical", "superseded", "deleted")
_STATEMENT_PARTS = ("accepted", "quarantined", "held")


def as_scores(one: Score, target: float) -> dict[str, Any]:
    """Return a score as plain values, as a body holds it."""
    return {**one.__dict__, "dimensions": dict(one.dimensions), "reasons": list(one.reasons), "target": target}


def grading_told(grading: Grading) -> dict[str, Any]:
    """Return the weights and limits that made the grades, to stand beside them."""
    return {
        "version": grading.version,
        "severity": dict(grading.severity_weights),
        "dimensions": dict(grading.dimension_weights),
        "grades": [[letter, least] for letter, least in grading.grades],
        "cap": grading.cap,
        "deadlines": dict(grading.deadlines),
        "period": grading.period,
    }


def grading_of(told: Mapping[str, Any]) -> Grading:
    """Return the grading that a body tells."""
    return Grading(
        version=told["version"],
        severity_weights=told["severity"],
        dimension_weights=told["dimensions"],
        grades=tuple((letter, least) for letter, least in told["grades"]),
        cap=told["cap"],
    )


def scored(body: Body) -> dict[str, Any]:
    """Return the scores of a body made again from its counts: departments and "city"."""
    grading = grading_of(body["grading"])
    results = {name: _results(name, body) for name in body["departments"]}
    together = merged(replace(one, department="") for own in results.values() for one in own)
    groups = {**{name: merged(own) for name, own in results.items()}, "city": together}
    return {
        name: as_scores(score(own, grading, body["doubts"]), body["scores"][name]["target"])
        for name, own in groups.items()
    }


def _results(name: str, body: Body) -> list[RuleResult]:
    waived = {one["rule"] for one in body["waivers"] if one["in_force"] and one["department"] == name}
    return [
        RuleResult(
            rule, name, body["rules"][rule]["dimension"], body["rules"][rule]["severity"], tolerance, tested, failed,
            body["rules"][rule]["least"], error, rule in waived,
        )
        for rule, _, tested, failed, tolerance, error in body["departments"][name]["results"]
    ]  # fmt: skip


def body_faults(body: Body) -> list[str]:
    """Return what in a body contradicts itself, in words: scores that do not follow from the counts, sums that do not
    add up though the report says that nothing is unexplained."""
    again = scored(body)
    faults = [
        f"{name} 的得分与计数不符 the score of {name} does not follow from its counts"
        for name, told in body["scores"].items()
        if again.get(name) != told
    ]
    flow = body["flow"]
    off = abs(flow["rows"]["extracted"] - sum(flow["rows"][part] for part in _ROW_PARTS))
    off += abs(flow["statements"]["emitted"] - sum(flow["statements"][part] for part in _STATEMENT_PARTS))
    decided = sum(count for name, count in flow["records"].items() if name != "standing")
    off += abs(flow["records"]["standing"] - decided)
    off += abs(flow["records"].get("link", 0) - sum(one["records"] for one in flow["golden"].values()))
    if off and not flow["unexplained"]:
        faults.append(f"账不平 the flow does not balance: {off}")
    return faults

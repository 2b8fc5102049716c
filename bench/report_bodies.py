"""Made-up bodies of reports: departments, rules and periods as many as a test wants, with counts that add up."""

from __future__ import annotations

from typing import Any

from quality.report.proof import grading_told, scored
from schemas.quality import DIMENSIONS, Grading

GRADING = Grading(version="t-1")
SEVERITIES = ("critical", "major", "minor")
Body = dict[str, Any]


def body(version: int = 1, period: str = "2026-06", departments: int = 3, rules: int = 12, worse: int = 0) -> Body:
    """Return one report; `worse` adds failing rows to every rule of the first department."""
    made: Body = {
        "format": 1, "city": {"name": "demo", "label": "示范市"}, "version": version, "as_of": f"{period}-28",
        "period": period, "grading": grading_told(GRADING), "standard": "1.1", "doubts": [],
        "rules": dict(rule(number) for number in range(rules)),
        "departments": {
            f"d{number}": department(number, rules, 0 if number else worse) for number in range(departments)
        },
        "flow": flow(departments), "linkage": {"person": linkage(departments)}, "trace": None, "waivers": [],
        "runs": {"stages_seen": 0, "batches": departments, "after_version": version - 1},
    }  # fmt: skip
    made["scores"] = {name: {"target": 99.0} for name in (*made["departments"], "city")}
    made["scores"] = scored(made)
    return made


def rule(number: int) -> tuple[str, dict[str, Any]]:
    name = f"person.field_{number}.filled"
    return name, {
        "zh": f"第{number}项应填写", "en": f"field {number} is filled", "why_zh": "空值无法使用", "why_en": "no use",
        "dimension": DIMENSIONS[number % len(DIMENSIONS)], "severity": SEVERITIES[number % 3], "least": 30,
        "basis": "GB/T 36344-2018",
    }  # fmt: skip


def department(number: int, rules: int, worse: int = 0) -> dict[str, Any]:
    results, by_rule, examples = [], {}, {}
    for place in range(rules):
        name, failed = rule(place)[0], (number * 7 + place * 3) % 11 + worse
        results.append([name, "T", 1000, failed, 0.005, ""])
        if failed:
            by_rule[name] = {
                "severity": SEVERITIES[place % 3], "open": failed, "new": 1, "persisting": failed - 1, "returned": 0,
                "mended": 0, "overdue": failed // 4, "soon": 1, "waived": 0, "due": "2026-07-03",
            }  # fmt: skip
            example = {"source_table": "T", "column": "XM", "reason": "sentinel", "masked": "张*", "change": "new"}
            examples[name] = [{**example, "due": "2026-07-03"}]
    totals = ("open", "new", "persisting", "returned", "mended", "overdue", "soon", "waived")
    return {
        "label": f"第{number}局", "owner": "信息中心", "rows": {"T": 1000}, "shares": {}, "results": results,
        "problems": {
            "lake": 0, "by_rule": by_rule, "examples": examples,
            **{name: sum(one[name] for one in by_rule.values()) for name in totals},
        },
        "gate": {"batches": 1, "warnings": 0, "held": 0},
    }  # fmt: skip


def flow(departments: int) -> dict[str, Any]:
    rows = {"extracted": 1010, "standardised": 1000, "rejected": 1, "identical": 2, "superseded": 3, "deleted": 4}
    statements = {"emitted": 2000, "accepted": 1990, "quarantined": 6, "held": 4}
    return {
        "rows": {name: count * departments for name, count in rows.items()} | {"unexplained": 0},
        "statements": {name: count * departments for name, count in statements.items()} | {"unexplained": 0},
        "records": {"standing": 100, "insufficient": 7, "link": 90, "review": 3},
        "golden": {"person": {"entities": 40, "records": 90, "anchored": 38}}, "gaps": {}, "unexplained": 0,
        "departments": {f"d{number}": {"rows": rows, "statements": statements} for number in range(departments)},
    }  # fmt: skip


def linkage(departments: int) -> dict[str, Any]:
    def stratum(decision: str, evidence: str, size: int, same: int, different: int) -> dict[str, Any]:
        return {
            "entity": "person", "decision": decision, "evidence": evidence, "size": size, "same": same,
            "different": different, "unsure": 0,
        }  # fmt: skip

    return {
        "strata": [
            stratum("link", "deterministic/anchored_identifier", 80, 30, 0),
            stratum("link", "probabilistic/something_new", 10, 9, 1),
            stratum("review", "deterministic/anchored_identifier", 3, 1, 2),
            stratum("insufficient", "deterministic/none", 7, 0, 0),
        ],
        "departments": {f"d{number}": {"link": 30, "review": 1} for number in range(departments)},
        "changes": {"ADDED": 40, "MERGED": 1}, "reversals": 2, "judged": {"d0": {"same": 9, "different": 1}},
        "samples": [
            {
                "sample": "person-v1-1", "judge": "王某", "judged": 43, "drawn": 50, "recorded_at": "2026-06-30",
                "entry": 1,
            }
        ],
    }  # fmt: skip


PROOF = {
    "seq": 3,
    "hash": "a" * 64,
    "body_sha256": "b" * 64,
    "recorded_at": "2026-06-30T00:00:00+00:00",
    "key": "0" * 16,
}

"""The body of a report: everything it says, as plain values without a person's data, ready for the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from pipeline.assess import DepartmentAssessment, assess_department
from pipeline.flow import batches_between, flow
from pipeline.hub import Hub
from pipeline.linkage_facts import decisions, feed_counts, reversals, strata
from pipeline.linkage_samples import JUDGED, judged_links, judged_strata, samples_told
from pipeline.person_trace import example_trace
from pipeline.problem_book import keep_problems, problems_of, summary_of, with_waivers
from pipeline.progress import progress
from quality.linkage_quality import Stratum
from quality.report.period import period_of
from quality.report.proof import as_scores, grading_told
from quality.rule import Rule
from quality.scores import RuleResult, merged, score
from quality.table_rules import SourceFacts, TableFacts, source_answers, table_answers
from schemas.contract import Contract
from schemas.evidence import EvidenceEntry
from schemas.quality import Waiver
from warehouse.batch import Batch
from warehouse.versions import Version

FORMAT = 1
Body = dict[str, Any]


def report_body(hub: Hub, version: Version, before: Sequence[EvidenceEntry], chain_faults: Sequence[str]) -> Body:
    """Return the report on a published version. `before` are the reports in the ledger, `chain_faults` what is wrong
    with the chain: with any, or with an unexplained row, there is no grade."""
    day, grading = version.as_of, hub.city.quality.grading
    earlier = [one for one in before if int(one.subject) < version.number]
    last = earlier[-1].content if earlier else None
    after = int(last["version"]) if last else 0
    batches = batches_between(hub, after, version.number)
    decided = {one.name: decisions(hub, one) for one in hub.city.standard.parties}
    flowed = flow(hub, version, batches, decided)
    waivers = [one for one in hub.city.quality.waivers if one.is_in_force(day)]
    departments, results, rules = _departments(hub, version, batches, last, waivers)
    doubts = _doubts(flowed, chain_faults)
    scores = {
        name: as_scores(score(merged(own), grading, doubts), grading.target_of(name)) for name, own in results.items()
    }
    together = [replace(one, department="") for own in results.values() for one in own]
    scores["city"] = as_scores(score(merged(together), grading, doubts), grading.target)
    return {
        "format": FORMAT,
        "city": {"name": hub.city.name, "label": hub.city.label},
        "version": version.number,
        "as_of": day.isoformat(),
        "period": period_of(day, grading.period),
        "grading": grading_told(grading),
        "standard": hub.city.standard.version,
        "rules": rules,
        "departments": departments,
        "scores": scores,
        "doubts": list(doubts),
        "flow": flowed,
        "linkage": _linkage(hub, after, version.number, decided),
        "trace": example_trace(hub),
        "waivers": [_waiver(one, day) for one in hub.city.quality.waivers],
        "runs": {"stages_seen": len(hub.ledger.stages()), "batches": len(batches), "after_version": after},
    }


def _doubts(flowed: Mapping[str, Any], chain_faults: Sequence[str]) -> list[str]:
    doubts = []
    if flowed["unexplained"]:
        doubts.append(f"有 {flowed['unexplained']} 行去向不明 rows unexplained: {flowed['unexplained']}")
    if chain_faults:
        doubts.append(f"证据链断裂 the chain of evidence is broken: {chain_faults[0]}")
    return doubts


def _departments(
    hub: Hub, version: Version, batches: Sequence[Batch], last: Body | None, waivers: list[Waiver]
) -> tuple[dict[str, Any], dict[str, list[RuleResult]], dict[str, Any]]:
    told: dict[str, Any] = {}
    results: dict[str, list[RuleResult]] = {}
    rules: dict[str, Any] = {}
    with progress("report", len(hub.city.contracts)) as bar:
        for name, contract in hub.city.contracts.items():
            assessed = assess_department(hub, contract, version.as_of)
            before = (last or {}).get("departments", {}).get(name, {})
            facts = _TableFacts(hub, contract, version, [one for one in batches if one.department == name], before)
            answers = [(one.table, one.answered) for one in assessed.answers]
            answers += [("", one) for one in source_answers(contract, facts.source(last), hub.city.quality)]
            for table in contract.tables:
                told_table = table_answers(contract, table, facts.table(table.name, assessed), hub.city.quality)
                answers += [(table.name, one) for one in told_table]
            waived = {one.rule for one in waivers if one.department == name}
            results[name] = [_result(name, one.rule, one.tested, one.failed, one.error, waived) for _, one in answers]
            for _, one in answers:
                rules.setdefault(one.rule.id, _rule(one.rule))
            found = with_waivers(assessed.found, name, waivers)
            at = keep_problems(hub, name, found, version.number, version.as_of, before.get("problems", {}).get("lake"))
            told[name] = {
                "label": contract.label,
                "owner": contract.owner,
                "rows": dict(assessed.rows),
                "refused": dict(assessed.refused),
                "shares": {key: dict(counts) for key, counts in assessed.shares.items()},
                "results": [
                    [one.rule.id, table, one.tested, one.failed, one.rule.tolerance, one.error]
                    for table, one in _summed(answers)
                ],
                "problems": {
                    "lake": at,
                    **summary_of(hub, problems_of(hub, name, at), version.number, version.as_of),
                },
                "gate": facts.gate(),
            }
            bar.advance()
    return told, results, dict(sorted(rules.items()))


def _summed(answers: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Return one answer a rule and table: statements of one table that ask the same are added up."""
    found: dict[tuple[str, str], Any] = {}
    for table, one in answers:
        standing = found.get((table, one.rule.id))
        if standing is not None:
            one = replace(
                standing, tested=standing.tested + one.tested, failed=standing.failed + one.failed,
                error=standing.error or one.error,
            )  # fmt: skip
        found[(table, one.rule.id)] = one
    return [(table, one) for (table, _), one in found.items()]


def _result(department: str, rule: Rule, tested: int, failed: int, error: str, waived: set[str]) -> RuleResult:
    return RuleResult(
        rule.id, department, rule.dimension.word, rule.severity, rule.tolerance, tested, failed, rule.least, error,
        rule.id in waived,
    )  # fmt: skip


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "zh": rule.sentence.zh, "en": rule.sentence.en, "why_zh": rule.purpose.zh, "why_en": rule.purpose.en,
        "dimension": rule.dimension.word, "severity": rule.severity, "basis": rule.basis, "least": rule.least,
    }  # fmt: skip


class _TableFacts:
    """What the ledger knows of one department's tables since the last report."""

    def __init__(self, hub: Hub, contract: Contract, version: Version, batches: list[Batch], before: Body) -> None:
        self.hub, self.contract, self.version, self.batches, self.before = hub, contract, version, batches, before

    def source(self, last: Body | None) -> SourceFacts:
        seen = int(last["runs"]["stages_seen"]) if last else 0
        landings = [
            one
            for one in self.hub.ledger.stages()[seen:]
            if one.department == self.contract.department and one.stage == "land"
        ]
        held = self.hub.ledger.batches("held", self.contract.department)
        return SourceFacts(
            len(landings), sum(one.outcome == "failed" for one in landings), len(self.batches) + len(held), len(held)
        )

    def table(self, name: str, assessed: DepartmentAssessment) -> TableFacts:
        own = [one for one in self.batches if one.source_table == name]
        moments = [one.landed_at for one in self._read(name) if one.landed_at]
        known = sum(int(one.counts.get("landing", {}).get("known", 0)) for one in own)
        made = self.version.opened_at
        return TableFacts(
            rows=assessed.rows[name],
            rows_before=self.before.get("rows", {}).get(name),
            read=sum(int(one.counts.get("extracted", 0)) for one in own) - known,
            copies=max(sum(int(one.counts.get("identical", 0)) for one in own) - known, 0),
            age=_age(made, moments),
            shares={key: counts for key, counts in assessed.shares.items() if key.split("/")[1] == name},
            shares_before=self.before.get("shares", {}),
        )

    def gate(self) -> dict[str, int]:
        verdicts = [one.counts.get("gate", {}) for one in self.batches]
        return {
            "batches": len(self.batches),
            "warnings": sum(len(one.get("warnings", ())) for one in verdicts),
            "held": len(self.hub.ledger.batches("held", self.contract.department)),
        }

    def _read(self, name: str) -> list[Batch]:
        return [
            one
            for one in self.hub.ledger.batches(department=self.contract.department, source_table=name)
            if not one.is_replay and one.landed_at and one.landed_at <= self.version.opened_at
        ]


def _age(made: datetime, moments: Sequence[datetime]) -> Any:
    return made - max(moments) if moments else None


def _linkage(
    hub: Hub, after: int, version: int, decided: Mapping[str, Mapping[str, Mapping[str, int]]]
) -> dict[str, Any]:
    entities = [one.name for one in hub.city.standard.parties]
    feed = feed_counts(hub, entities, after, version)
    samples = hub.ledger.evidence(JUDGED)
    return {
        name: {
            "strata": [_stratum(one) for one in judged_strata(strata(hub, name), samples)],
            "departments": {department: dict(parts) for department, parts in decided[name].items()},
            "changes": feed[name],
            "reversals": reversals(hub, name, after, version),
            "samples": samples_told(name, samples),
            "judged": judged_links(name, samples),
        }
        for name in entities
    }


def _stratum(one: Stratum) -> dict[str, Any]:
    return dict(one.__dict__)


def _waiver(one: Waiver, day: date) -> dict[str, Any]:
    return {
        "rule": one.rule, "department": one.department, "reason": one.reason, "approved_by": one.approved_by,
        "since": one.since.isoformat(), "until": one.until.isoformat(), "in_force": one.is_in_force(day),
    }  # fmt: skip

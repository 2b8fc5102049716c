"""The report as a reader meets it: what stands where, computed from the bodies in the ledger and from nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quality.report.words import DIMENSIONS
from quality.scores import RuleResult, State

Body = Mapping[str, Any]
URGENT = 3  # actions named for each department on the first page
_STATE_ORDER = ("failed", "error", "not_tested", "passed")
_SEVERITY_ORDER = ("critical", "major", "minor")


@dataclass(frozen=True)
class RuleLine:
    """One rule in one department (or in the city, `department` empty), with its share over the periods."""

    rule: str
    facts: Mapping[str, Any]
    department: str
    label: str
    tested: int
    failed: int
    tolerance: float
    state: State
    error: str = ""
    waived: bool = False
    history: tuple[float | None, ...] = ()

    @property
    def share(self) -> float:
        return self.failed / self.tested if self.tested else 0.0


@dataclass(frozen=True)
class Action:
    """What a department must do: mend `count` rows of a rule, or see to a table rule, by `due`."""

    rule: str
    zh: str
    en: str
    count: int
    due: str
    overdue: int
    severity: str
    state: str


@dataclass(frozen=True)
class DepartmentPage:
    """One department: its scores now and before, its problems, and what it must do first."""

    name: str
    label: str
    owner: str
    scores: Mapping[str, Any]
    before: Mapping[str, Any] | None
    problems: Mapping[str, Any]
    history: tuple[float | None, ...]
    dimension_history: Mapping[str, tuple[float | None, ...]]
    actions: tuple[Action, ...]

    @property
    def change(self) -> float | None:
        """How far Q moved since the last period; None where either is missing."""
        if self.before is None or self.before["q"] is None or self.scores["q"] is None:
            return None
        return float(round(self.scores["q"], 2) - round(self.before["q"], 2))

    @property
    def gap(self) -> float | None:
        """How far Q lies above its target (below: negative)."""
        q = self.scores["q"]
        return None if q is None else round(round(q, 2) - self.scores["target"], 2)


@dataclass(frozen=True)
class RulePage:
    """One rule: the city's line, each department's, and masked examples."""

    city: RuleLine
    departments: tuple[RuleLine, ...]
    examples: tuple[Mapping[str, Any], ...]
    problems: Mapping[str, int]


@dataclass(frozen=True)
class Document:
    """Everything the report shows. `proof` says where it stands in the chain of evidence."""

    body: Body
    periods: tuple[str, ...]
    city: DepartmentPage
    departments: tuple[DepartmentPage, ...]
    rules: tuple[RulePage, ...]
    proof: Mapping[str, Any] = field(default_factory=dict)

    @property
    def graded(self) -> bool:
        return not self.body["doubts"]


def document(bodies: Sequence[Body], proof: Mapping[str, Any]) -> Document:
    """Return the report on the last of `bodies`, the others being the last of each period before (see `trend`).

    Scores of another version of the weights are shown in the trend but never taken as the last period's: the two are
    not comparable.
    """
    current = bodies[-1]
    before = (
        bodies[-2] if len(bodies) > 1 and bodies[-2]["grading"]["version"] == current["grading"]["version"] else None
    )
    shares = [_shares(body) for body in bodies]
    lines = _lines(current, shares)
    pages = tuple(_page(name, current, before, bodies, lines) for name in current["departments"])
    order = sorted(pages, key=lambda page: (-page.problems["overdue"], _gap_key(page), page.name))
    return Document(
        body=current,
        periods=tuple(body["period"] for body in bodies),
        city=_page("city", current, before, bodies, lines),
        departments=tuple(order),
        rules=_rule_pages(current, lines, shares),
        proof=proof,
    )


def _gap_key(page: DepartmentPage) -> float:
    return page.gap if page.gap is not None else 0.0


Counted = Mapping[tuple[str, str], tuple[int, int]]


def _shares(body: Body) -> Counted:
    """Return (tested, failed) by department and rule; the city's sums stand under the department ""."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for name, department in body["departments"].items():
        for rule, _, tested, failed, _, error in department["results"]:
            if error:
                continue
            for place in ((name, rule), ("", rule)):
                before = found.get(place, (0, 0))
                found[place] = (before[0] + tested, before[1] + failed)
    return found


def _lines(body: Body, shares: Sequence[Counted]) -> list[RuleLine]:
    """Return one line a department and rule, counts summed over its tables."""
    waived = {(one["department"], one["rule"]) for one in body["waivers"] if one["in_force"]}
    lines = []
    for name, department in body["departments"].items():
        errors = {rule: error for rule, _, _, _, _, error in department["results"] if error}
        tolerances = {rule: tolerance for rule, _, _, _, tolerance, _ in department["results"]}
        for rule, tolerance in tolerances.items():
            tested, failed = shares[-1].get((name, rule), (0, 0))
            asked = _Asked(rule, name, tolerance, errors.get(rule, ""), (name, rule) in waived)
            lines.append(_line(body, asked, (tested, failed), shares))
    return lines


@dataclass(frozen=True)
class _Asked:
    """A rule asked of a department (of the city, where that is empty), and what is known beside its counts."""

    rule: str
    department: str
    tolerance: float
    error: str = ""
    waived: bool = False


def _line(body: Body, one: _Asked, counts: tuple[int, int], shares: Sequence[Counted]) -> RuleLine:
    facts, place = body["rules"][one.rule], (one.department, one.rule)
    state = RuleResult(
        one.rule, one.department, facts["dimension"], facts["severity"], one.tolerance, *counts, error=one.error
    ).state
    label = body["departments"][one.department]["label"] if one.department else ""
    history = tuple(_share(counted.get(place)) for counted in shares)
    return RuleLine(
        one.rule, facts, one.department, label, *counts, one.tolerance, state, one.error, one.waived, history
    )  # fmt: skip


def _share(counts: tuple[int, int] | None) -> float | None:
    return counts[1] / counts[0] if counts and counts[0] else None


def _page(
    name: str, current: Body, before: Body | None, bodies: Sequence[Body], lines: Sequence[RuleLine]
) -> DepartmentPage:
    whole = name == "city"
    department = current["departments"].get(name, {})
    problems = _all_problems(current) if whole else department["problems"]
    history = [body["scores"].get(name) for body in bodies]
    own = [one for one in lines if one.department == name]
    return DepartmentPage(
        name=name,
        label=current["city"]["label"] if whole else department["label"],
        owner="" if whole else department["owner"],
        scores=current["scores"][name],
        before=before["scores"].get(name) if before else None,
        problems=problems,
        history=tuple(one["q"] if one else None for one in history),
        dimension_history={
            dimension: tuple(one["dimensions"][dimension] if one else None for one in history)
            for dimension in DIMENSIONS
        },
        actions=() if whole else _actions(own, problems, current["grading"]["severity"]),
    )


def _all_problems(body: Body) -> dict[str, int]:
    names = ("open", "new", "persisting", "returned", "mended", "overdue", "soon", "waived")
    return {name: sum(one["problems"][name] for one in body["departments"].values()) for name in names}


def _actions(
    lines: Sequence[RuleLine], problems: Mapping[str, Any], weights: Mapping[str, float]
) -> tuple[Action, ...]:
    """Return what to do first: what is overdue, then critical rules beyond tolerance, then what weighs most: rows by
    severity, three times as much beyond the tolerance."""
    by_rule = problems["by_rule"]
    found = []
    for one in lines:
        open_rows = by_rule.get(one.rule, {})
        count = open_rows.get("open", 0) - open_rows.get("waived", 0)
        beyond = one.state == "failed" and not one.waived
        if count <= 0 and not beyond:
            continue
        action = Action(
            one.rule, one.facts["zh"], one.facts["en"], max(count, 0) or one.failed, open_rows.get("due") or "",
            open_rows.get("overdue", 0), one.facts["severity"], one.state,
        )  # fmt: skip
        heaviest = -weights[action.severity] * action.count * (3 if beyond else 1)
        rank = (not action.overdue, not (beyond and action.severity == "critical"), heaviest, one.rule)
        found.append((rank, action))
    return tuple(action for _, action in sorted(found, key=lambda pair: pair[0])[:URGENT])


def _rule_pages(body: Body, lines: Sequence[RuleLine], shares: Sequence[Counted]) -> tuple[RulePage, ...]:
    """Return every rule, those beyond tolerance first, then by how many fail."""
    grouped: dict[str, list[RuleLine]] = {}
    for one in lines:
        grouped.setdefault(one.rule, []).append(one)
    pages = []
    for rule, own in grouped.items():
        tested, failed = shares[-1].get(("", rule), (0, 0))
        errors = next((one.error for one in own if one.error), "")
        asked = _Asked(rule, "", max(one.tolerance for one in own), errors)
        city = _line(body, asked, (tested, failed), shares)
        examples = [
            {**example, "department": name, "label": department["label"]}
            for name, department in body["departments"].items()
            for example in department["problems"]["examples"].get(rule, ())[:1]
        ]
        problems = {
            key: sum(one["problems"]["by_rule"].get(rule, {}).get(key, 0) for one in body["departments"].values())
            for key in ("open", "new", "overdue", "mended")
        }
        ordered = sorted(own, key=lambda one: (_STATE_ORDER.index(one.state), -one.share, one.department))
        pages.append(RulePage(city, tuple(ordered), tuple(examples[:6]), problems))
    return tuple(sorted(pages, key=_rule_order))


def _rule_order(page: RulePage) -> tuple[int, int, int, int, str]:
    worst = min(_STATE_ORDER.index(one.state) for one in page.departments)
    beyond = sum(one.state == "failed" for one in page.departments)
    severity = _SEVERITY_ORDER.index(page.city.facts["severity"])
    return (worst if worst < 2 else 2, severity if worst < 2 else 0, -beyond, -page.city.failed, page.city.rule)

"""The page: one HTML file that holds everything it shows and asks nothing of any network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from quality.intervals import Estimate, wilson
from quality.linkage_quality import Stratum, precision, recall
from quality.report import charts
from quality.report.document import Action, Document, RulePage
from quality.report.words import DECISIONS, DIMENSIONS, FLOW, SEVERITIES, STATES, evidence_words, word
from schemas.reason_sentences import SENTENCES
from schemas.reasons import Reason
from schemas.standard import Text

TEMPLATES = Path(__file__).with_name("templates")
_SHADES = (0.95, 0.97, 0.99, 0.995, 0.999)
_COLOURS = {
    "link": charts.GOOD,
    "new": "#7fb7a4",
    "review": "#b3832b",
    "insufficient": "#8796a0",
    "refused": charts.BAD,
}
_ENTITIES = {"person": Text("人", "people"), "business": Text("企业和单位", "businesses")}


def html_page(one: Document) -> str:
    """Return the report as HTML; the same document gives the same text."""
    beyond = [page for page in one.rules if _is_beyond(page)]
    within = [page for page in one.rules if page.city.failed and page not in beyond]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            body=one.body,
            city=one.city,
            departments=one.departments,
            periods=one.periods,
            proof=one.proof,
            rules=one.rules,
            beyond=beyond,
            within=sorted(within, key=lambda page: -page.city.failed),
            quiet=[page for page in one.rules if page not in beyond and page not in within],
            below=sum(page.gap is not None and page.gap < 0 for page in one.departments),
            letters=_letters(one),
            labels={name: department["label"] for name, department in one.body["departments"].items()},
            linkage=[_linkage(name, facts, one.body) for name, facts in one.body["linkage"].items()],
            trend=Markup(charts.trend_chart(one.periods, one.city.history, one.city.scores["target"]))  # noqa: S704
            if len(one.periods) > 1
            else "",
            **_flows(one.body["flow"]),
        )
    )


def _is_beyond(page: RulePage) -> bool:
    return bool(page.city.error) or any(line.state == "failed" for line in page.departments)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.globals.update(
        dimensions=DIMENSIONS,
        severities=SEVERITIES,
        states=STATES,
        decisions=DECISIONS,
        shade=_shade,
        spark=_spark,
        bar=_bar,
        interval=lambda one: Markup(charts.interval(one.value, one.low, one.high)),  # noqa: S704 - numbers only
        verb=_verb,
        reason=_reason,
        state_chip=_state_chip,
    )
    return made


def _shade(value: float | None) -> int:
    return 0 if value is None else 1 + sum(value >= limit for limit in _SHADES)


def _spark(values: Sequence[float | None], shown: float | None = None, tone: str = "") -> Markup:
    """A line on a dark cell is white."""
    dark = shown is not None and _shade(shown) in (1, 6)
    colour = "#ffffff" if dark else charts.BAD if tone == "bad" else charts.INK if shown is not None else charts.ACCENT
    known = [value for value in values if value is not None]
    return Markup(charts.sparkline(values, 62, 16, colour) if len(known) > 1 else "")  # noqa: S704 - numbers only


def _bar(share: float, limit: float, page: RulePage | None = None) -> Markup:
    """Bars of one rule share one scale, so that departments can be compared."""
    most = max((line.share for line in page.departments), default=share) if page else share
    return Markup(charts.share_bar(share, limit, most))  # noqa: S704 - numbers only


def _verb(act: Action, with_english: bool = True) -> Markup:
    """Return an action as a sentence a clerk can act on."""
    due = Markup("，<b>{}月{}日前</b>").format(int(act.due[5:7]), int(act.due[8:])) if act.due else ""
    if act.due:
        told = Markup("改正 <b>{:,}</b> 处：{}").format(act.count, act.zh)
    elif act.count > 1:
        told = Markup("<b>{:,}</b> 处未达到：{}").format(act.count, act.zh)
    else:
        told = Markup("恢复：{}").format(act.zh)
    mark = Markup('<span class="chip {}">{}</span>').format(act.severity, SEVERITIES[act.severity].zh)
    by = f", by {act.due}" if act.due else ""
    english = Markup(' <span class="en">{}{}</span>').format(act.en, by) if with_english else ""
    return mark + " " + told + due + english


def _reason(code: str) -> str:
    """Return a reason code as a sentence; a rule's own code needs none: its sentence stands above."""
    try:
        return SENTENCES[Reason(code)].zh
    except ValueError:
        return ""


def _state_chip(page: RulePage) -> Markup:
    beyond = sum(one.state == "failed" for one in page.departments)
    if page.city.error:
        return Markup('<span class="chip error">{}</span>').format(STATES["error"].zh)
    if beyond:
        return Markup('<span class="chip failed">{} 个部门超限</span>').format(beyond)
    return Markup('<span class="chip passed">容忍度内</span>')


def _letters(one: Document) -> list[tuple[str, int]]:
    grades = [page.scores["grade"] for page in one.departments]
    order = [letter for letter, _ in one.body["grading"]["grades"]]
    return [(letter, grades.count(letter)) for letter in (*order, "") if grades.count(letter)]


def _flows(flow: Mapping[str, Any]) -> dict[str, Markup]:
    rows, statements, records = flow["rows"], flow["statements"], flow["records"]
    parts = {
        "flow_rows": [
            _step("extracted", rows["extracted"]),
            *(_step(name, rows[name], True) for name in ("rejected", "identical", "superseded", "deleted")),
            _step("standardised", rows["standardised"]),
        ],
        "flow_statements": [
            _step("emitted", statements["emitted"]),
            *(_step(name, statements[name], True) for name in ("quarantined", "held")),
            _step("accepted", statements["accepted"]),
        ],
        "flow_records": _record_steps(records, flow["golden"]),
    }
    return {name: Markup(charts.flow_chart(steps, name)) for name, steps in parts.items()}  # noqa: S704 - escaped there


def _record_steps(records: Mapping[str, int], golden: Mapping[str, Mapping[str, int]]) -> list[charts.Step]:
    leaving = [name for name in records if name not in ("standing", "link")]
    entities = sum(one["entities"] for one in golden.values())
    steps = [_step("standing", records["standing"])]
    for name in leaving:
        text = word(DECISIONS, name)
        steps.append(charts.Step(text.zh, text.en, records[name], True))
    shared = records.get("link", 0) - entities
    return [
        *steps,
        _step("link", records.get("link", 0)),
        charts.Step("同一主体归并", "of one entity", max(shared, 0), True),
        charts.Step("黄金主体", "golden entities", entities),
    ]


def _step(name: str, count: int, leaves: bool = False) -> charts.Step:
    text = FLOW[name]
    return charts.Step(text.zh, text.en, count, leaves)


def _share_same(counts: Mapping[str, int]) -> Estimate | None:
    """Return the precision of a department's links; None before any of them was judged."""
    return wilson(counts.get("same", 0), counts.get("same", 0) + counts.get("different", 0))


def _linkage(name: str, facts: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    strata = [Stratum(**one) for one in facts["strata"]]
    sums: dict[str, int] = {}
    for one in strata:
        sums[one.decision] = sums.get(one.decision, 0) + one.size
    refused = {
        department["label"]: department.get("refused", {}).get(name, 0) for department in body["departments"].values()
    }
    sums["refused"] = sum(refused.values())  # before linking: no decision was asked for
    ordered = [key for key in (*DECISIONS, *sorted(set(sums) - set(DECISIONS))) if key in sums]
    decisions = [(word(DECISIONS, key), sums[key], _COLOURS.get(key, charts.ACCENT)) for key in ordered]
    departments = [
        (
            body["departments"][key]["label"] if key in body["departments"] else key,
            {**counts, "refused": refused.get(body["departments"].get(key, {}).get("label", ""), 0)},
            _share_same(facts.get("judged", {}).get(key, {})),
        )
        for key, counts in facts["departments"].items()
    ]
    return {
        "name": name,
        "label": _ENTITIES.get(name, Text(name, name)),
        "total": sum(one.size for one in strata),
        "decisions": decisions,
        "bar": Markup(charts.stacked([(text.zh, count, colour) for text, count, colour in decisions], 560)),  # noqa: S704
        "strata": [
            {
                "decision": word(DECISIONS, one.decision),
                "evidence": evidence_words(one.evidence),
                "size": one.size,
                "sample": one.same + one.different + one.unsure,
                "estimate": one.share_same,
                "sampled_by_nature": "register" in one.evidence.split("/"),
            }
            for one in strata
        ],
        "precision": precision(strata),
        "recall": recall(strata),
        "changes": facts["changes"],
        "reversals": facts["reversals"],
        "samples": facts["samples"],
        "columns": ordered,
        "departments": departments,
    }

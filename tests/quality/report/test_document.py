"""The report as a reader meets it: order, actions, trends; the page and the workbook drawn from it."""

from __future__ import annotations

import copy
import io
import re
import xml.etree.ElementTree as ElementTree
from datetime import date
from typing import Any

import openpyxl
import pytest

from bench.report_bodies import PROOF, body
from quality.report import charts
from quality.report.document import document
from quality.report.page import html_page
from quality.report.period import period_of, trend
from quality.report.problem_list import problem_csv, rows_of
from quality.report.proof import body_faults
from quality.report.summary_workbook import summary_workbook


def test_departments_stand_by_urgency_and_know_what_to_do_first() -> None:
    made = document([body(worse=300)], PROOF)
    assert made.departments[0].name == "d0"
    first = made.departments[0].actions[0]
    assert first.overdue > 0
    assert first.severity == "critical"
    assert first.due == "2026-07-03"
    assert first.count > 300
    assert made.departments[0].change is None


def test_change_is_against_the_last_period_of_the_same_grading() -> None:
    older, newer = body(1, "2026-05", worse=100), body(2, "2026-06")
    made = document([older, newer], PROOF)
    page = next(one for one in made.departments if one.name == "d0")
    assert page.change is not None
    assert page.change > 0
    other = copy.deepcopy(older)
    other["grading"]["version"] = "t-0"
    page = next(one for one in document([other, newer], PROOF).departments if one.name == "d0")
    assert page.change is None


def test_a_department_that_came_later_has_a_gap_in_its_trend() -> None:
    made = document([body(1, "2026-05", departments=2), body(2, "2026-06", departments=3)], PROOF)
    page = next(one for one in made.departments if one.name == "d2")
    assert page.history[0] is None
    assert page.history[1] is not None


def test_rules_beyond_tolerance_come_first_and_waived_ones_ask_for_nothing() -> None:
    told = body(worse=300)
    told["waivers"] = [
        {"rule": rule, "department": "d0", "reason": "x", "approved_by": "y", "since": "2026-01-01",
         "until": "2026-12-31", "in_force": True}
        for rule in told["rules"]
    ]  # fmt: skip
    for one in told["departments"]["d0"]["problems"]["by_rule"].values():
        one["waived"] = one["open"]
    made = document([told], PROOF)
    assert next(one for one in made.departments if one.name == "d0").actions == ()
    states = [
        min(("failed", "error", "not_tested", "passed").index(line.state) for line in page.departments)
        for page in made.rules
    ]
    assert states == sorted(states)


def test_a_doubt_stands_on_the_first_page_instead_of_a_grade() -> None:
    told = body()
    told["doubts"] = ["有 1 行去向不明 rows unexplained: 1"]
    for one in told["scores"].values():
        one["grade"] = ""
    page = html_page(document([told], PROOF))
    assert "本期不评级" in page
    assert "rows unexplained: 1" in page


def test_the_page_is_whole_and_escapes_what_it_is_told() -> None:
    told = body(worse=50)
    told["departments"]["d1"]["label"] = "<script>alert(1)</script>"
    told["departments"]["d1"]["problems"]["examples"] = {
        rule: [{**examples[0], "masked": "<b>x</b>"}]
        for rule, examples in told["departments"]["d1"]["problems"]["examples"].items()
    }
    page = html_page(document([body(1, "2026-05"), told], PROOF))
    assert "<script" not in page
    assert "<b>x</b>" not in page
    for place in ("conclusion", "heat", "rules", "linkage", "problems", "trace", "waivers", "method"):
        assert f'id="{place}"' in page
        assert f'href="#{place}"' in page
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(drawing)
    assert html_page(document([body(1, "2026-05"), told], PROOF)) == page


def test_kinds_and_decisions_of_a_later_edition_are_shown_as_they_are() -> None:
    told = body()
    told["linkage"]["person"]["strata"][1]["decision"] = "adopted_by_rule"
    page = html_page(document([told], PROOF))
    assert "adopted by rule" in page
    assert "something new" in page


def test_the_workbook_holds_every_rule_and_the_same_bytes() -> None:
    made = document([body()], PROOF)
    data = summary_workbook(made)
    assert data == summary_workbook(made)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book["规则 rules"].max_row == 1 + 3 * 12
    assert book["等级 grades"].cell(2, 1).value == "示范市"


def test_a_list_says_key_rule_reason_and_deadline() -> None:
    problem: dict[str, Any] = {
        "source_key": "=P1", "row_number": 7, "source_table": "T", "column": "XM", "rule": "person.field_0.filled",
        "reason": "sentinel", "masked": "暂****", "severity": "critical", "change": "new", "waived": False,
        "first_on": date(2026, 6, 1), "due": date(2026, 6, 4), "times": 1, "fingerprint": "f",
    }  # fmt: skip
    keyless = {**problem, "source_key": None, "waived": True}
    rows = list(rows_of([problem, keyless], body()["rules"], date(2026, 6, 30)))
    assert rows[0][0] == "=P1"
    assert rows[0][10] == "是 yes"
    assert rows[1][0] == "第 7 行 row"
    assert rows[1][9:11] == ["", ""]
    assert b"'=P1" in problem_csv(rows)


def test_a_body_agrees_with_itself_and_a_changed_one_does_not() -> None:
    assert body_faults(body()) == []
    changed = body()
    changed["departments"]["d1"]["results"][0][3] += 1
    assert any("d1" in fault for fault in body_faults(changed))
    lost = body()
    lost["flow"]["rows"]["rejected"] += 1
    assert "账不平" in " ".join(body_faults(lost))
    raised = body()
    raised["scores"]["d2"]["grade"] = "A+"
    assert body_faults(raised)


@pytest.mark.parametrize(("length", "expected"), [("day", "2026-01-01"), ("week", "2026-W01"), ("month", "2026-01")])
def test_periods_sort_in_time(length: Any, expected: str) -> None:
    assert period_of(date(2026, 1, 1), length) == expected
    days = [date(2025, 12, 28), date(2026, 1, 5), date(2026, 3, 1)]
    names = [period_of(day, length) for day in days]
    assert names == sorted(names)


def test_a_trend_takes_the_last_report_of_each_period_before() -> None:
    made = [body(1, "2026-04"), body(2, "2026-05", worse=1), body(3, "2026-05"), body(4, "2026-06")]
    current = body(5, "2026-06")
    assert [one["version"] for one in trend(made, current)] == [1, 3, 5]
    months = [f"{2024 + number // 12}-{number % 12 + 1:02d}" for number in range(30)]
    long = [body(number + 1, month) for number, month in enumerate(months)]
    assert [one["period"] for one in trend(long[:-1], long[-1])] == months[-24:]


@pytest.mark.parametrize("values", [[], [None], [1.0], [1.0, None, 1.0], [0.2, 0.2], [0.1, 0.9, 0.5]])
def test_a_line_is_sound_for_any_values(values: list[float | None]) -> None:
    drawn = charts.sparkline(values)
    if any(value is not None for value in values):
        ElementTree.fromstring(drawn)
    else:
        assert drawn == ""


def test_a_flow_shows_the_smallest_loss() -> None:
    drawn = charts.flow_chart([charts.Step("抽取", "rows", 1_000_000), charts.Step("拒收", "lost", 1, True)], "t")
    widths = [float(width) for width in re.findall(r'width="([0-9.]+)" height="15" fill="#b4472f"', drawn)]
    assert widths == [1.6]

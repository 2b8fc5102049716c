"""The gate: what is held, what is told, and what is a fault of the rule."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.duckdb_engine import DuckDBEngine
from quality import suite
from quality.evidence import Measures, answers_of
from quality.gate import GateResult, gate
from quality.judged import REFUSED
from quality.rule import Dimension, Rule
from quality.ruleset import Tolerances, statement_rules, table_rules
from schemas.arrow import statement_schema
from schemas.contract import Emit, FieldMapping, RowBounds, TableContract
from schemas.standard import Text
from schemas.standard_file import load_standard

STANDARD = load_standard()
TABLE = TableContract(
    "PEOPLE",
    ("ID",),
    (Emit("person", "person", (FieldMapping("name", ("XM",)), FieldMapping("phone", ("TEL",)))),),
    rows=RowBounds(at_least=3, change_at_most=0.2),
)
SMALL = Tolerances(least=2)
QUARANTINE = pa.schema(
    [
        *(field for field in REFUSED if field.name != "issues"),
        *((name, pa.string()) for name in ("field", "reason", "state")),
    ]
)
ENGINE = DuckDBEngine("1GB", 1, Path())
DAY = date(2026, 6, 30)
SECRET = "13812345678"


def statements(*rows: tuple[str | None, str | None, str]) -> pa.Table:
    """Accepted people: name, phone, reason on the phone ("" for none)."""
    schema = statement_schema(STANDARD.entities["person"])
    cells: list[dict[str, Any]] = [
        {
            "record_id": f"{number:032x}",
            "source_table": TABLE.name,
            "statement": "person",
            "name": name,
            "phone": phone,
            "issues": [{"field": "phone", "reason": reason}] if reason else [],
        }
        for number, (name, phone, reason) in enumerate(rows)
    ]
    return pa.Table.from_pylist(cells, schema=schema)


def refused(*rows: tuple[str, str, str]) -> pa.Table:
    """Quarantine rows: field, reason, state."""
    cells = [
        {
            "source_table": TABLE.name,
            "statement": "person",
            "field": field,
            "reason": reason,
            "state": state,
            "row_number": number,
        }
        for number, (field, reason, state) in enumerate(rows)
    ]
    return pa.Table.from_pylist(cells, schema=QUARANTINE)


GOOD = ("张伟", SECRET, "")
SOUND = Measures(rows=4, full=True, refused=0, judged=8, unexplained=0, previous=4)


def judged(
    table: pa.Table, quarantine: pa.Table | None = None, measures: Measures = SOUND, least: int = 2
) -> GateResult:
    return passed(TABLE, table, quarantine, measures, replace(SMALL, least=least))


def passed(
    contract: TableContract,
    table: pa.Table,
    quarantine: pa.Table | None = None,
    measures: Measures = SOUND,
    tolerances: Tolerances = SMALL,
) -> GateResult:
    own = statement_rules(contract.emit[0], STANDARD, tolerances)
    lines = refused() if quarantine is None else quarantine
    with ENGINE.session({"accepted person": table, "quarantine person": lines}) as session:
        answers = answers_of(session, contract, contract.emit[0], STANDARD.entities["person"], own, DAY)
    rules = [*table_rules(contract, tolerances), *(one.rule for one in own)]
    return gate(contract, rules, answers, measures)


def held_by(result: GateResult) -> set[tuple[str, str]]:
    return {(one.rule, one.subject) for one in result.critical}


def warned(result: GateResult) -> set[tuple[str, str]]:
    return {(one.rule, one.subject) for one in result.warnings}


def test_a_sound_batch_passes() -> None:
    result = judged(statements(GOOD, GOOD, GOOD, GOOD))
    assert result.passed
    assert result.critical == result.warnings == result.rule_errors == ()
    assert result.tested > 5


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"rows": 2, "previous": None}, "rows_at_least"),
        ({"rows": 0, "previous": None}, "rows_at_least"),
        ({"rows": 5, "previous": 4}, "rows_changed"),
        ({"rows": 3, "previous": 4}, "rows_changed"),
        ({"unexplained": 1}, "rows_unexplained"),
        ({"refused": 3}, "refused_many"),
    ],
)
def test_a_batch_out_of_bounds_is_held(changed: dict[str, Any], rule: str) -> None:
    result = judged(statements(GOOD, GOOD, GOOD, GOOD), measures=replace(SOUND, **changed))
    assert not result.passed
    assert held_by(result) == {(rule, "")}


def test_bounds_on_rows_do_not_bind_an_increment() -> None:
    assert judged(statements(GOOD), measures=replace(SOUND, rows=1, full=False)).passed


@pytest.mark.parametrize(("rows", "passes"), [(0, False), (40, False), (60, True), (500, True)])
def test_a_table_without_a_bound_may_grow_but_not_lose_half(rows: int, passes: bool) -> None:
    unbound = replace(TABLE, rows=RowBounds())
    result = passed(unbound, statements(GOOD, GOOD), measures=replace(SOUND, rows=rows, previous=100))
    assert result.passed is passes


def test_a_change_within_the_bound_passes() -> None:
    assert judged(statements(GOOD, GOOD), measures=replace(SOUND, rows=90, previous=100)).passed


def test_few_unusable_values_are_told_and_many_hold_the_batch() -> None:
    bad = (("张伟", None, "not_a_phone"),)
    few = judged(statements(*bad, *[GOOD] * 9))
    assert few.passed
    assert warned(few) == {("usable", "person.phone")}
    [warning] = few.warnings
    assert (warning.tested, warning.failed, warning.share) == (10, 1, 0.1)
    many = judged(statements(*bad * 6, *[GOOD] * 4))
    assert held_by(many) == {("usable_at_all", "person.phone")}


def test_an_empty_or_doubtful_value_is_not_unusable() -> None:
    rows = [("张伟", None, "")] * 5 + [("张伟", None, "sentinel")] * 5 + [GOOD] * 5
    assert judged(statements(*rows)).warnings == ()


def test_quarantined_statements_count_against_their_field() -> None:
    wrong = refused(*[("name", "not_a_name", "quarantined")] * 6, ("name", "party_quarantined", "held"))
    result = judged(statements(*[GOOD] * 4), wrong)
    assert held_by(result) == {("usable_at_all", "person.name")}
    assert result.critical[0].failed == 6


def test_too_few_statements_prove_nothing_about_a_column() -> None:
    result = judged(statements(("张伟", None, "not_a_phone")), least=200)
    assert result.passed
    assert result.not_tested > 0


def test_a_record_id_that_stands_twice_holds_the_batch() -> None:
    result = judged(pa.concat_tables([statements(GOOD), statements(GOOD)]))
    assert held_by(result) == {("single", "person.record_id")}


def test_a_missing_required_value_holds_the_batch() -> None:
    result = judged(statements((None, SECRET, ""), GOOD, GOOD))
    assert ("present", "person.name") in held_by(result)


def test_the_verdict_is_json_without_any_value() -> None:
    result = judged(statements(("张伟", SECRET, "not_a_phone"), GOOD, GOOD))
    text = json.dumps(result.as_dict(), ensure_ascii=False)
    assert "not_a_phone" not in text
    assert SECRET not in text
    assert "张伟" not in text


def test_an_expectation_that_raises_is_a_fault_of_the_rule() -> None:
    rule = Rule("broken", "row", "person.name", Text("坏", "broken"), Dimension.ACCURACY, "critical")
    words = np.array([SECRET, "x"], object)  # text where answers should be
    [outcome] = suite.run_suite([rule], {rule.column: words})
    assert outcome.error
    assert SECRET not in outcome.error
    assert not outcome.held


@pytest.mark.parametrize("shape", ["flat", "by_metric"])
def test_what_great_expectations_says_of_an_exception_is_told_by_its_kind(shape: str) -> None:
    raised = {"raised_exception": True, "exception_message": f"ValueError: {SECRET} is no number"}
    assert suite._error(raised if shape == "flat" else {"('metric', 'id')": raised}) == "ValueError"
    assert suite._error({"raised_exception": False, "exception_message": None}) == ""


def test_every_rule_says_itself_in_both_languages() -> None:
    rules = [*table_rules(TABLE), *(one.rule for one in statement_rules(TABLE.emit[0], STANDARD))]
    assert all(rule.sentence.zh and rule.sentence.en for rule in rules)
    assert len({one.column for one in rules}) == len(rules)

"""Rules as data: every reason has its rule, every rule says itself, one predicate judges accepted and refused alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engine.duckdb_engine import DuckDBEngine
from quality.assessment import Assessed, assess
from quality.judged import REFUSED, joined_step, judged_step, refused_step
from quality.reason_groups import FIELD_GROUPS, NO_FAULT, PARTY_GROUPS, ROW_GROUPS
from quality.rule import Dimension, RowRule, dimension_of
from quality.rulebook import Place, city_gate_rules, places_of, row_rules, whole_row_rules
from schemas.arrow import statement_schema
from schemas.city_file import load_city
from schemas.quality import Check, CityRule, QualityPolicy, Scope
from schemas.reasons import Reason
from schemas.standard import Text

CITY = load_city(Path(__file__).resolve().parents[2] / "cities" / "qinhuangdao")
ENGINE = DuckDBEngine("1GB", 2, Path())
DAY = date(2026, 6, 30)
CONTRACT = CITY.contracts["police_population"]
PLACE = places_of(CONTRACT, CITY.standard)[0]
LINES = pa.schema(
    [*(field for field in REFUSED if field.name != "issues"), *((n, pa.string()) for n in ("field", "reason", "state"))]
)


def rules_by_id(policy: QualityPolicy = CITY.quality) -> dict[str, RowRule]:
    return {one.rule.id: one for one in row_rules(CONTRACT, PLACE, policy)}


def person(number: int, issues: tuple[tuple[str, str], ...] = (), **values: Any) -> dict[str, Any]:
    return {
        "record_id": f"{number:032x}", "source_table": "RK_CZRK", "statement": "person", "source_key": f"P{number}",
        "batch": 1, "row_number": number, "observed_at": datetime(2026, 1, 1), "name": "张伟",
        "issues": [{"field": field, "reason": reason} for field, reason in issues], **values,
    }  # fmt: skip


def line(number: int, field: str, reason: str, state: str = "quarantined") -> dict[str, Any]:
    made = {key: value for key, value in person(number).items() if key in LINES.names}
    return made | {"field": field, "reason": reason, "state": state}


def judged(
    rules: list[RowRule], *people: dict[str, Any], refused: tuple[dict[str, Any], ...] = (), **elsewhere: pa.Table
) -> Assessed:
    accepted = pa.Table.from_pylist(list(people), schema=statement_schema(PLACE.entity))
    relations: dict[str, Any] = {"accepted": accepted, "lines": pa.Table.from_pylist(list(refused), schema=LINES)}
    with ENGINE.session(relations | elsewhere) as session:
        where = (PLACE.table, PLACE.emit.name, PLACE.entity)
        session.run([refused_step("refused", "lines"), judged_step("judged", "accepted", "refused", where, DAY)])
        name = "judged"
        if elsewhere:
            keyed = [(column, column, "record_id") for column in elsewhere]
            session.run([joined_step("joined", "judged", keyed)])
            name = "joined"
        return assess(session, name, rules)


def counts(result: Assessed) -> dict[str, tuple[int, int]]:
    return {one.rule.id: (one.tested, one.failed) for one in result.answers}


def test_every_reason_breaks_one_rule_or_is_no_fault_by_name() -> None:
    groups = (FIELD_GROUPS, ROW_GROUPS, PARTY_GROUPS)
    found = {reason for table in groups for group in table.values() for reason in group.reasons}
    assert found | NO_FAULT == set(Reason)
    assert not found & NO_FAULT
    # A field is asked for its form or, where it is a code, for its table: only these two questions share reasons.
    shared = Counter(reason for code, group in FIELD_GROUPS.items() if code != "in_table" for reason in group.reasons)
    assert max(shared.values()) == 1


def test_every_rule_of_the_city_says_what_auditors_ask() -> None:
    for contract in CITY.contracts.values():
        for place in places_of(contract, CITY.standard):
            rules = row_rules(contract, place, CITY.quality)
            assert len({one.rule.column for one in rules}) == len(rules)
            for one in rules:
                rule = one.rule
                assert rule.sentence.zh and rule.sentence.en and rule.purpose.zh and rule.purpose.en
                assert rule.owner and rule.basis and rule.id and one.holds
                assert 0.0 <= rule.tolerance <= 1.0
                assert dimension_of(rule.dimension.word) is rule.dimension
        for table in contract.tables:
            assert {one.rule.code for one in whole_row_rules(contract, table, CITY.quality)} == set(ROW_GROUPS)


@pytest.mark.parametrize(
    ("issues", "values", "rule", "expected"),
    [
        ((), {"birth_date": date(1980, 1, 1)}, "person.birth_date.well_formed", (1, 0)),
        ((), {}, "person.birth_date.well_formed", (0, 0)),  # nothing there: not tested
        ((("birth_date", "impossible_date"),), {}, "person.birth_date.well_formed", (1, 1)),
        ((("birth_date", "impossible_date"),), {}, "person.birth_date.filled", (1, 0)),
        ((("phone", "sentinel"),), {}, "person.phone.filled", (1, 1)),
        ((("phone", "not_a_phone"),), {"birth_date": date(1980, 1, 1)}, "person.birth_date.well_formed", (1, 0)),
        ((("name", "spaces_removed"),), {}, "person.name.tidy", (1, 1)),
        ((("sex", "unknown_code"),), {}, "person.sex.in_table", (1, 1)),
        ((("identifier", "wrong_check_digit"),), {}, "person.citizen_id.check_right", (1, 1)),
        ((("citizen_id", "code_translated"),), {"citizen_id": "x"}, "person.citizen_id.tidy", (1, 0)),
        ((), {"birth_date": date(2030, 1, 1)}, "person.birth_date.not_future", (1, 1)),
        ((), {"birth_date": date(2000, 1, 1), "death_date": date(1999, 1, 1)}, "person.death_date.not_before", (1, 1)),
        ((), {"death_date": date(1999, 1, 1)}, "person.death_date.not_before", (0, 0)),
        ((), {"birth_date": date(1880, 1, 1)}, "age_possible", (1, 1)),
        ((), {"birth_date": date(1880, 1, 1), "death_date": date(1950, 1, 1)}, "age_possible", (1, 0)),
        ((), {"phone": "1"}, "person.phone.fresh_within", (1, 0)),
    ],
)
def test_a_predicate_holds_fails_or_is_not_tested(
    issues: tuple[tuple[str, str], ...], values: dict[str, Any], rule: str, expected: tuple[int, int]
) -> None:
    assert counts(judged([rules_by_id()[rule]], person(1, issues, **values)))[rule] == expected


def test_what_is_old_fails_freshness() -> None:
    old = person(1, phone="1") | {"observed_at": datetime(2020, 1, 1)}
    assert counts(judged([rules_by_id()["person.phone.fresh_within"]], old)) == {"person.phone.fresh_within": (1, 1)}


def test_refused_statements_count_against_what_they_were_refused_for() -> None:
    rules = [rules_by_id()[name] for name in ("person.citizen_id.check_right", "person.name.filled")]
    result = judged(
        rules,
        person(1, citizen_id="1"),
        refused=(
            line(2, "citizen_id", "wrong_check_digit"),
            line(3, "name", "missing_required"),
            line(4, "x", "y", "rejected"),
        ),
    )
    assert counts(result) == {"person.citizen_id.check_right": (2, 1), "person.name.filled": (2, 1)}
    reasons = {row["source_key"]: row["reason"] for row in result.failing.to_pylist()}
    assert reasons == {"P2": "wrong_check_digit", "P3": "missing_required"}


def test_one_number_for_two_people_fails_both() -> None:
    rule = rules_by_id()["citizen_id_once"]
    result = judged([rule], person(1, citizen_id="a"), person(2, citizen_id="a"), person(3, citizen_id="b"), person(4))
    assert counts(result) == {"citizen_id_once": (3, 2)}


def test_another_department_is_asked_through_the_link() -> None:
    contract = CITY.contracts["social_security"]
    place = next(one for one in places_of(contract, CITY.standard) if one.emit.name == "person")
    rule = next(one for one in row_rules(contract, place, CITY.quality) if one.rule.code == "sex_as_police")
    there = pa.table({"key": [f"{1:032x}", f"{2:032x}"], rule.look_up: [["1"], ["1", "2"]]})
    people = [person(1, sex="2"), person(2, sex="2"), person(3, sex="2")]
    result = judged([rule], *people, **{rule.look_up: there})
    assert counts(result) == {"sex_as_police": (2, 1)}  # the third is linked to nobody: not tested


def test_the_police_are_not_compared_with_themselves() -> None:
    assert "sex_as_police" not in rules_by_id()


def test_a_fingerprint_is_of_record_rule_and_field_not_of_the_value() -> None:
    rule = rules_by_id()["person.phone.well_formed"]
    first = judged([rule], person(1, (("phone", "not_a_phone"),))).failing.column("fingerprint").to_pylist()
    later = judged([rule], person(1, (("phone", "not_a_phone"),), address="elsewhere")).failing
    assert later.column("fingerprint").to_pylist() == first
    other = judged([rule], person(2, (("phone", "not_a_phone"),))).failing.column("fingerprint").to_pylist()
    assert other != first
    assert judged([rule], person(1)).failing.num_rows == 0


def test_a_rule_that_raises_is_an_error_and_takes_no_other_down() -> None:
    broken = CityRule(
        "broken", Text("坏", "broken"), Text("坏", "broken"), "accuracy", "major", 0.0, Scope("person"),
        Check("holds", expression="CAST(name AS INTEGER) > 0"),
    )  # fmt: skip
    policy = replace(CITY.quality, rules=(*CITY.quality.rules, broken))
    rules = [rules_by_id(policy)[name] for name in ("broken", "person.name.filled")]
    result = judged(rules, person(1), person(2))
    errors = {one.rule.id: one.error for one in result.answers}
    assert errors["person.name.filled"] == ""
    assert errors["broken"]
    assert "张伟" not in errors["broken"]
    assert counts(result)["person.name.filled"] == (2, 0)


def test_the_gate_takes_only_rules_that_need_no_other_department() -> None:
    codes = {one.rule.code for one in city_gate_rules(CONTRACT, PLACE, CITY.quality)}
    assert codes == {"citizen_id_once", "age_possible"}


def test_the_city_may_change_a_tolerance_by_code_or_by_id() -> None:
    policy = replace(CITY.quality, tolerances={"tidy": 0.2, "person.name.tidy": 0.3})
    rules = rules_by_id(policy)
    assert rules["person.name.tidy"].rule.tolerance == 0.3
    assert rules["person.phone.tidy"].rule.tolerance == 0.2


def test_dimensions_are_those_of_the_national_standard() -> None:
    assert [one.value for one in Dimension] == ["规范性", "完整性", "准确性", "一致性", "时效性", "可访问性"]


def test_places_are_every_emit_of_every_table() -> None:
    contract = CITY.contracts["social_security"]
    assert [(one.table, one.emit.name) for one in places_of(contract, CITY.standard)] == [
        (table.name, emit.name) for table in contract.tables for emit in table.emit
    ]
    assert isinstance(PLACE, Place)

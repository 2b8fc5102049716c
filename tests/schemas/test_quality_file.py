"""A city's folder quality/: what a good one becomes, and how each mistake is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.city_file import load_city
from schemas.contract import Contract
from schemas.errors import ConfigurationError
from schemas.quality import QualityPolicy
from schemas.quality_file import load_quality
from schemas.standard_file import load_standard

STANDARD = load_standard()
CITY = load_city(Path(__file__).resolve().parents[2] / "cities" / "qinhuangdao")
CONTRACTS: dict[str, Contract | None] = dict(CITY.contracts)

RULE = """
rules:
  age_possible:
    sentence: {zh: 年龄可能, en: the age is possible}
    purpose: {zh: 去世未注销, en: the dead draw benefits}
    dimension: accuracy
    severity: major
    tolerance: 1%
    on: {entity: person, departments: [police_population]}
    check: {holds: "birth_date > DATE '1900-01-01'"}
"""
WAIVER = """
waivers:
  - rule: person.phone.fresh_within
    department: agriculture
    reason: 年内重采
    approved_by: 数据局
    since: 2026-01-01
    until: 2026-12-31
"""
GRADING = """
version: t-1
severity: {critical: 5, major: 3, minor: 1}
dimensions: {conformity: 1, completeness: 1, accuracy: 1, consistency: 1, timeliness: 1, accessibility: 1}
grades: {A: 99, B: 95, C: 0}
cap: B
target: 98
targets: {tax: 99}
deadlines: {critical: 3, major: 10, minor: 20}
period: week
"""


def policy(folder: Path, **files: str) -> QualityPolicy:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_quality(folder, STANDARD, CONTRACTS)


def test_a_city_without_the_folder_has_the_standard_grading(tmp_path: Path) -> None:
    assert load_quality(tmp_path / "quality", STANDARD, CONTRACTS) == QualityPolicy()


def test_files_become_one_policy(tmp_path: Path) -> None:
    made = policy(tmp_path, rules=RULE, waivers=WAIVER, grading=GRADING)
    [rule] = made.rules
    assert (rule.code, rule.tolerance, rule.check.kind) == ("age_possible", 0.01, "holds")
    assert made.waivers[0].rule == "person.phone.fresh_within"
    assert made.grading.grades == (("A", 99.0), ("B", 95.0), ("C", 0.0))
    assert (made.grading.target_of("tax"), made.grading.target_of("education")) == (99.0, 98.0)
    assert made.grading.period == "week"


def test_the_demo_city_has_rules_of_each_kind() -> None:
    kinds = {rule.check.kind for rule in CITY.quality.rules}
    assert {"holds", "unique", "same_as", "known_to", "distribution"} <= kinds


def test_a_rule_may_name_a_department_whose_contract_is_broken(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULE, encoding="utf-8")
    made = load_quality(tmp_path, STANDARD, {**CONTRACTS, "police_population": None})
    assert made.rules[0].scope.departments == ("police_population",)


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ("dimension: accuracy", "dimension: acuracy", "dimension", "accuracy"),
        ("severity: major", "severity: huge", "severity", "critical"),
        ("tolerance: 1%", "tolerance: 1", "tolerance", "a share like 20%"),
        ("entity: person", "entity: persn", "entity", "person"),
        ("departments: [police_population]", "departments: [polise]", "departments", "department of this city"),
        ("holds:", "hold:", "check", "holds"),
        ("birth_date > DATE", "true; DROP TABLE x; --", "holds", "one condition"),
        ("    purpose: {zh: 去世未注销, en: the dead draw benefits}\n", "", "age_possible", "purpose"),
        ("age_possible:", "Age-Possible:", "rules", "a code in letters"),
        ("entity: person, departments: [police_population]", "entity: marriage, departments: [tax]", "on", "marriage"),
    ],
)
def test_a_mistake_in_a_rule_is_named(old: str, new: str, key: str, expected: str, tmp_path: Path) -> None:
    assert old in RULE
    with pytest.raises(ConfigurationError) as caught:
        policy(tmp_path, rules=RULE.replace(old, new))
    assert key in caught.value.key
    assert expected in str(caught.value)
    assert caught.value.line > 1


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("{same_as: {department: police, field: sex}}", "department of this city"),
        ("{same_as: {department: police_population, field: sx}}", "sex"),
        ("{known_to: {departments: [], field: name}}", "a list"),
        ("{fresh_within: {field: phone, span: 3 years}}", "a span like 3y"),
        ("{distribution: {field: name, moves_at_most: 5%}}", "a code field of grade 2"),
        ("{distribution: {field: ethnic_group, moves_at_most: 5%}}", "a code field of grade 2"),
        ("{unique: [citizen]}", "citizen_id"),
    ],
)
def test_a_mistake_in_a_check_is_named(check: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected") as caught:
        policy(tmp_path, rules=RULE.replace("{holds: \"birth_date > DATE '1900-01-01'\"}", check))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("grades: {A: 99, B: 95, C: 0}", "grades: {A: 90, B: 95, C: 0}", "from best to worst"),
        ("grades: {A: 99, B: 95, C: 0}", "grades: {A: 99, B: 95}", "the last from 0"),
        ("cap: B", "cap: E", "a grade"),
        ("target: 98", "target: 980", "a score from 0 to 100"),
        ("targets: {tax: 99}", "targets: {taxes: 99}", "did you mean 'tax'"),
        ("critical: 3, major", "critical: 0, major", "a whole number, 1 or more"),
        ("conformity: 1,", "conformity: 0,", "a weight above 0"),
        ("period: week", "period: fortnight", "what one point of a trend covers"),
    ],
)
def test_a_mistake_in_the_grading_is_named(old: str, new: str, expected: str, tmp_path: Path) -> None:
    assert old in GRADING
    with pytest.raises(ConfigurationError) as caught:
        policy(tmp_path, grading=GRADING.replace(old, new))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("until: 2026-12-31", "until: 2025-12-31", "a day on or after 2026-01-01"),
        ("since: 2026-01-01", "since: January", "a day as YYYY-MM-DD"),
        ("department: agriculture", "department: farming", "department of this city"),
        ("    reason: 年内重采\n", "", "reason"),
    ],
)
def test_a_mistake_in_a_waiver_is_named(old: str, new: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        policy(tmp_path, waivers=WAIVER.replace(old, new))
    assert expected in str(caught.value)


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'waivers'"):
        policy(tmp_path, waiver=WAIVER)

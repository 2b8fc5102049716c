"""The code tables that ship: complete, labelled, and consistent."""

from __future__ import annotations

import pytest

from schemas.code_table import code_table_names, load_code_table

ROWS = {
    "application_status": 9, "business_status": 4, "business_type": 162, "contract_status": 5, "country": 249,
    "divisions": 8_303, "document_type": 10, "economic_type": 34, "education": 40, "education_stage": 10,
    "employment_status": 4, "enrolment_status": 7, "ethnic_group": 58, "household_kind": 2, "household_relation": 84,
    "housing_contract_kind": 5, "housing_fund_status": 5, "industry": 1_971, "insurance_kind": 20,
    "insurance_status": 4, "licence_kind": 39, "licence_status": 6, "marital_status": 8, "marriage_kind": 2,
    "ownership_form": 4, "property_status": 4, "property_use": 37, "register_status": 3, "representative_position": 9,
    "seal_kind": 6, "seal_status": 4, "sex": 4, "tax_credit_rating": 5, "taxpayer_kind": 4, "taxpayer_status": 6,
    "town_kind": 4, "vehicle_plate_kind": 36, "vehicle_status": 16, "vehicle_use": 22,
}  # fmt: skip


def test_every_table_has_its_rows() -> None:
    assert {name: len(load_code_table(name).entries) for name in code_table_names()} == ROWS


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_table_names_itself_and_its_source(name: str) -> None:
    table = load_code_table(name)
    assert table.label.zh and table.label.en and table.source
    assert set(table.codes) == set(table.entries)
    assert all(label.zh.strip() == label.zh for label in table.entries.values())
    assert all(label.en.strip() == label.en and label.en for label in table.entries.values())


def test_ethnic_groups_run_from_01_to_56() -> None:
    numbered = [f"{number:02d}" for number in range(1, 57)]
    assert sorted(load_code_table("ethnic_group").entries) == [*numbered, "97", "98"]


def test_industries_are_20_sections_97_divisions_473_groups_and_1381_classes() -> None:
    codes = load_code_table("industry").entries
    assert [code for code in codes if not code.isdigit()] == [chr(65 + number) for number in range(20)]
    assert [code for code in codes if len(code) == 2] == [f"{number:02d}" for number in range(1, 98)]
    groups = {code for code in codes if code.isdigit() and len(code) == 3}
    classes = {code for code in codes if code.isdigit() and len(code) == 4}
    assert (len(groups), len(classes)) == (473, 1_381)
    assert {code[:3] for code in classes} == groups
    assert {code[:2] for code in groups} == {code for code in codes if len(code) == 2}
    assert (codes["0111"].zh, codes["3973"].zh, codes["9700"].zh) == ("稻谷种植", "集成电路制造", "国际组织")


@pytest.mark.parametrize(
    ("table", "text", "code"),
    [
        ("divisions", "130302", "130302"),
        ("divisions", "130323", "130306"),
        ("divisions", "抚宁县", "130306"),
        ("divisions", "海港区", "130302"),
        ("divisions", "130302.0", "130302"),
        ("ethnic_group", "1", "01"),
        ("ethnic_group", "汉", "01"),
        ("ethnic_group", "Manchu", "11"),
        ("sex", "男", "1"),
        ("industry", "A0111", "0111"),
        ("industry", "111", "111"),
        ("industry", "稻谷种值", "0111"),
        ("vehicle_plate_kind", "2", "02"),
        ("business_type", "1131", None),
        ("business_type", "9510", "9500"),
        ("business_type", "个体工商户", "9500"),
        ("licence_kind", "busines_licence", "business_licence"),
        ("sex", "X", None),
        ("sex", "", None),
    ],
)
def test_a_code_outside_the_table_has_a_nearest_one(table: str, text: str, code: str | None) -> None:
    assert load_code_table(table).suggest(text) == code


def test_a_suggestion_is_always_a_code_of_the_table_that_is_still_in_force() -> None:
    table = load_code_table("divisions")
    for code in list(table.codes)[::40]:
        heir = table.suggest(code)
        assert heir in table.entries
        assert not set(table.successors(code)) or heir in table.successors(code)


def test_divisions_remember_what_was() -> None:
    table = load_code_table("divisions")
    assert table.entries["130302"].zh == "海港区"
    assert table.codes["130323"].valid_to == "2014"
    assert table.successors("130323") == ("130302", "130304", "130306")
    assert {"810000", "820000", "830000"} <= set(table.entries)
    assert "青龙县" in table.codes["130321"].former_labels
    for known in table.codes.values():
        assert len(known.code) == 6 and known.code.isdigit()
        assert all(successor in table.entries for successor in known.successors)
        assert not (known.valid_from and known.valid_to) or known.valid_from <= known.valid_to


def test_an_unknown_table_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_code_table("../codes/sex")

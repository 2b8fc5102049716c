"""The code tables that ship: complete, labelled, and consistent."""

from __future__ import annotations

import pytest

from schemas.code_table import code_table_names, load_code_table

ROWS = {
    "business_status": 4, "business_type": 42, "country": 249, "divisions": 8_303, "document_type": 10, "education": 40,
    "employment_status": 4, "ethnic_group": 58, "household_relation": 84, "industry": 117, "marital_status": 8,
    "marriage_kind": 2, "register_status": 3, "sex": 4,
}  # fmt: skip


def test_every_table_has_its_rows() -> None:
    assert {name: len(load_code_table(name).entries) for name in code_table_names()} == ROWS


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_table_names_itself_and_its_source(name: str) -> None:
    table = load_code_table(name)
    assert table.label.zh and table.label.en and table.source
    assert set(table.codes) == set(table.entries)
    assert all(label.zh.strip() == label.zh for label in table.entries.values())
    if name != "divisions":
        assert all(label.en for label in table.entries.values())


def test_ethnic_groups_run_from_01_to_56() -> None:
    numbered = [f"{number:02d}" for number in range(1, 57)]
    assert sorted(load_code_table("ethnic_group").entries) == [*numbered, "97", "98"]


def test_industries_are_20_sections_and_97_divisions() -> None:
    codes = sorted(load_code_table("industry").entries)
    assert codes == [f"{number:02d}" for number in range(1, 98)] + [chr(65 + number) for number in range(20)]


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

"""The crosswalks that contracts are written from lead into the city's tables, department by department."""

import pytest

from schemas.code_table import load_code_table
from schemas.reference_crosswalk import load_reference, reference_names
from schemas.standard_file import load_standard


@pytest.mark.parametrize("name", reference_names())
def test_every_target_is_a_code_and_every_column_a_department(name: str) -> None:
    known, departments = load_code_table(name).entries, load_standard().departments
    for department, codes in load_reference(name).items():
        assert department in departments
        assert codes and set(codes.values()) <= set(known)


def test_one_paper_has_a_number_of_its_own_in_each_system() -> None:
    reference = load_reference("document_type")
    found = {name: [code for code, city in codes.items() if city == "citizen_id"] for name, codes in reference.items()}
    assert found == {"police_population": ["111"], "taxation": ["201"], "health": ["01"], "housing_fund": ["01"]}


def test_there_is_none_for_every_table() -> None:
    with pytest.raises(KeyError):
        load_reference("../codes/sex")

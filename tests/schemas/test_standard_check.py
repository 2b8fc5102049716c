"""The check finds every mistake, in all files at once."""

import shutil
from pathlib import Path

import pytest

from schemas.standard_check import mistakes
from schemas.standard_file import SHIPPED

CITY = Path(__file__).parents[2] / "cities" / "qinhuangdao"


@pytest.fixture
def standard(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "standard")
    return tmp_path / "standard"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_what_ships_is_sound() -> None:
    assert mistakes(CITY) == ()


def test_mistakes_in_several_files_are_all_told(standard: Path, tmp_path: Path) -> None:
    edit(standard / "death.yaml", "kind: date", "kind: dat")
    edit(standard / "seal.yaml", "required: true", "required: yes")
    city = tmp_path / "city"
    shutil.copytree(CITY, city)
    edit(city / "departments" / "civil_affairs.yaml", "department: civil_affairs", "department: civil")
    edit(city / "departments" / "police_seal.yaml", "connection:", "conection:")
    found = mistakes(city, standard)
    told = "\n".join(found)
    for place in ("death.yaml:", "seal.yaml:", "civil_affairs.yaml:", "police_seal.yaml:"):
        assert place in told


def test_a_field_whose_code_table_is_not_there_or_does_not_fit(standard: Path) -> None:
    edit(standard / "seal.yaml", "codes: seal_kind", "codes: seal_kinds")
    edit(standard / "property.yaml", "codes: property_use, length: 3", "codes: property_use, length: 2")
    told = "\n".join(mistakes(CITY, standard))
    assert "seal.kind: 代码表不存在 no code table 'seal_kinds'" in told and "did you mean 'seal_kind'" in told
    assert "property.use: 长度不够 length 2" in told


def test_a_changed_standard_under_an_old_version(standard: Path) -> None:
    edit(standard / "death.yaml", "  place_of_death:", "  place_of_dying:")
    (mistake,) = mistakes(CITY, standard)
    assert "death.place_of_death" in mistake


def test_a_city_that_is_not_there(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path)
    assert "city.yaml" in mistake

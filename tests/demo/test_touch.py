"""A touched cell is one cell, its update time moves, and nothing personal is printed."""

import shutil
from pathlib import Path

import pytest

from demo.build import BuildError
from demo.departments import DEPARTMENTS
from demo.touch import touch_cell
from tests.demo.city import rows


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_touch_changes_one_cell_and_the_update_time(city: Path, tmp_path: Path, department: str) -> None:
    shutil.copytree(city, tmp_path / "copy")
    shutil.copytree(city, tmp_path / "other")
    table = DEPARTMENTS[department].TABLES[0]
    before = rows(tmp_path / "copy", table)
    told = touch_cell(tmp_path / "copy" / "out", department)
    after = rows(tmp_path / "copy", table)
    changed = [
        (old[column], new[column], column)
        for old, new in zip(before, after, strict=True)
        for column in table.columns
        if old[column] != new[column]
    ]
    assert sorted(column for *_, column in changed if column != table.stamp) and len(changed) == (
        2 if table.stamp else 1
    )
    for old, new, column in changed:
        if column == table.stamp:
            assert str(new) > max(str(row[table.stamp]) for row in before if row[table.stamp])
        else:
            assert str(old) not in "\n".join(told) and str(new) not in "\n".join(told)
    assert touch_cell(tmp_path / "other" / "out", department) == told


def test_touch_needs_a_city(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="demo build"):
        touch_cell(tmp_path, "police_population")

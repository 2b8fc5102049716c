"""Names of lake tables never leave the root, and come back as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import LakeError
from warehouse.table_names import escape_part, table_folder, table_name, unescape_part

ROOT = Path("/lake")


def test_a_plain_name_is_its_folder() -> None:
    assert table_folder(ROOT, "raw/civil_affairs/MARRIAGE_REG") == ROOT / "raw/civil_affairs/MARRIAGE_REG"


@pytest.mark.parametrize(
    "name", ["../outside", "raw/../../outside", "raw/./x", "raw/..", "~", "raw/a\\b", "_delta_log"]
)
def test_a_hostile_name_stays_below_the_root(name: str) -> None:
    folder = table_folder(ROOT, name)
    assert folder.is_relative_to(ROOT) and ".." not in folder.parts and folder.name != "_delta_log"
    assert table_name(ROOT, folder) == name


@pytest.mark.parametrize("name", ["", "/etc/passwd", "raw//x", "raw/x/", "raw/" + "税" * 200])
def test_empty_and_overlong_parts_are_refused(name: str) -> None:
    with pytest.raises(LakeError):
        table_folder(ROOT, name)


@given(st.text(min_size=1, max_size=20))
def test_every_part_comes_back(part: str) -> None:
    folder = escape_part(part)
    assert unescape_part(folder) == part
    assert all(character.isascii() and (character.isalnum() or character in "_+-") for character in folder)

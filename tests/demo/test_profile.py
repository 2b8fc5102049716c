"""Profiles are checked at load."""

from pathlib import Path

import pytest

from demo.mutations import KINDS
from demo.profile import ProfileError, load


@pytest.mark.parametrize("name", ["assumed", "second"])
def test_shipped_profiles_name_only_known_errors(name: str) -> None:
    profile = load(name)
    named = {kind for rates in (*profile.cells.values(), *profile.columns.values()) for kind in rates}
    assert named <= set(KINDS)
    assert profile.without_errors().rates("agriculture", "subsidy_recipients", "姓名", "name") == {}


def test_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(ProfileError, match="assumed, second"):
        load("third")


def test_a_bad_rate_is_named(tmp_path: Path) -> None:
    source = (Path(__file__).parents[2] / "demo" / "profiles" / "assumed.yaml").read_text(encoding="utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(source.replace("moved_away: 0.04", "moved_away: many"), encoding="utf-8")
    with pytest.raises(ProfileError, match=r"world\.moved_away.*many"):
        load(str(path))

"""Visible errors of the demo are found by the right reason and none is invented: small here, three seeds when long."""

from __future__ import annotations

import pytest

from bench.defects import CITY, score_city
from schemas.city_file import load_city

WANTED = 0.999


@pytest.mark.parametrize("profile", ["assumed", "second"])
def test_visible_errors_of_a_small_city_are_found_and_none_invented(profile: str) -> None:
    score = score_city(load_city(CITY), 4_000, 909, profile)
    assert score.visible.total() > 200
    assert score.recall >= WANTED, score.missed
    assert score.precision >= WANTED, score.invented


@pytest.mark.long
@pytest.mark.parametrize("profile", ["assumed", "second"])
@pytest.mark.parametrize("seed", [1001, 1002, 1003])
def test_visible_errors_of_unseen_seeds(profile: str, seed: int) -> None:
    score = score_city(load_city(CITY), 20_000, seed, profile)
    assert score.recall >= WANTED, score.missed
    assert score.precision >= WANTED, score.invented

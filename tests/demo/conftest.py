"""One small city for all tests that only look."""

from pathlib import Path

import pytest

from demo.days import bring_to_day
from tests.demo.city import order


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a city on day 0."""
    folder = tmp_path_factory.mktemp("city")
    bring_to_day(order(folder))
    return folder


@pytest.fixture(scope="session")
def later_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the same city, built straight on day 2."""
    folder = tmp_path_factory.mktemp("later")
    bring_to_day(order(folder, day=2))
    return folder


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a city large enough to hold what is rare."""
    folder = tmp_path_factory.mktemp("town")
    bring_to_day(order(folder, residents=12_000))
    return folder

"""Airflow reads its settings when it is first imported, so the tests of this folder say them before, once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dags.environment import airflow_variables, enter
from pipeline.settings import Settings
from tests.house.tree import ROOT

CITY = ROOT / "cities" / "qinhuangdao"


@pytest.fixture(scope="session")
def airflow_ready(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Import Airflow with a home of its own; return the variables it was given."""
    home = tmp_path_factory.mktemp("airflow-home")
    variables = airflow_variables(Settings.from_environment({"CITYHUB_HOME": str(home)}), retry_delay=1)
    before = dict(os.environ)
    enter(variables)
    import airflow.sdk  # noqa: F401
    from airflow import settings  # noqa: F401

    os.environ.clear()
    os.environ.update(before)
    return variables


@pytest.fixture(autouse=True)
def airflow_environment(airflow_ready: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test the environment Airflow was imported with; the rest of the suite never sees it."""
    for name, value in airflow_ready.items():
        monkeypatch.setenv(name, value)
    yield


@pytest.fixture
def city_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the demo city's folder that a test may break, and make it the city of the environment."""
    folder = tmp_path / "city"
    shutil.copytree(CITY, folder)
    monkeypatch.setenv("CITYHUB_CITY", str(folder))
    return folder


@pytest.fixture
def dags(city_folder: Path) -> dict[str, Any]:
    """Return every DAG of the demo city by id."""
    from dags.city import HUB_DAG, read_city
    from dags.department import departments
    from dags.hub import hub

    city = read_city()
    return {**departments(city), HUB_DAG: hub(city)}

"""Airflow's home: secrets for the owner's eyes, everything on the loopback address, what somebody set is kept."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from dags.environment import OPERATOR, PASSWORDS, SECRETS, airflow_variables, enter
from pipeline.settings import Settings


def settings(home: Path) -> Settings:
    return Settings.from_environment({"CITYHUB_HOME": str(home)})


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    first = airflow_variables(settings(tmp_path))
    second = airflow_variables(settings(tmp_path))
    assert first["AIRFLOW__API_AUTH__JWT_SECRET"] == second["AIRFLOW__API_AUTH__JWT_SECRET"]
    assert len(first["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 48
    for name in (PASSWORDS, SECRETS):
        assert stat.S_IMODE((tmp_path / "airflow" / name).stat().st_mode) == 0o600


def test_two_homes_have_two_passwords(tmp_path: Path) -> None:
    passwords = set()
    for home in (tmp_path / "one", tmp_path / "two"):
        airflow_variables(settings(home))
        passwords.add(json.loads((home / "airflow" / PASSWORDS).read_text())[OPERATOR])
    assert len(passwords) == 2


def test_everything_lies_in_the_home_and_listens_on_loopback(tmp_path: Path) -> None:
    variables = airflow_variables(settings(tmp_path), port=18123)
    home = str(tmp_path / "airflow")
    assert variables["AIRFLOW_HOME"] == home
    assert variables["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith(f"sqlite:///{home}/")
    assert variables["AIRFLOW__LOGGING__BASE_LOG_FOLDER"].startswith(home)
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18123/execution/"


def test_what_somebody_has_set_for_airflow_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "32")
    monkeypatch.setenv("AIRFLOW_HOME", "elsewhere")
    enter(airflow_variables(settings(tmp_path)))
    import os

    assert os.environ["AIRFLOW__CORE__PARALLELISM"] == "32"
    assert os.environ["AIRFLOW_HOME"] == str(tmp_path / "airflow")

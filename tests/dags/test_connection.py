"""A URL from Airflow's connections: scheme, user and password as the connectors take them."""

from __future__ import annotations

import pytest

from dags.connection import airflow_url


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        ("postgres://reader:p%40ss@db.city:5432/marriage", "postgresql://reader:p%40ss@db.city:5432/marriage"),
        ("mysql://reader:secret@db.city:3306/seal", "mysql://reader:secret@db.city:3306/seal"),
    ],
)
def test_a_connection_kept_in_airflow_becomes_a_url(kept: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CIVIL_AFFAIRS", kept)
    assert airflow_url("civil_affairs") == expected


def test_a_connection_that_airflow_does_not_know_is_nothing() -> None:
    assert airflow_url("nobody_knows_this_one") == ""

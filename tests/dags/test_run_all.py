"""Every DAG in one process: a broken contract and a dead source stop nobody, both heal; then nothing has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import DEFAULT_CITY, Settings

BROKEN, DOWN = "agriculture", "social_security"


def settings(home: Path, city: Path) -> Settings:
    return Settings.from_environment({"CITYHUB_HOME": str(home), "CITYHUB_CITY": str(city)})


def endings(outcomes: list[object]) -> dict[str, bool]:
    return {outcome.dag_id.removeprefix("department_"): outcome.is_good for outcome in outcomes}  # type: ignore[attr-defined]


# Airflow takes the alarm signal for its own timeouts, so this one is kept by a thread.
@pytest.mark.timeout(240, method="thread")
def test_the_city_runs_without_its_broken_and_its_dead_department_and_heals(
    tmp_path: Path, city_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from dags.run_all import build_demo, run_city

    home = tmp_path / "home"
    build_demo(settings(home, DEFAULT_CITY), residents=300, seed=11)
    contract, source = city_folder / "departments" / f"{BROKEN}.yaml", home / "demo" / "sources" / f"{DOWN}.sqlite"
    sound = contract.read_text("utf-8")
    contract.write_text(sound.replace("owner:", "onwer:"), encoding="utf-8")
    source.rename(tmp_path / "away.sqlite")
    capfd.readouterr()

    outcomes, _ = run_city(settings(home, city_folder))
    said = capfd.readouterr().out
    assert {name for name, is_good in endings(outcomes).items() if not is_good} == {BROKEN, DOWN}
    assert list(endings(outcomes))[-1] == "hub"
    assert "onwer" in said and "SourceUnreachable" in said

    contract.write_text(sound, encoding="utf-8")
    (tmp_path / "away.sqlite").rename(source)
    outcomes, summary = run_city(settings(home, city_folder))
    assert all(endings(outcomes).values())
    assert "nothing changed" not in summary

    outcomes, summary = run_city(settings(home, city_folder))
    assert all(endings(outcomes).values())
    assert "没有变化 nothing changed: 6 个部门已查询" in summary


def test_a_demo_city_that_stands_is_not_built_again(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from dags.run_all import build_demo

    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "city.json").write_text("{}")
    build_demo(settings(tmp_path, DEFAULT_CITY), residents=200, seed=1)
    assert capfd.readouterr().out == ""
    assert not (tmp_path / "demo" / "sources").exists()


def test_a_city_of_ones_own_gets_no_demo(tmp_path: Path, city_folder: Path) -> None:
    from dags.run_all import build_demo

    build_demo(settings(tmp_path, city_folder), residents=200, seed=1)
    assert not (tmp_path / "demo").exists()

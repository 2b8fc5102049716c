"""Every DAG in one process: a broken contract and a dead source stop nobody, both heal; then nothing has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

from pipeline.settings import DEFAULT_CITY, Settings
from tests.house.tree import ROOT
from tests.leaks import leaks

BROKEN, DOWN, STEADY = "agriculture", "social_security", "police_population"


def settings(home: Path, city: Path) -> Settings:
    return Settings.from_environment({"CITYHUB_HOME": str(home), "CITYHUB_CITY": str(city)})


def run(home: Path, city: Path) -> tuple[int, str]:
    """Run the program as a person does, for some departments; return its exit code and all it said."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CITYHUB"))}
    environment |= {"CITYHUB_HOME": str(home), "CITYHUB_CITY": str(city)}
    command = [sys.executable, "-m", "dags.run_all"]
    for department in (BROKEN, DOWN, STEADY):
        command += ["--department", department]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.timeout(600)  # the program is started three times
def test_the_city_runs_without_its_broken_and_its_dead_department_and_heals(tmp_path: Path, city_folder: Path) -> None:
    from dags.run_all import build_demo

    home = tmp_path / "home"
    build_demo(settings(home, DEFAULT_CITY), residents=300, seed=11)
    contract, source = city_folder / "departments" / f"{BROKEN}.yaml", home / "demo" / "sources" / f"{DOWN}.sqlite"
    sound = contract.read_text("utf-8")
    contract.write_text(sound.replace("owner:", "onwer:"), encoding="utf-8")
    source.rename(tmp_path / "away.sqlite")

    code, said = run(home, city_folder)
    assert code == 1
    assert "onwer" in said and "SourceUnreachable" in said
    [failed] = [line for line in said.splitlines() if line.startswith("未完成 failed")]
    assert BROKEN in failed and DOWN in failed and STEADY not in failed and "hub" not in failed

    contract.write_text(sound, encoding="utf-8")
    (tmp_path / "away.sqlite").rename(source)
    code, said = run(home, city_folder)
    assert code == 0, said
    assert "nothing changed" not in said
    page = home / "report" / "latest" / "report.html"
    assert said.rstrip().splitlines()[-1].endswith(str(page)) and page.is_file()
    nobody_stands_in_what_was_written(home, tmp_path, said)

    code, said = run(home, city_folder)
    assert code == 0, said
    assert "没有变化 nothing changed: 已查询 3 个部门" in said


def nobody_stands_in_what_was_written(home: Path, place: Path, said: str) -> None:
    """Airflow's own database (rendered fields, what tasks hand on), its logs, the report and the terminal name no one
    of the city's people."""
    people = parquet.read_table(home / "demo" / "truth" / "persons.parquet").to_pylist()
    numbers = {one[field] for one in people for field in ("citizen_id", "paper_number", "phone") if one[field]}
    secrets = {one for one in numbers if len(one) >= 11} | {one["address"] for one in people[:40] if one["address"]}
    secrets |= {one["name"] for one in people if len(one["name"]) > 3}
    assert len(secrets) > 400
    (place / "said").mkdir()
    (place / "said" / "said.txt").write_text(said, "utf-8")
    for folder in (home / "airflow", home / "report", place / "said"):
        assert leaks(secrets, folder) == []


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

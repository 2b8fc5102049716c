"""`cityhub standard`: what it prints, and that its check ends with exit code 1 where something is wrong."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.command_line import main

CITY = Path(__file__).parents[2] / "cities" / "qinhuangdao"


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_it_prints_every_entity_or_one() -> None:
    everything, one = run("standard"), run("standard", "vehicle")
    assert everything.exit_code == one.exit_code == 0
    assert "机动车登记 vehicle" in everything.output and "死亡 death" in everything.output
    assert "HPHM" in one.output and "死亡 death" not in one.output


def test_a_wrong_word_is_answered_with_the_right_ones() -> None:
    answer = run("standard", "vehicles")
    assert answer.exit_code == 2
    assert "vehicle" in answer.output


@pytest.mark.parametrize("words", [("--json",), ("--catalogue",), ("--catalogue", "death"), ("--json", "person")])
def test_for_machines_it_is_json(words: tuple[str, ...]) -> None:
    answer = run("standard", *words)
    assert answer.exit_code == 0
    assert json.loads(answer.output)


def test_the_check_is_silent_about_what_is_sound() -> None:
    answer = run("--city", str(CITY), "standard", "--check")
    assert (answer.exit_code, "无误 sound" in answer.output) == (0, True)


def test_the_check_tells_every_broken_contract(tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(CITY, city)
    for name, old, new in (("civil_affairs", "basis:", "bases:"), ("police_seal", "owner:", "ower:")):
        path = city / "departments" / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    answer = run("--city", str(city), "standard", "--check")
    assert answer.exit_code == 1
    assert "did you mean 'basis'" in answer.output and "did you mean 'owner'" in answer.output
    machine = run("--city", str(city), "standard", "--check", "--json")
    assert machine.exit_code == 1
    assert len(json.loads(machine.output)["mistakes"]) == 2


def test_the_dictionary_the_shape_and_the_warning_come_out_as_text() -> None:
    assert run("standard", "--markdown").output.startswith("# 数据标准")
    assert "  fields:" in run("standard", "--shape").output
    assert "! ~ codes.vehicle_use.Q" in run("standard", "--changes").output
    assert "sex,1,男性" in run("standard", "--codes").output

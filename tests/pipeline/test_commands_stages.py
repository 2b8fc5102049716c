"""Stages on the command line: a department that fails does not stop the others, and the exit code says that it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.command_line import main
from tests.pipeline.office import NAME, Office, office


@pytest.fixture
def place(tmp_path: Path) -> Office:
    return office(tmp_path)


def typed(place: Office, *words: str) -> tuple[int, Any]:
    result = CliRunner(env=place.environment).invoke(main, [*words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_a_department_that_fails_is_told_and_the_next_is_landed(place: Office) -> None:
    code, [failed, landed] = typed(place, "land", "civil_affairs", NAME)
    assert (code, failed["department"], failed["error"]) == (1, "civil_affairs", "SourceUnreachable")
    assert (landed["department"], landed["rows"]) == (NAME, 3)


def test_whole_reads_again_what_the_watermark_has_passed(place: Office) -> None:
    typed(place, "land", NAME)
    place.change("UPDATE INSURED SET NAME = '张玮', MOVED = ? WHERE ID = 'P2'", ("2026-01-01 00:00:00",))
    assert typed(place, "land", NAME)[1][0]["batches"][0]["mode"] == "increment"
    code, [again] = typed(place, "land", NAME, "--whole")
    assert (code, again["batches"][0]["mode"], again["batches"][0]["rows"]) == (0, "full", 2)


def test_a_word_that_is_no_department_is_told_with_the_nearest(place: Office) -> None:
    code, told = typed(place, "land", "social_securty")
    assert (code, told["error"]) == (1, "ConfigurationError")
    assert NAME in told["message"]

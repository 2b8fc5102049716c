"""What linking will do, told before it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.command_line import main
from pipeline.commit import commit
from pipeline.land import land
from pipeline.link_plan import link_plan
from pipeline.standardise import standardise
from pipeline.validate import validate
from tests.pipeline.story import story

CITY = {"CITYHUB_CITY_KEY": "5" * 64, "CITYHUB_AS_OF": "2026-07-01"}
WITH_NAMELESS = ("police_population", "social_security")


def test_candidates_are_counted_before_anything_is_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tale = story(tmp_path, residents=400)
    tale.bring()
    with tale.hub(**CITY) as hub:
        for department in WITH_NAMELESS:
            for stage in (land, standardise, validate, commit):
                stage(hub, department)
        told = link_plan(hub)["person"]
        assert hub.ledger.published_version() is None
    assert told["base"] > 300
    assert told["records"] > 0
    pairs = {rule["rule"]: rule["pairs"] for rule in told["rules"]}
    assert 0 < pairs["birth_date + name.surname"] < told["records"] * told["base"]
    assert any("citizen_id" in line for line in told["words"])
    for name, value in {**CITY, "CITYHUB_HOME": str(tale.home)}.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(main, ["link", "--explain"])
    assert shown.exit_code == 0, shown.output
    assert "name + birth_date" in shown.output
    plain = CliRunner().invoke(main, ["link", "--explain", "--json"])
    assert json.loads(plain.output)["person"]["base"] == told["base"]

"""A dropped file shown raw beside standard: masked, counted, nothing stored."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.command_line import main
from pipeline.hub import open_hub
from pipeline.settings import Settings
from pipeline.standardise_file import Wish, standardise_file
from pipeline.trace import Shown
from schemas.errors import ConfigurationError

NUMBER = "130302198001011233"
HEAD = ["登记编号", "姓名", "身份证号", "性别", "乡镇", "村", "补贴项目", "面积亩", "金额元", "联系电话", "登记日期"]
ROWS = [
    ["NB1", "张 三", NUMBER, "男", "东港镇", "北庄村", "耕地", "1", "9", "13812345678", "2020-01-01"],
    ["NB2", "李四", NUMBER[:17] + "4", "女", "东港镇", "北庄村", "耕地", "1", "9", "138****5678", "2020-01-01"],
    ["NB3", "王五", "", "王五家", "东港镇", "女", "耕地", "1", "9", "无", "2020-01-01"],
    ["", "赵六", "", "女", "东港镇", "北庄村", "耕地", "1", "9", "", "2020-01-01"],
]


@pytest.fixture
def dropped(tmp_path: Path) -> Path:
    path = tmp_path / "subsidy_recipients_20260101.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([HEAD, *ROWS])
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "var"


def settings(home: Path) -> Settings:
    return Settings.from_environment({"CITYHUB_HOME": str(home), "CITYHUB_AS_OF": "2026-06-30"})


def test_raw_stands_beside_standard_masked(dropped: Path, home: Path) -> None:
    with open_hub(settings(home)) as hub:
        told = standardise_file(hub, Wish("agriculture", dropped))
        assert not hub.lake.tables()
    assert (told["department"], told["table"], told["rows"]) == ("agriculture", "subsidy_recipients", 4)
    first = {one["field"]: one for one in told["statements"][0]["fields"]}
    assert (first["name"]["raw"], first["name"]["standard"]) == (["张*"], "张*")
    assert [reason["code"] for reason in first["name"]["reasons"]] == ["spaces_removed"]
    assert first["citizen_id"]["standard"] == "130302********1233"
    assert (first["sex"]["raw"], first["sex"]["standard"]) == (["男"], "1")
    third = {one["field"]: one for one in told["statements"][2]["fields"]}
    assert {reason["code"] for reason in third["sex"]["reasons"]} == {"unknown_code", "columns_swapped"}
    assert third["sex"]["raw"] == ["****"]  # what stands there may be somebody's name
    refused = {(line["row"], line["reason"], line["state"]) for line in told["quarantine"]}
    assert {(2, "wrong_check_digit", "quarantined"), (2, "masked", "noted"), (4, "null_key", "rejected")} <= refused
    counts = told["counts"]
    assert (counts["extracted"], counts["rejected"], counts["emitted"], counts["accepted"]) == (4, 1, 3, 2)


def test_nothing_personal_is_shown_unless_asked_for(dropped: Path, home: Path) -> None:
    with open_hub(settings(home)) as hub:
        hidden = json.dumps(standardise_file(hub, Wish("agriculture", dropped)), ensure_ascii=False)
        shown = json.dumps(
            standardise_file(hub, Wish("agriculture", dropped, shown=Shown("演练 drill"))), ensure_ascii=False
        )
    for secret in (NUMBER, NUMBER[:17] + "4", "13812345678", "张三", "李四", "王五"):
        assert secret not in hidden
    assert NUMBER in shown


def test_a_table_that_cannot_be_told_is_asked_for(dropped: Path, home: Path) -> None:
    other = dropped.rename(dropped.with_name("list.csv"))
    with open_hub(settings(home)) as hub:
        with pytest.raises(ConfigurationError, match="subsidy_recipients"):
            standardise_file(hub, Wish("agriculture", other))
        assert standardise_file(hub, Wish("agriculture", other, "subsidy_recipients", 1))["rows"] == 4


def test_one_command_for_files_and_departments(dropped: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITYHUB_HOME", str(home))
    runner = CliRunner()
    told = runner.invoke(main, ["standardise", str(dropped), "--contract", "agriculture", "--limit", "2"])
    assert told.exit_code == 0, told.output
    assert "spaces_removed" in told.output
    assert "extracted 4" in told.output
    assert NUMBER not in told.output
    stage = runner.invoke(main, ["standardise", "agriculture", "--json"])
    assert stage.exit_code == 0, stage.output
    assert json.loads(stage.output) == [{"department": "agriculture", "batches": []}]
    lost = runner.invoke(main, ["standardise", "nowhere.csv", "--contract", "agriculture"])
    assert lost.exit_code == 1

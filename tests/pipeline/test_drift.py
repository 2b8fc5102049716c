"""Drift is found before a row moves; its severity decides whether it is told, holds the batch, or stops the reading."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.hub import Hub
from pipeline.land import land
from schemas.errors import SourceDrift
from tests.pipeline.office import NAME, Office, moved, office, person


@pytest.fixture
def one(tmp_path: Path) -> Office:
    return office(tmp_path)


def insured(hub: Hub) -> dict[str, object]:
    batch = hub.ledger.batches(department=NAME, source_table="INSURED")[-1]
    return {"state": batch.state, "reason": batch.held_reason or "", **batch.counts["landing"]}


def test_a_new_column_and_an_unknown_code_are_told_with_the_change_they_suggest(one: Office) -> None:
    one.change("ALTER TABLE INSURED ADD COLUMN EMAIL TEXT")
    with one.hub() as hub:
        land(hub, NAME, "INSURED")
        told = insured(hub)
    assert told["state"] == "landed"
    assert told["drift"] == ["+ EMAIL", "? SEX (sex_word): 未知代码 unknown 女"]
    assert [line for line in told["proposal"] if line[0] in "+#" and line[:3] != "+++"] == [
        "+    ignore: [EMAIL]",
        '+  sex_word: {男: "1", "女": "2"}',
        "# INSURED: EMAIL 可映射到标准，或忽略 map them in emit, or ignore them",
    ]


def test_a_retyped_column_holds_the_batch_until_a_person_looks(one: Office) -> None:
    with one.hub() as hub:
        land(hub, NAME, "INSURED")
        one.change("ALTER TABLE INSURED RENAME TO OLD")
        one.change("CREATE TABLE INSURED (ID TEXT, NAME TEXT, NUMBER INTEGER, SEX TEXT, FIRM TEXT, MOVED TEXT)")
        one.change("INSERT INTO INSURED SELECT * FROM OLD")
        one.insure(person(3, "王强", None, day=2))
        land(hub, NAME, "INSURED")
        told = insured(hub)
    assert told["state"] == "held"
    assert str(told["reason"]).startswith("drift: ~ NUMBER: TEXT → INTEGER  (前导零和字母会丢")


def test_severities_come_from_the_contract(one: Office) -> None:
    one.mend(
        "    cursor: {column: MOVED, overlap: 1h}\n    rows:",
        "    cursor: MOVED\n    drift: {new: fail, codes: hold}\n    rows:",
    )
    with one.hub() as hub:
        land(hub, NAME, "INSURED")
        assert insured(hub)["state"] == "held"
        one.change("ALTER TABLE INSURED ADD COLUMN EMAIL TEXT")
        with pytest.raises(SourceDrift, match="ignore: \\[EMAIL\\]"):
            land(hub, NAME, "INSURED")
        assert len(hub.ledger.batches(department=NAME)) == 1


def test_a_renamed_column_stops_the_reading_and_the_contract_is_shown_as_it_should_be(one: Office) -> None:
    one.change("ALTER TABLE INSURED RENAME COLUMN NUMBER TO NUMBERS")
    with one.hub() as hub, pytest.raises(SourceDrift) as drift:
        land(hub, NAME, "INSURED")
    assert drift.value.diff[0] == "- NUMBER  (改名为 renamed to NUMBERS?)"
    assert any("+        person: {name: NAME, citizen_id: NUMBERS, sex" in line for line in drift.value.diff)


def test_a_column_that_is_gone_stops_the_reading_and_its_mapping_is_shown_taken_out(one: Office) -> None:
    one.change("ALTER TABLE INSURED DROP COLUMN NUMBER")
    with one.hub() as hub, pytest.raises(SourceDrift) as drift:
        land(hub, NAME, "INSURED")
    assert drift.value.diff[0] == "- NUMBER"
    assert any("+        person: {name: NAME, sex: {from: SEX" in line for line in drift.value.diff)


def test_an_ignored_column_that_went_is_told_and_does_not_stop(one: Office) -> None:
    one.mend("    rows: {change_at_most: 20%}", "    rows: {change_at_most: 20%}\n    ignore: [NOTE]")
    with one.hub() as hub:
        land(hub, NAME, "INSURED")
        told = insured(hub)
    assert told["state"] == "landed"
    assert told["drift"][0].startswith("- NOTE")  # type: ignore[index]


def test_a_long_text_among_codes_is_not_shown(one: Office) -> None:
    one.insure(("P9", "赵六", None, "13030219800101123X", None, moved(1)))
    with one.hub() as hub:
        land(hub, NAME, "INSURED")
        assert "13030219800101123X" not in str(insured(hub))
        assert "***(18)" in str(insured(hub)["drift"])

"""The bad day: replays, releases and refusals leave what an undisturbed day would have left, and say who and why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline.batch_decisions import refuse, release, replay
from pipeline.hub import Hub
from pipeline.land import land
from pipeline.open_quarantine import open_lines
from pipeline.quarantine import quarantined
from pipeline.quarantine_release import release_quarantined
from pipeline.standardise import standardise
from pipeline.trace import Shown, raw_row
from schemas.errors import LedgerError
from tests.pipeline.office import NAME, Office, day_run, facts, moved, names, office, person
from warehouse.conservation import check_conservation


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office whose department has run once; tests take copies of it."""
    folder = tmp_path_factory.mktemp("office")
    with office(folder).hub() as opened:
        day_run(opened)
    return folder


@pytest.fixture
def place(ran: Path, tmp_path: Path) -> Office:
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    return Office(tmp_path)


@pytest.fixture
def hub(place: Office) -> Iterator[Hub]:
    with place.hub() as opened:
        yield opened


def balanced(hub: Hub) -> None:
    for batch in hub.ledger.batches("accepted"):
        check_conservation(batch.counts)
        assert batch.counts.get("extracted", 0) == (batch.rows_extracted or 0)


def test_a_fact_held_for_its_reference_is_retried_when_it_arrives(place: Office, hub: Hub) -> None:
    assert facts(hub) == ["P1"]
    assert [line["reason"] for line in quarantined(hub, [NAME], 9, Shown())] == ["dangling_reference"]
    watermark = hub.ledger.watermark(NAME, "INSURED")
    place.employ(("F9", "秦皇岛市北戴河区远大商店", moved(2)))
    day_run(hub)
    assert facts(hub) == ["P1", "P2"]
    assert quarantined(hub, [NAME], 9, Shown()) == []
    assert len(quarantined(hub, [NAME], 9, Shown(), everything=True)) == 1
    [again] = [one for one in hub.ledger.batches("accepted") if one.is_replay]
    assert (again.rows_extracted, again.counts["new"], again.high_water) == (1, 1, None)
    assert hub.ledger.watermark(NAME, "INSURED") == watermark
    balanced(hub)
    before = len(hub.ledger.batches("accepted"))
    standardise(hub, NAME)
    assert len(hub.ledger.batches("accepted")) == before


def test_the_raw_row_of_a_replayed_statement_is_found(place: Office, hub: Hub) -> None:
    place.employ(("F9", "秦皇岛市北戴河区远大商店", moved(2)))
    day_run(hub)
    [fact] = [row for row in hub.lake.read(f"current/{NAME}/employment").to_pylist() if row["source_key"] == "P2"]
    assert hub.ledger.batch(fact["batch"]).is_replay
    assert raw_row(hub, fact["batch"], fact["row_number"]).column("ID").to_pylist() == ["P2"]


def test_a_replay_with_a_mended_contract_changes_what_the_mending_changes(place: Office, hub: Hub) -> None:
    [first] = hub.ledger.batches("accepted", NAME, "INSURED")
    place.mend('{男: "1"}', '{男: "1", 女: "2"}')
    with place.hub() as mended:
        result = replay(mended, first.id)
        assert (result["state"], result["new"], result["changed"], result["withdrawn"]) == ("accepted", 0, 1, 0)
        sexes = {row["source_key"]: row["sex"] for row in mended.lake.read(f"current/{NAME}/person").to_pylist()}
        assert sexes == {"P1": "1", "P2": "2"}
        balanced(mended)
        again = replay(mended, first.id)
        assert (again["new"], again["changed"], again["withdrawn"]) == (0, 0, 0)
        # the mended contract still reads the whole source once, replay or not
        assert land(mended, NAME, "INSURED")["batches"][0]["mode"] == "full"


def test_a_replay_never_overwrites_what_a_later_extract_said(place: Office, hub: Hub) -> None:
    [first] = hub.ledger.batches("accepted", NAME, "INSURED")
    place.change("UPDATE INSURED SET NAME = '张玮', MOVED = ? WHERE ID = 'P1'", (moved(3),))
    day_run(hub)
    assert names(hub)["P1"] == "张玮"
    result = replay(hub, first.id)
    assert names(hub) == {"P1": "张玮", "P2": "李娜"}
    counts = hub.ledger.batch(result["batch"]).counts
    assert (counts["superseded"], counts["standardised"]) == (1, 1)  # the other was read again, and was the same
    balanced(hub)


def test_a_replay_under_another_key_withdraws_what_stood_under_the_old_one(place: Office, hub: Hub) -> None:
    [first] = hub.ledger.batches("accepted", NAME, "INSURED")
    place.mend("key: [ID]", "key: [ID, MOVED]")
    with place.hub() as mended:
        result = replay(mended, first.id)
        assert (result["new"], result["withdrawn"]) == (3, 3)
        assert sorted(names(mended)) == [f"P1|{moved(1)}", f"P2|{moved(1)}"]
        balanced(mended)


def test_quarantined_rows_are_released_after_the_contract_was_mended(place: Office, hub: Hub) -> None:
    """The name stood in another column all along: once the contract says so, only the refused rows are taken again."""
    place.insure(("P3", "", person(3, "", None)[2], "王三", None, moved(2)), person(4, "赵一", None, day=2))
    day_run(hub)
    assert {line["key"] for line in quarantined(hub, [NAME], 9, Shown())} == {"P2", "P3"}
    untouched = release_quarantined(hub, NAME)
    assert (untouched["open"], untouched["rows"], untouched["left"]) == (2, 0, 2)
    place.mend("name: NAME, citizen_id: NUMBER, sex: {from: SEX, codes: sex_word}", "name: SEX, citizen_id: NUMBER")
    place.mend('codes:\n  sex_word: {男: "1"}\n', "")
    with place.hub() as mended:
        freed = release_quarantined(mended, NAME)
        assert (freed["rows"], freed["left"]) == (1, 1)
        assert [one["state"] for one in freed["taken"]] == ["accepted"]
        assert names(mended) == {"P1": "张伟", "P2": "李娜", "P3": "王三", "P4": "赵一"}
        assert [line["reason"] for line in quarantined(mended, [NAME], 9, Shown())] == ["dangling_reference"]
        assert release_quarantined(mended, NAME)["rows"] == 0
        balanced(mended)


def test_rows_refused_for_a_repeated_key_are_released_together(place: Office, hub: Hub) -> None:
    twin = person(5, "孙二", None, day=2)
    place.insure(twin, (*twin[:1], "周三", person(6, "", None)[2], *twin[3:]))
    day_run(hub)
    assert [line["reason"] for line in quarantined(hub, [NAME], 9, Shown()) if line["key"] == "P5"] == [
        "repeated_key"
    ] * 2
    place.mend("key: [ID]", "key: [ID, NAME]")
    with place.hub() as mended:
        freed = release_quarantined(mended, NAME)
        assert freed["rows"] == 2
        assert {"孙二", "周三"} <= set(names(mended).values())
        assert [line for line in quarantined(mended, [NAME], 9, Shown()) if line["key"] == "P5"] == []
        balanced(mended)


def shrunk(place: Office, hub: Hub) -> int:
    """Let the department's table lose most of its rows and land it whole; return the batch that the gate holds."""
    place.insure(*(person(number, f"王{'一二三四五六七'[number - 3]}", None, day=2) for number in range(3, 10)))
    day_run(hub)
    place.change("DELETE FROM INSURED WHERE ID > 'P3'")
    place.mend("sex: {from: SEX, codes: sex_word}", "sex: {from: SEX, codes: sex_word, on_fail: minor}")
    with place.hub() as mended:
        day_run(mended)
        [held] = mended.ledger.batches("held")
    return held.id


def test_a_held_batch_is_released_on_a_persons_word(place: Office, hub: Hub) -> None:
    number = shrunk(place, hub)
    with place.hub() as mended:
        assert len(names(mended)) == 9
        assert replay(mended, number)["state"] == "held"
        result = release(mended, number, "部门确认清理 13030219800101123X")
        assert result["state"] == "accepted"
        assert sorted(names(mended)) == ["P1", "P2", "P3"]
        verdict = mended.ledger.batch(number).counts["gate"]
        assert verdict["override"]["reason"] == "部门确认清理 130***************"
        assert [one["rule"] for one in verdict["critical"]] == ["rows_changed"]
        [entry] = [one for one in mended.ledger.stages() if one.stage == "release"]
        assert entry.counts["who"] == verdict["override"]["who"]
        balanced(mended)


def test_an_extract_that_only_lacks_rows_is_replayed_and_released(place: Office, hub: Hub) -> None:
    """Rows that stand already are not kept again: such a batch has none of its own in the lake."""
    place.insure(*(person(number, f"王{'一二三四五六七'[number - 3]}", None, day=2) for number in range(3, 10)))
    place.mend("    cursor: {column: MOVED, overlap: 1h}\n    rows:", "    rows:")
    with place.hub() as hub:
        day_run(hub)
        [grown] = hub.ledger.batches("held")
        release(hub, grown.id, "补录")
        place.change("DELETE FROM INSURED WHERE ID > 'P3'")
        day_run(hub)
        [held] = hub.ledger.batches("held")
        assert (held.rows_extracted, held.left_out) == (3, 3)
        assert replay(hub, held.id)["state"] == "held"
        assert release(hub, held.id, "部门确认清理")["state"] == "accepted"
        assert sorted(names(hub)) == ["P1", "P2", "P3"]
        again = replay(hub, held.id)
        assert (again["state"], again["extracted"], again["withdrawn"]) == ("accepted", 0, 0)
        assert sorted(names(hub)) == ["P1", "P2", "P3"]
        balanced(hub)


def test_an_emptied_table_is_released(place: Office, hub: Hub) -> None:
    place.mend("    cursor: {column: MOVED, overlap: 1h}\n    rows:", "    rows:")
    with place.hub() as hub:
        day_run(hub)
        place.change("DELETE FROM INSURED")
        day_run(hub)
        [held] = hub.ledger.batches("held")
        assert release(hub, held.id, "部门停办")["state"] == "accepted"
        assert names(hub) == {}
        balanced(hub)


def test_a_held_batch_released_late_leaves_what_came_after_it(place: Office, hub: Hub) -> None:
    number = shrunk(place, hub)
    place.insure(person(10, "钱四", None, day=4))
    place.change("UPDATE INSURED SET NAME = '张玮', MOVED = ? WHERE ID = 'P1'", (moved(4),))
    with place.hub() as mended:
        day_run(mended)  # an increment, accepted while the whole extract waits
        release(mended, number, "ok")
        assert names(mended) == {"P1": "张玮", "P2": "李娜", "P3": "王一", "P10": "钱四"}
        balanced(mended)


def test_a_refused_batch_is_read_again_from_where_it_began(place: Office, hub: Hub) -> None:
    number = shrunk(place, hub)
    place.insure(*(person(each, f"王{'一二三四五六七'[each - 3]}", None, day=2) for each in range(4, 10)))
    with place.hub() as mended:
        result = refuse(mended, number, "部门误删，已补回")
        assert result["read_again"] and mended.ledger.batch(number).state == "refused"
        assert mended.ledger.watermark(NAME, "INSURED") is None
        day_run(mended)
        assert len(names(mended)) == 9
        assert mended.ledger.batches("held") == []
        balanced(mended)


def release_it(hub: Hub, batch: int) -> object:
    return release(hub, batch, "x")


def refuse_it(hub: Hub, batch: int) -> object:
    return refuse(hub, batch, "x")


@pytest.mark.parametrize("decide", [replay, release_it, refuse_it])
def test_an_unknown_batch_is_told_with_the_next_step(hub: Hub, decide: Callable[[Hub, int], object]) -> None:
    with pytest.raises(LedgerError, match=r"no batch 999.*cityhub status"):
        decide(hub, 999)


def test_a_batch_in_the_wrong_state_is_told(hub: Hub) -> None:
    [first] = hub.ledger.batches("accepted", NAME, "INSURED")
    with pytest.raises(LedgerError, match="is accepted, expected held"):
        release(hub, first.id, "x")
    with pytest.raises(LedgerError, match="is accepted"):
        refuse(hub, first.id, "x")
    with pytest.raises(LedgerError, match="reason is needed"):
        release(hub, first.id, " ")


def test_a_replay_needs_the_columns_it_was_landed_with(place: Office, hub: Hub) -> None:
    [first] = hub.ledger.batches("accepted", NAME, "EMPLOYER")
    place.mend("business: {name: TITLE}", "business: {name: TITLE, address: ADDR}")
    with place.hub() as mended, pytest.raises(LedgerError, match="landed without ADDR"):
        replay(mended, first.id)


def test_open_lines_of_a_department_without_quarantine_are_none(tmp_path: Path) -> None:
    with office(tmp_path).hub() as fresh:
        assert open_lines(fresh, fresh.contract(NAME)).num_rows == 0

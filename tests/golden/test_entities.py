"""Golden entities: each policy in one literal example, then the laws of rebuild, order, time and unmerging."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.entities import slices
from schemas.arrow import golden_schema
from tests.golden.people import (
    AS_OF,
    PERSON,
    identity,
    inputs,
    link,
    statement,
    stored_after,
    survived,
)  # fmt: skip

EMPTY = golden_schema(PERSON).empty_table()


def only(path: Path, *records: dict[str, Any]) -> dict[str, Any]:
    """Return the golden row of one entity H made of these records, the first of them anchoring it."""
    links = [link(row["record_id"], "H", row.get("citizen_id")) for row in records]
    changes = survived(path, inputs(list(records), links, [identity("H", records[0]["record_id"])], ["H"]))
    return changes.upserts.to_pylist()[0]


def test_the_lead_decides_and_others_stand_in_where_it_is_silent(tmp_path: Path) -> None:
    row = only(
        tmp_path,
        statement("r1", "police", name="wang wei", citizen_id="1"),
        statement("r2", "social", datetime(2026, 3, 1), name="wang WEI", address="5 Sea Road"),
        statement("r3", "civil", datetime(2026, 4, 1), name="w. wei", birth_date=date(1990, 1, 1)),
    )
    assert (row["name"], row["address"], row["birth_date"]) == ("wang wei", None, date(1990, 1, 1))
    assert (row["anchored"], row["anchor"], row["records"]) == (True, "r1", 3)
    assert json.loads(row["origins"]) == {
        "name": {"rule": "lead", "department": "police", "record": "r1", "observed_at": "2026-01-01T00:00:00"},
        "citizen_id": {"rule": "lead", "department": "police", "record": "r1", "observed_at": "2026-01-01T00:00:00"},
        "birth_date": {
            "rule": "newest_of", "department": "civil", "record": "r3", "observed_at": "2026-04-01T00:00:00",
        },
    }  # fmt: skip


def test_stand_ins_are_asked_in_order_then_the_latest_of_everyone_else(tmp_path: Path) -> None:
    records = [
        statement("r1", "police"),
        statement("r2", "civil", datetime(2026, 5, 1), name="latest"),
        statement("r3", "tax", datetime(2026, 4, 1), name="later"),
    ]
    assert only(tmp_path, *records)["name"] == "latest"
    assert only(tmp_path, *records, statement("r4", "social", datetime(2020, 1, 1), name="named"))["name"] == "named"


def test_newest_wins_whoever_says_it_and_the_order_breaks_ties(tmp_path: Path) -> None:
    old, new = datetime(2026, 1, 1), datetime(2026, 2, 1)
    tax = statement("r0", "tax", new, phone="tax")
    assert only(tmp_path, tax, statement("r1", "social", old, phone="social"))["phone"] == "tax"
    tie = only(tmp_path, tax, statement("r1", "civil", new, phone="civil"), statement("r2", "social", new, phone="s"))
    assert tie["phone"] == "s"
    same = only(tmp_path, statement("r2", "social", new, phone="b"), statement("r1", "social", new, phone="a"))
    assert same["phone"] == "a"


def test_a_doubtful_value_does_not_survive_where_it_must_be_valid_but_a_rewritten_one_does(tmp_path: Path) -> None:
    doubt = [{"field": "phone", "reason": "not_a_phone"}]
    rewritten = [{"field": "phone", "reason": "spaces_removed"}, {"field": "name", "reason": "too_long"}]
    row = only(
        tmp_path,
        statement("r1", "social", datetime(2026, 5, 1), phone="bad", issues=doubt),
        statement("r2", "social", datetime(2026, 4, 1), phone="good", issues=rewritten),
    )
    assert row["phone"] == "good"


def test_a_fading_value_carries_its_last_day_and_is_gone_after_it(tmp_path: Path) -> None:
    records = [statement("r1", "social", datetime(2023, 5, 31, 9), name="a", phone="old")]
    given_ = inputs(records, [link("r1", "H")], [identity("H")], ["H"])
    last = survived(tmp_path, given_, as_of=date(2026, 5, 31)).upserts
    assert last["phone"].to_pylist() == ["old"]
    assert json.loads(last["origins"][0].as_py())["phone"]["until"] == "2026-05-31"
    # The next day nothing was touched, but the value faded.
    later = inputs(records, [link("r1", "H")], [identity("H")], [], last)
    changes = survived(tmp_path, later, as_of=date(2026, 6, 1), before=date(2026, 5, 31))
    assert changes.upserts["phone"].to_pylist() == [None]
    assert changes.changes["op"].to_pylist() == ["CHANGED"]
    assert survived(tmp_path, later, as_of=date(2026, 6, 1)).upserts.num_rows == 0


def test_identifiers_list_every_number_and_say_which_is_former(tmp_path: Path) -> None:
    row = only(
        tmp_path,
        statement("r1", "police", citizen_id='1"x'),
        statement("r2", "social", citizen_id="2"),
        statement("r3", "civil"),
    )
    assert json.loads(row["identifiers"]) == [
        {"type": "citizen_id", "number": '1"x', "former": False},
        {"type": "citizen_id", "number": "2", "former": True},
    ]


def test_only_linked_records_of_active_entities_are_golden(tmp_path: Path) -> None:
    records = [statement(name, "social", name=name) for name in ("r1", "r2", "r3")]
    links = [link("r1", "H"), link("r2", None, decision="review"), link("r3", "OLD")]
    identities = [identity("H"), identity("OLD", state="retired")]
    changes = survived(tmp_path, inputs(records, links, identities, ["H", "OLD"]))
    assert changes.upserts["hub_id"].to_pylist() == ["H"]
    assert (changes.upserts["records"].to_pylist(), changes.upserts["anchored"].to_pylist()) == ([1], [False])


def test_a_merge_tells_where_it_went_and_unmerging_restores_what_was(tmp_path: Path) -> None:
    records = [statement("r1", "police", name="a"), statement("r2", "social", datetime(2026, 2, 1), phone="5")]
    apart = [link("r1", "H"), link("r2", "K")]
    both = [identity("H", "r1"), identity("K")]
    before = survived(tmp_path, inputs(records, apart, both, ["H", "K"])).upserts
    merged = [identity("H", "r1"), identity("K", state="redirected", into="H")]
    changes = survived(tmp_path, inputs(records, [link("r1", "H"), link("r2", "H")], merged, ["H", "K"], before))
    assert changes.changes.to_pylist() == [
        {"op": "CHANGED", "entity": "person", "id": "H", "into": None},
        {"op": "MERGED", "entity": "person", "id": "K", "into": "H"},
    ]
    after = stored_after(before, changes)
    assert after["phone"].to_pylist() == ["5"]
    back = survived(tmp_path, inputs(records, apart, both, ["H", "K"], after))
    assert stored_after(after, back).equals(before)


def test_a_change_of_origin_alone_is_stored_but_not_told(tmp_path: Path) -> None:
    first = inputs([statement("r1", "social", name="a")], [link("r1", "H")], [identity("H")], ["H"])
    stored = survived(tmp_path, first).upserts
    moved = [statement("r1", "social", datetime(2026, 2, 2), name="a")]
    changes = survived(tmp_path, inputs(moved, [link("r1", "H")], [identity("H")], ["H"], stored))
    assert (changes.upserts.num_rows, changes.changes.num_rows) == (1, 0)
    gone = survived(tmp_path, inputs([], [], [identity("H", state="retired")], ["H"], stored))
    assert gone.counts == {"upserts": 0, "removals": 1, "removed": 1}


VALUES = st.sampled_from([None, "a", "b"])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return records and links of a few records over three entities."""
    records, links = [], []
    for number in range(draw(st.integers(0, 6))):
        seen = datetime(draw(st.sampled_from([2022, 2023, 2026])), draw(st.integers(1, 2)), 1)
        values = {name: draw(VALUES) for name in ("name", "phone", "address")}
        department = draw(st.sampled_from(["police", "social", "civil", "tax"]))
        records.append(statement(f"r{number}", department, seen, **values))
        links.append(link(f"r{number}", draw(st.sampled_from(["H", "K", "L"]))))
    return records, links


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.long)])
def test_increments_equal_a_rebuild_in_any_order(tmp_path: Path, examples: int) -> None:
    everyone = ["H", "K", "L"]
    standing = [identity(name) for name in everyone]

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(worlds(), worlds(), st.dates(date(2025, 1, 1), date(2026, 6, 1)))
    def law(old: Any, new: Any, first_day: date) -> None:
        stored = survived(tmp_path, inputs(*old, standing, everyone), as_of=first_day).upserts
        touched = sorted({row["hub_id"] for pair in zip_changed(old, new) for row in pair})
        changes = survived(tmp_path, inputs(*new, standing, touched, stored), AS_OF, before=first_day)
        records, links = new
        rebuilt = survived(tmp_path, inputs(records[::-1], links[::-1], standing, everyone)).upserts
        now = stored_after(stored, changes)
        assert now.equals(rebuilt)
        told = {row["id"]: row["op"] for row in changes.changes.to_pylist()}
        assert snapshot(stored, told, rebuilt) == dict(zip(*hashes(rebuilt), strict=True))

    law()


def zip_changed(old: Any, new: Any) -> list[list[dict[str, Any]]]:
    """Return the old and new links of each record that differs between two worlds."""
    was = {row["record_id"]: (row, tie) for row, tie in zip(*old, strict=True)}
    now = {row["record_id"]: (row, tie) for row, tie in zip(*new, strict=True)}
    changed = [name for name in was | now if was.get(name) != now.get(name)]
    return [[pair[1] for pair in (was.get(name), now.get(name)) if pair] for name in changed]


def hashes(table: Any) -> tuple[list[str], list[str]]:
    return table["hub_id"].to_pylist(), table["content_hash"].to_pylist()


def snapshot(stored: Any, told: dict[str, str], rebuilt: Any) -> dict[str, str]:
    """Return the content by id that a follower of the feed holds: the last snapshot, then each change told."""
    content = dict(zip(*hashes(stored), strict=True))
    fresh = dict(zip(*hashes(rebuilt), strict=True))
    for name, op in told.items():
        if op == "REMOVED":
            del content[name]
        else:
            assert (op == "ADDED") == (name not in content)
            content[name] = fresh[name]
    return content


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_slices_cover_what_was_touched_once(rows: int) -> None:
    touched = inputs([], [], [], ["a", "b", "c"]).touched
    found = [name for part in slices(touched, rows) for name in part["hub_id"].to_pylist()]
    assert found == ["a", "b", "c"]
    assert EMPTY.num_rows == 0

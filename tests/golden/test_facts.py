"""Golden facts: one fact of several statements, waiting parties, completion, and rebuild."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golden.entities import Moment
from golden.facts import PARTIES, RECORD_IDS, FactChanges, FactInputs, complete, members_schema
from schemas.arrow import golden_schema, statement_schema
from schemas.standard import Entity, Field, Party, Text
from schemas.survivorship import FieldPolicy, SurvivorshipPolicy
from tests.golden.people import engine, link, statement, stored_after

NAME = Text("名", "name")
MARRIAGE = Entity(
    "marriage",
    NAME,
    (Field("registered_on", NAME, "date"), Field("number", NAME, "text")),
    parties=(Party("husband", "person", NAME), Party("wife", "person", NAME), Party("witness", "person", NAME, False)),
    identity=("husband", "wife", "registered_on"),
)
POLICY = SurvivorshipPolicy("marriage", (FieldPolicy("number", lead="civil", otherwise=("*",)),))
DAY = date(2020, 5, 20)
Rows = list[dict[str, Any]]


def marriage(record_id: str, department: str = "civil", **values: Any) -> dict[str, Any]:
    parties = {"husband_record": "m1", "wife_record": "w1", "registered_on": DAY}
    return statement(record_id, department, **(parties | values))


class Facts:
    """The stored facts, changed run by run."""

    def __init__(self, path: Path) -> None:
        self.engine = engine(path)
        self.golden = golden_schema(MARRIAGE).empty_table()
        self.members: dict[str, dict[str, Any]] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.links: dict[str, dict[str, Any]] = {}

    def parties(self) -> pa.Table:
        linked = [row for row in self.links.values() if row["decision"] == "link"]
        names = PARTIES.names
        return pa.Table.from_pylist([{name: row[name] for name in names} for row in linked], schema=PARTIES)

    def apply(self, records: Rows = [], links: Rows = [], gone: tuple[str, ...] = ()) -> FactChanges:  # noqa: B006
        self.records |= {row["record_id"]: row for row in records}
        self.links |= {row["record_id"]: row for row in links}
        for name in gone:
            self.records.pop(name, None)
        changed = [{"record_id": name} for name in (*(row["record_id"] for row in records), *gone)]
        moved = [{"record_id": row["record_id"]} for row in links]
        given_ = FactInputs(
            pa.Table.from_pylist(list(self.records.values()), schema=statement_schema(MARRIAGE)),
            pa.Table.from_pylist(changed, schema=RECORD_IDS),
            self.parties(),
            pa.Table.from_pylist(moved, schema=RECORD_IDS),
            pa.Table.from_pylist(list(self.members.values()), schema=members_schema(MARRIAGE)),
            self.golden,
        )
        changes = complete(self.engine, given_, MARRIAGE, POLICY, Moment(date(2026, 1, 1), 3))
        self.golden = stored_after(self.golden, changes.golden)
        for name in changes.member_deletions["record_id"].to_pylist():
            del self.members[name]
        self.members |= {row["record_id"]: row for row in changes.member_upserts.to_pylist()}
        return changes


def test_two_departments_statements_of_one_marriage_are_one_fact(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    later = datetime(2026, 2, 1)
    facts.apply([marriage("f1", number="N1"), marriage("f2", "tax", number="N2", observed_at=later)], COUPLE)
    (row,) = facts.golden.to_pylist()
    assert (row["husband"], row["wife"], row["witness"], row["number"]) == ("HM", "HW", None, "N1")
    origins = json.loads(row["origins"])
    assert (origins["number"]["record"], origins["registered_on"]["record"]) == ("f1", "f2")
    facts.apply(gone=("f1",))
    assert facts.golden["fact_id"].to_pylist() == [row["fact_id"]]
    assert facts.golden["number"].to_pylist() == ["N2"]
    facts.apply(gone=("f2",))
    assert (facts.golden.num_rows, facts.members) == (0, {})


COUPLE = [link("m1", "HM"), link("w1", "HW")]


def test_a_fact_waits_for_its_party_and_is_completed_by_its_link(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    waiting = facts.apply([marriage("f1")], [link("m1", "HM"), link("w1", None, decision="review")])
    assert (waiting.counts, facts.golden.num_rows) == ({"waiting": 1}, 0)
    done = facts.apply(links=[link("w1", "HW")])
    assert (done.counts, done.golden.changes["op"].to_pylist()) == ({"golden": 1}, ["ADDED"])
    moved = facts.apply(links=[link("w1", "HV")])
    assert sorted(moved.golden.changes["op"].to_pylist()) == ["ADDED", "REMOVED"]
    assert facts.golden["wife"].to_pylist() == ["HV"]


def test_an_optional_party_may_be_absent_but_not_unknown(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    assert facts.apply([marriage("f1", witness_record="x1")], COUPLE).counts == {"waiting": 1}
    assert facts.apply([marriage("f1")]).counts == {"golden": 1}
    assert facts.apply([marriage("f1", husband_record=None)]).counts == {"waiting": 1}
    assert facts.golden.num_rows == 0


def test_a_faded_value_of_a_fact_goes_without_its_parties_being_asked_again(tmp_path: Path) -> None:
    facts = Facts(tmp_path)
    facts.apply([marriage("f1", number="N1")], COUPLE)
    fading = SurvivorshipPolicy("marriage", (FieldPolicy("number", lead="civil", fades_months=12),))
    nobody, nothing = PARTIES.empty_table(), RECORD_IDS.empty_table()
    records = pa.Table.from_pylist(list(facts.records.values()), schema=statement_schema(MARRIAGE))
    members = pa.Table.from_pylist(list(facts.members.values()), schema=members_schema(MARRIAGE))
    given_ = FactInputs(records, nothing, nobody, nothing, members, facts.golden)
    moment = Moment(date(2027, 1, 2), 4, before=date(2027, 1, 1))
    changes = complete(facts.engine, given_, MARRIAGE, fading, moment)
    assert changes.golden.upserts.select(["husband", "number"]).to_pylist() == [{"husband": "HM", "number": None}]
    assert changes.member_upserts.num_rows == 0


@st.composite
def runs(draw: st.DrawFn) -> tuple[Rows, Rows, tuple[str, ...]]:
    people, hubs = st.sampled_from(["m1", "m2", "w1"]), st.sampled_from([None, "A", "B"])
    records = [
        marriage(draw(st.sampled_from(["f1", "f2", "f3"])), draw(st.sampled_from(["civil", "tax"])),
                 husband_record=draw(people), number=draw(st.sampled_from([None, "x", "y"])))
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    links = []
    for _ in range(draw(st.integers(0, 3))):
        hub = draw(hubs)
        links.append(link(draw(people), hub, decision="link" if hub else "review"))
    return records, links, tuple(draw(st.lists(st.sampled_from(["f1", "f2"]), max_size=1)))


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=pytest.mark.long)])
def test_increments_equal_a_rebuild(tmp_path: Path, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(runs(), min_size=1, max_size=3))
    def law(history: list[tuple[Rows, Rows, tuple[str, ...]]]) -> None:
        stepwise, at_once = Facts(tmp_path), Facts(tmp_path)
        for records, links, gone in history:
            stepwise.apply(records, links, gone)
        at_once.apply(list(stepwise.records.values()), list(stepwise.links.values()))
        assert stepwise.golden.equals(at_once.golden)
        assert stepwise.members == at_once.members
        again = stepwise.apply(list(stepwise.records.values()))
        assert (again.golden.upserts.num_rows, again.member_upserts.num_rows) == (0, 0)

    law()

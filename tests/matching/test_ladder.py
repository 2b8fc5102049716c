"""The ladder's rules one by one, then its law: increments in any order and split give what linking at once gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from matching.ladder import LinkInputs, link
from matching.rules import LadderRules
from matching.tables import CHANGED, IDENTITY, LINKS
from schemas.errors import EngineError
from tests.matching.registers import BUSINESS, BY_EITHER, PERSON, Hub, hub, plain_ladder, record, statements


@pytest.fixture
def people(tmp_path: Path) -> Hub:
    return hub(tmp_path, PERSON)


@pytest.fixture
def businesses(tmp_path: Path) -> Hub:
    return hub(tmp_path, BUSINESS)


def test_an_anchored_number_links_only_with_an_agreeing_name(people: Hub) -> None:
    people.apply(
        record("p1", name="wang wei", former_name="wang da", citizen_id="1"),
        record("s1", "social", name="wang wei", citizen_id="1"),
        record("s2", "social", name="WANG WEI", citizen_id="1"),
        record("s3", "social", name="wang da", citizen_id="1"),
        record("s4", "social", name="li na", former_name="wang wei", citizen_id="1"),
        record("s5", "social", name="li na", citizen_id="1"),
        record("s6", "social", citizen_id="1"),
        record("s7", "social", name="wang wei"),
    )
    assert {name: people.decision(name) for name in people.links} == {
        "p1": ("link", "register.register"),
        "s1": ("link", "anchored_identifier.exact"),
        "s2": ("link", "anchored_identifier.variant"),
        "s3": ("link", "anchored_identifier.former_name"),
        "s4": ("link", "anchored_identifier.former_name"),
        "s5": ("review", "name_disagrees"),
        "s6": ("insufficient", "name_missing"),
        "s7": ("insufficient", "no_identifier"),
    }
    assert people.links["s5"]["candidate_hub_id"] == people.hub("p1")
    assert people.partition() == {frozenset({"p1", "s1", "s2", "s3", "s4"})}


def test_two_register_rows_stay_two_and_make_their_number_ambiguous(people: Hub) -> None:
    people.apply(
        record("p1", name="wang wei", citizen_id="1"),
        record("p2", name="wang wei", citizen_id="1"),
        record("s1", "social", name="wang wei", citizen_id="1"),
    )
    assert people.partition() == {frozenset({"p1"}), frozenset({"p2"})}
    assert people.decision("s1") == ("review", "identifier_ambiguous")
    people.apply(deleted=("p2",))
    assert people.partition() == {frozenset({"p1", "s1"})}


def test_an_unknown_number_is_one_provisional_person_per_number_and_type(people: Hub) -> None:
    people.apply(
        record("s2", "social", day=2, name="B", citizen_id="9"),
        record("s1", "social", day=1, name="A", citizen_id="9"),
        record("s3", "social", day=3, name="a", citizen_id="9"),
        record("s4", "social", day=3, name="a", document_type="414", document_number="9"),
    )
    assert people.partition() == {frozenset({"s1", "s3"}), frozenset({"s4"})}
    assert people.decision("s2") == ("review", "name_disagrees")
    assert people.identity[people.hub("s4") or ""]["key_type"] == "414"


def test_an_earlier_record_arriving_later_becomes_the_reference(people: Hub) -> None:
    people.apply(record("s2", "social", day=2, name="B", citizen_id="9"))
    first = people.hub("s2")
    people.apply(record("s1", "social", day=1, name="A", citizen_id="9"))
    assert people.decision("s2") == ("review", "name_disagrees")
    assert people.hub("s1") == first  # the number's entity goes on


def test_the_register_adopts_a_provisional_person_and_loses_it_again(people: Hub) -> None:
    people.apply(record("s1", "social", name="A", citizen_id="9"))
    identifier = people.hub("s1")
    found = people.apply(record("p1", name="A", citizen_id="9"))
    assert people.hub("p1") == people.hub("s1") == identifier
    assert people.identity[identifier or ""]["anchor_record"] == "p1"
    assert found.touched["hub_id"].to_pylist() == [identifier]
    people.apply(deleted=("p1",))
    assert people.hub("s1") == identifier
    assert people.identity[identifier or ""]["anchor_record"] is None
    people.apply(deleted=("s1",))
    assert people.identity[identifier or ""]["state"] == "retired"
    people.apply(record("s1", "social", name="A", citizen_id="9"))
    assert people.hub("s1") not in (None, identifier)


def test_a_provisional_person_merges_into_a_register_row_whose_number_is_corrected(people: Hub) -> None:
    people.apply(record("p1", name="A", citizen_id="8"), record("s1", "social", name="A", citizen_id="9"))
    old = people.hub("s1") or ""
    people.apply(record("p1", name="A", citizen_id="9"))
    assert people.hub("s1") == people.hub("p1") != old
    assert (people.identity[old]["state"], people.identity[old]["into"]) == ("redirected", people.hub("p1"))


def test_linking_twice_changes_nothing_and_a_small_change_touches_little(people: Hub) -> None:
    rows = [record(f"p{i}", name=f"name {i}", citizen_id=str(i)) for i in range(20)]
    rows += [record(f"s{i}", "social", name=f"name {i}", citizen_id=str(i)) for i in range(20)]
    people.apply(*rows)
    again = people.apply(*rows)
    assert (again.link_upserts.num_rows, again.link_deletions.num_rows, again.identity_upserts.num_rows) == (0, 0, 0)
    one = people.apply(record("s3", "social", name="other", citizen_id="3"))
    assert one.link_upserts["record_id"].to_pylist() == ["s3"]
    assert sum(count for what, count in one.counts.items() if what.startswith("decided.")) == 1
    none = people.apply()
    assert none.counts == {}
    assert none.touched.num_rows == 0


def test_a_business_is_one_entity_per_credit_code_in_either_register(businesses: Hub) -> None:
    businesses.apply(
        record("m1", "market", day=5, name="Sea Trade", uscc="U1", registration_number="R1"),
        record("y1", "seal", day=1, name="sea trade", uscc="U1"),
        record("y2", "seal", day=2, name="Hill Trade", uscc="U1"),
        record("y3", "seal", name="Only Seal", uscc="U2"),
        record("s1", "social", name="sea trade", registration_number="R1"),
        record("s2", "social", name="Lake Trade", registration_number="R2"),
        record("s3", "social", name="lake trade", registration_number="R2"),
        record("s4", "social", name="nothing"),
    )
    assert businesses.partition() == {
        frozenset({"m1", "y1", "s1"}),
        frozenset({"y3"}),
        frozenset({"s2", "s3"}),
    }
    assert businesses.decision("y2") == ("review", "name_disagrees")  # market regulation's name is the reference
    assert businesses.decision("s4") == ("insufficient", "no_identifier")
    assert businesses.identity[businesses.hub("m1") or ""]["anchor_record"] == "m1"
    assert businesses.identity[businesses.hub("s2") or ""]["anchor_record"] is None


def test_a_trader_known_by_registration_number_becomes_anchored(businesses: Hub) -> None:
    businesses.apply(record("s1", "social", name="Lake", registration_number="R2"))
    old = businesses.hub("s1")
    businesses.apply(record("m1", "market", name="lake", uscc="U2", registration_number="R2"))
    assert businesses.hub("s1") == businesses.hub("m1") == old
    assert businesses.identity[old or ""]["key_number"] == "U2"


def test_an_earlier_register_row_of_the_code_reaches_who_is_known_by_registration_number(businesses: Hub) -> None:
    businesses.apply(
        record("m1", "market", day=5, name="Sea", uscc="U1", registration_number="R1"),
        record("s1", "social", name="Sea", registration_number="R1"),
    )
    assert businesses.partition() == {frozenset({"m1", "s1"})}
    businesses.apply(record("m9", "market", day=1, name="Hill", uscc="U1"))
    assert businesses.partition() == {frozenset({"m9"})}
    assert businesses.decision("s1") == businesses.decision("m1") == ("review", "name_disagrees")


def test_a_row_of_the_first_register_without_credit_code_anchors_by_its_registration_number(tmp_path: Path) -> None:
    traders = hub(tmp_path, BY_EITHER)
    traders.apply(
        record("s1", "social", name="Lake", registration_number="R2"),
        record("y1", "seal", name="Hill", registration_number="R3"),
    )
    old = traders.hub("s1")
    traders.apply(record("m1", "market", name="lake", registration_number="R2"))
    assert traders.hub("s1") == traders.hub("m1") == old
    assert traders.identity[old or ""]["anchor_record"] == "m1"
    assert traders.decision("s1") == ("link", "anchored_identifier.variant")
    assert traders.decision("y1") == ("link", "provisional_identifier.exact")  # the seal register needs the code


def test_a_trader_that_gets_a_credit_code_goes_on_under_it(tmp_path: Path) -> None:
    traders = hub(tmp_path, BY_EITHER)
    trader = record("m1", "market", name="Lake", registration_number="R2")
    traders.apply(trader, record("s1", "social", name="Lake", registration_number="R2"))
    old = traders.hub("m1")
    traders.apply(trader | {"uscc": "U2"})
    assert traders.hub("s1") == traders.hub("m1") == old
    assert traders.identity[old or ""]["key_number"] == "U2"
    assert not traders.unlawful()


def test_a_business_entered_twice_is_one_and_its_lesser_entry_names_it_only_where_alone(tmp_path: Path) -> None:
    traders = hub(tmp_path, BY_EITHER)
    traders.apply(
        record("m1", "market", day=2, name="Lake", uscc="U2", registration_number="R2"),
        record("m2", "market", day=1, name="Hill", registration_number="R2"),
        record("s1", "social", name="Lake", registration_number="R2"),
    )
    assert traders.partition() == {frozenset({"m1", "s1"})}
    assert traders.decision("m2") == ("review", "name_disagrees")
    traders.apply(record("m3", "market", name="Lake", uscc="U3", registration_number="R2"))
    assert traders.decision("m2") == traders.decision("s1") == ("review", "identifier_ambiguous")


def test_too_few_fresh_ids_is_an_error_not_a_lost_entity(people: Hub) -> None:
    row = record("p1", name="A", citizen_id="1")
    changed = pa.table({"record_id": ["p1"], "op": ["new"]}, schema=CHANGED)
    inputs = LinkInputs(statements({"p1": row}), changed, LINKS.empty_table(), IDENTITY.empty_table())
    with pytest.raises(EngineError, match="unit_hubs"):
        link(people.engine, inputs, PERSON, 1, lambda _: pa.array([], pa.string()))


NAMES = st.sampled_from([None, "a", "A", "b"])
NUMBERS = st.sampled_from([None, "1", "2"])


@st.composite
def some_record(draw: st.DrawFn, rules: LadderRules) -> dict[str, Any]:
    """Return one of few records over few names and numbers, so that everything collides."""
    departments = ["police", "social"] if rules is PERSON else ["market", "seal", "social"]
    department = draw(st.sampled_from(departments))
    values = {"name": draw(NAMES), rules.keys[0].number: draw(NUMBERS), rules.keys[1].number: draw(NUMBERS)}
    if rules is PERSON:
        values["former_name"] = draw(NAMES)
    name = f"{department}{draw(st.integers(1, 3))}"
    return record(name, department, day=draw(st.integers(1, 2)), **values)


def histories(rules: LadderRules) -> st.SearchStrategy[list[tuple[list[dict[str, Any]], tuple[str, ...]]]]:
    """Return runs of (changed records, deleted record ids)."""
    names = st.sampled_from(["police1", "market1", "seal1", "social1", "social2"])
    run = st.tuples(st.lists(some_record(rules), max_size=5), st.lists(names, max_size=2).map(tuple))
    return st.lists(run, min_size=1, max_size=4)


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("examples", [4, pytest.param(80, marks=pytest.mark.long)])
@pytest.mark.parametrize("rules", [PERSON, BUSINESS, BY_EITHER], ids=["person", "business", "by_either_number"])
def test_increments_equal_linking_at_once(tmp_path: Path, rules: LadderRules, examples: int) -> None:
    path = tmp_path

    checks, phases = list(HealthCheck), (Phase.explicit, Phase.reuse, Phase.generate)  # shrinking links for hours

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=checks, phases=phases)
    @given(histories(rules))
    def law(history: list[tuple[list[dict[str, Any]], tuple[str, ...]]]) -> None:
        stepwise = hub(path, rules)
        stepwise.remembers = False
        ever: set[str] = set()
        for changes, deleted in history:
            before = dict(stepwise.identity)
            stepwise.apply(*changes, deleted=deleted)
            check_identity(stepwise, before)
            ever |= set(stepwise.identity)
        at_once = hub(path, rules)
        at_once.apply(*stepwise.rows.values())
        assert stepwise.decisions() == at_once.decisions()
        assert stepwise.partition() == at_once.partition()
        plain = plain_ladder(stepwise.rows, rules)
        assert {name: row["decision"] for name, row in at_once.links.items()} == {n: d for n, (d, _) in plain.items()}
        units: dict[str, set[str]] = {}
        for name, (_, unit) in plain.items():
            if unit is not None:
                units.setdefault(unit, set()).add(name)
        assert at_once.partition() == {frozenset(group) for group in units.values()}
        assert stepwise.apply(*stepwise.rows.values()).link_upserts.num_rows == 0

    law()


def check_identity(standing: Hub, before: dict[str, dict[str, Any]]) -> None:
    """Every linked hub id is active, every active one has members; what was retired never comes back, and what had been
    merged only as itself."""
    active = {name for name, row in standing.identity.items() if row["state"] == "active"}
    assert active == {row["hub_id"] for row in standing.links.values() if row["hub_id"]}
    for name, row in before.items():
        now = standing.identity[name]
        if row["state"] != "active" and now != row:
            assert (row["state"], now["state"], now["reason"]) == ("redirected", "active", "restored")
            assert now["unit"] == row["unit"]
    for row in standing.identity.values():
        assert (row["state"] == "redirected") == (row["into"] is not None)
    candidates = {row["candidate_hub_id"] for row in standing.links.values()} - {None}
    assert candidates <= active

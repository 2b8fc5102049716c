"""The ledger of judgements, on both databases: added to, superseded, never overwritten."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from schemas.errors import JudgementRefused, LedgerBusy
from tests.warehouse.conftest import NOON, Hub
from warehouse.judgements import JudgementEntry
from warehouse.versions import VersionOpening

SAME = JudgementEntry("person", "a", "b", "same", "王经办", "户籍底册核对", "run-1", asked={"left": "P1"})


def test_a_judgement_is_kept_with_who_when_why_and_what_it_supersedes(hub: Hub) -> None:
    [first] = hub.ledger.judge([SAME], NOON, 0)
    [other] = hub.ledger.judge([replace(SAME, entity="business")], NOON, 1)
    [second] = hub.ledger.judge([replace(SAME, verdict="unsure", who="李复核")], NOON, 2)
    assert (first.number, first.supersedes, first.made_at, first.asked) == (1, None, NOON, {"left": "P1"})
    assert (other.supersedes, second.supersedes) == (None, 1)
    assert hub.ledger.judgements("person") == [first, second]
    assert hub.ledger.judgements(through=2) == [first, other]
    assert hub.ledger.last_judgement() == 3
    assert hub.ledger.judgement(1) == first  # superseded, and still what it was


def test_judgements_about_records_are_found_from_either_side(hub: Hub) -> None:
    hub.ledger.judge([SAME], NOON, 0)
    hub.ledger.judge([replace(SAME, left_record="b", right_record="c")], NOON, 1)
    hub.ledger.judge([replace(SAME, left_record="x", right_record="y")], NOON, 2)
    assert [one.number for one in hub.ledger.judgements_about("person", ["b"])] == [1, 2]
    assert [one.number for one in hub.ledger.judgements_about("person", (f"n{i}" for i in range(1200)))] == []


def test_whoever_looked_at_an_older_ledger_has_to_look_again(hub: Hub) -> None:
    hub.ledger.judge([SAME], NOON, 0)
    with pytest.raises(LedgerBusy):
        hub.ledger.judge([replace(SAME, right_record="c")], NOON, 0)
    assert hub.ledger.last_judgement() == 1


@pytest.mark.parametrize("change", [{"right_record": "a"}, {"left_record": "c"}, {"who": " "}, {"why": ""}])
def test_a_judgement_without_two_records_a_name_and_a_reason_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(JudgementRefused):
        replace(SAME, **change)


def test_an_unknown_number_is_refused(hub: Hub) -> None:
    with pytest.raises(JudgementRefused, match="7"):
        hub.ledger.judgement(7)


def test_a_version_pins_the_judgements_it_obeys(hub: Hub) -> None:
    hub.ledger.judge([SAME], NOON, 0)
    opening = VersionOpening((), date(2026, 3, 1), "run-1", judged_through=hub.ledger.last_judgement())
    version = hub.ledger.open_version(hub.fence, opening, NOON)
    hub.ledger.judge([replace(SAME, verdict="not_same")], NOON, 1)
    assert hub.ledger.version(version.number).judged_through == 1

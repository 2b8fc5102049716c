"""Batches and watermarks: one transaction, legal steps only, twice is once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import StatementError

from schemas.errors import FenceLost, LedgerError, Unbalanced
from tests.warehouse.conftest import NOON, Hub
from warehouse.batch import STEPS, Landing, Opening

OPENING = Opening("police", "RK", "increment", "f1", "run-1", since="2026-02-01")
LANDING = Landing(rows_extracted=3, checksum="c1", lake_version=4, high_water="2026-03-01")
COUNTS = {"extracted": 3, "standardised": 2, "rejected": 1, "emitted": 4, "accepted": 3, "quarantined": 1}


def landed(hub: Hub) -> int:
    number = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    hub.ledger.land_batch(hub.fence, number, LANDING, NOON)
    return number


def accepted(hub: Hub) -> int:
    number = landed(hub)
    hub.ledger.standardise_batch(hub.fence, number, COUNTS)
    hub.ledger.accept_batch(hub.fence, number, COUNTS, NOON)
    return number


def test_a_batch_walks_from_opening_to_accepted(hub: Hub) -> None:
    number = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    assert hub.ledger.batch(number).state == "opening" and hub.ledger.watermark("police", "RK") is None
    landed = hub.ledger.land_batch(hub.fence, number, LANDING, NOON + timedelta(minutes=1))
    assert landed == hub.ledger.batch(number)
    assert (landed.state, landed.landed_at, landed.lake_version) == ("landed", NOON + timedelta(minutes=1), 4)
    assert hub.ledger.watermark("police", "RK") == "2026-03-01"
    hub.ledger.standardise_batch(hub.fence, number, COUNTS)
    assert hub.ledger.accept_batch(hub.fence, number, COUNTS, NOON) == hub.ledger.batch(number)
    assert [batch.id for batch in hub.ledger.untaken_batches()] == [number]


def test_landing_and_watermark_are_one_transaction(hub: Hub) -> None:
    number = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    hub.ledger.acquire(hub.fence.name, "run-2", NOON)
    with pytest.raises(FenceLost):
        hub.ledger.land_batch(hub.fence, number, LANDING, NOON)
    assert hub.ledger.batch(number).state == "opening" and hub.ledger.watermark("police", "RK") is None


def test_landing_twice_is_once_and_other_content_is_an_error(hub: Hub) -> None:
    number = landed(hub)
    assert hub.ledger.land_batch(hub.fence, number, LANDING, NOON + timedelta(days=1)).landed_at == NOON
    with pytest.raises(LedgerError, match="other content"):
        hub.ledger.land_batch(hub.fence, number, replace(LANDING, checksum="c2"), NOON)


def test_a_retried_landing_does_not_move_the_watermark_back(hub: Hub) -> None:
    first = landed(hub)
    later = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    hub.ledger.land_batch(hub.fence, later, replace(LANDING, high_water="2026-03-02"), NOON)
    hub.ledger.land_batch(hub.fence, first, LANDING, NOON)
    assert hub.ledger.watermark("police", "RK") == "2026-03-02"


def test_no_high_water_leaves_the_watermark(hub: Hub) -> None:
    landed(hub)
    number = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    hub.ledger.land_batch(hub.fence, number, replace(LANDING, high_water=None), NOON)
    assert hub.ledger.watermark("police", "RK") == "2026-03-01"


def test_a_consultation_with_nothing_new_is_on_record_and_accepted(hub: Hub) -> None:
    number = hub.ledger.record_consultation(hub.fence, OPENING, NOON)
    found = hub.ledger.batch(number)
    assert (found.state, found.rows_extracted, found.since) == ("accepted", 0, "2026-02-01")


def test_a_held_batch_waits_and_is_not_extracted_again(hub: Hub) -> None:
    number = landed(hub)
    held = hub.ledger.hold_batch(hub.fence, number, "rows below bound", NOON)
    assert (held.state, held.held_reason) == ("held", "rows below bound")
    assert hub.ledger.watermark("police", "RK") == "2026-03-01" and hub.ledger.untaken_batches() == []
    released = hub.ledger.release_batch(hub.fence, number)
    assert (released.state, released.held_reason) == ("landed", None)


def test_counts_must_balance_and_speak_of_the_landed_rows(hub: Hub) -> None:
    number = landed(hub)
    with pytest.raises(Unbalanced):
        hub.ledger.standardise_batch(hub.fence, number, {**COUNTS, "rejected": 2})
    with pytest.raises(Unbalanced):
        hub.ledger.standardise_batch(hub.fence, number, {**COUNTS, "extracted": 4, "rejected": 2})
    assert hub.ledger.batch(number).state == "landed"
    hub.ledger.standardise_batch(hub.fence, number, COUNTS)
    with pytest.raises(Unbalanced):
        hub.ledger.accept_batch(hub.fence, number, {**COUNTS, "held": 1}, NOON)
    assert hub.ledger.batch(number).state == "standardised"


def test_accepting_twice_is_once(hub: Hub) -> None:
    number = accepted(hub)
    again = hub.ledger.accept_batch(hub.fence, number, COUNTS, NOON + timedelta(days=1))
    assert again.decided_at == NOON


@pytest.mark.parametrize("state", sorted(STEPS))
def test_only_the_drawn_steps_are_possible(hub: Hub, state: str) -> None:
    ledger, fence = hub.ledger, hub.fence
    moves = {
        "landed": lambda number: ledger.release_batch(fence, number),
        "standardised": lambda number: ledger.standardise_batch(fence, number, COUNTS),
        "held": lambda number: ledger.hold_batch(fence, number, "r", NOON),
        "accepted": lambda number: ledger.accept_batch(fence, number, COUNTS, NOON),
        "refused": lambda number: ledger.refuse_batch(fence, number, "r", NOON),
    }
    ways = {
        "opening": [],
        "landed": [],
        "standardised": ["standardised"],
        "held": ["held"],
        "accepted": ["standardised", "accepted"],
        "refused": ["refused"],
    }
    for target, move in moves.items():
        number = ledger.open_batch(fence, OPENING, NOON) if state == "opening" else landed(hub)
        for step in ways[state]:
            moves[step](number)
        if target in STEPS[state] | {state} and not (state == "opening" and target == "landed"):
            if (state, target) == ("opening", "standardised"):
                continue
            assert move(number).state == target
        elif state != "opening":
            with pytest.raises(LedgerError, match="cannot go"):
                move(number)


def test_batches_are_found_by_any_condition(hub: Hub) -> None:
    first, second = accepted(hub), landed(hub)
    other = hub.ledger.open_batch(hub.fence, replace(OPENING, department="tax", run_id="run-9"), NOON)

    def found(**conditions: object) -> list[int]:
        return [batch.id for batch in hub.ledger.batches(**conditions)]  # type: ignore[arg-type]

    assert found() == [first, second, other]
    assert found(state="landed") == [second] and found(state=["landed", "accepted"]) == [first, second]
    assert found(department="tax") == [other] == found(run_id="run-9") and found(source_table="X") == []


def test_numbers_are_never_used_again(hub: Hub) -> None:
    from sqlalchemy import delete

    from warehouse.ledger_tables import batch

    first = hub.ledger.open_batch(hub.fence, OPENING, NOON)
    with hub.database.write() as connection:
        connection.execute(delete(batch))
    assert hub.ledger.open_batch(hub.fence, OPENING, NOON) > first


def test_a_moment_without_zone_is_refused(hub: Hub) -> None:
    with pytest.raises(StatementError, match="time zone"):
        hub.ledger.open_batch(hub.fence, OPENING, datetime(2026, 3, 1, 12, 0))


def test_an_unknown_batch_is_an_error(hub: Hub) -> None:
    with pytest.raises(LedgerError, match="no batch 99"):
        hub.ledger.batch(99)

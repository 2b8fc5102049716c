"""A newer holder wins; whoever came before writes nothing any more."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from schemas.errors import FenceLost
from tests.warehouse.conftest import NOON, Hub
from warehouse.batch import Opening
from warehouse.fences import Fence, check_fence
from warehouse.ledger_tables import batch

OPENING = Opening("police", "RK", "full", "f1", "run-1")


def test_tokens_rise_by_name(hub: Hub) -> None:
    first = hub.ledger.acquire("land/police", "a", NOON)
    second = hub.ledger.acquire("land/police", "b", NOON)
    other = hub.ledger.acquire("land/civil_affairs", "a", NOON)
    assert (first.token, second.token, other.token) == (1, 2, 1)
    assert hub.ledger.holder("land/police") == second and hub.ledger.holder("never") is None


def test_the_first_holder_loses(hub: Hub) -> None:
    newer = hub.ledger.acquire(hub.fence.name, "run-2", NOON)
    with pytest.raises(FenceLost) as caught:
        hub.ledger.open_batch(hub.fence, OPENING, NOON)
    assert (caught.value.token, caught.value.current) == (1, 2)
    assert hub.ledger.open_batch(newer, OPENING, NOON) == 1
    assert len(hub.ledger.batches()) == 1


def test_a_fence_never_acquired_is_lost(hub: Hub) -> None:
    with pytest.raises(FenceLost):
        hub.ledger.open_batch(Fence("made up", 1, "x"), OPENING, NOON)


def test_a_take_over_waits_for_the_writer_that_checked_first(hub: Hub) -> None:
    """Between check and commit nobody can take the fence: the two writes never interleave."""
    taken: list[int] = []

    def take_over() -> None:
        hub.ledger.acquire(hub.fence.name, "run-2", NOON)
        with hub.database.read() as connection:
            taken.append(connection.execute(select(func.count()).select_from(batch)).scalar_one())

    thread = threading.Thread(target=take_over)
    with hub.database.write() as connection:
        check_fence(connection, hub.fence)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        connection.execute(
            batch.insert().values(
                department="d", source_table="t", mode="full", state="opening", contract_fingerprint="f",
                opened_at=NOON, run_id="r", counts={},
            )
        )  # fmt: skip
    thread.join()
    assert taken == [1]

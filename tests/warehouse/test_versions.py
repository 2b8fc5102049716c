"""Versions: pinned batches, one unfinished at a time, forward only."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.errors import FenceLost, LedgerError
from tests.warehouse.conftest import NOON, Hub
from tests.warehouse.test_batches import accepted, landed
from warehouse.versions import VersionOpening


def opening(*batches: int) -> VersionOpening:
    return VersionOpening(batches, date(2026, 3, 1), "run-1")


def test_a_version_pins_its_batches_and_advances(hub: Hub) -> None:
    number = accepted(hub)
    version = hub.ledger.open_version(hub.fence, opening(number), NOON)
    assert (version.number, version.state, version.batches, version.as_of) == (1, "open", (number,), date(2026, 3, 1))
    hub.ledger.advance(hub.fence, 1, "linked", manifest={"links/person": 3}, counts={"links": 7})
    moved = hub.ledger.advance(hub.fence, 1, "survived", manifest={"golden/person": 2})
    assert moved == hub.ledger.version(1) == hub.ledger.unfinished_version()
    assert (moved.manifest, moved.counts) == ({"links/person": 3, "golden/person": 2}, {"links": 7})
    assert hub.ledger.published_version() is None and hub.ledger.untaken_batches() != []


def test_a_retry_confirms_and_a_step_back_is_refused(hub: Hub) -> None:
    hub.ledger.open_version(hub.fence, opening(), NOON)
    hub.ledger.advance(hub.fence, 1, "survived")
    assert hub.ledger.advance(hub.fence, 1, "survived").state == "survived"
    for state in ("linked", "published"):
        with pytest.raises(LedgerError):
            hub.ledger.advance(hub.fence, 1, state)


def test_one_unfinished_version_at_a_time(hub: Hub) -> None:
    hub.ledger.open_version(hub.fence, opening(), NOON)
    with pytest.raises(LedgerError, match="unfinished"):
        hub.ledger.open_version(hub.fence, opening(), NOON)
    hub.ledger.abandon_version(hub.fence, 1)
    assert hub.ledger.unfinished_version() is None
    with pytest.raises(LedgerError):
        hub.ledger.advance(hub.fence, 1, "linked")
    assert hub.ledger.open_version(hub.fence, opening(), NOON).number == 2
    assert [version.state for version in hub.ledger.versions()] == ["abandoned", "open"]
    assert [version.number for version in hub.ledger.versions("open")] == [2]


def test_only_accepted_untaken_batches_can_be_pinned(hub: Hub) -> None:
    good, early = accepted(hub), landed(hub)
    for pinned in ((good, early), (good, 999)):
        with pytest.raises(LedgerError, match="pinned"):
            hub.ledger.open_version(hub.fence, opening(*pinned), NOON)
    assert hub.ledger.versions() == []


def test_a_lost_fence_opens_nothing(hub: Hub) -> None:
    hub.ledger.acquire(hub.fence.name, "run-2", NOON)
    with pytest.raises(FenceLost):
        hub.ledger.open_version(hub.fence, opening(), NOON)
    assert hub.ledger.versions() == []

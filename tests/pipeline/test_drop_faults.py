"""What goes wrong while a dropped list is landed and put away, the ledger on both databases; the next run heals."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from pipeline.hub import Hub
from pipeline.land import land
from schemas.errors import FenceLost, SourceBusy, SourceDamaged
from tests.pipeline import mailbox as victims
from tests.pipeline.mailbox import NAME, NOON, ROWS, Mailbox, check, day, healed, mailbox

KINDS = ("SQLite", "PostgreSQL")


@pytest.fixture(params=KINDS)
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Mailbox:
    """A drop folder that has never been read."""
    new = None if request.param == "SQLite" else request.getfixturevalue("postgres_database")
    return mailbox(tmp_path, new)


@contextmanager
def interrupted(one: Mailbox, mischief: Callable[[], object]) -> Iterator[Hub]:
    """Yield a hub whose clock does mischief once: when a batch is opened, its first rows have arrived."""
    asked = 0

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        if asked == 3:  # after the stage began and the fence was taken
            mischief()
        return NOON

    with one.hub(clock) as hub:
        yield hub


def died(target: Callable[..., None], *words: object) -> int:
    """Run one of the victims in a process of its own and return its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.pipeline.mailbox"])
    process = context.Process(target=target, args=words)
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


@pytest.mark.parametrize(
    ("function", "event", "lying"),
    [
        ("connectors/folder.py:settle", "call", 2),
        ("drop_folder.py:put_away", "call", 2),
        ("local.py:mv", "return", 1),
        ("drop_folder.py:put_away", "return", 0),
    ],
    ids=["before anything", "before the move", "between file and marker", "after the move"],
)
def test_a_crash_between_the_ledger_and_the_archive(one: Mailbox, function: str, event: str, lying: int) -> None:
    people = one.drop(1)
    assert died(victims.landing_that_dies, one.environment(), function, event) == -signal.SIGKILL
    with one.hub() as hub:
        [batch] = hub.ledger.batches()
        assert (batch.state, batch.rows_extracted) == ("landed", ROWS)
        assert len(one.lying()) == lying
        healed(one, hub, people)
        assert one.archived() == [f"{batch.id}/people_20260601.csv", f"{batch.id}/people_20260601.csv.ready"]
        assert sum(each.rows_extracted or 0 for each in hub.ledger.batches()) == ROWS  # never landed twice


def test_after_a_crash_a_new_list_under_the_same_name_is_landed_as_well(one: Mailbox) -> None:
    one.drop(1, name="people.csv")
    assert died(victims.landing_that_dies, one.environment(), "drop_folder.py:put_away", "call") == -signal.SIGKILL
    people = one.drop(2, name="people.csv")
    with one.hub() as hub:
        day(hub)  # takes the list that was landed before the crash
        healed(one, hub, people)


def test_a_list_replaced_while_it_is_read(one: Mailbox) -> None:
    one.drop(1)
    later: list[dict[str, str]] = []
    with interrupted(one, lambda: later.append(one.drop(2, name="people_20260601.csv"))) as hub:
        with pytest.raises(SourceBusy, match="replaced"):
            land(hub, NAME)
        assert hub.ledger.watermark(NAME, "people") is None
        assert one.archived() == []
    with one.hub() as hub:
        check_nothing_landed(hub)
        healed(one, hub, later[0])


def check_nothing_landed(hub: Hub) -> None:
    assert [batch for batch in hub.ledger.batches() if batch.landed_at] == []


def test_two_landings_of_one_list_at_once(one: Mailbox) -> None:
    people = one.drop(1)

    def land_too() -> None:
        with one.hub() as rival:
            land(rival, NAME)

    with interrupted(one, land_too) as hub, pytest.raises((FenceLost, SourceBusy)):
        land(hub, NAME)
    with one.hub() as hub:
        assert [batch.state for batch in hub.ledger.batches()] == ["landed"]
        check(hub)
        healed(one, hub, people)
        assert sum(each.rows_extracted or 0 for each in hub.ledger.batches()) == ROWS


@pytest.mark.parametrize("rows", [0, ROWS // 10], ids=["only a header", "a tenth"])
def test_a_shrunk_list_deletes_nobody_and_the_next_sound_one_heals(one: Mailbox, rows: int) -> None:
    with one.hub() as hub:
        one.drop(1)
        day(hub)
        before = hub.lake.version(f"current/{NAME}/person")
        one.drop(2, rows)
        day(hub)
        [held] = hub.ledger.batches("held")
        assert "rows_changed" in str(held.held_reason)
        assert hub.lake.version(f"current/{NAME}/person") == before
        check(hub)
        fence = hub.ledger.acquire("test", "test", NOON)
        hub.ledger.refuse_batch(fence, held.id, "cut off at the department", NOON)
        healed(one, hub, one.drop(3))


def test_an_empty_file_and_one_that_its_marker_does_not_know_are_refused(one: Mailbox) -> None:
    with one.hub() as hub:
        one.drop(1)
        day(hub)
        for content in (b"", b"ID,NAME,NUMBER\nP0"):
            one.drop(2)
            (one.drop_folder / "people_20260602.csv").write_bytes(content)
            with pytest.raises(SourceDamaged):
                land(hub, NAME)
            assert [batch.state for batch in hub.ledger.batches()] == ["accepted"]
            check(hub)
        healed(one, hub, one.drop(2))


# -- death at any moment -------------------------------------------------------------------------------------------


def die_and_heal(one: Mailbox, seeds: list[int], folder: Path) -> None:
    """For each seed: a new list, a landing that dies, and the books; at the end all is healed."""
    note = folder / "acknowledged"
    one.drop(1)
    assert died(victims.doomed_landing, one.environment(), str(note), 0) == 0
    calls = int(note.read_text().split()[1])
    with one.hub() as hub:
        day(hub)
    for place, seed in enumerate(seeds, start=2):
        note.unlink(missing_ok=True)
        people = one.drop(place)
        code = died(victims.doomed_landing, one.environment(), str(note), random.Random(seed).randint(1, calls))
        assert code in (0, -signal.SIGKILL), f"seed {seed}"
        with one.hub() as hub:
            if note.exists():
                number = int(note.read_text().split()[0])
                assert hub.ledger.batch(number).landed_at is not None, f"seed {seed}: an acknowledged batch is lost"
            land(hub, NAME)
            check(hub)
            assert one.lying() == [], f"seed {seed}"
            if place % 7 == 0 or seed == seeds[-1]:
                healed(one, hub, people)


REPLAYED = [int(seed) for seed in os.environ.get("CITYHUB_FAULT_SEEDS", "").split()]
SERIES = [REPLAYED] if REPLAYED else [list(range(start, start + 10)) for start in range(200, 300, 10)]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seeds", SERIES, ids=lambda seeds: f"seeds {seeds[0]}-{seeds[-1]}")
def test_a_hundred_landings_of_lists_killed(one: Mailbox, seeds: list[int], tmp_path: Path) -> None:
    die_and_heal(one, seeds, tmp_path)

"""What goes wrong while a department is landed, on both databases: afterwards the books balance and the next run heals.

A killed landing dies at a point drawn by its seed; `CITYHUB_FAULT_SEEDS="17 42"` replays those seeds alone.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from pipeline.hub import Hub
from pipeline.land import land
from schemas.errors import (
    FenceLost,
    LakeError,
    LedgerError,
    SourceBusy,
    SourceDamaged,
    SourceRefused,
    SourceUnreachable,
)
from tests.disks import small_disk
from tests.pipeline import bureau as victims
from tests.pipeline.bureau import NAME, NOON, ROWS, Bureau, bureau, check, day, healed, person

KINDS = ("SQLite", "PostgreSQL")


@pytest.fixture(params=KINDS)
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Bureau:
    """A bureau that has never been read."""
    new = None if request.param == "SQLite" else request.getfixturevalue("postgres_database")
    return bureau(tmp_path, new)


def meanwhile(mischief: Callable[[Hub], object], hubs: list[Hub]) -> Callable[[], datetime]:
    """Return a clock that does mischief once: when a batch is opened, its first rows have arrived and more are due."""
    asked = 0

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        if asked == 3:  # after the stage began and the fence was taken
            mischief(hubs[0])
        return NOON

    return clock


@contextmanager
def interrupted(one: Bureau, mischief: Callable[[Hub], object], **more: str) -> Iterator[Hub]:
    hubs: list[Hub] = []
    with one.hub(meanwhile(mischief, hubs), **more) as hub:
        hubs.append(hub)
        yield hub


# -- the source ----------------------------------------------------------------------------------------------------


def test_a_connection_cut_in_mid_cursor(postgres_database: Callable[[], str], tmp_path: Path) -> None:
    one = bureau(tmp_path, postgres_database)
    one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', *(long_row(number) for number in range(4000)))

    def cut(_: Hub) -> None:
        with one.administrator() as connection:
            killed = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'cityhub' AND datname = current_database()"
            ).fetchone()
        assert killed == (1,)

    with interrupted(one, cut) as hub, pytest.raises(SourceUnreachable):
        land(hub, NAME)
    with one.hub() as hub:
        assert [batch.state for batch in hub.ledger.batches()] in (["opening"], [])
        assert hub.ledger.watermark(NAME, "PEOPLE") is None
        one.change('DELETE FROM "PEOPLE" WHERE substr("ID", 1, 1) = ?', ("L",))
        healed(one, hub)


def long_row(number: int) -> tuple[str, ...]:
    return (f"L{number}", "y" * 4000, *person(number)[2:])


def test_a_database_file_damaged_while_it_is_read(tmp_path: Path) -> None:
    one = bureau(tmp_path, None)
    one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', *(long_row(number) for number in range(4000)))
    sound = one.source.read_bytes()

    def damage(_: Hub) -> None:
        with one.source.open("r+b") as file:
            file.seek(len(sound) // 2)
            file.write(b"\xff" * (len(sound) // 2))

    with interrupted(one, damage) as hub, pytest.raises(SourceDamaged):
        land(hub, NAME)
    one.source.write_bytes(sound)
    with one.hub() as hub:
        one.change('DELETE FROM "PEOPLE" WHERE substr("ID", 1, 1) = ?', ("L",))
        healed(one, hub)


def test_a_source_that_hangs_is_left_alone(postgres_database: Callable[[], str], tmp_path: Path) -> None:
    one = bureau(tmp_path, postgres_database)
    one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', *(long_row(number) for number in range(4000)))
    frozen: list[int] = []

    def freeze(_: Hub) -> None:
        with one.administrator() as connection:
            found = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'cityhub' AND datname = current_database()"
            ).fetchall()
        frozen.extend(row[0] for row in found)
        for process in frozen:
            os.kill(process, signal.SIGSTOP)

    try:
        # patience enough for a busy machine to get as far as the freezing
        with interrupted(one, freeze, CITYHUB_SILENT_SECONDS="5") as hub, pytest.raises(SourceUnreachable):
            land(hub, NAME)
        assert frozen
    finally:
        for process in frozen:
            os.kill(process, signal.SIGCONT)
    with one.hub() as hub:
        one.change('DELETE FROM "PEOPLE" WHERE substr("ID", 1, 1) = ?', ("L",))
        healed(one, hub)


def test_a_database_file_whose_disk_does_not_answer(tmp_path: Path) -> None:
    """A pipe that nobody writes to blocks whoever opens it, as a file on a mount without its server does."""
    one = bureau(tmp_path, None)
    away = one.source.with_suffix(".away")
    one.source.rename(away)
    os.mkfifo(one.source)
    with one.hub(CITYHUB_SILENT_SECONDS="1") as hub, pytest.raises(SourceUnreachable):
        land(hub, NAME)
    away.replace(one.source)
    with one.hub() as hub:
        assert hub.ledger.batches() == []
        healed(one, hub)


def test_a_database_file_replaced_while_it_is_read(tmp_path: Path) -> None:
    """The copy that a department puts over the file: the landing ends with the old one, the next reads the new one."""
    one = bureau(tmp_path, None)
    newer = bureau(tmp_path / "newer", None)
    newer.step(1)
    with interrupted(one, lambda _: newer.source.replace(one.source)) as hub:
        land(hub, NAME)
        assert [(batch.state, batch.rows_extracted) for batch in hub.ledger.batches()] == [("landed", ROWS)]
        check(hub)
    with one.hub() as hub:
        healed(one, hub)


def test_a_changed_password_is_refused_and_nothing_written(
    postgres_database: Callable[[], str], tmp_path: Path
) -> None:
    one = bureau(tmp_path, postgres_database)
    wrong = {"CITYHUB_CONNECTION_SOCIAL_SECURITY": one.source_url.replace("let-me-in", "as-it-was")}
    with one.hub(**wrong) as hub:
        with pytest.raises(SourceRefused) as caught:
            land(hub, NAME)
        assert "as-it-was" not in str(caught.value)
        assert hub.ledger.batches() == []
        assert not hub.lake.tables("raw/")
    with one.hub() as hub:
        healed(one, hub)


def test_a_locked_table_is_busy(one: Bureau) -> None:
    if one.is_sqlite:
        other = sqlite3.connect(one.source, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
    else:
        other = one.administrator()  # type: ignore[assignment]
        other.execute("BEGIN")
        other.execute('LOCK TABLE "PEOPLE" IN ACCESS EXCLUSIVE MODE')
    with one.hub(CITYHUB_SILENT_SECONDS="30") as hub:
        with pytest.raises(SourceBusy):
            land(hub, NAME)
        assert hub.ledger.batches() == []
        other.execute("ROLLBACK")
        other.close()
        healed(one, hub)


@pytest.mark.parametrize("left", [0, ROWS // 10], ids=["empty", "a tenth"])
def test_a_shrunk_source_never_deletes_the_city(one: Bureau, left: int) -> None:
    with one.hub() as hub:
        day(hub)
        before = hub.lake.version(f"current/{NAME}/person")
        whole = one.people()
        one.change('DELETE FROM "PEOPLE" WHERE CAST(substr("ID", 2) AS INTEGER) >= ?', (left,))
        day(hub)
        assert [batch.state for batch in hub.ledger.batches()] == ["accepted", "held"]
        assert "rows_changed" in str(hub.ledger.batches("held")[0].held_reason)
        assert hub.lake.version(f"current/{NAME}/person") == before
        check(hub)
        # the department restores its table; a person refuses the batch that said otherwise
        gone = [person(int(key[1:])) for key in whole if int(key[1:]) >= left]
        one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', *gone)
        fence = hub.ledger.acquire("test", "test", NOON)
        hub.ledger.refuse_batch(fence, hub.ledger.batches("held")[0].id, "restored", NOON)
        healed(one, hub)


def test_a_source_whose_clock_is_a_day_ahead(one: Bureau) -> None:
    with one.hub() as hub:
        one.change('UPDATE "PEOPLE" SET "MOVED" = ? WHERE "ID" = ?', ("2999-01-01 00:00:00", "P1"))
        day(hub)
        assert str(hub.ledger.watermark(NAME, "PEOPLE")) < "2030"
        one.step(1)
        one.change('UPDATE "PEOPLE" SET "MOVED" = ?, "NAME" = ? WHERE "ID" = ?', ("2026-06-09 00:00:00", "改正", "P1"))
        healed(one, hub)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_hub_whose_clock_is_a_day_off(one: Bureau, days: int) -> None:
    with one.hub() as hub:
        day(hub)
    one.step(1)
    with one.hub(lambda: NOON + timedelta(days=days)) as hub:
        day(hub)
    one.step(2)
    with one.hub() as hub:
        healed(one, hub)


# -- the hub -------------------------------------------------------------------------------------------------------


def test_a_commit_whose_reply_is_lost(one: Bureau) -> None:
    """The ledger has the batch, the program hears an error: it must neither take the rows away nor land them twice."""
    with one.hub() as hub:

        def lose(connection: object) -> None:
            if not hub.lake.exists(f"raw/{NAME}/PEOPLE") or lost:
                return
            lost.append(True)
            driver = connection.connection.driver_connection  # type: ignore[attr-defined]
            driver.execute("COMMIT") if one.is_sqlite else driver.commit()
            raise hub.database.engine.dialect.loaded_dbapi.OperationalError("connection lost")  # type: ignore[union-attr]

        lost: list[bool] = []
        event.listen(hub.database.engine, "commit", lose)
        with pytest.raises(LedgerError):
            land(hub, NAME)
        event.remove(hub.database.engine, "commit", lose)
        assert lost
        assert [batch.state for batch in hub.ledger.batches()] == ["landed"]
        check(hub)
        healed(one, hub)
        assert sum(batch.rows_extracted or 0 for batch in hub.ledger.batches() if batch.mode == "full") == ROWS


def test_two_landings_at_once(one: Bureau) -> None:
    def land_too(_: Hub) -> None:
        with one.hub() as rival:
            land(rival, NAME)

    with interrupted(one, land_too) as hub, pytest.raises(FenceLost):
        land(hub, NAME)
    with one.hub() as hub:
        assert [batch.state for batch in hub.ledger.batches()] == ["landed"]
        check(hub)
        healed(one, hub)


@pytest.mark.parametrize("left", [0, 2**14], ids=["nothing left", "room for a part"])
def test_a_full_disk(one: Bureau, left: int) -> None:
    with small_disk(one.folder / "var") as fill:
        with interrupted(one, lambda _: fill(left)) as hub, pytest.raises((LakeError, LedgerError)):
            land(hub, NAME)
        fill(None)
        with one.hub() as hub:
            assert hub.ledger.watermark(NAME, "PEOPLE") is None
            healed(one, hub)


# -- death at any moment -------------------------------------------------------------------------------------------


def landing(one: Bureau, note: Path, point: int) -> int:
    """Land in a process of its own and return its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.pipeline.bureau"])
    process = context.Process(target=victims.doomed_landing, args=(one.environment(), str(note), point))
    process.start()
    process.join(120)
    assert process.exitcode is not None
    return process.exitcode


def die_and_heal(one: Bureau, seeds: list[int], folder: Path) -> None:
    """For each seed: a day's changes at the source, a landing that dies, and the books; at the end all is healed."""
    note = folder / "acknowledged"
    with one.hub() as hub:
        day(hub)
    one.step(0)
    assert landing(one, note, 0) == 0
    calls = int(note.read_text().split()[1])
    for place, seed in enumerate(seeds, start=1):
        note.unlink(missing_ok=True)
        one.step(place)
        point = random.Random(seed).randint(1, calls)
        code = landing(one, note, point)
        assert code in (0, -signal.SIGKILL), f"seed {seed}"
        with one.hub() as hub:
            if note.exists():
                number = int(note.read_text().split()[0])
                assert hub.ledger.batch(number).landed_at is not None, f"seed {seed}: an acknowledged batch is lost"
            land(hub, NAME)
            check(hub)
            if place % 5 == 0:
                healed(one, hub)
    with one.hub() as hub:
        healed(one, hub)


def test_a_landing_killed_at_a_random_moment(one: Bureau, tmp_path: Path) -> None:
    die_and_heal(one, [1, 2, 3], tmp_path)


SERIES = [list(range(start, start + 10)) for start in range(100, 200, 10)]
REPLAYED = [int(seed) for seed in os.environ.get("CITYHUB_FAULT_SEEDS", "").split()]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seeds", [REPLAYED] if REPLAYED else SERIES, ids=lambda seeds: f"seeds {seeds[0]}-{seeds[-1]}")
def test_a_hundred_landings_killed(one: Bureau, seeds: list[int], tmp_path: Path) -> None:
    die_and_heal(one, seeds, tmp_path)

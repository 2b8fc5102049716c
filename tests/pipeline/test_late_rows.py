"""Rows that come late, behind the watermark, again, or without a trace: what an increment finds, and what only a
comparison of the whole table finds, on both databases."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pipeline.land import land
from tests.pipeline.bureau import NAME, NOON, ROWS, Bureau, bureau, check, day, healed, person

KINDS = ("SQLite", "PostgreSQL")
LATE = "2026-06-09 08:00:00"


@pytest.fixture(params=KINDS)
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Bureau:
    """A bureau whose newest row says the ninth of June."""
    made = bureau(tmp_path, None if request.param == "SQLite" else request.getfixturevalue("postgres_database"))
    made.change('UPDATE "PEOPLE" SET "MOVED" = ? WHERE "ID" = ?', (LATE, "P0"))
    return made


def compare(one: Bureau, how: str) -> None:
    """Let the contract say how the whole table is looked at again; "" for never."""
    path = one.folder / "city" / "departments" / f"{NAME}.yaml"
    line = f"    reconcile: {how}\n" if how else ""
    path.write_text(path.read_text("utf-8").replace("    reconcile: keys\n", line), "utf-8")


def test_the_overlap_finds_what_was_written_an_hour_late_and_nothing_is_taken_twice(one: Bureau) -> None:
    compare(one, "")
    with one.hub() as hub:
        day(hub)
        one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', person(ROWS, "2026-06-09 07:30:00"))
        one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', person(ROWS + 1, "2026-06-09 06:30:00"))
        day(hub)
        [_, late] = hub.ledger.batches("accepted")
        # the watermark's own row is read again and recognised; an hour and a half late is too late for an hour
        assert (late.mode, late.rows_extracted, late.counts["identical"], late.counts["new"]) == ("increment", 2, 1, 1)
        for _ in range(2):
            day(hub)
        assert [batch.counts.get("new", 0) for batch in hub.ledger.batches("accepted")[2:]] == [0, 0]
        check(hub)


def test_a_comparison_of_keys_finds_rows_behind_the_watermark_and_rows_that_vanished(one: Bureau) -> None:
    with one.hub() as hub:
        day(hub)
        one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', person(ROWS, "2026-01-01 00:00:00"))
        one.change('DELETE FROM "PEOPLE" WHERE "ID" = ?', ("P7",))
        day(hub)
        counts = hub.ledger.batches("accepted")[-1].counts
        assert (counts["new"], counts["absent"]) == (1, 1)
        healed(one, hub)


def test_a_comparison_of_rows_finds_a_change_without_a_trace(one: Bureau) -> None:
    compare(one, "rows")
    with one.hub() as hub:
        day(hub)
        one.change('UPDATE "PEOPLE" SET "NAME" = ? WHERE "ID" = ?', ("改名", "P7"))  # its time stays
        one.change('DELETE FROM "PEOPLE" WHERE "ID" = ?', ("P8",))
        day(hub)
        last = hub.ledger.batches("accepted")[-1]
        assert (last.mode, last.left_out, last.counts["changed"]) == ("full", ROWS - 2, 1)
        healed(one, hub)


def test_a_comparison_is_made_no_more_often_than_the_contract_says(one: Bureau) -> None:
    compare(one, "{by: keys, every: 1d}")
    with one.hub() as hub:
        day(hub)
        one.change('DELETE FROM "PEOPLE" WHERE "ID" = ?', ("P7",))
        land(hub, NAME)
        assert "table_rows" not in hub.ledger.batches()[-1].counts["landing"]  # looked at whole an hour ago
    with one.hub(lambda: NOON.replace(day=3)) as hub:
        land(hub, NAME)
        assert hub.ledger.batches()[-1].counts["landing"]["table_rows"] == ROWS - 1


def test_a_restored_backup_is_believed_though_its_rows_are_older(one: Bureau) -> None:
    with one.hub() as hub:
        day(hub)
        one.change('UPDATE "PEOPLE" SET "NAME" = ?, "MOVED" = ? WHERE "ID" = ?', ("旧名", "2026-05-01 00:00:00", "P7"))
        land(hub, NAME)
        assert hub.ledger.batches()[-1].rows_extracted == 1  # of the last hour: the watermark knows of nothing
        land(hub, NAME, whole=True)
        healed(one, hub)
        assert hub.ledger.batches("accepted")[-1].counts.get("superseded", 0) == 0


def days(one: Bureau, seed: int) -> None:
    """Live through days of late, repeated, overlapping and untraced work; some days are landed twice, some not."""
    dice = random.Random(seed)
    with one.hub() as hub:
        day(hub)
        for step in range(4):
            keys = dice.sample(range(ROWS), 9)
            for key in keys[:3]:
                moved = f"2026-06-{dice.randint(1, 20):02d} {dice.randint(0, 23):02d}:00:00"
                one.change(
                    'UPDATE "PEOPLE" SET "NAME" = ?, "MOVED" = ? WHERE "ID" = ?',
                    (f"王{chr(0x5000 + key)}", moved, f"P{key}"),
                )
            one.change(
                'UPDATE "PEOPLE" SET "NAME" = ? WHERE "ID" = ?',
                *((f"李{chr(0x5000 + key)}", f"P{key}") for key in keys[3:6]),
            )
            one.change('DELETE FROM "PEOPLE" WHERE "ID" = ?', *((f"P{key}",) for key in keys[6:]))
            back = dice.choice(keys[6:])  # deleted and written again, with another time
            one.change('INSERT INTO "PEOPLE" VALUES (?, ?, ?, ?, ?)', person(back, f"2026-06-{step + 1:02d} 00:00:00"))
            for _ in range(dice.randint(0, 2)):
                land(hub, NAME)
            if dice.random() < 0.5:
                day(hub)
            check(hub)
        healed(one, hub)


def test_days_in_any_order_leave_what_the_source_holds(one: Bureau) -> None:
    compare(one, "rows")
    days(one, 1)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seed", range(2, 12))
def test_more_days_in_any_order(one: Bureau, seed: int) -> None:
    compare(one, "rows")
    days(one, seed)

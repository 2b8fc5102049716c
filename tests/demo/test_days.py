"""Later days: one after another is the same as straight, and each kind of change really happens."""

import json
from pathlib import Path

import pytest

from demo.build import BuildError
from demo.days import bring_to_day
from demo.emission import Table
from demo.moments import read
from demo.stores import log_of
from tests.demo.city import files, order, rows, tables, truth


@pytest.fixture(scope="module")
def stepwise(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Return copies of a city on days 0, 1 and 2, reached one day at a time."""
    import shutil

    made, folder = {}, tmp_path_factory.mktemp("steps")
    for day in range(3):
        bring_to_day(order(folder / "now", day=day))
        made[day] = folder / f"day{day}"
        shutil.copytree(folder / "now", made[day])
    return made


def by_key(folder: Path, table: Table) -> dict[str | None, dict[str, str | None]]:
    return {row[table.key]: row for row in rows(folder, table)}


def test_same_order_gives_the_same_bytes(city: Path, stepwise: dict[int, Path]) -> None:
    assert files(city) == files(stepwise[0])


def test_days_one_after_another_equal_a_straight_build(later_city: Path, stepwise: dict[int, Path]) -> None:
    assert files(later_city) == files(stepwise[2])


def test_another_seed_is_another_city(city: Path, tmp_path: Path) -> None:
    bring_to_day(order(tmp_path, seed=12))
    numbers = {row["citizen_id"] for row in truth(city, "persons")}
    assert numbers != {row["citizen_id"] for row in truth(tmp_path, "persons")}


def test_each_kind_of_change_happens_and_the_update_time_moves(stepwise: dict[int, Path]) -> None:
    changes = [one for one in truth(stepwise[1], "changes") if one["day"] == 1]
    assert {one["change"] for one in changes} == {"new", "changed", "corrected", "deleted", "soft_deleted", "late"}
    for table in tables():
        before, after = by_key(stepwise[0], table), by_key(stepwise[1], table)
        told = {one["key"]: one["change"] for one in changes if one["table"] == table.name}
        differing = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        assert differing == set(told) - {
            key for key, kind in told.items() if kind == "changed" and before[key] == after[key]
        }
        if table.stamp:
            moved = [key for key, kind in told.items() if kind in ("changed", "corrected", "soft_deleted")]
            assert moved and all(
                str(read(table, after[key][table.stamp] or "")).startswith("2026-07-01") for key in moved
            )


def test_hard_deletes_leave_source_and_truth(stepwise: dict[int, Path]) -> None:
    gone = {(one["table"], one["key"]) for one in truth(stepwise[1], "changes") if one["change"] == "deleted"}
    assert {table for table, _ in gone} >= {"AC01", "subsidy_recipients", "XJ_XSXX", "VEH_GR"}
    assert not gone & {(one["table"], one["key"]) for one in truth(stepwise[1], "records")}
    assert not gone & {(one["table"], one["key"]) for one in truth(stepwise[1], "defects")}


def test_a_new_representative_is_one_fact_and_leads_the_row(stepwise: dict[int, Path]) -> None:
    handed = {one["key"] for one in truth(stepwise[1], "changes") if str(one["columns"]).startswith("NAME,CERNO")}
    records = [one for one in truth(stepwise[1], "records") if one["table"] == "E_BASEINFO" and one["key"] in handed]
    firms = {one["key"]: one["true_id"] for one in records if one["statement"] == "business"}
    leads = {one["key"]: one["true_id"] for one in records if one["statement"] == "representative"}
    told = {one["business_id"]: one["representative_id"] for one in truth(stepwise[1], "businesses")}
    assert handed and all(told[firms[key]] == leads[key] for key in handed)
    led = [one for one in truth(stepwise[1], "facts") if one["kind"] == "legal_representation"]
    standing = {one["second_id"]: one["first_id"] for one in led if one["until"] is None}
    assert len(standing) == len([one for one in led if one["until"] is None]) == len(told)
    assert all(standing[firm] == person for firm, person in told.items())


def test_late_rows_carry_yesterdays_last_hour(stepwise: dict[int, Path]) -> None:
    late = [one for one in truth(stepwise[2], "changes") if one["change"] == "late" and one["day"] == 2]
    found = {(table.name, key): (table, row) for table in tables() for key, row in by_key(stepwise[2], table).items()}
    stamps = [read(table, row[table.stamp] or "") for table, row in (found[one["table"], one["key"]] for one in late)]  # type: ignore[index]
    assert stamps and all("2026-07-01 17:05:00" <= str(stamp) < "2026-07-01 18:00:00" for stamp in stamps)


def test_the_log_tells_every_change_of_a_table_without_update_time(stepwise: dict[int, Path]) -> None:
    kinds = {"new": "I", "changed": "U", "corrected": "U", "soft_deleted": "U", "deleted": "D"}
    logged = [table for table in tables() if table.log]
    assert logged and not any(table.stamp for table in logged)
    assert "I" in {row["CZLX"] for table in logged for row in rows(stepwise[2], log_of(table))}
    for table in logged:
        assert rows(stepwise[0], log_of(table)) == []
        entries = rows(stepwise[2], log_of(table))
        told = [
            (one["key"], kinds[str(one["change"])])
            for one in truth(stepwise[2], "changes")
            if one["table"] == table.name and one["change"] in kinds and one["key"]
        ]
        assert sorted((str(row[table.key]), row["CZLX"]) for row in entries) == sorted(told)  # type: ignore[type-var]
        assert {"U", "D"} <= {row["CZLX"] for row in entries} <= {"I", "U", "D"}
        assert [row["LOG_ID"] for row in entries] == [f"{number:012d}" for number in range(1, len(entries) + 1)]
        assert [row["CZSJ"] for row in entries] == sorted(str(row["CZSJ"]) for row in entries)


def test_a_fact_ends_with_the_row_that_proved_it(stepwise: dict[int, Path]) -> None:
    over = {
        f"{one['table']}/{one['key']}"
        for one in truth(stepwise[1], "changes")
        if one["change"] in ("deleted", "soft_deleted")
    }
    before = {one["source"] for one in truth(stepwise[0], "facts") if one["source"] and one["until"] is None}
    ended = {one["source"] for one in truth(stepwise[1], "facts") if one["source"] and one["until"] == "2026-07-01"}
    assert ended and ended == over & before


def test_standing_city_is_left_alone_and_strangers_are_refused(stepwise: dict[int, Path], tmp_path: Path) -> None:
    import shutil

    shutil.copytree(stepwise[1], tmp_path / "copy")
    before = files(tmp_path / "copy")
    (summary,) = bring_to_day(order(tmp_path / "copy", day=1))
    assert not summary.rows and not summary.changes and files(tmp_path / "copy") == before
    for other in (order(tmp_path / "copy", day=0), order(tmp_path / "copy", day=2, seed=99)):
        with pytest.raises(BuildError, match="--fresh"):
            bring_to_day(other)


def test_city_json_says_what_stands(stepwise: dict[int, Path]) -> None:
    found = json.loads((stepwise[2] / "out" / "city.json").read_text(encoding="utf-8"))
    assert (found["as_of"], found["day"], found["residents"], found["seed"]) == ("2026-07-02", 2, 3000, 11)

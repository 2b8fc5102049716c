"""Status and doctor: late, held and failing since when; each check sees its own fault and names the next step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.command_line import main
from pipeline.doctor import examine, examined_text, worst
from pipeline.land import land
from pipeline.settings import Settings
from pipeline.status import failing, status, status_text
from pipeline.summary import stages_logged, summarise, summary_text
from schemas.errors import CityhubError
from tests.pipeline.office import CLOCK, NAME, Office, day_run, later, office, person
from warehouse.stage_log import StageEntry


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    with office(folder).hub() as opened:
        day_run(opened)
    return folder


@pytest.fixture
def place(ran: Path, tmp_path: Path) -> Office:
    shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    return Office(tmp_path)


def command(place: Office, *words: str) -> tuple[int, Any]:
    """Run one command with --json; return its exit code and what it printed."""
    result = CliRunner(env=place.environment).invoke(main, [*words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def entry(stage: str, outcome: str, day: int) -> StageEntry:
    return StageEntry("r", stage, NAME, CLOCK.replace(day=day), 1.0, outcome, {}, "X: y ▸ 下一步 next: do z")  # type: ignore[arg-type]


def test_a_streak_of_failures_is_told_from_its_first_one() -> None:
    told = failing(
        [entry("land", "failed", 1), entry("land", "done", 2), *(entry("land", "failed", d) for d in (3, 4, 5))]
    )
    assert [(one["stage"], one["since"].day, one["last"].day, one["times"], one["next"]) for one in told] == [
        ("land", 3, 5, 3, "do z")
    ]
    assert failing([entry("land", "failed", 1), entry("land", "done", 2), entry("reveal", "failed", 3)]) == []


def test_a_table_is_late_when_it_was_not_read_within_its_promise(place: Office) -> None:
    later(place, hours=25)
    with place.hub() as hub:
        assert {one["late"] for one in status(hub)["departments"] if one["department"] == NAME} == {0}
    later(place, hours=3)
    with place.hub() as hub:
        told = status(hub)
        assert {one["late"] for one in told["departments"] if one["department"] == NAME} == {2 * 3600}
        assert "2h 0m" in status_text(told)
        land(hub, NAME)  # nothing new, but the source was asked
        assert {one["late"] for one in status(hub)["departments"] if one["department"] == NAME} == {0}


def test_a_source_that_fails_is_told_with_since_when(place: Office) -> None:
    place.source.rename(place.source.with_suffix(".gone"))
    for _ in range(2):
        later(place, hours=1)
        with place.hub() as hub, pytest.raises(CityhubError):
            land(hub, NAME)
    with place.hub() as hub:
        standing = status(hub)
        [told] = standing["failing"]
        lines = [line for line in status_text(standing).splitlines() if line.startswith(NAME)]
        assert len(lines) == 2 and all("失败 failing" in line and told["next"] in line for line in lines)
    rows = [one for one in standing["departments"] if one["department"] == NAME]
    assert {(one["state"], one["next"]) for one in rows} == {("failing", told["next"])}
    assert (told["department"], told["stage"], told["times"]) == (NAME, "land", 2)
    assert (told["since"] - CLOCK).total_seconds() == 3600
    assert told["next"]


def test_unknown_codes_are_told_until_the_contract_knows_them(place: Office) -> None:
    for day in (0, 2, 3):  # increments that hold other rows
        if day:
            place.insure(person(2 + day, "王一", None, day=day))
        with place.hub() as hub:
            land(hub, NAME)
            [told] = [one for one in status(hub)["departments"] if one["table"] == "INSURED"]
        assert [line.split(":")[0] for line in told["drift"]] == ["? SEX (sex_word)"]
        assert '+  sex_word: {男: "1", "女": "2"}' in told["proposal"]
    place.mend('{男: "1"}', '{男: "1", 女: "2"}')
    with place.hub() as hub:
        assert [one["drift"] for one in status(hub)["departments"] if one["table"] == "INSURED"] == [[]]


def test_a_run_tells_which_batches_wait_and_what_to_do(place: Office) -> None:
    place.mend("    cursor: {column: MOVED, overlap: 1h}\n    rows:", "    rows:")
    place.insure(*(person(number, "王一", None, day=2) for number in range(3, 30)))
    with place.hub() as hub:
        mark = stages_logged(hub)
        day_run(hub)
        [held] = hub.ledger.batches("held")
        told = summary_text(summarise(hub, mark))
    assert (
        f"暂挂 held: 批次 batch {held.id} {NAME}.INSURED: {held.held_reason} ▸ 下一步 next: cityhub replay {held.id}"
        in told
    )


def test_status_on_the_command_line(place: Office) -> None:
    code, told = command(place, "status")
    assert code == 0
    assert {one["table"] for one in told["departments"] if one["department"] == NAME} == {"INSURED", "EMPLOYER"}


def checks(place: Office) -> dict[str, str]:
    found = examine(lambda: Settings.from_environment(place.environment))
    assert examined_text(found)
    return {one.check: one.verdict for one in found}


def test_a_sound_hub_is_well_but_for_the_sources_that_are_not_there(place: Office) -> None:
    found = checks(place)
    assert found["数据源 source social_security"] == "ok"
    assert found["数据源 source police_population"] == "bad"
    assert found["库 libraries"] != "bad"
    for check in ("Python", "目录 home", "城市密钥 city key", "台账 ledger", "数据湖 lake", "暂存 staging"):
        assert found[check] == "ok", check
    assert found["数据集 dataset"] == "warn"  # nothing published yet


def loosen_key(place: Office) -> None:
    (place.folder / "var" / "city.key").chmod(0o644)


def lose_key(place: Office) -> None:
    (place.folder / "var" / "city.key").unlink()


def lose_a_file(place: Office) -> None:
    next((place.folder / "var" / "lake" / "current").rglob("*.parquet")).unlink()


def spoil_ledger(place: Office) -> None:
    for path in (place.folder / "var").glob("hub.sqlite*"):
        path.write_bytes(b"not a database, not at all" * 100)


def spoil_contract(place: Office) -> None:
    place.mend("key: [ID]", "kee: [ID]")


def leave_staging(place: Office) -> None:
    (place.folder / "var" / "work" / "batches" / "77").mkdir(parents=True)


def go_back_in_time(place: Office) -> None:
    with place.hub() as hub, hub.database.write() as connection:
        connection.exec_driver_sql("UPDATE batch SET landed_at = '2099-01-01 00:00:00.000000'")


@pytest.mark.parametrize(
    ("spoil", "check", "verdict"),
    [
        (loosen_key, "城市密钥 city key", "bad"),
        (lose_key, "城市密钥 city key", "bad"),
        (lose_a_file, "数据湖 lake", "bad"),
        (spoil_ledger, "台账 ledger", "bad"),
        (spoil_contract, f"契约 contract {NAME}", "bad"),
        (leave_staging, "暂存 staging", "warn"),
        (go_back_in_time, "时序 moments", "bad"),
    ],
    ids=lambda item: getattr(item, "__name__", ""),
)
def test_the_doctor_finds(place: Office, spoil: Callable[[Office], None], check: str, verdict: str) -> None:
    spoil(place)
    found = examine(lambda: Settings.from_environment(place.environment))
    [one] = [each for each in found if each.check == check]
    assert one.verdict == verdict and one.next
    assert worst(found) == "bad"


def test_the_doctor_ends_with_1_when_something_is_bad_and_makes_nothing(place: Office, tmp_path: Path) -> None:
    code, told = command(place, "doctor")
    assert code == 1 and told["verdict"] == "bad"
    empty = tmp_path / "nowhere"
    CliRunner(env={**place.environment, "CITYHUB_HOME": str(empty)}).invoke(main, ["doctor"])
    assert not empty.exists()


def test_decisions_on_the_command_line_tell_mistakes_in_json(place: Office) -> None:
    assert command(place, "replay", "999")[1]["error"] == "LedgerError"
    assert command(place, "release", "1", "--reason", "ok")[0] == 1
    code, told = command(place, "quarantine", "list", "social_securty")
    assert code == 1 and "social_security" in told["message"]
    code, told = command(place, "quarantine", "release", NAME)
    assert code == 0 and told[0]["left"] == told[0]["open"] == 1
    code, told = command(place, "quarantine", "list", NAME)
    assert [line["reason"] for line in told] == ["dangling_reference"]
    code, told = command(place, "replay", "1")
    assert code == 0 and told["state"] == "accepted" and told["replay_of"] == 1

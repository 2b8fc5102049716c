"""Five days landed by increments leave the statements that one landing of the fifth day leaves."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest

from pipeline.commit import commit
from pipeline.hub import Hub
from pipeline.land import land
from pipeline.standardise import standardise
from pipeline.validate import validate
from tests.pipeline.story import Story, story

DAYS = 5
FIXED = {"CITYHUB_CITY_KEY": "3" * 64, "CITYHUB_AS_OF": "2026-07-05"}
# Which state of the row said it first: a row may move on without a word of this statement changing.
ASIDE = {"batch", "row_number", "row_hash", "observed_at"}


def take(hub: Hub, departments: Iterable[str]) -> None:
    """Bring departments from their sources to their current statements."""
    for department in departments:
        for stage in (land, standardise, validate, commit):
            stage(hub, department)


def statements(hub: Hub) -> dict[str, list[tuple[object, ...]]]:
    """Return the current accepted statements by department and entity, in a fixed order."""
    found = {}
    for name in hub.lake.tables("current/"):
        rows = hub.lake.read(name)
        columns = sorted(set(rows.column_names) - ASIDE)
        found[name] = duckdb.sql(f"SELECT {', '.join(columns)} FROM rows ORDER BY record_id").fetchall()
    return found


def by_increments(tale: Story, departments: Iterable[str]) -> Hub:
    """Take the city day by day and return its hub, closed."""
    for day in range(DAYS + 1):
        tale.bring(day)
        with tale.hub(**FIXED) as hub:
            take(hub, departments)
    return hub


def compare(folder: Path, departments: Iterable[str]) -> None:
    """Assert that both ways leave the same statements, and that increments, deletes and logs were what led there."""
    stepwise, at_once = story(folder / "steps", residents=300), story(folder / "once", residents=300)
    hub = by_increments(stepwise, departments)
    batches = [one for one in hub.ledger.batches() if not one.is_replay]
    assert {one.state for one in batches} == {"accepted"}
    again = [one for one in batches if one.mode == "increment"]
    assert len(again) >= 3 * DAYS
    # rows that social insurance and the vehicle office delete for good: found by comparing keys, and by a log
    for table in ("AC01", "VEH_GR"):
        assert sum(int(one.counts.get("absent", 0)) for one in again if one.source_table == table) >= DAYS
    at_once.bring(DAYS)
    with at_once.hub(**FIXED) as whole:
        take(whole, departments)
    incremental, full = statements(hub), statements(whole)
    assert incremental.keys() == full.keys()
    different = {
        name: sum(one != other for one, other in zip(incremental[name], full[name], strict=False)) for name in full
    }
    assert {name: count for name, count in different.items() if count} == {}
    assert incremental == full


@pytest.mark.timeout(400)
def test_five_days_by_increments_equal_the_fifth_day_at_once(tmp_path: Path) -> None:
    compare(tmp_path, ("social_security", "vehicles"))


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_five_days_of_every_department_equal_the_fifth_day_at_once(tmp_path: Path) -> None:
    with story(tmp_path).hub() as hub:
        departments = tuple(hub.city.contracts)
    assert len(departments) >= 13
    compare(tmp_path, departments)

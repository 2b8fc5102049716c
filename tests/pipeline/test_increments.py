"""Days landed by increments leave the statements that one landing of the last day leaves: five of all departments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Where:
    """Servers that hold departments' tables, by department, and the variables that lead the hub there."""

    servers: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


NOWHERE = Where()
SERVERS = {"PostgreSQL": "postgres_database", "MariaDB": "mariadb_database"}


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


def by_increments(tale: Story, departments: Iterable[str], days: int = DAYS, where: Where = NOWHERE) -> Hub:
    """Take the city day by day and return its hub, closed."""
    for day in range(days + 1):
        tale.bring(day, dict(where.servers))
        with tale.hub(**FIXED, **where.variables) as hub:
            take(hub, departments)
    return hub


def compare(folder: Path, departments: Iterable[str], days: int = DAYS) -> None:
    """Assert that both ways leave the same statements, and that increments, deletes and logs were what led there."""
    stepwise, at_once = story(folder / "steps", residents=300), story(folder / "once", residents=300)
    hub = by_increments(stepwise, departments, days)
    batches = [one for one in hub.ledger.batches() if not one.is_replay]
    assert {one.state for one in batches} == {"accepted"}
    again = [one for one in batches if one.mode == "increment"]
    assert len(again) >= 3 * days
    # rows that social insurance and the vehicle office delete for good: found by comparing keys, and by a log
    for table in ("AC01", "VEH_GR"):
        assert sum(int(one.counts.get("absent", 0)) for one in again if one.source_table == table) >= days
    at_once.bring(days)
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
def test_three_days_by_increments_equal_the_third_day_at_once(tmp_path: Path) -> None:
    compare(tmp_path, ("social_security", "vehicles"), days=3)


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_five_days_of_every_department_equal_the_fifth_day_at_once(tmp_path: Path) -> None:
    with story(tmp_path).hub() as hub:
        departments = tuple(hub.city.contracts)
    assert len(departments) >= 13
    compare(tmp_path, departments)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", SERVERS)
def test_a_log_kept_on_a_server_leads_to_the_same_statements(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """The vehicle office's tables on a real server, two days by their logs and the second day at once."""
    new: Callable[[], str] = request.getfixturevalue(SERVERS[kind])
    found = []
    for way in ("steps", "once"):
        url, tale = new(), story(tmp_path / way, residents=300)
        path = "?options=-csearch_path%3Dvehicles" if kind == "PostgreSQL" else ""
        where = Where({"vehicles": url}, {"CITYHUB_CONNECTION_VEHICLES": url + path})
        if way == "once":
            tale.bring(2, dict(where.servers))
            with tale.hub(**FIXED, **where.variables) as hub:
                take(hub, ["vehicles"])
        else:
            hub = by_increments(tale, ["vehicles"], 2, where)
            batches = [one for one in hub.ledger.batches() if one.mode == "increment" and one.source_table == "VEH_GR"]
            assert [one.state for one in batches] == ["accepted"] * 2
            assert sum(int(one.counts.get("absent", 0)) for one in batches) >= 2
        found.append(statements(hub))
    assert found[0] == found[1] != {}

"""Five days landed by increments leave the statements that one landing of the fifth day leaves."""

from __future__ import annotations

from pathlib import Path

import duckdb

from pipeline.commit import commit
from pipeline.hub import Hub
from pipeline.lake_tables import current_table
from pipeline.land import land
from pipeline.standardise import standardise
from pipeline.validate import validate
from tests.pipeline.story import Story, story

FIXED = {"CITYHUB_CITY_KEY": "3" * 64, "CITYHUB_AS_OF": "2026-07-05"}
# Which state of the row said it first: a row may move on without a word of this statement changing.
ASIDE = {"batch", "row_number", "row_hash", "observed_at"}


def take(hub: Hub) -> None:
    """Bring every department from its source to its current statements."""
    for department in hub.city.contracts:
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


def by_increments(tale: Story, days: int) -> dict[str, list[tuple[object, ...]]]:
    for day in range(days + 1):
        tale.bring(day)
        with tale.hub(**FIXED) as hub:
            take(hub)
    with tale.hub(**FIXED) as hub:
        accepted = hub.ledger.batches("accepted")
        assert len(accepted) == len(hub.ledger.batches())
        increments = [one for one in accepted if one.mode == "increment"]
        assert len(increments) >= days * 5
        absent = sum(int(one.counts.get("absent", 0)) for one in increments)
        assert absent >= days  # rows the social insurance deleted for good
        assert any(one.counts.get("deleted") for one in accepted)
        return statements(hub)


def test_five_days_by_increments_equal_the_fifth_day_at_once(tmp_path: Path) -> None:
    stepwise, at_once = story(tmp_path / "steps", residents=300), story(tmp_path / "once", residents=300)
    incremental = by_increments(stepwise, 5)
    at_once.bring(5)
    with at_once.hub(**FIXED) as hub:
        take(hub)
        whole = statements(hub)
        assert hub.lake.exists(current_table("social_security", "person"))
    assert incremental.keys() == whole.keys()
    different = {
        name: sum(one != other for one, other in zip(incremental[name], whole[name], strict=False)) for name in whole
    }
    assert {name: count for name, count in different.items() if count} == {}
    assert incremental == whole

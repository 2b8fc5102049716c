"""Days taken one by one decide what relinking the whole stored history decides, and what all days at once would.

The short series has one such day in test_again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.commit import commit
from pipeline.hub import Hub
from pipeline.land import land
from pipeline.link import link
from pipeline.publish import publish
from pipeline.standardise import standardise
from pipeline.survive import survive
from pipeline.validate import validate
from pipeline.whole_run import run_to_published
from tests.pipeline.relinking import assert_relinking_changes_nothing
from tests.pipeline.story import CORE, Story, story

FIXED = {"CITYHUB_CITY_KEY": "3" * 64, "CITYHUB_AS_OF": "2026-07-05", "CITYHUB_LOOKUP_RECORDS": "1"}


def by_increments(tale: Story, departments: tuple[str, ...], days: int) -> Hub:
    """Run the city day by day and return its hub, closed."""
    for day in range(days + 1):
        tale.bring(day)
        with tale.hub(**FIXED) as hub:
            assert run_to_published(hub, departments) == []
    return hub


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_five_days_of_every_department_link_like_the_whole_history_at_once(tmp_path: Path) -> None:
    tale = story(tmp_path, residents=400)
    with tale.hub(**FIXED) as hub:
        departments = tuple(hub.city.contracts)
    assert len(departments) == 15
    hub = by_increments(tale, departments, 5)
    published = hub.ledger.published_version()
    assert published is not None and "person" in published.counts["evidence"]  # not the ladder alone
    with tale.hub(**FIXED) as hub:
        assert min(assert_relinking_changes_nothing(hub).values()) > 40


@pytest.mark.long
@pytest.mark.timeout(900)
def test_days_by_increments_give_the_golden_values_of_all_days_at_once(tmp_path: Path) -> None:
    """Partition and golden values of three days taken one by one equal those of all statements linked at once."""
    stepwise, at_once = story(tmp_path / "steps", residents=400), story(tmp_path / "once", residents=400)
    key = {"CITYHUB_CITY_KEY": "3" * 64, "CITYHUB_AS_OF": "2026-07-05"}  # few records: without lookups
    for day in range(3):
        stepwise.bring(day)
        with stepwise.hub(**key) as hub:
            assert run_to_published(hub, CORE) == []
            incremental = partition(hub)

    for day in range(3):
        at_once.bring(day)
        with at_once.hub(**key) as hub:
            for department in CORE:
                for stage in (land, standardise, validate, commit):
                    stage(hub, department)
    with at_once.hub(**key) as hub:
        for step in (link, survive, publish):
            step(hub)
        whole = partition(hub)
    assert incremental == whole


def partition(hub: Hub) -> dict[str, object]:
    """Return who belongs together and their golden values, free of hub ids and commits."""
    groups: dict[str, set[str]] = {}
    for entity in ("person", "business"):
        for row in hub.lake.read(f"links/{entity}").to_pylist():
            if row["decision"] == "link":
                groups.setdefault(row["hub_id"], set()).add(row["record_id"])
    values = {
        frozenset(groups[row["hub_id"]]): row["content_hash"]
        for entity in ("person", "business")
        for row in hub.lake.read(f"golden/{entity}").to_pylist()
    }
    decisions = {
        row["record_id"]: row["decision"]
        for entity in ("person", "business")
        for row in hub.lake.read(f"links/{entity}").to_pylist()
    }
    return {"values": values, "decisions": decisions}

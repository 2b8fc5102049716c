"""A migrated hub database of each kind, with its ledger; moments are fixed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.database import Database
from warehouse.fences import Fence
from warehouse.ledger import Ledger

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Hub:
    """A hub database, its ledger, and the fence that this test's run holds."""

    database: Database
    ledger: Ledger
    fence: Fence


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/hub.sqlite"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def hub(url: str) -> Iterator[Hub]:
    database = Database(url)
    database.migrate()
    ledger = Ledger(database)
    yield Hub(database, ledger, ledger.acquire("hub", "run-1", NOON))
    database.close()

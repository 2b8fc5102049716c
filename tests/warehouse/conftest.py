"""A migrated hub database of each kind, with its ledger; moments are fixed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text

from warehouse.database import Database
from warehouse.fences import Fence
from warehouse.ledger import Ledger
from warehouse.ledger_tables import metadata

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass
class Hub:
    """A hub database, its ledger, and the fence that this test's run holds."""

    database: Database
    ledger: Ledger
    fence: Fence


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "hub.sqlite"
    database = Database(f"sqlite:///{file}")
    database.migrate()
    database.close()
    return file


@pytest.fixture(scope="session")
def migrated_server(postgres_database: Callable[[], str]) -> str:
    """The URL of one migrated PostgreSQL database, emptied before each test."""
    database = Database(postgres_database())
    database.migrate()
    database.close()
    return database.url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hub]:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "hub.sqlite")
        database = Database(f"sqlite:///{tmp_path}/hub.sqlite")
    else:
        database = Database(request.getfixturevalue("migrated_server"))
        _empty(database)
    ledger = Ledger(database)
    yield Hub(database, ledger, ledger.acquire("hub", "run-1", NOON))
    database.close()


def _empty(database: Database) -> None:
    """Empty the migrated tables, numbers starting anew, and drop all others."""
    with database.write() as connection:
        present = MetaData()
        present.reflect(connection)
        for table in present.tables.values():
            if table.name not in metadata.tables and table.name != "alembic_version":
                table.drop(connection)
        names = ", ".join(f'"{name}"' for name in metadata.tables)
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))

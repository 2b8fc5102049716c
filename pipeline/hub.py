"""The hub: a city's configuration with its lake, ledger, serving database and engine, opened together."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from engine.duckdb_engine import DuckDBEngine
from pipeline.settings import Settings
from schemas.city import City
from schemas.city_file import load_city
from schemas.contract import Contract
from schemas.errors import ConfigurationError
from schemas.nearest import nearest
from warehouse.database import Database
from warehouse.keys import CityKey
from warehouse.lake import Lake
from warehouse.ledger import Ledger
from warehouse.lookup import Lookup
from warehouse.published import Published
from warehouse.serving import Serving
from warehouse.serving_reader import ServingReader

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Hub:
    """Everything a stage needs; stages take it and hand its parts to pure calls."""

    settings: Settings
    city: City
    lake: Lake
    key: CityKey
    database: Database
    ledger: Ledger
    serving: Serving
    reader: ServingReader
    published: Published
    lookup: Lookup
    engine: DuckDBEngine
    run_id: str
    clock: Callable[[], datetime]

    @property
    def as_of(self) -> date:
        return self.settings.today(self.city.timezone)

    @property
    def work(self) -> Path:
        """Folder of staged output, one subfolder a batch or version; safe to delete when nothing runs."""
        return self.settings.home / "work"

    def contract(self, department: str) -> Contract:
        """Return the department's contract. Raises its own ConfigurationError if it is broken, or one that names the
        nearest department if there is none."""
        if department in self.city.broken:
            raise self.city.broken[department]
        if department in self.city.contracts:
            return self.city.contracts[department]
        known = self.city.departments
        folder = self.city.folder / "departments"
        raise ConfigurationError(folder, 0, "department", department, ", ".join(known), nearest(department, known))

    def connection_url(self, connection: str) -> str:
        """Return the URL of a named connection: the environment's, else the city's default. Raises
        ConfigurationError that says which variable to set."""
        named = self.settings.connections.get(connection) or self.city.connections.get(connection, "")
        return expanded(named, self.settings, self.city, connection)


def expanded(named: str, settings: Settings, city: City, connection: str) -> str:
    """Return a connection's URL with `${CITYHUB_HOME}` put in. Raises ConfigurationError for an empty one, which says
    what variable to set, and for another placeholder."""
    values: Mapping[str, str] = {"CITYHUB_HOME": str(settings.home)}

    def value(found: re.Match[str]) -> str:
        if found.group(1) not in values:
            raise ConfigurationError(city.folder / "city.yaml", 0, "connections", found.group(1), ", ".join(values))
        return values[found.group(1)]

    url = _PLACEHOLDER.sub(value, named)
    if not url:
        variable = f"CITYHUB_CONNECTION_{connection.upper()}"
        raise ConfigurationError("environment", 0, connection, "", f"a source URL in {variable}")
    return url


@contextmanager
def open_hub(
    settings: Settings, run_id: str = "", clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Hub]:
    """Open (and on first use create) the hub below `settings.home`; closes its database at the end.

    Raises ConfigurationError for a city that cannot be read, LakeKeyMissing for a lake without its key.
    """
    city = load_city(settings.city_folder)
    _made(settings.home)
    lake_folder = settings.home / "lake"
    key = CityKey.open(settings.home / "city.key", lake_folder, settings.city_key)
    spill = settings.home / "work" / "spill"
    _made(spill)
    database = Database(settings.database_url)
    database.migrate()
    try:
        yield Hub(
            settings=settings,
            city=city,
            lake=Lake(lake_folder),
            key=key,
            database=database,
            ledger=Ledger(database),
            serving=Serving(database, city.standard),
            reader=ServingReader(database, city.standard),
            published=Published(settings.home / "published"),
            lookup=Lookup(settings.home / "lookup"),
            engine=DuckDBEngine(settings.memory_limit, settings.threads, spill),
            run_id=run_id or uuid.uuid4().hex[:12],
            clock=clock,
        )
    finally:
        database.close()


def _made(folder: Path) -> None:
    """Make the folder and those above it. Raises ConfigurationError where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        expected = f"能写的文件夹 a folder that can be written ({error.strerror or 'not possible'})"
        raise ConfigurationError("environment", 0, "CITYHUB_HOME", str(folder), expected) from None

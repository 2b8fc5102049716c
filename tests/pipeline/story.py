"""A small demo city with its hub, and questions to both: what was planted, what the hub made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as parquet

from demo.build import Order
from demo.days import bring_to_day
from demo.profile import load
from demo.world import Size
from pipeline.batch_decisions import release
from pipeline.commit import commit
from pipeline.hub import Hub, open_hub
from pipeline.lake_tables import current_table, links_table, quarantine_table
from pipeline.land import land
from pipeline.settings import Settings
from pipeline.standardise import standardise
from pipeline.validate import validate
from warehouse.keys import KEY_BYTES

# Tables that a run without changes must not touch; raw rows of the overlap are landed again.
KEPT = ("current/", "statements/", "standing/", "links/", "identity/", "golden/", "fact_members/", "links_history/")


# Departments enough for most stories: both registers, a paper one, a fact between two people, an employer's reference.
CORE = (
    "agriculture", "civil_affairs", "market_regulation", "police_population", "police_seal", "social_security",
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A city below `home`, with its truth beside it."""

    home: Path
    truth: Path
    residents: int = 1500
    seed: int = 5
    profile: str = "second"

    def bring(self, day: int = 0, servers: dict[str, str] | None = None) -> None:
        """Build the departments' sources, or bring them to a later day."""
        size = Size(self.residents, self.seed)
        bring_to_day(Order(size, load(self.profile), self.home / "demo", self.truth, day, servers or {}))

    def settings(self, **variables: str) -> Settings:
        return Settings.from_environment({"CITYHUB_HOME": str(self.home), "CITYHUB_THREADS": "2", **variables})

    @contextmanager
    def hub(self, **variables: str) -> Iterator[Hub]:
        with open_hub(self.settings(**variables)) as hub:
            yield hub

    def planted(self, name: str) -> pa.Table:
        """Return a table of the truth: defects, records, persons, businesses, facts."""
        return parquet.read_table(self.truth / f"{name}.parquet")


def story(folder: Path, **facts: Any) -> Story:
    """Return a story whose files all lie below `folder`.

    Its city key is always the same: record ids hang on it, and with them what a sample draws and what a model is
    trained on. A story that is told twice must be the same story.
    """
    key = folder / "var" / "city.key"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.touch(0o600)
    key.write_bytes(b"5" * KEY_BYTES)
    return Story(folder / "var", folder / "truth", **facts)


def take(hub: Hub, departments: Iterable[str]) -> None:
    """Bring the departments' records in as far as the hub holds them, whatever the gate holds of so few rows."""
    for department in departments:
        for stage in (land, standardise, validate):
            stage(hub, department)
        for batch in hub.ledger.batches("held", department):
            release(hub, batch.id, "a small city has few rows: one pair of twins is too many for the gate")
        commit(hub, department)


def versions(hub: Hub) -> dict[str, int | None]:
    """Return the version of every lake table that a run without changes must leave alone."""
    return {name: hub.lake.version(name) for name in hub.lake.tables() if name.startswith(KEPT)}


def ask(hub: Hub, truth: Story, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over `quarantine`, `records`, `links` (with department and key) and the truth."""
    connection = duckdb.connect()
    for name in ("defects", "records", "persons", "businesses", "facts"):
        connection.register("true_" + name, truth.planted(name))
    connection.register("quarantine", gathered(hub, quarantine_table))
    for entity in ("person", "business"):
        records = gathered(hub, lambda department, entity=entity: current_table(department, entity))
        connection.register(f"{entity}_records", records)
        if hub.lake.exists(links_table(entity)):
            connection.register(f"{entity}_links", hub.lake.read(links_table(entity)))
    return connection.execute(sql).fetchall()


def gathered(hub: Hub, name_of: Any) -> pa.Table:
    """Return one lake table of every department as one, with the department beside each row."""
    tables = []
    for department in hub.city.contracts:
        if hub.lake.exists(name_of(department)):
            table = hub.lake.read(name_of(department))
            if "department" not in table.column_names:
                table = table.append_column("department", pa.array([department] * table.num_rows, pa.string()))
            tables.append(table)
    return pa.concat_tables(tables, promote_options="default")

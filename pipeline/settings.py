"""Settings: the one place that reads the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from connectors.source import ReadSettings

PREFIX = "CITYHUB_"
CONNECTION_PREFIX = "CITYHUB_CONNECTION_"
DEFAULT_CITY = Path(__file__).resolve().parent.parent / "cities" / "qinhuangdao"


@dataclass(frozen=True)
class Settings:
    """Where the hub lives and how much of the machine it may use.

    `memory_limit` is DuckDB's ("4GB"); `connections` maps a connection's name to its URL and wins over the city's own
    defaults; `as_of` is empty outside a demo or a rebuild: then the city's calendar day counts. A landing waits
    `lock_seconds` for a locked source and gives up one that says nothing for `silent_seconds`. From `lookup_records`
    records of an entity on, what an increment needs is looked up; below that, reading all is as fast.
    """

    home: Path
    city_folder: Path
    database_url: str
    memory_limit: str
    threads: int
    batch_rows: int
    connections: Mapping[str, str]
    as_of: date | None
    city_key: str | None
    lock_seconds: int = 30
    silent_seconds: int = 600
    lookup_records: int = 100_000

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, city_folder: Path | None = None) -> Settings:
        """Read every CITYHUB_ variable. Raises ConfigurationError naming the variable and what was expected."""
        environ = os.environ if environ is None else environ
        home = Path(environ.get("CITYHUB_HOME") or "var").resolve()
        city = city_folder or Path(environ.get("CITYHUB_CITY") or DEFAULT_CITY)
        return cls(
            home=home,
            city_folder=city.resolve(),
            database_url=environ.get("CITYHUB_DATABASE") or f"sqlite:///{home / 'hub.sqlite'}",
            memory_limit=environ.get("CITYHUB_MEMORY") or "4GB",
            threads=_whole_number(environ, "CITYHUB_THREADS", os.cpu_count() or 2),
            batch_rows=_whole_number(environ, "CITYHUB_BATCH_ROWS", 65_536),
            connections={
                name.removeprefix(CONNECTION_PREFIX).lower(): url
                for name, url in environ.items()
                if name.startswith(CONNECTION_PREFIX) and url
            },
            as_of=_day(environ, "CITYHUB_AS_OF"),
            city_key=environ.get("CITYHUB_CITY_KEY") or None,
            lock_seconds=_whole_number(environ, "CITYHUB_LOCK_SECONDS", 30),
            silent_seconds=_whole_number(environ, "CITYHUB_SILENT_SECONDS", 600),
            lookup_records=_whole_number(environ, "CITYHUB_LOOKUP_RECORDS", 100_000),
        )

    def reading(self, timezone: str) -> ReadSettings:
        """Return how sources are read in a city of this time zone."""
        from connectors.source import ReadSettings  # Arrow behind it is heavy, and a DAG file needs the rest only

        return ReadSettings(timezone=timezone, lock_seconds=self.lock_seconds, silent_seconds=self.silent_seconds)

    def today(self, timezone: str) -> date:
        """The as-of date of a run: the one set, else the demo's own, else the city's calendar day."""
        if self.as_of:
            return self.as_of
        demo = self.home / "demo" / "city.json"
        if demo.exists():
            return date.fromisoformat(json.loads(demo.read_text("utf-8"))["as_of"])
        return datetime.now(ZoneInfo(timezone)).date()


def _whole_number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ConfigurationError(file="environment", line=0, key=name, value=text, expected="a whole number above 0")
    return int(text)


def _day(environ: Mapping[str, str], name: str) -> date | None:
    text = environ.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigurationError(
            file="environment", line=0, key=name, value=text, expected="a day as YYYY-MM-DD"
        ) from None

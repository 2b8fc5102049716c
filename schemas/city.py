"""A city as a frozen dataclass: all that its folder of YAML says, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from schemas.contract import Contract
from schemas.errors import ConfigurationError
from schemas.gazetteer import Gazetteer
from schemas.gazetteer_file import load_gazetteer
from schemas.linkage_spec import LinkageSpec
from schemas.quality import QualityPolicy
from schemas.standard import Standard
from schemas.survivorship import SurvivorshipPolicy


@dataclass(frozen=True)
class RegisterSource:
    """The statements that make a register: what `statement` of `department`'s `table` says.

    `otherwise` is the number by which a row anchors that has no number of the register's own; empty: it does not.
    """

    department: str
    table: str
    statement: str
    otherwise: str = ""


@dataclass(frozen=True)
class Register:
    """What anchors one kind of party.

    `each` says what one anchored entity is: a `record` of the register (people: one register row, duplicates and all,
    identified by its `number` field) or a `number` found in any of the `sources` (businesses: one USCC, or where a
    source says so the registration number of a row without one).
    """

    entity: str
    number: str
    each: Literal["record", "number"]
    sources: tuple[RegisterSource, ...]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The fields that rows are anchored by, the strongest first."""
        return tuple(dict.fromkeys([self.number, *(one.otherwise for one in self.sources if one.otherwise)]))


@dataclass(frozen=True)
class RegisterRules:
    """The city's registers, one for each kind of party."""

    person: Register
    business: Register

    def of(self, entity: str) -> Register:
        """Return the register of `entity`; KeyError for one that has none."""
        return {"person": self.person, "business": self.business}[entity]


@dataclass(frozen=True)
class Locality:
    """What values/ needs to know about the place: telephone area code, its divisions, how company names begin."""

    area_code: str
    divisions: tuple[str, ...]  # GB/T 2260 codes of the city, its districts and counties, retired ones too
    company_prefixes: tuple[str, ...]  # longest first
    phone_digits: int = 0  # of the city's own land lines, area code left out; 0: 7 or 8


@dataclass(frozen=True)
class City:
    """One city. `contracts` are the sound ones by department; `broken` holds the mistake of each other one.

    `connections` maps a connection's name to its default URL, "" where only Airflow or the environment knows it;
    `${CITYHUB_HOME}` and other `${NAME}` stand in it unexpanded.
    """

    name: str
    label: str
    timezone: str
    hub_schedule: str
    folder: Path
    locality: Locality
    standard: Standard
    contracts: Mapping[str, Contract]
    broken: Mapping[str, ConfigurationError]
    register: RegisterRules
    linkage: Mapping[str, LinkageSpec]
    survivorship: Mapping[str, SurvivorshipPolicy]
    connections: Mapping[str, str]
    quality: QualityPolicy = field(default_factory=QualityPolicy)

    @property
    def departments(self) -> tuple[str, ...]:
        """Every department of the city, sound contract or broken, sorted."""
        return tuple(sorted({*self.contracts, *self.broken}))

    @cached_property
    def gazetteer(self) -> Gazetteer | None:
        """The city's places, read from its folder gazetteer/ when first asked for; None for a city without one.

        Raises ConfigurationError with file and line.
        """
        folder = self.folder / "gazetteer"
        return load_gazetteer(folder) if folder.is_dir() else None

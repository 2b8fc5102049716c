"""A city's gazetteer: its divisions, towns, villages and roads, and the other ways to write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DIVISION_KINDS = ("city", "district", "county", "zone", "retired", "summary")
VILLAGE_KINDS = ("village", "community")
SYNONYM_KINDS = ("division", "town", "road")


@dataclass(frozen=True)
class Division:
    """A division by GB/T 2260, or a development zone by its statistical code.

    `successors` is what a retired one became, the one that stands for it first; `within` the divisions a zone lies in.
    """

    code: str
    name: str
    kind: str
    successors: tuple[str, ...] = ()
    within: tuple[str, ...] = ()


@dataclass(frozen=True)
class Town:
    """A 街道, 镇 or 乡: nine digits, the first six its division. `successor` is the code a retired one became."""

    code: str
    name: str
    successor: str = ""

    @property
    def division(self) -> str:
        return self.code[:6]


@dataclass(frozen=True)
class Village:
    """A village (its name ends in 村) or an urban community; `town` is "" where it is not known."""

    name: str
    kind: str
    town: str
    divisions: tuple[str, ...]


@dataclass(frozen=True)
class Synonym:
    """Another way to write a division or town (`target` is its code) or a road (`target` is its name).

    `within` is the division it belongs to, "" for one that is clear by itself; `short` ones count only before a place
    that lies in the division.
    """

    kind: str
    name: str
    target: str
    within: str = ""
    short: bool = False


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """All places of one city that an address may name. Two gazetteers are the same only if they are one object."""

    divisions: Mapping[str, Division]
    towns: Mapping[str, Town]
    villages: tuple[Village, ...]
    roads: Mapping[str, tuple[str, ...]]  # name -> divisions it runs in, sorted
    synonyms: tuple[Synonym, ...]

    @property
    def city(self) -> Division:
        """The city itself."""
        return next(division for division in self.divisions.values() if division.kind == "city")

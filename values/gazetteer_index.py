"""A gazetteer as look-ups: which places a name can mean, and which divisions they lie in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from schemas.gazetteer import Gazetteer, Synonym

Codes = frozenset[str]
NOWHERE: Codes = frozenset()
_SHORTEST_ESTATE = 3  # a community's bare name, 花园 or 东城, could be anybody's; 文耀里 or 森林逸城 is one place
_NUMBERED = re.compile(r"(.{3,})第[一二三四五六七八九]")


@dataclass(frozen=True)
class Place:
    """One meaning of a name. `home` are the divisions it lies in, `fit` those it may be written with.

    `code` is the six digits of a division or the nine of a town. `short` names count only where something else that
    was read confirms them.
    """

    kind: str  # division, town, village, community or road
    name: str
    home: Codes
    fit: Codes
    code: str = ""
    short: bool = False


class PlaceIndex:
    """The names of a city. Without a gazetteer there are none, and `city` is ""."""

    def __init__(self, gazetteer: Gazetteer | None) -> None:
        self.city = gazetteer.city.code if gazetteer else ""
        self.city_names: tuple[str, ...] = ()
        self._names: dict[str, list[Place]] = {}
        self._within: dict[str, Codes] = {}
        self._first: dict[str, str] = {}  # a retired division -> what stands for it
        if gazetteer:
            name = gazetteer.city.name
            self.city_names = (name, name.removesuffix("市"))
            self._add_divisions(gazetteer)
            self._add_towns(gazetteer)
            self._add_villages(gazetteer)
            for road, codes in gazetteer.roads.items():
                self._add(road, self._place("road", road, codes))
            for synonym in gazetteer.synonyms:
                self._add_synonym(synonym, gazetteer)
        self._longest = max(map(len, self._names), default=0)
        self._heads = {name[:2] for name in self._names}

    def at(self, text: str, start: int) -> Iterator[tuple[int, list[Place]]]:
        """Yield (end, places) for every name that begins at `start`, the longest first."""
        if text[start : start + 2] not in self._heads:
            return
        for end in range(min(len(text), start + self._longest), start + 1, -1):
            if places := self._names.get(text[start:end]):
                yield end, places

    def names_division(self, text: str, start: int) -> bool:
        """Say whether a division of the city is named at `start`."""
        return any(place.kind == "division" for _, places in self.at(text, start) for place in places)

    def standing(self, code: str) -> str:
        """Return what stands for a division: itself, or for a retired one its first successor."""
        return self._first.get(code, code)

    def is_zone(self, code: str) -> bool:
        """Say whether a code is that of a development zone."""
        return code in self._within

    def narrowed(self, codes: Codes) -> Codes:
        """Return the codes without the zones that lie in one of the others: the district says enough."""
        return frozenset(code for code in codes if not self._within.get(code, NOWHERE) & codes)

    def meet(self, code: str, other: str) -> bool:
        """Say whether an address may lie in both: the same division, or a zone and a district it lies in."""
        return code == other or other in self._within.get(code, NOWHERE) or code in self._within.get(other, NOWHERE)

    def _add(self, name: str, place: Place) -> None:
        if place not in (known := self._names.setdefault(name, [])):
            known.append(place)

    def _place(self, kind: str, name: str, codes: tuple[str, ...], code: str = "", short: bool = False) -> Place:
        home = frozenset(codes)
        return Place(kind, name, home, home.union(*(self._within.get(one, NOWHERE) for one in home)), code, short)

    def _add_divisions(self, gazetteer: Gazetteer) -> None:
        divisions = gazetteer.divisions.values()
        self._within = {division.code: frozenset(division.within) for division in divisions if division.within}
        for division in divisions:
            if division.kind in ("city", "summary"):
                continue
            if division.kind == "retired":
                self._first[division.code] = division.successors[0]
            self._add(division.name, self._division(gazetteer, division.code))

    def _division(self, gazetteer: Gazetteer, code: str, short: bool = False) -> Place:
        division = gazetteer.divisions[code]
        return self._place("division", division.name, division.successors or (code,), code, short)

    def _add_towns(self, gazetteer: Gazetteer) -> None:
        for town in gazetteer.towns.values():
            self._add_town(gazetteer, town.name, town.code, town.division)

    def _add_town(self, gazetteer: Gazetteer, name: str, code: str, division: str) -> None:
        standing = gazetteer.towns[gazetteer.towns[code].successor or code]
        place = self._place("town", standing.name, (standing.division,), standing.code)
        fits = place.fit | frozenset((division,))
        place = Place("town", standing.name, place.home, fits, standing.code)
        self._add(name, place)
        if name.endswith("街道"):
            self._add(f"{name}办事处", place)
            self._add(f"{name[:-2]}办事处", place)

    def _add_villages(self, gazetteer: Gazetteer) -> None:
        for village in gazetteer.villages:
            name = village.name
            place = self._place(village.kind, name, village.divisions, village.town)
            if village.kind == "village":
                self._add(name, place)
                if len(name) > 2:
                    short = Place(place.kind, name, place.home, place.fit, place.code, short=True)
                    self._add(name.removesuffix("村"), short)
                continue
            self._add(f"{name}社区", place)
            if numbered := _NUMBERED.fullmatch(name):  # 秦皇半岛第一 and 第二 are one estate
                self._add(numbered[1], self._place(village.kind, numbered[1], village.divisions))
            elif len(name) >= _SHORTEST_ESTATE:
                self._add(name, place)

    def _add_synonym(self, synonym: Synonym, gazetteer: Gazetteer) -> None:
        if synonym.kind == "division":
            self._add(synonym.name, self._division(gazetteer, synonym.target, synonym.short))
        elif synonym.kind == "town":
            division = synonym.within or gazetteer.towns[synonym.target].division
            self._add_town(gazetteer, synonym.name, synonym.target, division)
        else:
            codes = gazetteer.roads.get(synonym.target, ())
            kept = tuple(code for code in codes if synonym.within in ("", code))
            self._add(synonym.name, self._place("road", synonym.target, kept))


@lru_cache(maxsize=4)
def index_of(gazetteer: Gazetteer | None) -> PlaceIndex:
    """Return the index of a gazetteer, made once; None gives one without any names."""
    return PlaceIndex(gazetteer)

"""Reads a city's gazetteer: divisions, towns, villages, roads and synonyms, each a CSV with its sources on top."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.errors import ConfigurationError
from schemas.gazetteer import (
    DIVISION_KINDS,
    SYNONYM_KINDS,
    VILLAGE_KINDS,
    Division,
    Gazetteer,
    Synonym,
    Town,
    Village,
)
from schemas.nearest import listed, nearest

_DIVISION = re.compile(r"[0-9]{6}")
_TOWN = re.compile(r"[0-9]{6}[0-3][0-9]{2}")
_PLACE = re.compile(r"[^\s,，#]{1,30}")


@dataclass(frozen=True)
class _Row:
    """One row of a file and where it stands."""

    file: Path
    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def error(self, column: str, expected: str, words: Sequence[str] = ()) -> ConfigurationError:
        value = self.cells[column]
        return ConfigurationError(self.file, self.line, column, value, expected, nearest(value, words) if words else "")

    def matching(self, column: str, pattern: re.Pattern[str], expected: str) -> str:
        if not pattern.fullmatch(self[column]):
            raise self.error(column, expected)
        return self[column]

    def one_of(self, column: str, words: Sequence[str]) -> str:
        if self[column] not in words:
            raise self.error(column, f"one of {listed(words)}", words)
        return self[column]

    def codes(self, column: str, known: Mapping[str, object], expected: str) -> tuple[str, ...]:
        codes = tuple(self[column].split())
        if not all(code in known for code in codes):
            raise self.error(column, expected)
        return codes


@dataclass(frozen=True)
class _File:
    """One file: where it is, and what it says ("" for one that is not there), which alone makes two files alike."""

    path: Path = field(compare=False)
    text: str


def load_gazetteer(folder: Path) -> Gazetteer:
    """Return the gazetteer in `folder`; folders that say the same give the same object.

    Raises ConfigurationError with file and line for a missing file or column, a malformed or repeated code, and a
    town, village, road or synonym of a division that is not among the divisions.
    """
    paths = [folder / f"{name}.csv" for name in ("divisions", "towns", "villages", "roads", "synonyms")]
    return _gazetteer(*(_File(path, path.read_text(encoding="utf-8") if path.is_file() else "") for path in paths))


@lru_cache(maxsize=4)
def _gazetteer(divided: _File, towned: _File, villages: _File, roads: _File, synonyms: _File) -> Gazetteer:
    divisions = _divisions(divided)
    towns = _towns(towned, divisions)
    return Gazetteer(
        divisions,
        towns,
        tuple(_villages(villages, divisions, towns)),
        _roads(roads, divisions),
        tuple(_synonyms(synonyms, divisions, towns)),
    )


def _rows(file: _File, columns: tuple[str, ...]) -> Iterator[_Row]:
    path = file.path
    if not file.text and not path.is_file():
        raise ConfigurationError(path, 1, "", path.name, f"a CSV file with the columns {listed(columns)}")
    lines = file.text.splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    header = numbered[0][1].split(",") if numbered else []
    for column in columns:
        if column not in header:
            place = numbered[0][0] if numbered else 1
            raise ConfigurationError(path, place, "", ",".join(header), f"the column {column}")
    for number, line in numbered[1:]:
        cells = next(csv.reader([line]))
        if len(cells) != len(header):
            raise ConfigurationError(path, number, "", line, f"{len(header)} cells")
        yield _Row(path, number, dict(zip(header, cells, strict=True)))


def _divisions(file: _File) -> Mapping[str, Division]:
    found: dict[str, Division] = {}
    rows = list(_rows(file, ("code", "name", "kind", "successors", "within")))
    codes = {row["code"]: row for row in rows}
    for row in rows:
        code = row.matching("code", _DIVISION, "six digits")
        if code in found:
            raise row.error("code", "a code that no other row has")
        name = row.matching("name", _PLACE, "a name without spaces")
        successors = row.codes("successors", codes, "codes of this file")
        within = row.codes("within", codes, "codes of this file")
        kind = row.one_of("kind", DIVISION_KINDS)
        if kind == "retired" and not successors:
            raise row.error("successors", "the codes that a retired division became")
        found[code] = Division(code, name, kind, successors, within)
    if sum(division.kind == "city" for division in found.values()) != 1:
        raise ConfigurationError(file.path, 1, "kind", "city", "exactly one row of kind city")
    return MappingProxyType(found)


def _towns(file: _File, divisions: Mapping[str, Division]) -> Mapping[str, Town]:
    found: dict[str, Town] = {}
    rows = list(_rows(file, ("code", "name", "successors")))
    codes = {row["code"]: row for row in rows}
    for row in rows:
        code = row.matching("code", _TOWN, "nine digits: the division, then 001-099 街道, 100-199 镇, 200-399 乡")
        if code in found:
            raise row.error("code", "a code that no other row has")
        if code[:6] not in divisions:
            raise row.error("code", "the six digits of a division first", tuple(divisions))
        successors = row.codes("successors", codes, "a code of this file")
        if len(successors) > 1:
            raise row.error("successors", "one code: a town that was split has no single successor")
        found[code] = Town(code, row.matching("name", _PLACE, "a name without spaces"), "".join(successors))
    return MappingProxyType(found)


def _villages(file: _File, divisions: Mapping[str, Division], towns: Mapping[str, Town]) -> Iterator[Village]:
    for row in _rows(file, ("name", "kind", "town", "divisions")):
        town = "".join(row.codes("town", towns, "a code of towns.csv or nothing"))
        codes = row.codes("divisions", divisions, "codes of divisions.csv")
        if not codes:
            raise row.error("divisions", "at least one division")
        name = row.matching("name", _PLACE, "a name without spaces")
        yield Village(name, row.one_of("kind", VILLAGE_KINDS), town, codes)


def _roads(file: _File, divisions: Mapping[str, Division]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for row in _rows(file, ("name", "divisions")):
        codes = row.codes("divisions", divisions, "codes of divisions.csv")
        if not codes:
            raise row.error("divisions", "at least one division")
        found.setdefault(row.matching("name", _PLACE, "a name without spaces"), set()).update(codes)
    return MappingProxyType({name: tuple(sorted(codes)) for name, codes in found.items()})


def _synonyms(file: _File, divisions: Mapping[str, Division], towns: Mapping[str, Town]) -> Iterator[Synonym]:
    known: dict[str, Mapping[str, object]] = {"division": divisions, "town": towns}
    for row in _rows(file, ("kind", "name", "target", "within", "note")):
        kind = row.one_of("kind", SYNONYM_KINDS)
        if kind in known and row["target"] not in known[kind]:
            raise row.error("target", f"the code of a {kind}", tuple(known[kind]))
        within = "".join(row.codes("within", divisions, "a code of divisions.csv or nothing"))
        name = row.matching("name", _PLACE, "a name without spaces")
        yield Synonym(kind, name, row["target"], within, row["note"].startswith("short"))

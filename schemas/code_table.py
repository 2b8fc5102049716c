"""Code tables of the standard, read from schemas/codes/: what every code means, in both languages.

A table file is CSV with `#` lines on top that name its label and its sources.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType

from schemas.standard import Text

FOLDER = Path(__file__).parent / "codes"


@dataclass(frozen=True)
class Code:
    """One code: its label, the years it was in force ("" where unknown or still) and what a retired one became."""

    code: str
    label: Text
    valid_from: str = ""
    valid_to: str = ""
    successors: tuple[str, ...] = ()
    former_labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeTable:
    """A code table: `entries` maps each code to its label, `codes` to all that is known of it."""

    name: str
    label: Text
    source: str
    entries: Mapping[str, Text]
    codes: Mapping[str, Code] = field(default_factory=dict)

    def successors(self, code: str) -> tuple[str, ...]:
        """Return the codes a retired one became; empty for a code in force or unknown."""
        known = self.codes.get(code)
        return known.successors if known else ()


def code_table_names() -> tuple[str, ...]:
    """Return the names of all code tables that ship, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@cache
def load_code_table(name: str) -> CodeTable:
    """Return the code table called `name`. Raises KeyError when there is none, ValueError when its file is broken."""
    if name not in code_table_names():
        raise KeyError(name)
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    head = [line[1:].strip() for line in lines if line.startswith("#")]
    codes: dict[str, Code] = {}
    for row in csv.DictReader(line for line in lines if line and not line.startswith("#")):
        code = _code(row)
        if not code.code or not code.label.zh or code.code in codes:
            raise ValueError(f"code table {name}: code {code.code!r} is empty, unlabelled or repeated")
        codes[code.code] = code
    entries = MappingProxyType({code: known.label for code, known in codes.items()})
    return CodeTable(name, _label(head, name), _source(head), entries, MappingProxyType(codes))


def _code(row: dict[str, str]) -> Code:
    return Code(
        row["code"],
        Text(row["label_zh"], row.get("label_en") or ""),
        row.get("valid_from") or "",
        row.get("valid_to") or "",
        tuple((row.get("successors") or "").split()),
        tuple((row.get("former_labels") or "").split()),
    )


def _label(head: list[str], name: str) -> Text:
    for line in head:
        if line.startswith("label:"):
            zh, _, en = line.removeprefix("label:").partition("|")
            return Text(zh.strip(), en.strip())
    raise ValueError(f"code table {name}: no '# label: 中文 | English' line")


def _source(head: list[str]) -> str:
    return " ".join(line.removeprefix("source:").strip() for line in head if line.startswith("source:"))

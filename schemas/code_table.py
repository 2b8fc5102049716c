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

from schemas.nearest import nearest
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

    def suggest(self, text: str) -> str | None:
        """Return the code in force that `text` most likely stands for, or None where a guess would be one of many.

        Tried in this order: the code itself; what a retired one became; a lost leading zero, a section letter in
        front, a tail of a spreadsheet's number (1.0); a label, former label or its beginning; one slip of the keyboard
        in a code of four characters or more that leads to a single code; the nearest label.
        """
        word = text.strip()
        if not word:
            return None
        for found in (self._by_code(word), self._by_label(word), self._by_slip(word)):
            if found:
                return self._in_force(found)
        close = nearest(word, [label.zh for label in self.entries.values()]) if len(word) > 1 else ""
        return self._in_force(self._labelled(close)) if close else None

    def _by_code(self, word: str) -> str:
        bare = word.removesuffix(".0")
        lengths = {len(code) for code in self.entries}
        forms = [word, word.upper(), word.lower(), bare]
        if bare.isascii() and bare.isdigit():
            forms += [bare.zfill(length) for length in sorted(lengths) if length > len(bare)]
        if word[0].isascii() and word[0].isalpha():
            forms.append(word[1:])
        return next((form for form in forms if form in self.entries), "")

    def _by_label(self, word: str) -> str:
        folded = word.casefold()
        labelled = [known for known in self.codes.values() if folded == known.label.zh.casefold()]
        labelled = labelled or [known for known in self.codes.values() if folded == known.label.en.casefold()]
        labelled = labelled or [known for known in self.codes.values() if word in known.former_labels]
        if labelled:  # of several of one name the one in force, else the one that was so longest
            return max(labelled, key=lambda known: known.valid_to or "9999").code
        starting = [code for code, label in self.entries.items() if label.zh.startswith(word)]
        return starting[0] if len(starting) == 1 else ""

    def _by_slip(self, word: str) -> str:
        if len(word) < 4:
            return ""
        near = [code for code in self.entries if _one_slip(word, code)]
        swapped = [code for code in near if sorted(code) == sorted(word)]
        return near[0] if len(near) == 1 else swapped[0] if len(swapped) == 1 else ""

    def _labelled(self, label: str) -> str:
        return next(code for code, known in self.entries.items() if known.zh == label)

    def _in_force(self, code: str) -> str:
        """Return what a code became: of several heirs the one that kept the stem of the name, else the first."""
        heirs = [heir for heir in self.successors(code) if heir in self.entries and heir != code]
        if not heirs:
            return code
        stem = self.entries[code].zh[:-1]
        return next((heir for heir in heirs if self.entries[heir].zh[:-1] == stem), heirs[0])


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


def _one_slip(one: str, other: str) -> bool:
    """Whether one character was changed, dropped or added, or two neighbours swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])


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

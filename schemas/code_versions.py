"""What the code tables held in each version of the standard, and what a change of one does to its readers.

`schemas/standard/versions/<version>.codes.csv` keeps table, code and Chinese label. The divisions are not in it: that
table carries the years and successors of its codes itself.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from schemas.code_table import CodeTable
from schemas.standard import Change

Codes = Mapping[str, Mapping[str, str]]  # table → code → Chinese label
WITH_HISTORY = ("divisions",)


def codes_of(tables: Mapping[str, CodeTable]) -> Codes:
    """Return what a version keeps of the code tables."""
    return {
        name: {code: label.zh for code, label in table.entries.items()}
        for name, table in tables.items()
        if name not in WITH_HISTORY
    }


def code_differences(before: Codes, after: Codes) -> Iterator[Change]:
    """Yield every difference, table by table; nothing where one of the versions kept no codes.

    More codes harm nobody who ignores them; a code that is gone, or that now says something else, breaks a reader.
    """
    if not before or not after:
        return
    for name in dict.fromkeys((*before, *after)):
        place = f"codes.{name}"
        if name not in after:
            yield Change(place, "removed", "", "", breaking=True)
            continue
        old, new = before.get(name, {}), after[name]
        if more := [code for code in new if code not in old]:
            yield Change(place, "added", "", " ".join(more) if old else "", breaking=False)
        for code, label in old.items():
            if code not in new:
                yield Change(f"{place}.{code}", "removed", label, "", breaking=True)
            elif new[code] != label:
                yield Change(f"{place}.{code}", "changed", label, new[code], breaking=True)


def codes_text(codes: Codes) -> str:
    """Return the codes as the CSV that `versions/` keeps."""
    made = io.StringIO()
    made.write("# The codes of one version of the standard, written by `cityhub standard --codes`; never edited.\n")
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow(["table", "code", "label_zh"])
    for name in sorted(codes):
        writer.writerows([name, code, label] for code, label in codes[name].items())
    return made.getvalue()


def read_codes(path: Path) -> Codes:
    """Return the codes that a version's file keeps; none where the version has no such file."""
    if not path.is_file():
        return {}
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    codes: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(lines):
        codes.setdefault(row["table"], {})[row["code"]] = row["label_zh"]
    return codes

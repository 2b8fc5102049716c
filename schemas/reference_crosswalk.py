"""What departments' systems call the city's codes, for those who write contracts (`schemas/crosswalks/*.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "crosswalks"


def reference_names() -> tuple[str, ...]:
    """Return the code tables that have a reference crosswalk, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@cache
def load_reference(table: str) -> Mapping[str, Mapping[str, str]]:
    """Return department → (its code → the city's code in `table`). Raises KeyError when there is none.

    A department's code that stands for several of the city's is not among them: its contract has to choose.
    """
    if table not in reference_names():
        raise KeyError(table)
    lines = (FOLDER / f"{table}.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if line and not line.startswith("#")))
    departments = [name for name in rows[0] if name != "code"] if rows else []
    return {name: _of(name, rows) for name in departments}


def _of(department: str, rows: list[dict[str, str]]) -> dict[str, str]:
    codes = [row[department] for row in rows if row[department]]
    return {row[department]: row["code"] for row in rows if codes.count(row[department]) == 1}

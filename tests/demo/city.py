"""A small demo city built once for the tests of this room, and ways to look at it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from demo.build import Order
from demo.departments import DEPARTMENTS
from demo.departments import agriculture as paper
from demo.drops import read_csv, read_xlsx
from demo.emission import Table
from demo.profile import load
from demo.world import Size

RESIDENTS = 3000


def order(folder: Path, day: int = 0, seed: int = 11, residents: int = RESIDENTS, profile: str = "second") -> Order:
    """Return the order of a small city with many errors."""
    return Order(Size(residents, seed), load(profile), folder / "out", folder / "truth", day)


def tables() -> Iterator[Table]:
    """Yield every table of every department."""
    for module in DEPARTMENTS.values():
        yield from module.TABLES


def rows(folder: Path, table: Table) -> list[dict[str, str | None]]:
    """Return the rows of a table as the department has them, in the order they were written."""
    if table.department == paper.DEPARTMENT:
        path = folder / "out" / "drop" / table.department / paper.FILES[table.name]
        lines = read_csv(path) if path.suffix == ".csv" else read_xlsx(path, paper.SHEET)
        return [dict(zip(table.columns, line, strict=True)) for line in lines]
    connection = sqlite3.connect(folder / "out" / "sources" / f"{table.department}.sqlite")
    connection.row_factory = sqlite3.Row
    found = [dict(row) for row in connection.execute(f'SELECT * FROM "{table.name}" ORDER BY rowid')]
    connection.close()
    return found


def truth(folder: Path, name: str) -> list[dict[str, object]]:
    """Return a truth file as plain rows."""
    found: list[dict[str, object]] = pq.read_table(folder / "truth" / f"{name}.parquet").to_pylist()
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

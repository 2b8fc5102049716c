"""Small contracts for the tests of the sources."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.source import Extraction
from schemas.contract import Contract, Cursor, Emit, FieldMapping, FileShape, Schedule, TableContract


def table(
    name: str = "RKXX",
    columns: tuple[str, ...] = ("RYID", "XM", "GXSJ"),
    *,
    cursor: str = "",
    ignore: tuple[str, ...] = (),
    file: FileShape | None = None,
) -> TableContract:
    """Return a table whose key is the first column and whose other columns are fields of a person."""
    fields = tuple(FieldMapping(column.lower(), (column,)) for column in columns[1:])
    moved = Cursor(cursor, timedelta(hours=1)) if cursor else None
    return TableContract(name, columns[:1], (Emit("person", "person", fields),), moved, ignore=ignore, file=file)


def contract(*tables: TableContract) -> Contract:
    return Contract(
        department="police",
        label="公安局",
        connection="police_population",
        owner="科技科",
        basis="共享目录 1",
        schedule=Schedule("0 2 * * *"),
        tables=tables,
        codes={},
        path=Path("police.yaml"),
        fingerprint="f",
    )


def rows(extraction: Extraction) -> list[dict[str, Any]]:
    """Take the extraction to its end and return its rows."""
    return [row for batch in extraction for row in batch.to_pylist()]

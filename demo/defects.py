"""The planted errors as records of the truth: where each stands, what was there, and what can be seen of it."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from demo.detect import contradictions, fine
from demo.emission import Emission, Table
from demo.mutations import RECOVERABLE

Cell = tuple[int, str, str, str | None, str | None]  # row, column, kind of error, what was there, what was planted

DEFECTS = pa.schema(
    [
        ("department", pa.string()),
        ("table", pa.string()),
        ("key", pa.string()),
        ("statement", pa.string()),
        ("column", pa.string()),
        ("defect", pa.string()),
        ("detectable", pa.bool_()),
        ("evidence", pa.string()),
        ("recoverable", pa.bool_()),
        ("original", pa.string()),
        ("planted", pa.string()),
        ("day", pa.int32()),
    ]
)
INVISIBLE = frozenset(["duplicate_registration", "stale_representative"])  # row-level kinds that no row shows


def described(emission: Emission, columns: Mapping[str, pa.Array], errors: list[Cell], day: int) -> pa.Table:
    """Return the planted errors of an emission whose cells are now `columns`, as a table of `DEFECTS` sorted by row,
    each judged for what can be seen of it.
    """
    table, cells = emission.table, sorted(errors, key=lambda cell: (cell[0], cell[1]))
    rows = [cell[0] for cell in cells]
    keys = columns[table.key].take(pa.array(rows, pa.int64()))
    clashing = find_contradictions(table, columns, cells)
    evidence = [judge(table, cell, clashing.get(cell[0], frozenset())) for cell in cells]
    kinds = [cell[2] for cell in cells]
    count = len(cells)
    return pa.table(
        [
            pa.array([table.department] * count, pa.string()),
            pa.array([table.name] * count, pa.string()),
            keys,
            pa.array([table.owner(cell[1]) for cell in cells], pa.string()),
            pa.array([cell[1] for cell in cells], pa.string()),
            pa.array(kinds, pa.string()),
            pa.array([bool(one) for one in evidence], pa.bool_()),
            pa.array(evidence, pa.string()),
            pa.array([kind in RECOVERABLE for kind in kinds], pa.bool_()),
            pa.array([cell[3] for cell in cells], pa.string()),
            pa.array([cell[4] for cell in cells], pa.string()),
            pa.array([day] * count, pa.int32()),
        ],
        schema=DEFECTS,
    )


def find_contradictions(
    table: Table, columns: Mapping[str, pa.Array], errors: list[Cell]
) -> dict[int, frozenset[str]]:
    """Return, for rows with errors about a party, the columns that contradict each other in the dirty row."""
    found: dict[int, frozenset[str]] = {}
    for party in table.parties:
        told = (party.number, party.paper, party.birth, party.sex, party.names)
        names = [name for name in told if name in columns]
        rows = sorted({cell[0] for cell in errors if cell[1] in names})
        if party.entity != "person" or not rows:
            continue
        values = [columns[name].take(pa.array(rows, pa.int64())).to_pylist() for name in names]
        for row, cells in zip(rows, zip(*values, strict=True), strict=True):
            clash = contradictions(party, dict(zip(names, cells, strict=True)))
            if clash:
                found[row] = found.get(row, frozenset()) | clash
    return found


def judge(table: Table, cell: Cell, clashing: frozenset[str]) -> str:
    """Return what shows the error: value, row (two cells contradict), table (needs other rows), or ''."""
    _, column, defect, _, planted = cell
    if defect in ("repeated_key", "identical_row"):
        return "table"
    if defect in INVISIBLE:
        return ""
    if planted is None or not fine(table.columns[column], planted):
        return "value"
    return "row" if column in clashing else ""

"""The life of a problem over four reports: new, persisting, mended, returned; the term runs in working days."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from quality.problems import FOUND, PROBLEMS, due_days, life_step
from schemas.work_calendar import china

ENGINE = DuckDBEngine("1GB", 2, Path())
TERMS = {"critical": 3, "major": 10, "minor": 20}


def found(*fingerprints: str, severity: str = "critical", waived: bool = False) -> pa.Table:
    rows = [
        {name: f"{one}-{name}" for name in FOUND.names if FOUND.field(name).type == pa.string()}
        | {"fingerprint": one, "severity": severity, "batch": 1, "row_number": 1, "waived": waived}
        for one in fingerprints
    ]
    return pa.Table.from_pylist(rows, schema=FOUND)


def lived(known: pa.Table, now: pa.Table, version: int, day: date) -> pa.Table:
    """Return the book after a report."""
    step = life_step("life", version, day, due_days(china(), day, TERMS))
    changed = ENGINE.run([step], {"found": now, "known": known}, "life").cast(PROBLEMS)
    touched = set(changed.column("fingerprint").to_pylist())
    kept = [row for row in known.to_pylist() if row["fingerprint"] not in touched]
    return pa.concat_tables([changed, pa.Table.from_pylist(kept, schema=PROBLEMS)])


def told(book: pa.Table) -> dict[str, dict[str, Any]]:
    return {row["fingerprint"]: row for row in book.to_pylist()}


def test_a_problem_is_new_persists_is_mended_and_returns() -> None:
    book = PROBLEMS.empty_table()
    book = lived(book, found("a", "b"), 1, date(2026, 6, 30))
    assert {key: row["change"] for key, row in told(book).items()} == {"a": "new", "b": "new"}
    assert told(book)["a"]["due"] == date(2026, 7, 3)
    book = lived(book, found("a"), 2, date(2026, 7, 10))
    one, two = told(book)["a"], told(book)["b"]
    assert (one["change"], one["first_on"], one["due"], one["times"]) == (
        "persisting", date(2026, 6, 30), date(2026, 7, 3), 1,
    )  # fmt: skip
    assert (two["change"], two["mended_on"], two["version"]) == ("mended", date(2026, 7, 10), 2)
    book = lived(book, found("a"), 3, date(2026, 7, 20))
    assert told(book)["b"]["version"] == 2  # mended once, said once
    book = lived(book, found("a", "b"), 4, date(2026, 9, 30))
    back = told(book)["b"]
    assert (back["change"], back["times"], back["first_on"], back["since"], back["mended_on"]) == (
        "returned", 2, date(2026, 6, 30), date(2026, 9, 30), None,
    )  # fmt: skip
    assert back["due"] == date(2026, 10, 10)  # three working days over National Day, the swapped Saturday among them


def test_the_same_report_again_says_the_same() -> None:
    known = lived(PROBLEMS.empty_table(), found("a"), 1, date(2026, 6, 30))
    first = lived(known, found("a", "c"), 2, date(2026, 7, 1))
    again = lived(known, found("a", "c"), 2, date(2026, 7, 1))
    assert told(first) == told(again)


def test_a_row_found_twice_is_one_problem() -> None:
    book = lived(PROBLEMS.empty_table(), pa.concat_tables([found("a"), found("a")]), 1, date(2026, 6, 30))
    assert book.num_rows == 1

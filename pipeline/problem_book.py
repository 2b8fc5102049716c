"""The book of problems: which rows of a department break which rules, since when, until when; kept in the lake."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import problems_table
from quality.problems import PROBLEMS, due_days, life_step
from schemas.quality import Waiver
from schemas.work_calendar import china

EXAMPLES = 4  # shown of each rule
TOTALS = ("open", "new", "persisting", "returned", "mended", "overdue", "soon", "waived")


def keep_problems(
    hub: Hub, department: str, found: pa.Table, version: int, day: date, known_at: int | None
) -> int | None:
    """Compare what was found with what was known and keep it; return the lake's version of the department's book.

    `known_at` is that version as the last report left it (None: no book then), so that a report made again after a
    crash, or once more, compares with the same and leaves the same rows.
    """
    name = problems_table(department)
    known = hub.lake.files(name, known_at) if known_at is not None else []
    step = life_step("life", version, day, due_days(china(), day, hub.city.quality.grading.deadlines))
    relations = {"found": found, "known": ParquetFiles(tuple(known), PROBLEMS)}
    changed = hub.engine.run([step], relations, "life").cast(PROBLEMS)
    leaving = _made_before(hub, name, version, changed)
    if changed.num_rows or len(leaving):
        hub.lake.merge(name, changed.to_reader(), leaving, "fingerprint", PROBLEMS)
    return hub.lake.version(name)


def _made_before(hub: Hub, name: str, version: int, changed: pa.Table) -> pa.Array:
    """Return the fingerprints that an earlier report on the same version put in and this one does not find."""
    book = ParquetFiles(tuple(hub.lake.files(name)), PROBLEMS)
    sql = f"SELECT fingerprint FROM book ANTI JOIN changed USING (fingerprint) WHERE first_version = {int(version)}"
    found = hub.engine.run([Step("leaving", sql)], {"book": book, "changed": changed}, "leaving")
    return found.column("fingerprint").combine_chunks()


def with_waivers(found: pa.Table, department: str, waivers: list[Waiver]) -> pa.Table:
    """Return `found` with those rows marked that a waiver in force covers."""
    rules = pa.array([one.rule for one in waivers if one.department == department], pa.string())
    place = found.column_names.index("waived")
    return found.set_column(place, "waived", pc.is_in(found.column("rule"), value_set=rules))


def problems_of(hub: Hub, department: str, at: int | None) -> ParquetFiles:
    """Return the book of a department as it stood at a version of its lake table."""
    files = hub.lake.files(problems_table(department), at) if at is not None else []
    return ParquetFiles(tuple(files), PROBLEMS)


def summary_of(hub: Hub, book: ParquetFiles, version: int, day: date) -> dict[str, Any]:
    """Return the counts a report tells: open, new, persisting, returned, mended (by this report), overdue, due within
    five working days, all by rule; and examples, masked."""
    limit = china().after(day, 5).isoformat()
    now = f"version = {int(version)}"
    counted = f"""
        SELECT rule, severity, count_if(change <> 'mended') AS open, count_if(change = 'new' AND {now}) AS new,
            count_if(change = 'persisting') AS persisting, count_if(change = 'returned' AND {now}) AS returned,
            count_if(change = 'mended' AND {now}) AS mended,
            count_if(change <> 'mended' AND NOT waived AND due < DATE '{day.isoformat()}') AS overdue,
            count_if(change <> 'mended' AND NOT waived AND due >= DATE '{day.isoformat()}' AND due <= DATE '{limit}')
                AS soon,
            count_if(change <> 'mended' AND waived) AS waived,
            min(due) FILTER (change <> 'mended' AND NOT waived) AS due
        FROM book GROUP BY rule, severity ORDER BY rule"""
    shown = f"""
        SELECT rule, source_table, "column", reason, masked, change, due FROM (
            SELECT *, row_number() OVER (PARTITION BY rule ORDER BY masked = '', fingerprint) AS place
            FROM book WHERE change <> 'mended'
        ) WHERE place <= {EXAMPLES} ORDER BY rule, place"""
    found = hub.engine.collect([Step("counted", counted), Step("shown", shown)], {"book": book}, ("counted", "shown"))
    by_rule = {}
    for row in found["counted"].to_pylist():
        told = {"severity": row["severity"], "due": row["due"].isoformat() if row["due"] else None}
        by_rule[row["rule"]] = told | {name: int(row[name]) for name in TOTALS}
    examples: dict[str, list[dict[str, Any]]] = {}
    for row in found["shown"].to_pylist():
        rule = row.pop("rule")
        examples.setdefault(rule, []).append({**row, "due": row["due"].isoformat() if row["due"] else None})
    return {
        "by_rule": by_rule,
        "examples": examples,
        **{name: sum(one[name] for one in by_rule.values()) for name in TOTALS},
    }

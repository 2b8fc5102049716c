"""The life of a problem: a row that breaks a rule is new, persists, is mended, or returns; and by when it is due."""

# ruff: noqa: S608 - every literal is quoted by engine.quoting, columns are those of a schema

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from engine.quoting import literal
from engine.step import Step
from schemas.standard import Severity
from schemas.work_calendar import WorkCalendar

# What was found this time.
FOUND = pa.schema(
    [
        ("fingerprint", pa.string()),
        ("rule", pa.string()),
        ("dimension", pa.string()),
        ("severity", pa.string()),
        ("source_table", pa.string()),
        ("statement", pa.string()),
        ("field", pa.string()),
        ("column", pa.string()),
        ("source_key", pa.string()),
        ("batch", pa.int64()),
        ("row_number", pa.int64()),
        ("reason", pa.string()),
        ("masked", pa.string()),
        ("waived", pa.bool_()),
    ]
)
# What is kept of every problem that ever was. `change` is what the report of `version` says of it.
PROBLEMS = pa.schema(
    [
        *FOUND,
        ("change", pa.string()),  # new, persisting, returned, mended
        ("version", pa.int64()),  # the version whose report last spoke of it
        ("first_version", pa.int64()),
        ("first_on", pa.date32()),
        ("since", pa.date32()),  # of its present life: the term runs from here
        ("due", pa.date32()),
        ("mended_on", pa.date32()),
        ("times", pa.int32()),  # how often it has come up
    ]
)


def due_days(calendar: WorkCalendar, day: date, terms: Mapping[Severity, int]) -> dict[Severity, date]:
    """Return, by severity, the last day to mend what is found on `day`: working days, swapped days counted."""
    return {severity: calendar.after(day, days) for severity, days in terms.items()}


def life_step(name: str, version: int, day: date, due: Mapping[Severity, date]) -> Step:
    """Return the step that compares `found` (FOUND) with `known` (PROBLEMS) and returns what changes in PROBLEMS.

    A problem found again keeps its first day and its term; one that had been mended begins a new term and is
    `returned`. One that is found no more is `mended`, once.
    """
    terms = " ".join(
        f"WHEN {literal(severity)} THEN DATE {literal(last.isoformat())}" for severity, last in due.items()
    )
    today, number = f"DATE {literal(day.isoformat())}", int(version)
    kept = ", ".join(f"found.{field.name}" for field in FOUND)
    gone = ", ".join(f"known.{field.name}" for field in FOUND)
    stands = "known.change IS NOT NULL AND known.change <> 'mended'"
    return Step(
        name,
        f"""
        SELECT {kept},
            CASE WHEN known.change IS NULL THEN 'new' WHEN known.change = 'mended' THEN 'returned' ELSE 'persisting' END
                AS change,
            CAST({number} AS BIGINT) AS version, coalesce(known.first_version, {number}) AS first_version,
            coalesce(known.first_on, {today}) AS first_on,
            CASE WHEN {stands} THEN known.since ELSE {today} END AS since,
            CASE WHEN {stands} THEN known.due ELSE CASE found.severity {terms} END END AS due,
            CAST(NULL AS DATE) AS mended_on,
            CAST(CASE WHEN {stands} THEN known.times ELSE coalesce(known.times, 0) + 1 END AS INTEGER) AS times
        FROM (
            FROM found QUALIFY row_number() OVER (PARTITION BY fingerprint ORDER BY batch DESC, row_number) = 1
        ) AS found LEFT JOIN known USING (fingerprint)
        UNION ALL
        SELECT {gone}, 'mended' AS change, CAST({number} AS BIGINT) AS version, known.first_version, known.first_on,
            known.since, known.due, {today} AS mended_on, known.times
        FROM known ANTI JOIN found USING (fingerprint) WHERE known.change <> 'mended'""",
    )

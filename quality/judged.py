"""Statements as rules see them: those accepted and those refused in one relation, each with what was found about it."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from engine.quoting import literal, quote
from engine.step import Step
from quality.predicates import FIELDS, MARKS
from schemas.arrow import ISSUES, field_type
from schemas.standard import Entity

# A refused statement: quarantined or held, with every reason it was given.
REFUSED = pa.schema(
    [
        ("record_id", pa.string()),
        ("source_table", pa.string()),
        ("statement", pa.string()),
        ("source_key", pa.string()),
        ("batch", pa.int64()),
        ("row_number", pa.int64()),
        ("observed_at", pa.timestamp("us")),
        ("issues", ISSUES),
    ]
)
PLACE_COLUMNS = ("record_id", "statement", "source_key", "batch", "row_number", "observed_at")
# The pseudo field of a number whose paper decides the field: its doubts are those of the number.
ALIASES = {"identifier": "citizen_id"}


def refused_step(name: str, quarantine: str) -> Step:
    """Return the step that gathers quarantine lines (with `record_id`) by statement: quarantined, held and noted."""
    return Step(
        name,
        f"""
        SELECT record_id, source_table, statement, source_key, batch, row_number, max(observed_at) AS observed_at,
            list({{'field': field, 'reason': reason}} ORDER BY field, reason) AS issues
        FROM {quote(quarantine)} WHERE statement <> '' AND state IN ('quarantined', 'held', 'noted')
        GROUP BY record_id, source_table, statement, source_key, batch, row_number""",
    )


def judged_step(name: str, accepted: str, refused: str, place: tuple[str, str, Entity], day: date) -> Step:
    """Return the step of all statements of one place (table, emit, entity).

    Columns: `state` (accepted, refused), those of `PLACE_COLUMNS`, `as_of`, `marks` ("field:reason" texts),
    `marked_fields`, and the entity's fields, null in refused statements.
    """
    table, emit, entity = place
    # A cell split into several parties makes the statements owner, owner#2 and so on.
    where = f"source_table = {literal(table)} AND split_part(statement, '#', 1) = {literal(emit)}"
    own = ", ".join(quote(field.name) for field in entity.fields)
    nothing = ", ".join(
        f"CAST(NULL AS {'DATE' if field_type(field) == pa.date32() else 'VARCHAR'}) AS {quote(field.name)}"
        for field in entity.fields
    )
    common = f"{', '.join(PLACE_COLUMNS)}, DATE {literal(day.isoformat())} AS as_of, {_marks()}"
    return Step(
        name,
        f"""
        SELECT 'accepted' AS state, {common}, {own} FROM {quote(accepted)} WHERE {where}
        UNION ALL
        SELECT 'refused' AS state, {common}, {nothing} FROM {quote(refused)} WHERE {where}""",
    )


def joined_step(name: str, judged: str, keyed: Sequence[tuple[str, str, str]]) -> Step:
    """Return `judged` with one column more for each (column, relation, key): what another department says.

    Each relation has one row a `key` (a column of `judged`) and the column.
    """
    columns = "".join(f", {quote(relation)}.{quote(column)}" for column, relation, _ in keyed)
    joins = "".join(
        f" LEFT JOIN {quote(relation)} ON {quote(relation)}.{quote('key')} = {quote(judged)}.{quote(key)}"
        for _, relation, key in keyed
    )
    return Step(name, f"SELECT {quote(judged)}.*{columns} FROM {quote(judged)}{joins}")


def _marks() -> str:
    field = "x.field"
    for alias, name in ALIASES.items():
        field = f"CASE WHEN x.field = {literal(alias)} THEN {literal(name)} ELSE {field} END"
    return (
        f"list_transform(issues, lambda x: {field} || ':' || x.reason) AS {MARKS}, "
        f"list_transform(issues, lambda x: {field}) AS {FIELDS}"
    )

"""Anchors: the register's rows, the numbers they hold, and every record with its identifiers."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal, quote
from engine.step import Step
from matching.rules import AnchorSource, KeyColumn, LadderRules
from matching.tables import key_text


def keyed(rules: LadderRules) -> Step:
    """Return one row a current record: `record_id`, `anchor_rank` (null: no anchor), names, time, its one or two keys.

    `primary_key` is the record's first identifier present, `other_key` the second one if it has both.
    """
    first, second = _key(rules.keys[0]), _key(rules.keys[1]) if len(rules.keys) > 1 else "NULL::VARCHAR"
    former = quote(rules.name.former_column) if rules.name.former_column else "NULL::VARCHAR"
    rank = _anchor_rank(rules.anchors)
    if not rules.rows_are_entities:
        rank = f"CASE WHEN {first} IS NOT NULL THEN {rank} END"
    return Step(
        "keyed",
        f"""
        SELECT record_id, observed_at, {rank} AS anchor_rank,
            {quote(rules.name.column)} AS name, {former} AS former_name,
            coalesce({first}, {second}) AS primary_key,
            CASE WHEN {first} IS NOT NULL THEN {second} END AS other_key
        FROM records
        """,
    )


def anchors(rules: LadderRules) -> list[Step]:
    """Return `anchors`: every anchor row that an open key's decision can depend on, and no other.

    These are the rows that hold an open key and, where a number is one entity, all rows of the numbers so found.
    """
    near = """
        SELECT * FROM keyed WHERE anchor_rank IS NOT NULL AND (
            primary_key IN (FROM open_keys) OR other_key IN (FROM open_keys) OR record_id IN (FROM moved))
        """
    if rules.rows_are_entities:
        return [Step("anchors", near, materialise=True)]
    return [
        Step("anchors_near", f"SELECT DISTINCT primary_key FROM ({near})", materialise=True),
        Step(
            "anchors",
            "SELECT * FROM keyed WHERE anchor_rank IS NOT NULL AND primary_key IN (FROM anchors_near)",
            materialise=True,
        ),
    ]


def holdings(rules: LadderRules) -> Step:
    """Return one row an open key that anchors hold: `key`, `holders` (entities, >= 1), `unit` (the first of them)."""
    return Step(
        "holdings",
        f"""
        SELECT key, count(DISTINCT unit)::INTEGER AS holders, min(unit) AS unit
        FROM (SELECT {anchor_unit(rules)} AS unit, unnest([primary_key, other_key]) AS key FROM anchors)
        WHERE key IN (FROM open_keys)
        GROUP BY key
        """,
        materialise=True,
    )


def anchor_unit(rules: LadderRules) -> str:
    """Return the SQL that names the entity of an anchor row before it has a hub id."""
    return "'row:' || record_id" if rules.rows_are_entities else "'key:' || primary_key"


def _key(key: KeyColumn) -> str:
    kind = literal(key.type)
    if key.type_column:
        kind = f"coalesce({quote(key.type_column)}, {kind})"
    return key_text(kind, quote(key.number))


def _anchor_rank(sources: tuple[AnchorSource, ...]) -> str:
    cases = []
    for rank, source in enumerate(sources):
        test = f"department = {literal(source.department)} AND source_table = {literal(source.table)}"
        if source.statement:
            test += f" AND statement = {literal(source.statement)}"
        cases.append(f"WHEN {test} THEN {rank}")
    return f"CASE {' '.join(cases)} END" if cases else "NULL::INTEGER"

"""Affected: which keys are open again after a change, and the records that must be decided anew."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.step import Step
from matching.rules import LadderRules
from matching.tables import key_text


def open_keys(rules: LadderRules) -> list[Step]:
    """Return `moved` (record ids that changed) and `open_keys`: all keys whose records may be decided otherwise now.

    A decision depends on its record, on the anchors that hold its key, on the records of the same key and, where a
    number is one entity, on the anchor rows of the number that holds the key. So open is every key that a changed
    record has or had, and every second key of anchor rows whose first key is open.
    """
    old_primary, old_other = key_text("key_type", "key_number"), key_text("other_type", "other_number")
    touched = f"""
        SELECT DISTINCT key FROM (
            SELECT unnest([primary_key, other_key]) AS key FROM keyed WHERE record_id IN (FROM moved)
            UNION ALL
            SELECT unnest([{old_primary}, {old_other}]) FROM links WHERE record_id IN (FROM moved)
        ) WHERE key IS NOT NULL
        """
    moved = Step("moved", "SELECT DISTINCT record_id FROM changed", materialise=True)
    if rules.rows_are_entities:
        return [moved, Step("open_keys", touched, materialise=True)]
    return [
        moved,
        Step("touched_keys", touched, materialise=True),
        Step(
            "open_keys",
            """
            FROM touched_keys
            UNION
            SELECT other_key FROM keyed
            WHERE anchor_rank IS NOT NULL AND other_key IS NOT NULL AND primary_key IN (FROM touched_keys)
            """,
            materialise=True,
        ),
    ]


def open_records(rules: LadderRules) -> Step:
    """Return one row a record to decide, with `holders` of its key and the `unit` (entity to be) it aims at.

    `unit` is null without a key; with two or more holders it is the first of them, a mere candidate.
    """
    own_row = "k.anchor_rank IS NOT NULL" if rules.rows_are_entities else "FALSE"
    unchanged_anchor = "AND anchor_rank IS NULL" if rules.rows_are_entities else ""
    return Step(
        "open_records",
        f"""
        SELECT k.*, {own_row} AS own_row, coalesce(h.holders, 0) AS holders,
            CASE WHEN {own_row} THEN 'row:' || k.record_id ELSE coalesce(h.unit, 'key:' || k.primary_key) END AS unit
        FROM (
            FROM keyed
            WHERE (primary_key IN (FROM open_keys) {unchanged_anchor}) OR record_id IN (FROM moved)
        ) k
        LEFT JOIN holdings h ON h.key = k.primary_key
        """,
        materialise=True,
    )

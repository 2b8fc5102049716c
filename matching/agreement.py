"""Agreement: does a record's name agree with the name of the entity its identifier points at?"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from engine.quoting import literal
from engine.step import AnyStep, MapStep, Step
from matching.rules import LadderRules, NameAgreement

_PAIR_LEVELS = pa.schema(
    [("left_name", pa.string()), ("right_name", pa.string()), ("level", pa.string()), ("agrees", pa.bool_())]
)


def references(rules: LadderRules) -> Step:
    """Return one row an entity to be: `unit`, the names that stand for it, `key`, `anchor_record` (null: provisional).

    The reference is chosen by a total order (trust of the source, then earliest seen, then record id), never by order
    of arrival, so it is the same however the records were split into batches.
    """
    if rules.rows_are_entities:
        anchored = """
            SELECT 'row:' || record_id AS unit, record_id, name, former_name, primary_key AS key,
                record_id AS anchor_record
            FROM anchors
            """
    else:
        anchored = """
            SELECT 'key:' || primary_key AS unit, record_id, name, former_name, primary_key AS key,
                record_id AS anchor_record
            FROM anchors WHERE name IS NOT NULL
            QUALIFY row_number() OVER (
                PARTITION BY primary_key ORDER BY anchor_rank, observed_at NULLS LAST, record_id) = 1
            """
    provisional = """
        SELECT unit, record_id, name, former_name, primary_key AS key, NULL AS anchor_record
        FROM open_records
        WHERE holders = 0 AND NOT own_row AND primary_key IS NOT NULL AND name IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY primary_key ORDER BY observed_at NULLS LAST, record_id) = 1
        """
    return Step("reference", f"{anchored} UNION ALL {provisional}", materialise=True)


def name_levels(rules: LadderRules) -> list[AnyStep]:
    """Return `name_levels`: each distinct pair of unequal names that meet, with `level` and `agrees`."""
    meeting = """
        SELECT r.name AS r_name, r.former_name AS r_former, f.name AS f_name, f.former_name AS f_former
        FROM open_records r JOIN reference f ON f.unit = r.unit
        WHERE r.name <> f.name AND NOT r.own_row
        """
    return [
        Step("meeting_names", meeting, materialise=True),
        Step(
            "name_pairs",
            """
            SELECT DISTINCT left_name, right_name FROM (
                SELECT r_name AS left_name, f_name AS right_name FROM meeting_names
                UNION ALL SELECT r_name, f_former FROM meeting_names
                UNION ALL SELECT r_former, f_name FROM meeting_names
            ) WHERE left_name <> right_name
            """,
        ),
        MapStep("name_levels", "name_pairs", _compare(rules.name), _PAIR_LEVELS),
    ]


def compared(rules: LadderRules) -> Step:
    """Return one row an open record whose unit has a reference: `record_id`, `level`, `agrees`.

    The level is that of the two names, `former_name` where only a former name agrees, `register` for a register row.
    """
    missing, different, same = (literal(rules.name.levels[place]) for place in (0, 1, -1))
    return Step(
        "compared",
        f"""
        SELECT r.record_id,
            CASE
                WHEN r.own_row THEN 'register'
                WHEN r.name IS NULL OR f.name IS NULL THEN {missing}
                WHEN r.name = f.name THEN {same}
                WHEN now.agrees THEN now.level
                WHEN r.name = f.former_name OR was.agrees OR r.former_name = f.name OR then_.agrees THEN 'former_name'
                ELSE coalesce(now.level, {different})
            END AS level,
            coalesce(r.own_row OR (r.name IS NOT NULL AND f.name IS NOT NULL AND (
                r.name = f.name OR now.agrees OR r.name = f.former_name OR was.agrees
                OR r.former_name = f.name OR then_.agrees)), FALSE) AS agrees
        FROM open_records r
        JOIN reference f ON f.unit = r.unit
        LEFT JOIN name_levels now ON now.left_name = r.name AND now.right_name = f.name
        LEFT JOIN name_levels was ON was.left_name = r.name AND was.right_name = f.former_name
        LEFT JOIN name_levels then_ ON then_.left_name = r.former_name AND then_.right_name = f.name
        """,
        materialise=True,
    )


def _compare(name: NameAgreement) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    words = np.array(name.levels, dtype=object)
    agreeing = np.array([level in name.agree for level in name.levels])

    def compare(batch: pa.RecordBatch) -> pa.RecordBatch:
        levels = name.compare(batch["left_name"], batch["right_name"])
        columns = [batch["left_name"], batch["right_name"], pa.array(words[levels], pa.string()), agreeing[levels]]
        return pa.RecordBatch.from_arrays(
            [column if isinstance(column, pa.Array) else pa.array(column) for column in columns], schema=_PAIR_LEVELS
        )

    return compare

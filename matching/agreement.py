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


def aims() -> Step:
    """Return `aims`: `record_id`, `unit`, `held`, `former` of every entity that an open record's identifier points at.

    None for a record without identifier, several where the number is ambiguous, and none of those that people have
    `excluded`: a number can be wrong, a judgement says so.
    """
    return Step(
        "aims",
        """
        SELECT record_id, 'row:' || record_id AS unit, TRUE AS held, FALSE AS former FROM open_records WHERE own_row
        UNION ALL
        SELECT record_id, unit, held, former FROM (
            SELECT r.record_id, h.unit, TRUE AS held, h.former
            FROM open_records r JOIN holdings h ON h.key = r.primary_key WHERE NOT r.own_row
            UNION ALL
            SELECT record_id, 'key:' || primary_key, FALSE, FALSE FROM open_records
            WHERE NOT own_row AND primary_key IS NOT NULL AND primary_key NOT IN (SELECT key FROM holdings)
        ) a ANTI JOIN excluded x ON x.record_id = a.record_id AND x.unit = a.unit
        """,
        materialise=True,
    )


def references(rules: LadderRules) -> list[Step]:
    """Return `reference`: one row an entity to be: `unit`, the names that stand for it, `key`, `anchor_record` (null:
    provisional); and `excluded`: `record_id`, `unit`, `judgement` where people held a record and that reference apart.

    The reference is chosen by a total order (trust of the source, then earliest seen, then record id), never by order
    of arrival, so it is the same however the records were split into batches.
    """
    if rules.rows_are_entities:
        anchored = """
            SELECT unit, record_id, name, former_name, primary_key AS key, record_id AS anchor_record, anchor_rank
            FROM anchors
            """
    else:
        anchored = """
            SELECT unit, record_id, name, former_name, substr(unit, 5) AS key, record_id AS anchor_record, anchor_rank
            FROM anchors WHERE name IS NOT NULL
            QUALIFY row_number() OVER (
                PARTITION BY unit ORDER BY primary_key <> substr(unit, 5), anchor_rank,
                    observed_at NULLS LAST, record_id) = 1
            """
    provisional = """
        SELECT 'key:' || primary_key AS unit, record_id, name, former_name, primary_key AS key,
            NULL AS anchor_record, NULL AS anchor_rank
        FROM open_records
        WHERE NOT own_row AND primary_key IS NOT NULL AND name IS NOT NULL
            AND primary_key NOT IN (SELECT key FROM holdings)
        QUALIFY row_number() OVER (PARTITION BY primary_key ORDER BY observed_at NULLS LAST, record_id) = 1
        """
    return [
        Step("reference", f"{anchored} UNION ALL {provisional}", materialise=True),
        Step(
            "excluded",
            """
            SELECT a.record_id, f.unit, min(a.judgement) AS judgement FROM (
                SELECT left_id AS record_id, right_id AS other_id, judgement FROM apart
                UNION ALL SELECT right_id, left_id, judgement FROM apart
            ) a JOIN reference f ON f.record_id = a.other_id GROUP BY ALL
            """,
            materialise=True,
        ),
    ]


def name_levels(rules: LadderRules) -> list[AnyStep]:
    """Return `name_levels`: each distinct pair of unequal names that meet, with `level` and `agrees`; and `past_names`,
    names that the register row which stands for a unit had before."""
    return [
        Step(
            "past_names",
            "SELECT DISTINCT r.unit, f.name FROM former_states f JOIN reference r ON r.anchor_record = f.record_id "
            "WHERE f.name <> r.name",
            materialise=True,
        ),
        Step(
            "meeting_names",
            """
            SELECT r.name AS r_name, r.former_name AS r_former, f.name AS f_name, f.former_name AS f_former
            FROM aims a JOIN open_records r ON r.record_id = a.record_id JOIN reference f ON f.unit = a.unit
            WHERE r.name <> f.name AND NOT r.own_row
            """,
            materialise=True,
        ),
        Step(
            "name_pairs",
            """
            SELECT DISTINCT left_name, right_name FROM (
                SELECT r_name AS left_name, f_name AS right_name FROM meeting_names
                UNION ALL SELECT r_name, f_former FROM meeting_names
                UNION ALL SELECT r_former, f_name FROM meeting_names
                UNION ALL
                SELECT r.name, p.name FROM aims a JOIN open_records r ON r.record_id = a.record_id
                JOIN past_names p ON p.unit = a.unit WHERE NOT r.own_row
            ) WHERE left_name <> right_name
            """,
        ),
        MapStep("name_levels", "name_pairs", _compare(rules.name), _PAIR_LEVELS),
        Step(
            "past_agreement",
            """
            SELECT DISTINCT a.record_id, a.unit
            FROM aims a JOIN open_records r ON r.record_id = a.record_id JOIN past_names p ON p.unit = a.unit
            LEFT JOIN name_levels l ON l.left_name = r.name AND l.right_name = p.name
            WHERE NOT r.own_row AND (r.name = p.name OR l.agrees)
            """,
            materialise=True,
        ),
    ]


def compared(rules: LadderRules) -> Step:
    """Return one row an aim whose unit has a reference: `record_id`, `unit`, `level`, `agrees`, `stands`
    (the record is the reference itself).

    The level is that of the two names, `former_name` where only a former name agrees, `register` for a register row.
    """
    missing, different, same = (literal(rules.name.levels[place]) for place in (0, 1, -1))
    return Step(
        "compared",
        f"""
        SELECT a.record_id, a.unit, f.record_id = a.record_id AS stands,
            CASE
                WHEN r.own_row THEN 'register'
                WHEN r.name IS NULL OR f.name IS NULL THEN {missing}
                WHEN r.name = f.name THEN {same}
                WHEN now.agrees THEN now.level
                WHEN r.name = f.former_name OR was.agrees OR r.former_name = f.name OR then_.agrees
                    OR past.record_id IS NOT NULL THEN 'former_name'
                ELSE coalesce(now.level, {different})
            END AS level,
            coalesce(r.own_row OR (r.name IS NOT NULL AND f.name IS NOT NULL AND (
                r.name = f.name OR now.agrees OR r.name = f.former_name OR was.agrees
                OR r.former_name = f.name OR then_.agrees OR past.record_id IS NOT NULL)), FALSE) AS agrees
        FROM aims a
        JOIN open_records r ON r.record_id = a.record_id
        JOIN reference f ON f.unit = a.unit
        LEFT JOIN name_levels now ON now.left_name = r.name AND now.right_name = f.name
        LEFT JOIN name_levels was ON was.left_name = r.name AND was.right_name = f.former_name
        LEFT JOIN name_levels then_ ON then_.left_name = r.former_name AND then_.right_name = f.name
        LEFT JOIN past_agreement past ON past.record_id = a.record_id AND past.unit = a.unit
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

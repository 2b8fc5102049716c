"""Evidence, the SQL of it: who is heard, who could be the one, and what is put over the ladder's answers.

Relations read beside the ladder's: `evidence_index` (INDEX: the block keys of register rows and of records heard
before)."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

import pyarrow as pa

from engine.quoting import literal, literals, quote
from engine.step import MapStep, Step
from matching.tables import key_parts
from schemas.linkage_spec import LinkageSpec

INDEX = pa.schema([("record_id", pa.string()), ("anchor", pa.bool_()), ("keys", pa.list_(pa.int64()))])
EVIDENCE = pa.schema(
    [
        ("record_id", pa.string()),
        ("unit", pa.string()),
        ("decision", pa.string()),
        ("probability", pa.float64()),
        ("reason", pa.string()),
    ]
)
RUNG, PROVISIONAL_RUNG = "evidence", "provisional_evidence"
PROVISIONAL_RUNGS = (PROVISIONAL_RUNG, "provisional_identifier")
KeysOf = Callable[[pa.RecordBatch], pa.RecordBatch]


def field_list(spec: LinkageSpec, table: str = "", *, told: bool = False, hidden: Container[str] = ()) -> str:
    """Return the columns that evidence reads of a statement under the fields' names: of a register row, or as a record
    has `told` them. A `hidden` field is null in the rows that it is the `hidden_field` of."""
    columns = []
    for field in spec.fields:
        column = f"{table}{quote(field.right if told else field.left)}"
        if field.name in hidden:
            column = f"CASE WHEN hidden_field <> {literal(field.name)} THEN {column} END"
        columns.append(f"{column} AS {quote(field.name)}")
    return ", ".join(columns)


def hearing(spec: LinkageSpec, keys_of: KeysOf) -> list[Step | MapStep]:
    """Return `hearing` (open records that no identifier settled, but those whose answer stands), `near_values` (of them
    and of all others whom the register does not know), `heard_values`, `heard_ordered` and `heard_keys` (INDEX)."""
    return [
        Step(
            "hearing",
            """
            SELECT record_id, unit, rung FROM by_ladder
            WHERE NOT own_row AND anchor_rank IS NULL AND record_id NOT IN (SELECT record_id FROM loose)
                AND (rung IN ('none', 'provisional_identifier') OR decision IN ('review', 'insufficient'))
            """,
            materialise=True,
        ),
        Step(
            "near_values",
            f"""
            SELECT record_id, {field_list(spec, told=True)} FROM heard_from
            WHERE record_id IN (
                SELECT record_id FROM hearing
                UNION SELECT record_id FROM links_first
                WHERE rung IN ({unnested(PROVISIONAL_RUNGS)}))
            """,
            materialise=True,
        ),
        Step(
            "heard_values",
            "SELECT record_id, FALSE AS anchor, * EXCLUDE (record_id) FROM near_values "
            "WHERE record_id IN (SELECT record_id FROM hearing)",
            materialise=True,
        ),
        # Rows are numbered in the order of their ids, and equal candidates are told apart by that number. A table made
        # in an order is not read in it by several threads.
        Step("heard_ordered", "FROM heard_values ORDER BY record_id"),
        # The keys of a record that did not change are stored; where all are decided anew, all count as changed.
        Step(
            "keys_kept",
            """
            SELECT record_id, anchor, keys FROM index_open
            WHERE NOT anchor AND record_id NOT IN (FROM moved) AND record_id IN (SELECT record_id FROM hearing)
            """,
            materialise=True,
        ),
        Step("keyless", "FROM heard_values WHERE record_id NOT IN (SELECT record_id FROM keys_kept)"),
        MapStep("keys_made", "keyless", keys_of, INDEX),
        Step("heard_keys", "FROM keys_kept UNION ALL FROM keys_made", materialise=True),
    ]


def unnested(values: Sequence[str]) -> str:
    """Return a SELECT of the values, one a row."""
    return f"SELECT unnest([{literals(values)[1:-1]}])"


def told() -> list[Step]:
    """Return `told`: EVIDENCE with one answer for all records of a provisional number.

    The likeliest of them speaks for all, and none is linked where two of them would go to different entities.
    """
    return [
        Step(
            "number_answers",
            """
            SELECT h.unit, count(DISTINCT e.unit) FILTER (WHERE e.decision = 'link') AS linked_to,
                arg_max(e.unit, (e.probability, e.record_id)) FILTER (WHERE e.decision IN ('link', 'review')) AS into,
                max(e.probability) FILTER (WHERE e.decision IN ('link', 'review')) AS probability,
                arg_max(e.reason, (e.probability, e.record_id)) FILTER (WHERE e.decision IN ('link', 'review'))
                    AS reason
            FROM hearing h JOIN evidence e ON e.record_id = h.record_id
            WHERE h.rung = 'provisional_identifier' GROUP BY h.unit
            """,
            materialise=True,
        ),
        Step(
            "told",
            """
            SELECT e.record_id, e.unit, e.decision, e.probability, e.reason
            FROM evidence e JOIN hearing h ON h.record_id = e.record_id WHERE h.rung <> 'provisional_identifier'
            UNION ALL
            SELECT h.record_id, n.into, CASE WHEN n.linked_to = 1 THEN 'link' ELSE 'review' END, n.probability, n.reason
            FROM hearing h JOIN number_answers n ON n.unit = h.unit
            WHERE h.rung = 'provisional_identifier' AND n.into IS NOT NULL
            """,
            materialise=True,
        ),
    ]


def overlaid() -> Step:
    """Return `by_rules`: the ladder's answers with the evidence put over them, as `by_ladder` with `score`, `kind`.

    `formed` (record_id, unit, reason) are provisional entities by evidence.
    """
    return Step(
        "by_rules",
        f"""
        SELECT l.* EXCLUDE (unit, rung, decision, reason, level, agrees),
            CASE WHEN f.unit IS NOT NULL THEN f.unit WHEN t.decision IN ('link', 'review') THEN t.unit ELSE l.unit END
                AS unit,
            CASE WHEN f.unit IS NOT NULL THEN {literal(PROVISIONAL_RUNG)}
                WHEN t.decision = 'link' THEN {literal(RUNG)} ELSE l.rung END AS rung,
            CASE WHEN f.unit IS NOT NULL THEN 'link'
                WHEN t.decision = 'link' THEN 'link'
                WHEN t.decision = 'review' AND l.rung IN ('none', 'provisional_identifier') THEN 'review'
                WHEN l.rung = 'none' THEN 'insufficient'
                ELSE l.decision END AS decision,
            CASE WHEN f.unit IS NOT NULL THEN f.reason
                WHEN t.decision = 'link' OR l.rung = 'none'
                    OR (t.decision = 'review' AND l.rung = 'provisional_identifier') THEN coalesce(t.reason, l.reason)
                ELSE l.reason END AS reason,
            l.level, l.agrees OR coalesce(t.decision = 'link', FALSE) AS agrees,
            CASE WHEN f.unit IS NOT NULL THEN f.probability ELSE t.probability END AS score,
            CASE WHEN f.unit IS NOT NULL OR t.decision IN ('link', 'review') THEN 'probabilistic'
                ELSE 'deterministic' END AS how
        FROM (
            FROM by_ladder
            UNION ALL BY NAME
            SELECT record_id, FALSE AS own_row, 0 AS aimed, level, FALSE AS agrees, 'none' AS rung, 1 AS rank,
                'insufficient' AS decision, 'no_identifier' AS reason FROM late
        ) l
        LEFT JOIN told t ON t.record_id = l.record_id
        LEFT JOIN formed f ON f.record_id = l.record_id
        """,
        materialise=True,
    )


def index_changes() -> list[Step]:
    """Return `index_upserts` (INDEX) and `index_deletions` (record_id): what this run changes in the stored index."""
    return [
        Step(
            "index_upserts",
            """
            SELECT n.* FROM (FROM anchor_keys UNION ALL FROM heard_keys) n
            LEFT JOIN index_open o ON o.record_id = n.record_id
            WHERE o.record_id IS NULL OR o.anchor <> n.anchor OR o.keys IS DISTINCT FROM n.keys
            """,
        ),
        Step(
            "index_deletions",
            """
            SELECT record_id FROM index_open
            WHERE (record_id IN (FROM moved) OR (NOT anchor AND record_id IN (SELECT record_id FROM open_records)))
                AND record_id NOT IN (SELECT record_id FROM anchor_keys)
                AND record_id NOT IN (SELECT record_id FROM heard_keys)
                AND record_id NOT IN (SELECT record_id FROM loose)
            """,
        ),
    ]


def training(spec: LinkageSpec, labels: int, others: int) -> list[Step]:
    """Return `training_records` (`base_id` where an identifier linked them), `training_base`, `labelled`, `unheard`.

    The identifier that linked a labelled record is hidden: it must not teach that identifiers always agree. Record ids
    are random, so the first ones in their order are a fair sample.
    """
    names, told = field_list(spec), field_list(spec, told=True)
    identifiers = {name for rung in spec.ladder for name in rung.same}
    hidden = field_list(spec, told=True, hidden=identifiers)
    return [
        Step("standing_base", "SELECT record_id, unit FROM reference WHERE anchor_record IS NOT NULL"),
        Step(
            "labelled",
            f"""
            SELECT l.record_id, b.record_id AS base_id, {key_parts("l.primary_key")[0]} AS hidden_field
            FROM by_ladder l JOIN standing_base b ON b.unit = l.unit
            WHERE l.decision = 'link' AND l.rung = 'anchored_identifier' AND l.anchor_rank IS NULL
            """,
            materialise=True,
        ),
        Step("labelled_some", f"FROM labelled ORDER BY record_id LIMIT {labels}", materialise=True),
        Step(
            "unheard",
            """
            SELECT record_id FROM by_ladder
            WHERE NOT own_row AND anchor_rank IS NULL AND rung IN ('none', 'provisional_identifier')
            """,
            materialise=True,
        ),
        Step(
            "training_records",
            f"""
            SELECT r.record_id, b.base_id, {hidden} FROM records r JOIN labelled_some b ON b.record_id = r.record_id
            UNION ALL
            SELECT record_id, NULL, {told} FROM records
            WHERE record_id IN (FROM unheard ORDER BY record_id LIMIT {others})
            ORDER BY 1
            """,
        ),
        Step(
            "training_base",
            f"SELECT record_id, {names} FROM records "
            "WHERE record_id IN (SELECT record_id FROM standing_base) ORDER BY 1",
        ),
    ]

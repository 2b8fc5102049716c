"""Anchors: the register's rows, the numbers they hold and held before, and every record with its identifiers."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal, quote
from engine.step import NearStep, Step
from matching.rules import AnchorSource, KeyColumn, LadderRules
from matching.tables import key_parts, key_text


def keyed(rules: LadderRules, source: str = "records", name: str = "keyed") -> Step:
    """Return one row a current record: `record_id`, `anchor_rank` (null: no anchor), names, time, its one or two keys.

    `primary_key` is the record's first identifier present, `other_key` the second one if it has both.
    """
    first, second = _key(rules.keys[0]), _key(rules.keys[1]) if len(rules.keys) > 1 else "NULL::VARCHAR"
    former = quote(rules.name.former_column) if rules.name.former_column else "NULL::VARCHAR"
    rank = _anchor_rank(rules.anchors, "" if rules.rows_are_entities else first, second)
    return Step(
        name,
        f"""
        SELECT record_id, observed_at, {rank} AS anchor_rank,
            {quote(rules.name.column)} AS name, {former} AS former_name,
            coalesce({first}, {second}) AS primary_key,
            CASE WHEN {first} IS NOT NULL THEN {second} END AS other_key
        FROM {quote(source)}
        """,
    )


def ladder_columns(rules: LadderRules) -> list[str]:
    """Return the columns of a statement that `keyed` reads."""
    columns = ["record_id", "department", "source_table", "statement", "observed_at", rules.name.column]
    columns += [rules.name.former_column] if rules.name.former_column else []
    return columns + [name for key in rules.keys for name in (key.number, key.type_column) if name]


def numbers_of(rules: LadderRules, keys: str) -> dict[str, str]:
    """Return by number column the numbers to look for, of a SELECT of one column of keys."""
    numbers = f"SELECT DISTINCT {key_parts('key')[1]} FROM ({keys}) AS keys(key)"
    return {key.number: numbers for key in rules.keys}


def former_states(rules: LadderRules) -> list[Step]:
    """Return `former_states` (tables.FORMER_STATES): what the register rows of `history` ever said of themselves.

    `history` holds all states of the register rows in question, as statements. What a row says now is among them: it
    does no harm, because what stands comes before what was.
    """
    return [
        keyed(rules, "history", "keyed_history"),
        Step(
            "former_states",
            "SELECT DISTINCT record_id, primary_key, other_key, name FROM keyed_history "
            "WHERE anchor_rank IS NOT NULL ORDER BY ALL",
        ),
    ]


def anchors(rules: LadderRules) -> list[Step | NearStep]:
    """Return `anchors`: every anchor row that an open key's decision can depend on, with the `unit` it stands for.

    These are the rows that hold or held an open key and, where a number is one entity, all rows of the numbers so
    found. There a number that its most trusted row has exchanged for another one goes on in that other number's unit:
    a sole trader who became a company is one business with a history.
    """
    near = "SELECT * FROM keyed_near WHERE anchor_rank IS NOT NULL"
    if rules.rows_are_entities:
        return [Step("anchors", f"SELECT *, 'row:' || record_id AS unit FROM ({near})", materialise=True)]
    held = "SELECT record_id FROM former_states WHERE primary_key IN (FROM numbers_near)"
    return [
        Step("anchor_rows_near", near, materialise=True),
        Step(
            "numbers_near",
            """
            SELECT primary_key FROM anchor_rows_near
            UNION
            SELECT primary_key FROM former_states WHERE record_id IN (SELECT record_id FROM anchor_rows_near)
            """,
            materialise=True,
        ),
        NearStep("records_of_numbers", "records", {**numbers_of(rules, "FROM numbers_near"), "record_id": held}),
        keyed(rules, "records_of_numbers", "keyed_of_numbers"),
        Step(
            "anchor_rows",
            f"""
            SELECT * FROM keyed_of_numbers
            WHERE anchor_rank IS NOT NULL AND (primary_key IN (FROM numbers_near) OR record_id IN ({held}))
            """,
            materialise=True,
        ),
        *_continued(),
        Step(
            "anchors",
            """
            SELECT a.*, 'key:' || coalesce(d.heir, c.heir, a.primary_key) AS unit
            FROM anchor_rows a LEFT JOIN continued c ON c.key = a.primary_key
            LEFT JOIN continued d ON d.key = c.heir AND c.entered_twice
            WHERE a.primary_key NOT IN (FROM ambiguous)
            """,
            materialise=True,
        ),
    ]


def _continued() -> list[Step]:
    """Return `continued`: `key`, `heir` of each number that goes on in another one; and `ambiguous`: numbers that none
    can anchor by.

    A number goes on where one number succeeds it, and no row as trusted as the one that changed still holds the old
    one. And where a business is `entered_twice`: the number of an anchor that lacks the stronger one goes on in that of
    the only number whose anchors hold both. Where several do, nobody knows which business it is.
    """
    held_with = """
        SELECT other_key AS key, min(primary_key) AS heir, count(DISTINCT primary_key) AS several FROM anchor_rows
        WHERE other_key IN (SELECT primary_key FROM anchor_rows) GROUP BY other_key
        """
    succeeded = """
        SELECT was.key, min(was.heir) AS heir FROM (
            SELECT f.primary_key AS key, a.primary_key AS heir, a.anchor_rank
            FROM former_states f JOIN anchor_rows a ON a.record_id = f.record_id
            WHERE f.primary_key <> a.primary_key
            QUALIFY a.anchor_rank = min(a.anchor_rank) OVER (PARTITION BY f.primary_key)
        ) was
        LEFT JOIN (SELECT primary_key, min(anchor_rank) AS rank FROM anchor_rows GROUP BY primary_key) now
            ON now.primary_key = was.key
        WHERE now.rank IS NULL OR now.rank > was.anchor_rank
        GROUP BY was.key HAVING count(DISTINCT was.heir) = 1
        """
    return [
        Step("held_with", held_with, materialise=True),
        Step("ambiguous", "SELECT key FROM held_with WHERE several > 1"),
        Step(
            "continued",
            f"""
            SELECT key, heir, TRUE AS entered_twice FROM held_with WHERE several = 1
            UNION ALL
            SELECT key, heir, FALSE FROM ({succeeded}) WHERE key NOT IN (SELECT key FROM held_with)
            """,
            materialise=True,
        ),
    ]


def holdings() -> Step:
    """Return `holdings`: `key`, `unit`, `former` of every open key that anchors hold; of one that none holds any more,
    the units that held it before. One row a unit: several make the number ambiguous.
    """
    return Step(
        "holdings",
        """
        WITH held AS (
            SELECT key, unit, bool_and(unit <> 'key:' || primary_key AND key = primary_key AND by_number) AS former
            FROM (
                SELECT unit, primary_key, unit LIKE 'key:%' AS by_number,
                    unnest([primary_key, other_key]) AS key FROM anchors
            ) WHERE key IN (FROM open_keys) GROUP BY key, unit
        ),
        once AS (
            SELECT DISTINCT f.key, a.unit
            FROM (SELECT record_id, unnest([primary_key, other_key]) AS key FROM former_states) f
            JOIN anchors a ON a.record_id = f.record_id
            WHERE f.key IN (FROM open_keys) AND f.key NOT IN (SELECT key FROM held)
        )
        FROM held UNION ALL SELECT key, unit, TRUE FROM once
        """,
        materialise=True,
    )


def _key(key: KeyColumn) -> str:
    kind = literal(key.type)
    if key.type_column:
        kind = f"coalesce({quote(key.type_column)}, {kind})"
    return key_text(kind, quote(key.number))


def _anchor_rank(sources: tuple[AnchorSource, ...], first: str, second: str) -> str:
    """Return the rank of a row's source, null where it is no anchor; `first` empty: whatever number it has or lacks."""
    cases = []
    for rank, source in enumerate(sources):
        test = f"department = {literal(source.department)} AND source_table = {literal(source.table)}"
        if source.statement:
            test += f" AND statement = {literal(source.statement)}"
        if first:
            held = f"coalesce({first}, {second})" if source.by_second else first
            test += f" AND {held} IS NOT NULL"
        cases.append(f"WHEN {test} THEN {rank}")
    return f"CASE {' '.join(cases)} END" if cases else "NULL::INTEGER"

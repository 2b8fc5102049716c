"""Stirring: whose answer by evidence may be another one now although the record itself did not change.

Those that share a block key with a register row that is or was another one; and those that may form a provisional
entity with one that was heard.
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal
from engine.step import AnyStep, MapStep, NearStep, Step
from matching.evidence_steps import INDEX, PROVISIONAL_RUNG, KeysOf, field_list
from schemas.linkage_spec import LinkageSpec


def anchor_keys(spec: LinkageSpec, keys_of: KeysOf) -> list[AnyStep]:
    """Return `anchor_keys` (INDEX): the block keys of register rows that changed or that judgements speak of anew."""
    anchors = f"""
        SELECT record_id, TRUE AS anchor, {field_list(spec)} FROM arriving
        WHERE record_id IN (SELECT record_id FROM keyed_arriving WHERE anchor_rank IS NOT NULL)
        UNION ALL
        SELECT record_id, TRUE, {field_list(spec)} FROM register_judged
        WHERE record_id IN (
            SELECT record_id FROM keyed_judged WHERE anchor_rank IS NOT NULL AND record_id IN (FROM judged_changed))
            AND record_id NOT IN (FROM moved)
        """
    return [Step("anchor_values", anchors), MapStep("anchor_keys", "anchor_values", keys_of, INDEX)]


def stirring() -> list[AnyStep]:
    """Return `stirred_by_keys`: records that share a block key with what a register row that changed is or was."""
    changed = "FROM moved UNION FROM judged_changed"
    return [
        NearStep("index_moved", "evidence_index", {"record_id": changed}),
        Step(
            "stirring_keys",
            f"""
            SELECT DISTINCT rule, key FROM (
                SELECT generate_subscripts(keys, 1) AS rule, unnest(keys) AS key FROM anchor_keys
                UNION ALL
                SELECT generate_subscripts(keys, 1), unnest(keys) FROM index_moved
                WHERE anchor AND record_id IN ({changed})
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
        NearStep("index_stirring", "evidence_index", {"keys": "SELECT key FROM stirring_keys"}),
        Step(
            "stirred_by_keys",
            """
            SELECT DISTINCT record_id FROM (
                SELECT record_id, generate_subscripts(keys, 1) AS rule, unnest(keys) AS key
                FROM index_stirring WHERE NOT anchor AND (SELECT count(*) FROM stirring_keys) > 0
            ) JOIN stirring_keys USING (rule, key)
            """,
            materialise=True,
        ),
    ]


def index_first() -> list[AnyStep]:
    """Return `index_first` (INDEX): what is stored of changed records and of those of provisional entities."""
    ids = "FROM moved UNION FROM judged_changed UNION SELECT record_id FROM links_first"
    return [
        NearStep("index_asked", "evidence_index", {"record_id": ids}),
        Step("index_first", f"SELECT * FROM index_asked WHERE record_id IN ({ids})", materialise=True),
    ]


def index_open() -> list[AnyStep]:
    """Return `index_open` (INDEX): what is stored of changed records and of those that are decided again."""
    ids = "FROM moved UNION FROM judged_changed UNION SELECT record_id FROM open_records"
    return [
        NearStep("index_decided", "evidence_index", {"record_id": ids}),
        Step("index_open", f"SELECT * FROM index_decided WHERE record_id IN ({ids})", materialise=True),
    ]


def stirred() -> list[Step]:
    """Return `loose` (records of provisional entities by evidence whose own answer stands, because nothing moved near
    them) and `stirred`: records to decide again, those loose ones among them that share an entity with a judged one."""
    return [
        Step(
            "loose",
            f"""
            SELECT record_id, hub_id, level FROM links_first
            WHERE rung = {literal(PROVISIONAL_RUNG)} AND record_id NOT IN (FROM moved)
                AND record_id NOT IN (FROM stirred_by_keys)
                AND record_id IN (SELECT record_id FROM index_first)
            """,
            materialise=True,
        ),
        Step(
            "stirred",
            f"""
            FROM stirred_by_keys
            UNION
            SELECT record_id FROM links_first
            WHERE rung = {literal(PROVISIONAL_RUNG)} AND record_id NOT IN (SELECT record_id FROM loose)
            UNION
            SELECT record_id FROM loose WHERE hub_id IN (
                SELECT hub_id FROM links_first WHERE record_id IN (SELECT record_id FROM judged_records))
            """,
            materialise=True,
        ),
    ]


def regrouping() -> list[Step]:
    """Return `late`: loose records to decide again although nothing moved near them, because one that they may form an
    entity with is, or was, among those heard; and `regrouped`: all loose ones that are formed anew."""
    return [
        *_reached(),
        Step(
            "regrouped",
            """
            SELECT record_id FROM loose
            WHERE record_id IN (FROM reached) OR record_id IN (SELECT record_id FROM open_records)
            """,
            materialise=True,
        ),
        Step(
            "late",
            """
            SELECT record_id, level FROM loose WHERE record_id IN (FROM regrouped)
                AND record_id NOT IN (SELECT record_id FROM open_records)
            """,
            materialise=True,
        ),
    ]


def _reached() -> list[Step]:
    """Return `reached`: whom those heard may be formed with: who shares a block key with one of them, or a provisional
    number with one that does, and so on."""
    return [
        Step(
            "forming_keys",
            f"""
            SELECT record_id, rule, key FROM (
                SELECT i.record_id, generate_subscripts(i.keys, 1) AS rule, unnest(i.keys) AS key
                FROM index_first i JOIN links_first l ON l.record_id = i.record_id
                WHERE NOT i.anchor AND l.rung IN ({literal(PROVISIONAL_RUNG)}, 'provisional_identifier')
                UNION ALL
                SELECT record_id, 0, (hash(old_key) >> 1)::BIGINT FROM links_first
                WHERE rung = 'provisional_identifier'
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
        Step(
            "seed_keys",
            """
            SELECT DISTINCT rule, key FROM (
                SELECT generate_subscripts(keys, 1) AS rule, unnest(keys) AS key FROM heard_keys
                UNION ALL
                SELECT generate_subscripts(keys, 1), unnest(keys) FROM index_open WHERE NOT anchor
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
        Step(
            "reached",
            """
            WITH RECURSIVE reached(record_id) AS (
                SELECT record_id FROM forming_keys SEMI JOIN seed_keys USING (rule, key)
                UNION
                SELECT b.record_id FROM reached r
                JOIN forming_keys a ON a.record_id = r.record_id
                JOIN forming_keys b ON b.rule = a.rule AND b.key = a.key
            )
            FROM reached
            """,
            materialise=True,
        ),
    ]

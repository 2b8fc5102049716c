"""Decisions: link, review or insufficient for every open record, each with its rung, level and reason."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal
from engine.step import Step
from matching.rules import LadderRules
from matching.tables import LINKS, key_parts

REASONS = ("no_identifier", "name_missing", "name_disagrees", "identifier_ambiguous")


def decided(rules: LadderRules) -> Step:
    """Return one row an open record: `decision`, `rung`, `level`, `reason`, `unit` (aimed at), keys.

    A link's reason is `<rung>.<level>`; the reasons of what is not a link are REASONS. An identifier alone never links.
    """
    missing = literal(rules.name.levels[0])
    return Step(
        "decided",
        f"""
        SELECT record_id, unit, primary_key, other_key, rung, level, decision,
            CASE
                WHEN decision = 'link' THEN rung || '.' || level
                WHEN primary_key IS NULL THEN 'no_identifier'
                WHEN holders > 1 THEN 'identifier_ambiguous'
                WHEN level = {missing} THEN 'name_missing'
                ELSE 'name_disagrees'
            END AS reason
        FROM (
            SELECT r.record_id, r.unit, r.primary_key, r.other_key, r.holders, coalesce(c.level, {missing}) AS level,
                CASE
                    WHEN r.own_row THEN 'register'
                    WHEN r.primary_key IS NULL THEN 'none'
                    WHEN r.holders > 0 THEN 'anchored_identifier'
                    ELSE 'provisional_identifier'
                END AS rung,
                CASE
                    WHEN r.own_row THEN 'link'
                    WHEN r.primary_key IS NULL THEN 'insufficient'
                    WHEN r.holders > 1 THEN 'review'
                    WHEN c.agrees THEN 'link'
                    WHEN c.level IS NULL OR c.level = {missing} THEN 'insufficient'
                    ELSE {literal(rules.otherwise)}
                END AS decision
            FROM open_records r LEFT JOIN compared c ON c.record_id = r.record_id
        )
        """,
        materialise=True,
    )


def link_upserts(rules: LadderRules, commit: int) -> list[Step]:
    """Return `link_upserts`: the link rows that are new or say something else than before."""
    key_type, key_number = key_parts("d.primary_key")
    other_type, other_number = key_parts("d.other_key")
    rows = f"""
        SELECT d.record_id, {literal(rules.entity)} AS entity,
            CASE WHEN d.decision = 'link' THEN u.hub_id END AS hub_id,
            d.decision, 'deterministic' AS kind, d.rung,
            {key_type} AS key_type, {key_number} AS key_number,
            {other_type} AS other_type, {other_number} AS other_number,
            d.level, NULL::DOUBLE AS score, {literal(rules.model)} AS model, d.reason,
            CASE WHEN d.decision <> 'link' THEN u.hub_id END AS candidate_hub_id,
            {commit}::BIGINT AS commit
        FROM decided d LEFT JOIN unit_hubs u ON u.unit = d.unit
        """
    differs = " OR ".join(
        f"n.{column} IS DISTINCT FROM o.{column}" for column in LINKS.names if column not in ("record_id", "commit")
    )
    return [
        Step("link_rows", rows),
        Step(
            "link_upserts",
            f"SELECT n.* FROM link_rows n LEFT JOIN links o ON o.record_id = n.record_id WHERE {differs}",
            materialise=True,
        ),
    ]


def link_deletions() -> Step:
    """Return `link_deletions`: `record_id` and the `hub_id` it had, of links whose record is gone."""
    return Step(
        "link_deletions",
        """
        SELECT record_id, hub_id FROM links
        WHERE record_id IN (FROM moved) AND record_id NOT IN (
            SELECT record_id FROM records WHERE record_id IN (FROM moved))
        """,
        materialise=True,
    )


def touched() -> Step:
    """Return `touched`: `hub_id` of every entity whose golden record may change: members, their values, its state."""
    return Step(
        "touched",
        """
        SELECT DISTINCT hub_id FROM (
            SELECT hub_id FROM link_upserts
            UNION ALL SELECT o.hub_id FROM links o JOIN link_upserts n ON n.record_id = o.record_id
            UNION ALL SELECT hub_id FROM link_deletions
            UNION ALL SELECT hub_id FROM links WHERE record_id IN (FROM moved)
            UNION ALL SELECT hub_id FROM identity_upserts
        ) WHERE hub_id IS NOT NULL
        """,
        materialise=True,
    )


def counts() -> Step:
    """Return `counts`: `what`, `count`: decisions by rung and reason, changed links, changed identities by state."""
    return Step(
        "counts",
        """
        SELECT what, count(*)::BIGINT AS count FROM (
            SELECT 'decided.' || decision || '.' || reason AS what FROM decided
            UNION ALL SELECT 'links.changed' FROM link_upserts
            UNION ALL SELECT 'links.deleted' FROM link_deletions
            UNION ALL SELECT 'identity.' || state FROM identity_upserts
        ) GROUP BY what ORDER BY what
        """,
    )

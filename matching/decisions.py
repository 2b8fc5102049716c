"""Decisions: link, review or insufficient for every open record, each with its rung, level and reason."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal
from engine.step import Step
from matching.rules import LadderRules
from matching.settlement import REFERENCE
from matching.tables import LINKS, key_parts

REASONS = (
    "no_identifier", "name_missing", "name_disagrees", "identifier_ambiguous", "judged_same", "judged_not_same",
)  # fmt: skip


def by_ladder(rules: LadderRules) -> list[Step]:
    """Return `by_ladder`: what identifiers alone make of open records: `decision`, `rung`, `level`, `reason`, `unit`
    (aimed at; of several the first, a mere candidate), `aimed` (how many), `rank` (how firmly it is tied).

    A link's reason is `<rung>.<level>`; the reasons of what is not a link are REASONS. An identifier alone never links.
    """
    missing, levels = literal(rules.name.levels[0]), ", ".join(literal(level) for level in rules.name.levels)
    gathered = f"""
        SELECT r.record_id, r.primary_key, r.other_key, r.own_row, r.anchor_rank, coalesce(a.aimed, 0) AS aimed, a.unit,
            coalesce(c.level, {missing}) AS level, coalesce(c.agrees, FALSE) AS agrees,
            CASE
                WHEN r.primary_key IS NULL AND NOT r.own_row THEN 'none'
                WHEN a.former THEN 'former_identifier'
                WHEN r.anchor_rank IS NOT NULL THEN 'register'
                WHEN a.held OR a.unit IS NULL THEN 'anchored_identifier'
                ELSE 'provisional_identifier'
            END AS rung,
            CASE
                WHEN r.own_row OR c.stands THEN {REFERENCE}
                WHEN r.anchor_rank IS NOT NULL THEN {REFERENCE // 2}
                ELSE coalesce(nullif(list_position([{levels}], c.level), 0), 1)
            END::INTEGER AS rank
        FROM open_records r
        LEFT JOIN (
            SELECT record_id, count(*)::INTEGER AS aimed, min(unit) AS unit, bool_or(held) AS held,
                bool_or(former) AS former
            FROM aims GROUP BY record_id
        ) a ON a.record_id = r.record_id
        LEFT JOIN compared c ON c.record_id = r.record_id AND c.unit = a.unit
        """
    return [
        Step("gathered", gathered),
        Step(
            "by_ladder",
            f"""
            SELECT *, CASE
                    WHEN decision = 'link' THEN rung || '.' || level
                    WHEN primary_key IS NULL THEN 'no_identifier'
                    WHEN aimed = 0 THEN 'judged_not_same'
                    WHEN aimed > 1 THEN 'identifier_ambiguous'
                    WHEN level = {missing} THEN 'name_missing'
                    ELSE 'name_disagrees'
                END AS reason
            FROM (
                SELECT *, CASE
                    WHEN own_row THEN 'link'
                    WHEN aimed = 0 THEN 'insufficient'
                    WHEN aimed > 1 THEN 'review'
                    WHEN agrees THEN 'link'
                    WHEN level = {missing} THEN 'insufficient'
                    ELSE {literal(rules.otherwise)}
                END AS decision FROM gathered
            )
            """,
            materialise=True,
        ),
    ]


def unheard() -> list[Step]:
    """Return `by_rules` where no evidence is heard: the ladder's answers as they are; and `late`: nobody."""
    return [
        Step("by_rules", "SELECT *, NULL::DOUBLE AS score, 'deterministic' AS how FROM by_ladder"),
        Step("late", "SELECT record_id FROM moved WHERE FALSE"),
    ]


def judged_places() -> list[Step]:
    """Return `judged_places`: `record_id`, `unit`, `rank` and `aims` [{unit, agrees}] of open records that people have
    judged; and `judged_units`: `unit`, `rank`, `record_id` of register rows they may be tied to, by trust."""
    places = Step(
        "judged_places",
        """
        SELECT n.record_id, CASE WHEN n.decision = 'link' THEN n.unit END AS unit, n.rank,
            CASE WHEN n.aimed > 1 THEN (
                SELECT list({unit: a.unit, agrees: coalesce(c.agrees, FALSE)} ORDER BY a.unit)
                FROM aims a LEFT JOIN compared c ON c.record_id = a.record_id AND c.unit = a.unit
                WHERE a.record_id = n.record_id
            ) END AS aims
        FROM by_rules n WHERE n.record_id IN (SELECT record_id FROM judged_records) ORDER BY n.record_id
        """,
        materialise=True,
    )
    units = Step(
        "judged_units",
        """
        SELECT unit, anchor_rank AS rank, record_id FROM reference
        WHERE anchor_rank IS NOT NULL AND unit IN (
            SELECT unit FROM aims WHERE record_id IN (SELECT record_id FROM judged_places))
        """,
    )
    return [places, units]


def decided(rules: LadderRules) -> list[Step]:
    """Return `decided`: `by_rules` with what people judged put over it: `kind`, `judgement`, the `unit` that counts.

    Reads `merged` (unit, into, judgement), `placed` (record_id, unit, judgement) and `broken` (record_id, judgement,
    sure).
    """
    missing = literal(rules.name.levels[0])
    joined = f"""
        SELECT a.record_id, min(coalesce(m.into, a.unit)) AS unit, max(m.judgement) AS judgement,
            bool_or(coalesce(c.agrees, FALSE)) AS agrees,
            arg_max(coalesce(c.level, {missing}), (coalesce(c.agrees::INTEGER, -1), c.level)) AS level
        FROM aims a
        JOIN (SELECT record_id FROM by_rules WHERE aimed > 1) n ON n.record_id = a.record_id
        LEFT JOIN merged m ON m.unit = a.unit
        LEFT JOIN compared c ON c.record_id = a.record_id AND c.unit = a.unit
        GROUP BY a.record_id HAVING count(DISTINCT coalesce(m.into, a.unit)) = 1
        """
    return [
        Step("joined_aims", joined, materialise=True),
        Step(
            "decided",
            f"""
            SELECT n.record_id, n.primary_key, n.other_key, n.rung,
                CASE WHEN p.unit IS NOT NULL THEN p.unit WHEN b.sure THEN NULL
                    ELSE coalesce(j.unit, m.into, n.unit) END AS unit,
                coalesce(j.level, n.level) AS level,
                CASE
                    WHEN p.unit IS NOT NULL THEN 'link'
                    WHEN b.record_id IS NOT NULL THEN CASE WHEN b.sure THEN 'insufficient' ELSE 'review' END
                    WHEN j.agrees THEN 'link'
                    WHEN j.level = {missing} THEN 'insufficient'
                    WHEN j.level IS NOT NULL THEN {literal(rules.otherwise)}
                    ELSE n.decision
                END AS decision,
                CASE
                    WHEN p.unit = 'row:' || n.record_id THEN n.reason
                    WHEN p.unit IS NOT NULL THEN 'judged_same'
                    WHEN b.record_id IS NOT NULL THEN 'judged_not_same'
                    WHEN j.agrees THEN n.rung || '.' || j.level
                    WHEN j.level = {missing} THEN 'name_missing'
                    WHEN j.level IS NOT NULL THEN 'name_disagrees'
                    ELSE n.reason
                END AS reason,
                CASE WHEN p.unit <> 'row:' || n.record_id OR b.record_id IS NOT NULL OR n.reason = 'judged_not_same'
                    THEN 'steward' ELSE n.how END AS kind,
                CASE WHEN p.unit IS NULL AND b.record_id IS NULL AND j.unit IS NULL THEN n.score END AS score,
                coalesce(p.judgement, b.judgement, j.judgement,
                    CASE WHEN n.reason = 'judged_not_same' THEN x.judgement END) AS judgement
            FROM by_rules n
            LEFT JOIN placed p ON p.record_id = n.record_id
            LEFT JOIN broken b ON b.record_id = n.record_id
            LEFT JOIN joined_aims j ON j.record_id = n.record_id
            LEFT JOIN merged m ON m.unit = n.unit
            LEFT JOIN (SELECT record_id, max(judgement) AS judgement FROM excluded GROUP BY record_id) x
                ON x.record_id = n.record_id
            """,
            materialise=True,
        ),
    ]


def link_upserts(rules: LadderRules, commit: int, evidence_model: str = "") -> list[Step]:
    """Return `link_upserts`: the link rows that are new or say something else than before. `evidence_model` is the
    version of the model behind what evidence decided.

    A link whose entity has no id ends the step with an error: its record would be lost silently.
    """
    key_type, key_number = key_parts("d.primary_key")
    other_type, other_number = key_parts("d.other_key")
    rows = f"""
        SELECT d.record_id, {literal(rules.entity)} AS entity,
            CASE WHEN d.decision <> 'link' THEN NULL
                WHEN u.hub_id IS NULL THEN error('a link without hub id') ELSE u.hub_id END AS hub_id,
            d.decision, d.kind, d.rung,
            {key_type} AS key_type, {key_number} AS key_number,
            {other_type} AS other_type, {other_number} AS other_number,
            d.level, d.score,
            CASE WHEN d.kind = 'probabilistic' THEN {literal(evidence_model)} ELSE {literal(rules.model)} END AS model,
            d.reason,
            CASE WHEN d.decision <> 'link' THEN u.hub_id END AS candidate_hub_id, d.judgement,
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
            f"SELECT n.* FROM link_rows n LEFT JOIN links_open o ON o.record_id = n.record_id WHERE {differs}",
            materialise=True,
        ),
    ]


def link_deletions() -> Step:
    """Return `link_deletions`: `record_id` and the `hub_id` it had, of links whose record is gone."""
    return Step(
        "link_deletions",
        """
        SELECT record_id, hub_id FROM links_open
        WHERE record_id IN (FROM moved) AND record_id NOT IN (SELECT record_id FROM keyed_arriving)
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
            UNION ALL SELECT o.hub_id FROM links_open o JOIN link_upserts n ON n.record_id = o.record_id
            UNION ALL SELECT hub_id FROM link_deletions
            UNION ALL SELECT hub_id FROM links_open WHERE record_id IN (FROM moved)
            UNION ALL SELECT hub_id FROM identity_upserts
        ) WHERE hub_id IS NOT NULL
        """,
        materialise=True,
    )


def counts() -> Step:
    """Return `counts`: `what`, `count`: decisions by reason, changed links, changed identities by state.

    The first word of an explanation is its reason: the levels and bits behind it differ from record to record.
    """
    return Step(
        "counts",
        """
        SELECT what, count(*)::BIGINT AS count FROM (
            SELECT 'decided.' || decision || '.' || split_part(reason, ' ', 1) AS what FROM decided
            UNION ALL SELECT 'links.changed' FROM link_upserts
            UNION ALL SELECT 'links.deleted' FROM link_deletions
            UNION ALL SELECT 'identity.' || state FROM identity_upserts
        ) GROUP BY what ORDER BY what
        """,
    )

"""Identities: which hub id each entity has, kept stable over runs; what became of ids whose entity is gone."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal
from engine.step import Step
from matching.rules import LadderRules
from matching.tables import IDENTITY, key_parts, key_text

_KEY = key_text("key_type", "key_number")


def claims(rules: LadderRules) -> list[Step]:
    """Return `claimed`: the hub id that an entity to be already has, and `unclaimed`: active ids left without entity.

    An entity of a register row has the id that this row anchors; an entity of a number has the id of this number.
    """
    if rules.rows_are_entities:
        claimed = """
            SELECT f.unit, i.hub_id FROM reference f JOIN standing i ON f.anchor_record = i.anchor_record
            UNION ALL
            SELECT f.unit, i.hub_id FROM reference f JOIN standing i ON f.key = i.key
            WHERE f.anchor_record IS NULL AND i.anchor_record IS NULL
            """
    else:
        claimed = "SELECT f.unit, i.hub_id FROM reference f JOIN standing i ON f.key = i.key"
    return [
        Step("standing", f"SELECT *, {_KEY} AS key FROM identity WHERE state = 'active'"),
        Step("claimed", claimed, materialise=True),
        Step(
            "unclaimed",
            """
            SELECT hub_id, since_commit FROM standing
            WHERE (key IN (FROM open_keys) OR anchor_record IN (FROM moved))
                AND hub_id NOT IN (SELECT hub_id FROM claimed)
            """,
            materialise=True,
        ),
    ]


def inheritance() -> list[Step]:
    """Return `inherited` (unit, hub_id) and `successor` (hub_id, unit, alone): where members of unclaimed ids went.

    Members vote with their feet: an id without entity passes to the entity that most of its members are now linked to,
    if that one has no id of its own. So a provisional entity's id is adopted when the register learns its number, and
    an anchored entity that lost its register row goes on under its id. `alone`: all members went to one entity.
    """
    votes = """
        SELECT o.hub_id, d.unit, count(*) AS votes
        FROM decided d JOIN links o ON o.record_id = d.record_id JOIN unclaimed u ON u.hub_id = o.hub_id
        WHERE d.decision = 'link' AND o.decision = 'link'
        GROUP BY o.hub_id, d.unit
        """
    successor = f"""
        SELECT hub_id, unit, votes, count(*) OVER (PARTITION BY hub_id) = 1 AS alone
        FROM ({votes})
        QUALIFY row_number() OVER (PARTITION BY hub_id ORDER BY votes DESC, unit) = 1
        """
    inherited = """
        SELECT s.unit, s.hub_id
        FROM successor s JOIN unclaimed u ON u.hub_id = s.hub_id
        WHERE s.unit NOT IN (SELECT unit FROM claimed)
        QUALIFY row_number() OVER (PARTITION BY s.unit ORDER BY s.votes DESC, u.since_commit, s.hub_id) = 1
        """
    return [Step("successor", successor, materialise=True), Step("inherited", inherited, materialise=True)]


def newcomers() -> Step:
    """Return `newcomers`: the `unit` of each entity that needs a fresh id; as many rows as fresh ids are needed."""
    return Step(
        "newcomers",
        """
        SELECT unit FROM reference
        WHERE unit NOT IN (SELECT unit FROM claimed) AND unit NOT IN (SELECT unit FROM inherited)
        """,
        materialise=True,
    )


def unit_hubs() -> Step:
    """Return one row an entity: `unit`, `hub_id`, `key`, `anchor_record`. Fresh ids go out in the order of the units.

    Too few fresh ids end the step with an error: an entity without id would lose its records silently.
    """
    return Step(
        "unit_hubs",
        """
        SELECT f.unit, f.key, f.anchor_record,
            CASE WHEN h.hub_id IS NULL THEN error('fewer fresh ids than newcomers') ELSE h.hub_id END AS hub_id
        FROM reference f LEFT JOIN (
            FROM claimed
            UNION ALL SELECT unit, hub_id FROM inherited
            UNION ALL
            SELECT n.unit, i.hub_id
            FROM (SELECT unit, row_number() OVER (ORDER BY unit) AS place FROM newcomers) n
            JOIN (SELECT hub_id, row_number() OVER (ORDER BY ordinal) AS place FROM fresh_ids) i USING (place)
        ) h ON h.unit = f.unit
        """,
        materialise=True,
    )


def identity_upserts(rules: LadderRules, commit: int) -> list[Step]:
    """Return `identity_upserts`: the identity rows that are new or changed; a retired or redirected id stays for ever.

    An unclaimed id nobody inherited is redirected where all its members went together, otherwise retired.
    """
    key_type, key_number = key_parts("u.key")
    alive = f"""
        SELECT u.hub_id, {literal(rules.entity)} AS entity, 'active' AS state, u.anchor_record,
            {key_type} AS key_type, {key_number} AS key_number, NULL::VARCHAR AS into,
            coalesce(o.since_commit, {commit})::BIGINT AS since_commit, {commit}::BIGINT AS changed_commit
        FROM unit_hubs u LEFT JOIN identity o ON o.hub_id = u.hub_id
        """
    gone = f"""
        SELECT o.hub_id, o.entity, CASE WHEN s.alone THEN 'redirected' ELSE 'retired' END AS state, o.anchor_record,
            o.key_type, o.key_number, CASE WHEN s.alone THEN h.hub_id END AS into,
            o.since_commit, {commit}::BIGINT AS changed_commit
        FROM unclaimed c
        JOIN identity o ON o.hub_id = c.hub_id
        LEFT JOIN successor s ON s.hub_id = c.hub_id
        LEFT JOIN unit_hubs h ON h.unit = s.unit
        WHERE c.hub_id NOT IN (SELECT hub_id FROM inherited)
        """
    differs = " OR ".join(
        f"n.{name} IS DISTINCT FROM o.{name}" for name in IDENTITY.names if name not in ("hub_id", "changed_commit")
    )
    return [
        Step("identity_rows", f"{alive} UNION ALL {gone}"),
        Step(
            "identity_upserts",
            f"SELECT n.* FROM identity_rows n LEFT JOIN identity o ON o.hub_id = n.hub_id WHERE {differs}",
            materialise=True,
        ),
    ]

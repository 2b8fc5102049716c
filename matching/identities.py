"""Identities: which hub id each entity has, kept stable over runs; what became of ids whose entity is gone."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.quoting import literal
from engine.step import NearStep, Step
from matching.rules import LadderRules
from matching.tables import IDENTITY, key_parts, key_text

_KEY = key_text("key_type", "key_number")


def units() -> Step:
    """Return `units`: one row an entity: `unit`, `key`, `anchor_record`.

    Units that a judgement merged are one; records that only a judgement or evidence ties together are a provisional
    entity of their own; one that is not open but that evidence ties an open record to goes on as it is.
    """
    return Step(
        "units",
        """
        SELECT unit, key, anchor_record FROM reference
        WHERE unit NOT IN (SELECT unit FROM merged WHERE unit <> merged.into)
            AND (anchor_record IS NOT NULL OR unit IN (SELECT unit FROM decided WHERE decision = 'link'))
        UNION ALL
        SELECT DISTINCT unit, NULL, NULL FROM decided WHERE decision = 'link' AND unit LIKE 'new:%'
        UNION ALL
        SELECT unit, key, anchor_record FROM standing
        WHERE unit IN (SELECT unit FROM decided WHERE kind = 'probabilistic')
            AND unit NOT LIKE 'new:%' AND unit NOT IN (SELECT unit FROM reference)
        """,
        materialise=True,
    )


def standing() -> list[Step | NearStep]:
    """Return `identity_near`: the identities that decided records have or had, each with its `key`; and `standing`, the
    active ones among them."""
    hubs, units = "SELECT hub_id FROM links_open", "SELECT unit FROM reference UNION SELECT unit FROM decided"
    near = f"SELECT *, {_KEY} AS key FROM identity_asked WHERE hub_id IN ({hubs}) OR unit IN ({units})"
    return [
        NearStep("identity_asked", "identity", {"hub_id": hubs, "unit": units}),
        Step("identity_near", near, materialise=True),
        Step("standing", "SELECT * FROM identity_near WHERE state = 'active'"),
    ]


def claims() -> list[Step]:
    """Return `claimed`: the hub id that an entity already has, and `unclaimed`: active ids left without entity."""
    return [
        Step(
            "claimed",
            "SELECT u.unit, i.hub_id FROM units u JOIN standing i ON i.unit = u.unit",
            materialise=True,
        ),
        Step(
            "unclaimed",
            """
            SELECT hub_id, since_commit FROM standing
            WHERE (key IN (FROM open_keys) OR anchor_record IN (FROM unsettled) OR anchor_record IN (FROM reopened)
                    OR hub_id IN (SELECT hub_id FROM links_open WHERE record_id IN (FROM reopened))
                    OR (unit LIKE 'new:%' AND hub_id IN (
                        SELECT hub_id FROM links_open
                        WHERE record_id IN (FROM stirred) OR record_id IN (SELECT record_id FROM late))))
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
        FROM decided d JOIN links_open o ON o.record_id = d.record_id JOIN unclaimed u ON u.hub_id = o.hub_id
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


def restored() -> Step:
    """Return `restored` (unit, hub_id): ids that had been merged away and whose entity stands by itself again."""
    return Step(
        "restored",
        """
        SELECT u.unit, i.hub_id FROM units u JOIN identity_near i ON i.unit = u.unit AND i.state = 'redirected'
        WHERE u.unit NOT IN (SELECT unit FROM claimed) AND u.unit NOT IN (SELECT unit FROM inherited)
        QUALIFY row_number() OVER (PARTITION BY u.unit ORDER BY i.changed_commit DESC, i.hub_id) = 1
        """,
        materialise=True,
    )


def newcomers() -> Step:
    """Return `newcomers`: the `unit` of each entity that needs a fresh id; as many rows as fresh ids are needed."""
    return Step(
        "newcomers",
        """
        SELECT unit FROM units
        WHERE unit NOT IN (SELECT unit FROM claimed) AND unit NOT IN (SELECT unit FROM inherited)
            AND unit NOT IN (SELECT unit FROM restored)
        """,
        materialise=True,
    )


def unit_hubs() -> Step:
    """Return one row an entity: `unit`, `hub_id`, `key`, `anchor_record`, `reason` (how it has come by this id).

    Fresh ids go out in the order of the units. Too few of them end the step with an error: an entity without id would
    lose its records silently.
    """
    return Step(
        "unit_hubs",
        """
        SELECT f.unit, f.key, f.anchor_record, h.reason,
            CASE WHEN h.hub_id IS NULL THEN error('fewer fresh ids than newcomers') ELSE h.hub_id END AS hub_id
        FROM units f LEFT JOIN (
            SELECT unit, hub_id, 'updated' AS reason FROM claimed
            UNION ALL SELECT unit, hub_id, 'adopted' FROM inherited
            UNION ALL SELECT unit, hub_id, 'restored' FROM restored
            UNION ALL
            SELECT n.unit, i.hub_id, 'found'
            FROM (SELECT unit, row_number() OVER (ORDER BY unit) AS place FROM newcomers) n
            JOIN (SELECT hub_id, row_number() OVER (ORDER BY ordinal) AS place FROM fresh_ids) i USING (place)
        ) h ON h.unit = f.unit
        """,
        materialise=True,
    )


def identity_upserts(rules: LadderRules, commit: int) -> list[Step]:
    """Return `identity_upserts`: the identity rows that are new or changed; a retired id stays for ever.

    An unclaimed id nobody inherited is redirected where all its members went together, otherwise retired.
    """
    key_type, key_number = key_parts("u.key")
    alive = f"""
        SELECT u.hub_id, {literal(rules.entity)} AS entity, u.unit, 'active' AS state, u.reason,
            NULL::BIGINT AS judgement, u.anchor_record,
            {key_type} AS key_type, {key_number} AS key_number, NULL::VARCHAR AS into,
            coalesce(o.since_commit, {commit})::BIGINT AS since_commit, {commit}::BIGINT AS changed_commit
        FROM unit_hubs u LEFT JOIN identity_near o ON o.hub_id = u.hub_id
        """
    gone = f"""
        SELECT o.hub_id, o.entity, o.unit, CASE WHEN s.alone THEN 'redirected' ELSE 'retired' END AS state,
            CASE WHEN s.alone THEN 'merged' WHEN s.hub_id IS NULL THEN 'emptied' ELSE 'dissolved' END AS reason,
            m.judgement, o.anchor_record, o.key_type, o.key_number, CASE WHEN s.alone THEN h.hub_id END AS into,
            o.since_commit, {commit}::BIGINT AS changed_commit
        FROM unclaimed c
        JOIN identity_near o ON o.hub_id = c.hub_id
        LEFT JOIN successor s ON s.hub_id = c.hub_id
        LEFT JOIN unit_hubs h ON h.unit = s.unit
        LEFT JOIN merged m ON m.unit = o.unit
        WHERE c.hub_id NOT IN (SELECT hub_id FROM inherited)
        """
    aside = ("hub_id", "changed_commit", "reason", "judgement")
    differs = " OR ".join(f"n.{name} IS DISTINCT FROM o.{name}" for name in IDENTITY.names if name not in aside)
    return [
        Step("identity_rows", f"{alive} UNION ALL {gone}"),
        Step(
            "identity_upserts",
            f"SELECT n.* FROM identity_rows n LEFT JOIN identity_near o ON o.hub_id = n.hub_id WHERE {differs}",
            materialise=True,
        ),
    ]


def splits() -> Step:
    """Return `splits` (tables.SPLITS): entities that go on, and new or restored ones that took records out of them."""
    return Step(
        "splits",
        """
        SELECT DISTINCT o.hub_id, n.hub_id AS into
        FROM link_upserts n JOIN links_open o ON o.record_id = n.record_id
        WHERE n.decision = 'link' AND o.decision = 'link' AND n.hub_id <> o.hub_id
            AND n.hub_id IN (SELECT hub_id FROM unit_hubs WHERE reason IN ('found', 'restored'))
            AND o.hub_id NOT IN (SELECT hub_id FROM identity_upserts WHERE state <> 'active')
        """,
        materialise=True,
    )

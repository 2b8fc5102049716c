"""Whose representative is who, for the businesses of a version; and which businesses a change of theirs touches."""

from __future__ import annotations

import pyarrow as pa

from engine.relation import Relation
from engine.step import Step
from golden.representatives import REPRESENTATIVES, representatives
from pipeline.current_statements import changed_records, current_records
from pipeline.hub import Hub
from pipeline.standing_links import HUB_IDS, staged_links
from schemas.arrow import party_column
from schemas.standard import Entity
from warehouse.versions import Version

FACT, BUSINESS, PERSON = "legal_representation", "business", "person"

_STATEMENTS = Step(
    "representation",
    f"SELECT record_id, department, {party_column('business')} AS business_record, "  # noqa: S608 - constants
    f"{party_column('person')} AS person_record, observed_at, until FROM statements",
)
# The links as they stand after this version's linking, of every entity.
_NOW = """
    SELECT record_id, hub_id, decision FROM stored_links
    WHERE record_id NOT IN (SELECT record_id FROM link_upserts)
        AND record_id NOT IN (SELECT record_id FROM link_deletions)
    UNION ALL SELECT record_id, hub_id, decision FROM link_upserts
    """
_IDENTITY = Step(
    "person_identity",
    """
    SELECT hub_id, state, anchor_record FROM stored_identity
    WHERE hub_id NOT IN (SELECT hub_id FROM identity_upserts)
    UNION ALL SELECT hub_id, state, anchor_record FROM identity_upserts
    """,
)


def is_represented(hub: Hub, entity: Entity) -> bool:
    """Return whether the standard knows who represents this kind of party."""
    return entity.name == BUSINESS and FACT in hub.city.standard.entities


def businesses_touched(hub: Hub, version: Version) -> pa.Table:
    """Return `hub_id` of businesses whose representative, or the link of whose representative, this version changes."""
    fact = hub.city.standard.entities[FACT]
    statements = current_records(hub, fact, dict(version.manifest))
    moved = Step(
        "moved",
        """
        SELECT business_record FROM representation
        WHERE record_id IN (SELECT record_id FROM changed) OR person_record IN (
            SELECT record_id FROM link_upserts UNION ALL SELECT record_id FROM link_deletions
            UNION ALL SELECT l.record_id FROM stored_links l JOIN identity_upserts i ON i.hub_id = l.hub_id)
        """,
    )
    people = {"statements": statements, "changed": changed_records(hub, version, fact)}
    found = hub.engine.run([_STATEMENTS, moved], {**people, **staged_links(hub, version, PERSON)}, "moved")
    if not found.num_rows:
        return HUB_IDS.empty_table()
    now = Step("now", _NOW)
    touched = Step(
        "touched_businesses",
        "SELECT DISTINCT hub_id FROM now WHERE decision = 'link' AND record_id IN (SELECT business_record FROM moved)",
    )
    relations = {**staged_links(hub, version, BUSINESS), "moved": found}
    return hub.engine.run([now, touched], relations, "touched_businesses").cast(HUB_IDS)


def representatives_now(hub: Hub, version: Version, wanted: pa.Table, members: Relation) -> pa.Table:
    """Return the representative of each wanted business (golden.representatives.REPRESENTATIVES).

    `members` are the links of the wanted businesses as they stand after linking.
    """
    if not wanted.num_rows:
        return REPRESENTATIVES.empty_table()
    fact = hub.city.standard.entities[FACT]
    trusted = tuple(dict.fromkeys(source.department for source in hub.city.register.of(BUSINESS).sources))
    people = staged_links(hub, version, PERSON)
    people = {name: relation for name, relation in people.items() if name != "touched"}
    statements = current_records(hub, fact, dict(version.manifest))
    relations = {**people, "members": members, "wanted": wanted, "statements": statements}
    steps = [_STATEMENTS, Step("person_links", _NOW), _IDENTITY, *representatives(trusted)]
    return hub.engine.run(steps, relations, "representatives").cast(REPRESENTATIVES)

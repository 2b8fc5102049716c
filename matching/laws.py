"""Laws of identity as queries over the links as they stand: each returns what breaks it, so no rows is right."""

from __future__ import annotations

from engine.step import Step

# Also in docs/auditor.md, word for word: a test compares them.
TWO_IDENTITIES = """
WITH carried AS (
    SELECT hub_id, key_type || ':' || key_number AS holder, rung, judgement,
        unnest([{'type': key_type, 'number': key_number}, {'type': other_type, 'number': other_number}]) AS identifier
    FROM links WHERE decision = 'link'
),
held AS (SELECT DISTINCT identifier, holder FROM carried WHERE rung = 'register' AND identifier.number IS NOT NULL),
has AS (
    SELECT DISTINCT hub_id, identifier FROM carried
    WHERE rung <> 'former_identifier' AND identifier IN (SELECT identifier FROM held)
        AND hub_id NOT IN (SELECT hub_id FROM carried WHERE judgement IS NOT NULL)
)
SELECT DISTINCT a.hub_id, a.identifier.type AS type
FROM has a JOIN has b ON b.hub_id = a.hub_id AND b.identifier.type = a.identifier.type
    AND b.identifier.number > a.identifier.number
WHERE NOT EXISTS (
    SELECT 1 FROM held x JOIN held y ON y.holder = x.holder
    WHERE x.identifier = a.identifier AND y.identifier = b.identifier)
ORDER BY ALL
"""


def two_identities() -> Step:
    """Return `two_identities`: `hub_id`, `type` of entities that hold two numbers of one type which the register holds
    for different parties, although no judgement says that they may. Reads `links`.

    Who holds a number is told by the first identifier of the register row: two registration numbers of one credit code
    are one business with a history.
    """
    return Step("two_identities", TWO_IDENTITIES)

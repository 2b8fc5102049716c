"""Laws of identity as queries over the links as they stand: each returns what breaks it, so no rows is right."""

from __future__ import annotations

from engine.step import Step

# Also in docs/auditor.md, word for word: a test compares them.
TWO_IDENTITIES = """
WITH carried AS (
    SELECT hub_id, rung, judgement, unnest([{'type': key_type, 'number': key_number},
        {'type': other_type, 'number': other_number}]) AS identifier
    FROM links WHERE decision = 'link'
),
anchored AS (SELECT DISTINCT identifier FROM carried WHERE rung = 'register' AND identifier.number IS NOT NULL)
SELECT hub_id, identifier.type AS type, count(DISTINCT identifier.number) AS numbers
FROM carried JOIN anchored USING (identifier)
WHERE rung <> 'former_identifier'
GROUP BY hub_id, identifier.type
HAVING count(DISTINCT identifier.number) > 1 AND count(judgement) = 0
ORDER BY ALL
"""


def two_identities() -> Step:
    """Return `two_identities`: `hub_id`, `type`, `numbers` of entities that hold two numbers of one type, each held by
    a register row, although no judgement says that they may. Reads `links`."""
    return Step("two_identities", TWO_IDENTITIES)

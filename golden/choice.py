"""Choice: which of an entity's values survives. One field's policy as an order key: the smallest key wins.

The order is total: rank of the department, then newest by the source's own time, then record id (`newest_of`: time
first, then the department's place). So the same records give the same value whatever order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from engine.quoting import literal, literals, quote
from schemas.reason_sentences import SENTENCES
from schemas.reasons import Effect
from schemas.survivorship import EVERYONE, FieldPolicy

PLACE_BITS = 24  # of the key's lowest part, the record's place in its entity: up to 16 million records an entity
_DEPARTMENT_BITS = 8

# Reasons that leave a doubt about the value that stayed; a merely rewritten value (spaces, width) is not in doubt.
DOUBTS = tuple(sorted(r.value for r, sentence in SENTENCES.items() if sentence.effect is not Effect.CHANGED))


def order_key(policy: FieldPolicy) -> str:
    """Return the SQL of the order key (BIGINT) of one record's value; null where the policy does not admit it."""
    if policy.lead:
        rank = _rank((policy.lead, *policy.otherwise))
        return f"({rank}::BIGINT << {PLACE_BITS}) + place"
    rank = _rank(policy.newest_of)
    return f"(((moment << {_DEPARTMENT_BITS}) + {rank}) << {PLACE_BITS}) + place"


def admitted(policy: FieldPolicy, as_of: date) -> str:
    """Return the SQL condition on a record under which its value may survive: there, in no doubt, not faded."""
    name = quote(policy.field)
    tests = [f"{name} IS NOT NULL"]
    if policy.valid:
        tests.append(
            f"coalesce(len(list_filter(issues, lambda i: i.field = {literal(policy.field)} "
            f"AND i.reason IN {literals(DOUBTS)})), 0) = 0"
        )
    if policy.fades_months:
        tests.append(f"(observed_at IS NULL OR {until('observed_at', policy)} >= DATE {literal(as_of.isoformat())})")
    return " AND ".join(tests)


def until(observed_at: str, policy: FieldPolicy) -> str:
    """Return the SQL of the last day on which a fading value is golden."""
    return f"CAST({observed_at} + INTERVAL {int(policy.fades_months)} MONTH AS DATE)"


def faded_between(policies: Iterable[FieldPolicy], before: date, now: date) -> str:
    """Return the SQL condition on a record one of whose values fades, or comes back, between two as-of dates."""
    early, late = sorted((before, now))
    tests = [
        f"({quote(policy.field)} IS NOT NULL AND {until('observed_at', policy)} >= DATE {literal(early.isoformat())} "
        f"AND {until('observed_at', policy)} < DATE {literal(late.isoformat())})"
        for policy in policies
        if policy.fades_months
    ]
    return " OR ".join(tests) or "FALSE"


def _rank(departments: tuple[str, ...]) -> str:
    named = [name for name in departments if name != EVERYONE]
    cases = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(named))
    rest = str(len(named)) if EVERYONE in departments else "NULL"
    return f"CASE department {cases} ELSE {rest} END" if named else f"CAST({rest} AS INTEGER)"

"""Near judgements: what a person's decision about two records can reach, and which decisions are open again."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from engine.step import NearStep, Step
from matching.anchors import keyed, numbers_of
from matching.judgements import Judged
from matching.rules import LadderRules
from matching.tables import key_text

JUDGED_RECORDS = pa.schema([("record_id", pa.string()), ("component", pa.int64()), ("changed", pa.bool_())])
OPEN_COMPONENTS = pa.schema([("component", pa.int64())])
JUDGED_NEAR = pa.schema([("component", pa.int64()), ("record_id", pa.string())])
JUDGED_DRAWN = pa.schema([("component", pa.int64()), ("unit", pa.string())])
JUDGED_KEYS = pa.schema([("component", pa.int64()), ("key", pa.string())])
_OLD_KEYS = f"[{key_text('key_type', 'key_number')}, {key_text('other_type', 'other_number')}]"

_HUBS = """
    SELECT DISTINCT l.hub_id, r.component
    FROM links_first l JOIN judged_records r ON r.record_id = l.record_id WHERE l.hub_id IS NOT NULL
    UNION
    SELECT i.hub_id, d.component FROM identity_drawn i JOIN drawn d ON d.unit = i.unit WHERE i.state = 'active'
    """
_MATES = f"""
    SELECT j.component, m.record_id, m.keys FROM judged_hubs j
    JOIN (SELECT record_id, hub_id, {_OLD_KEYS} AS keys FROM links_of_hubs) m ON m.hub_id = j.hub_id
    """
_HELD = """
    SELECT record_id FROM former_states WHERE primary_key IN (SELECT key FROM judged_numbers)
        OR other_key IN (SELECT key FROM judged_numbers)
    """
_HOLDING = f"""
    SELECT record_id, primary_key, other_key FROM keyed_holding
    WHERE anchor_rank IS NOT NULL AND (primary_key IN (SELECT key FROM judged_numbers)
        OR other_key IN (SELECT key FROM judged_numbers) OR record_id IN ({_HELD}))
    """


def judged_records(judged: Judged) -> pa.Table:
    """Return `judged_records`: every record a constraint speaks of, its component, whether its constraints changed."""
    records = sorted(judged.component)
    columns = [records, [judged.component[one] for one in records], [one in judged.changed for one in records]]
    return pa.table(columns, schema=JUDGED_RECORDS)


def judged_neighbours(rules: LadderRules) -> list[Step | NearStep]:
    """Return `judged_near` (component, record_id) and `judged_keys` (component, key).

    Near a component are its records, everyone in the entities they are or were in, and the register rows that hold a
    number of theirs: what a judgement merges or parts can reach no further. `drawn` are entities that evidence has just
    tied a record of the component to.
    """
    numbers = numbers_of(rules, "SELECT key FROM judged_numbers")
    return [
        NearStep("identity_drawn", "identity", {"unit": "SELECT unit FROM drawn"}),
        Step("judged_hubs", _HUBS, materialise=True),
        NearStep("links_of_hubs", "links", {"hub_id": "SELECT hub_id FROM judged_hubs"}),
        Step("judged_mates", _MATES, materialise=True),
        Step(
            "judged_own",
            """
            SELECT j.component, k.record_id, [k.primary_key, k.other_key] AS keys
            FROM keyed_moved k JOIN judged_records j ON j.record_id = k.record_id
            UNION ALL
            SELECT j.component, l.record_id, [l.old_key, l.old_other]
            FROM links_first l JOIN judged_records j ON j.record_id = l.record_id
            """,
            materialise=True,
        ),
        Step(
            "judged_numbers",
            """
            SELECT DISTINCT component, key FROM (
                SELECT component, unnest(keys) AS key FROM judged_mates
                UNION ALL SELECT component, unnest(keys) FROM judged_own
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
        NearStep("register_holding", "register", {"record_id": _HELD, **numbers}),
        keyed(rules, "register_holding", "keyed_holding"),
        Step("judged_holding", _HOLDING, materialise=True),
        Step(
            "judged_anchors",
            """
            WITH holding AS (
                SELECT record_id, unnest([primary_key, other_key]) AS key FROM judged_holding
                UNION SELECT record_id, unnest([primary_key, other_key]) FROM former_states
            ),
            found AS (SELECT DISTINCT n.component, h.record_id FROM judged_numbers n JOIN holding h ON h.key = n.key)
            SELECT f.component, h.record_id, list(DISTINCT h.key) AS keys
            FROM found f JOIN holding h ON h.record_id = f.record_id GROUP BY f.component, h.record_id
            """,
            materialise=True,
        ),
        Step(
            "judged_near",
            "SELECT component, record_id FROM judged_mates UNION SELECT component, record_id FROM judged_own "
            "UNION SELECT component, record_id FROM judged_anchors",
            materialise=True,
        ),
        Step(
            "judged_keys",
            "FROM judged_numbers UNION SELECT component, unnest(keys) FROM judged_anchors",
            materialise=True,
        ),
        judged_seeds(),
    ]


def judged_seeds() -> Step:
    """Return `judged_seeds`: the components that are open because of what changed."""
    return Step(
        "judged_seeds",
        """
        SELECT component FROM judged_records WHERE changed
        UNION SELECT component FROM judged_near WHERE record_id IN (FROM moved) OR record_id IN (FROM stirred)
        UNION SELECT component FROM judged_keys WHERE key IN (FROM touched_keys)
        """,
    )


def drawn_now() -> Step:
    """Return `drawn_now` (component, unit): entities that are not open and that the rules tie a judged record to."""
    return Step(
        "drawn_now",
        """
        SELECT DISTINCT j.component, n.unit FROM by_rules n JOIN judged_records j ON j.record_id = n.record_id
        WHERE n.decision = 'link' AND n.unit NOT LIKE 'new:%' AND n.unit NOT IN (SELECT unit FROM reference)
            AND n.unit NOT IN (SELECT unit FROM drawn)
        """,
    )


def open_components(keys: Iterable[Mapping[str, object]], seeds: Iterable[int]) -> pa.Table:
    """Return `open_components`: the components of the seeds, and those that share a key with an open one, and so on."""
    of_key: dict[object, list[int]] = {}
    of_component: dict[int, list[object]] = {}
    for row in keys:
        component, key = row["component"], row["key"]
        assert isinstance(component, int)
        of_key.setdefault(key, []).append(component)
        of_component.setdefault(component, []).append(key)
    found, waiting = set(seeds), list(seeds)
    while waiting:
        for key in of_component.get(waiting.pop(), ()):
            fresh = [one for one in of_key.pop(key, ()) if one not in found]
            found.update(fresh)
            waiting += fresh
    return pa.table([sorted(found)], schema=OPEN_COMPONENTS)

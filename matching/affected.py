"""Affected: which keys are open again after a change or a judgement, and the records that must be decided anew."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from engine.step import Step
from matching.judgements import Judged
from matching.rules import LadderRules
from matching.tables import key_text

JUDGED_RECORDS = pa.schema([("record_id", pa.string()), ("component", pa.int64()), ("changed", pa.bool_())])
OPEN_COMPONENTS = pa.schema([("component", pa.int64())])
JUDGED_NEAR = pa.schema([("component", pa.int64()), ("record_id", pa.string())])
JUDGED_KEYS = pa.schema([("component", pa.int64()), ("key", pa.string())])
_OLD_KEYS = f"[{key_text('key_type', 'key_number')}, {key_text('other_type', 'other_number')}]"


def moved() -> Step:
    """Return `moved`: the ids of records that changed."""
    return Step("moved", "SELECT DISTINCT record_id FROM changed", materialise=True)


def touched_keys() -> list[Step]:
    """Return `touched_keys`: every key that a changed record has, had or once held, and those of `stirred` records.

    Each large relation is read once, for the rows that matter: most of a night's cost is reading what stands.
    """
    return [
        Step(
            "keyed_moved",
            "SELECT * FROM keyed WHERE record_id IN (FROM moved UNION SELECT record_id FROM stirred)",
            materialise=True,
        ),
        Step(
            "touched_keys",
            f"""
            SELECT DISTINCT key FROM (
                SELECT unnest([primary_key, other_key]) AS key FROM keyed_moved
                UNION ALL
                SELECT unnest({_OLD_KEYS}) FROM links WHERE record_id IN (FROM moved)
                UNION ALL
                SELECT unnest([primary_key, other_key]) FROM former_states WHERE record_id IN (FROM moved)
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
    ]


def judged_records(judged: Judged) -> pa.Table:
    """Return `judged_records`: every record a constraint speaks of, its component, whether its constraints changed."""
    records = sorted(judged.component)
    columns = [records, [judged.component[one] for one in records], [one in judged.changed for one in records]]
    return pa.table(columns, schema=JUDGED_RECORDS)


def judged_neighbours() -> list[Step]:
    """Return `judged_near` (component, record_id) and `judged_keys` (component, key).

    Near a component are its records, everyone in the entities they are or were in, and the register rows that hold a
    number of theirs: what a judgement merges or parts can reach no further.
    """
    mates = f"""
        SELECT j.component, m.record_id, m.keys FROM (
            SELECT DISTINCT l.hub_id, r.component FROM links l JOIN judged_records r ON r.record_id = l.record_id
            WHERE l.hub_id IS NOT NULL
        ) j JOIN (SELECT record_id, hub_id, {_OLD_KEYS} AS keys FROM links) m ON m.hub_id = j.hub_id
        """
    return [
        Step("judged_mates", mates, materialise=True),
        Step(
            "judged_own",
            f"""
            SELECT j.component, k.record_id, [k.primary_key, k.other_key] AS keys
            FROM keyed k JOIN judged_records j ON j.record_id = k.record_id
            UNION ALL
            SELECT j.component, l.record_id, {_OLD_KEYS}
            FROM links l JOIN judged_records j ON j.record_id = l.record_id
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
        Step(
            "judged_anchors",
            """
            WITH holding AS (
                SELECT record_id, unnest([primary_key, other_key]) AS key FROM keyed WHERE anchor_rank IS NOT NULL
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
        Step(
            "judged_seeds",
            """
            SELECT component FROM judged_records WHERE changed
            UNION SELECT component FROM judged_near WHERE record_id IN (FROM moved) OR record_id IN (FROM stirred)
            UNION SELECT component FROM judged_keys WHERE key IN (FROM touched_keys)
            """,
        ),
    ]


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


def open_keys(rules: LadderRules) -> list[Step]:
    """Return `reopened` (records a judgement re-opens) and `open_keys`: keys whose records may be decided otherwise.

    A decision depends on its record, on the anchors that hold its key, on the records of the same key, on judgements
    and, where a number is one entity, on the anchor rows of the number that holds the key. So open is every key that a
    changed record has or had, every key of a re-opened component, and every other key of anchor rows whose number is
    open.
    """
    reopened = [
        Step(
            "reopened",
            "SELECT DISTINCT record_id FROM judged_near WHERE component IN (FROM open_components)",
            materialise=True,
        ),
        Step(
            "opened_keys",
            """
            FROM touched_keys
            UNION SELECT key FROM judged_keys WHERE component IN (FROM open_components) AND key IS NOT NULL
            """,
            materialise=True,
        ),
    ]
    if rules.rows_are_entities:
        return [*reopened, Step("open_keys", "FROM opened_keys"), _near()]
    return [
        *reopened,
        Step(
            "numbers_open",
            """
            FROM opened_keys
            UNION
            SELECT k.primary_key FROM keyed k JOIN former_states f ON f.record_id = k.record_id
            WHERE f.primary_key IN (FROM opened_keys) AND k.primary_key IS NOT NULL
            """,
            materialise=True,
        ),
        Step(
            "open_keys",
            """
            FROM numbers_open
            UNION
            SELECT other_key FROM keyed
            WHERE anchor_rank IS NOT NULL AND other_key IS NOT NULL AND primary_key IN (FROM numbers_open)
            UNION
            SELECT key FROM (
                SELECT unnest([f.primary_key, f.other_key]) AS key
                FROM keyed k JOIN former_states f ON f.record_id = k.record_id
                WHERE k.anchor_rank IS NOT NULL AND k.primary_key IN (FROM numbers_open)
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
        _near(),
    ]


def _near() -> Step:
    """Return `keyed_near`: the rows of `keyed` that a decision of this run is about or can depend on."""
    return Step(
        "keyed_near",
        """
        SELECT * FROM keyed
        WHERE primary_key IN (FROM open_keys) OR other_key IN (FROM open_keys) OR record_id IN (
            FROM moved UNION FROM reopened UNION SELECT record_id FROM stirred
            UNION SELECT record_id FROM former_states
            WHERE primary_key IN (FROM open_keys) OR other_key IN (FROM open_keys))
        """,
        materialise=True,
    )


def links_open() -> Step:
    """Return `links_open`: the stored links of records that are decided again or gone."""
    return Step(
        "links_open",
        "SELECT * FROM links WHERE record_id IN (SELECT record_id FROM open_records UNION FROM moved)",
        materialise=True,
    )


def open_records(rules: LadderRules) -> Step:
    """Return one row a record to decide: `own_row` (it is a register row that is an entity), its keys and names.

    Register rows that are entities are the same whatever happens to their number, unless a judgement merges them.
    """
    own_row = "anchor_rank IS NOT NULL" if rules.rows_are_entities else "FALSE"
    unchanged_anchor = "AND anchor_rank IS NULL" if rules.rows_are_entities else ""
    return Step(
        "open_records",
        f"""
        SELECT *, {own_row} AS own_row FROM keyed_near
        WHERE (primary_key IN (FROM open_keys) {unchanged_anchor})
            OR record_id IN (FROM moved) OR record_id IN (FROM reopened) OR record_id IN (FROM stirred)
        """,
        materialise=True,
    )

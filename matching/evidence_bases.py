"""Evidence, the SQL of its other side: register rows that share a block key with a record heard, and their units."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from engine.step import NearStep, Step
from matching.evidence_steps import field_list
from schemas.linkage_spec import LinkageSpec


def sharing(rows: str, others: str, rules: int) -> str:
    """Return the SQL condition that a row of the relation `rows` shares a block key with one of `others`."""
    return " OR ".join(
        f"{rows}.keys[{rule}] IN (SELECT keys[{rule}] FROM {others} WHERE keys[{rule}] IS NOT NULL)"
        for rule in range(1, rules + 1)
    ) or "FALSE"  # fmt: skip


def bases(spec: LinkageSpec, rules: int) -> list[Step | NearStep]:
    """Return `base_units` (record_id, unit) and `base_values`, in order: register rows that share a key with one heard,
    and `allowed`: the units that a record may go to where a register row holds its number."""
    return [*_rows(rules), *_units(), *_values(spec)]


def _rows(rules: int) -> list[Step | NearStep]:
    """Return `base_rows`: id and block keys of the register rows."""
    return [
        NearStep("index_shared", "evidence_index", {"keys": "SELECT unnest(keys) FROM heard_keys"}),
        Step(
            "base_rows",
            f"""
            SELECT record_id, keys FROM index_shared i WHERE anchor AND record_id NOT IN (FROM moved)
                AND record_id NOT IN (SELECT record_id FROM anchor_keys) AND ({sharing("i", "heard_keys", rules)})
            UNION ALL SELECT record_id, keys FROM anchor_keys a WHERE {sharing("a", "heard_keys", rules)}
            """,
            materialise=True,
        ),
    ]


def _units() -> list[Step | NearStep]:
    """Return `base_units`: a register row's unit is the one it anchors now; of a row that is not open, the one it has
    had: its own, or the one its link says."""
    rows, hubs = "SELECT 'row:' || record_id FROM base_rows", "SELECT hub_id FROM links_far"
    far = "SELECT record_id FROM base_far WHERE unit IS NULL"
    return [
        NearStep("identity_of_rows", "identity", {"unit": rows}, ("unit", "state")),
        Step(
            "base_far",
            """
            SELECT b.record_id, i.unit FROM (
                SELECT record_id FROM base_rows WHERE record_id NOT IN (SELECT record_id FROM anchors)
            ) b LEFT JOIN (
                SELECT unit FROM identity_of_rows WHERE state = 'active'
                    AND unit IN (SELECT 'row:' || record_id FROM base_rows)
            ) i ON i.unit = 'row:' || b.record_id
            """,
            materialise=True,
        ),
        NearStep("links_of_rows", "links", {"record_id": far}, ("record_id", "hub_id")),
        Step(
            "links_far",
            """
            SELECT record_id, hub_id FROM links_of_rows
            WHERE record_id IN (SELECT record_id FROM base_far WHERE unit IS NULL)
            """,
            materialise=True,
        ),
        NearStep("identity_far", "identity", {"hub_id": hubs}, ("hub_id", "unit", "state")),
        Step(
            "base_linked",
            """
            SELECT l.record_id, i.unit
            FROM links_far l JOIN identity_far i ON i.hub_id = l.hub_id AND i.state = 'active'
            """,
            materialise=True,
        ),
        Step(
            "base_units",
            """
            SELECT record_id, unit FROM anchors WHERE record_id IN (SELECT record_id FROM base_rows)
            UNION ALL SELECT record_id, unit FROM base_far WHERE unit IS NOT NULL
            UNION ALL FROM base_linked
            """,
            materialise=True,
        ),
    ]


def _values(spec: LinkageSpec) -> list[Step | NearStep]:
    columns = tuple(dict.fromkeys(["record_id", *(field.left for field in spec.fields)]))
    return [
        NearStep("register_near", "register", {"record_id": "SELECT record_id FROM base_units"}, columns),
        Step(
            "base_values",
            f"""
            SELECT r.record_id, u.unit, k.keys, {field_list(spec, "r.")}
            FROM (SELECT * FROM register_near WHERE record_id IN (SELECT record_id FROM base_units)) r
            JOIN base_units u ON u.record_id = r.record_id
            JOIN base_rows k ON k.record_id = r.record_id ORDER BY r.record_id
            """,
        ),
        # A number that a register row holds is not given to another one by likeness: such a record may go to no other.
        Step(
            "allowed",
            """
            SELECT h.record_id, a.unit FROM hearing h JOIN aims a ON a.record_id = h.record_id
            WHERE h.rung NOT IN ('none', 'provisional_identifier') ORDER BY h.record_id, a.unit
            """,
        ),
    ]

"""Affected: which keys are open again after a change or a judgement, and the records that must be decided anew."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence

from engine.quoting import quote
from engine.step import NearStep, Step
from matching.anchors import keyed, ladder_columns, numbers_of
from matching.evidence_steps import PROVISIONAL_RUNGS, unnested
from matching.rules import LadderRules
from matching.tables import key_parts, key_text

_LINK_COLUMNS = (
    "record_id", "hub_id", "rung", "decision", "level", "key_type", "key_number", "other_type", "other_number",
)  # fmt: skip

FIRM = ("register", "anchored_identifier", "former_identifier")  # rungs on which no other record of a number counts


def moved() -> Step:
    """Return `moved`: the ids of records that changed."""
    return Step("moved", "SELECT DISTINCT record_id FROM changed", materialise=True)


def standing_links() -> list[Step | NearStep]:
    """Return `keyed_moved`: the keys of changed records as they are now; and `links_first`: `record_id`, `hub_id`,
    `rung`, `decision`, `level`, `old_key`, `old_other` of the stored links that a run starts from.

    Each large relation is asked for the rows that matter: most of a night's cost would be reading what stands.
    """
    asked = "FROM moved UNION FROM stirred_by_keys UNION SELECT record_id FROM judged_records"
    return [
        Step("keyed_moved", "FROM keyed_arriving", materialise=True),
        NearStep("links_asked", "links", {"record_id": asked, "rung": unnested(PROVISIONAL_RUNGS)}, _LINK_COLUMNS),
        Step(
            "links_first",
            f"""
            SELECT record_id, hub_id, rung, decision, level, {key_text('key_type', 'key_number')} AS old_key,
                {key_text('other_type', 'other_number')} AS old_other
            FROM links_asked WHERE record_id IN ({asked}) OR rung IN ({unnested(PROVISIONAL_RUNGS)})
            """,
            materialise=True,
        ),
    ]


def unsettled(rules: LadderRules) -> Step:
    """Return `unsettled`: changed records but those whose link stands whatever else they say now.

    That is a link by identifier of a record whose identifiers and names are as they were (`keyed_was`), and never were
    others: neither it nor any other of its number can be decided otherwise because of it. What its new values mean for
    likeness is another matter: a register row's block keys stir whom they find. Which row stands for a number may hang
    on when rows were seen, where a number is one entity.
    """
    same = " AND ".join(
        f"n.{name} IS NOT DISTINCT FROM o.{name}"
        for name in ("anchor_rank", "name", "former_name", "primary_key", "other_key")
    )
    if not rules.rows_are_entities:
        same += " AND (n.anchor_rank IS NULL OR n.observed_at IS NOT DISTINCT FROM o.observed_at)"
    return Step(
        "unsettled",
        f"""
        FROM moved WHERE record_id NOT IN (
            SELECT n.record_id FROM keyed_moved n
            JOIN keyed_was o ON o.record_id = n.record_id AND {same}
            JOIN links_first l ON l.record_id = n.record_id AND l.decision = 'link' AND l.rung IN ({unnested(FIRM)})
            WHERE n.record_id NOT IN (
                SELECT f.record_id FROM former_states f JOIN keyed_moved k ON k.record_id = f.record_id
                WHERE f.primary_key IS DISTINCT FROM k.primary_key OR f.other_key IS DISTINCT FROM k.other_key
                    OR f.name IS DISTINCT FROM k.name))
        """,
        materialise=True,
    )


def touched_keys(rules: LadderRules) -> list[Step]:
    """Return `touched_keys`: every key that `unsettled` records have, had or once held, and those of `stirred` ones."""
    return [
        unsettled(rules),
        Step(
            "touched_keys",
            """
            SELECT DISTINCT key FROM (
                SELECT unnest([primary_key, other_key]) AS key FROM keyed_moved WHERE record_id IN (FROM unsettled)
                UNION ALL
                SELECT unnest([old_key, old_other]) FROM links_first
                WHERE record_id IN (FROM unsettled UNION SELECT record_id FROM stirred)
                UNION ALL
                SELECT unnest([primary_key, other_key]) FROM former_states WHERE record_id IN (FROM unsettled)
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
    ]


def open_keys(rules: LadderRules, kept: Sequence[str] = ()) -> list[Step | NearStep]:
    """Return `reopened` (records a judgement re-opens) and `open_keys`: keys whose records may be decided otherwise.

    A decision depends on its record, on the anchors that hold its key, on the records of the same key, on judgements
    and, where a number is one entity, on the anchor rows of the number that holds the key. So open is every key that a
    changed record has or had, every key of a re-opened component, and every other key of anchor rows whose number is
    open. `kept` are columns that evidence reads: where they are given, records are read once for both.
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
        return [*reopened, Step("open_keys", "FROM opened_keys"), *_near(rules, kept)]
    return [*reopened, *_entered_twice(rules), *_by_number(rules), *_near(rules, kept)]


def _by_number(rules: LadderRules) -> list[Step | NearStep]:
    """Return `open_keys` where a number is one entity: `entered_open`, the numbers they went over into, and all that
    the anchor rows of these numbers hold or held."""
    held_before = "SELECT record_id FROM former_states WHERE primary_key IN (FROM entered_open)"
    return [
        NearStep("records_before", "records", {"record_id": held_before}),
        keyed(rules, "records_before", "keyed_before"),
        Step(
            "numbers_open",
            f"""
            FROM entered_open
            UNION
            SELECT primary_key FROM keyed_before WHERE record_id IN ({held_before}) AND primary_key IS NOT NULL
            """,
            materialise=True,
        ),
        NearStep("records_open", "records", numbers_of(rules, "FROM numbers_open")),
        keyed(rules, "records_open", "keyed_open"),
        Step(
            "open_keys",
            """
            FROM numbers_open
            UNION
            SELECT other_key FROM keyed_open
            WHERE anchor_rank IS NOT NULL AND other_key IS NOT NULL AND primary_key IN (FROM numbers_open)
            UNION
            SELECT key FROM (
                SELECT unnest([f.primary_key, f.other_key]) AS key
                FROM keyed_open k JOIN former_states f ON f.record_id = k.record_id
                WHERE k.anchor_rank IS NOT NULL AND k.primary_key IN (FROM numbers_open)
            ) WHERE key IS NOT NULL
            """,
            materialise=True,
        ),
    ]


def _entered_twice(rules: LadderRules) -> list[Step | NearStep]:
    """Return `entered_open`: `opened_keys`, and the stronger number of a business whose lesser one is open, where an
    anchor holds that one alone: the business is entered twice, with both numbers and with one.
    """
    if not any(source.by_second for source in rules.anchors):
        return [Step("entered_open", "FROM opened_keys")]
    return [
        NearStep("records_entered", "records", numbers_of(rules, "FROM opened_keys")),
        keyed(rules, "records_entered", "keyed_entered"),
        Step(
            "entered_open",
            """
            FROM opened_keys
            UNION
            SELECT primary_key FROM keyed_entered
            WHERE anchor_rank IS NOT NULL AND other_key IN (FROM opened_keys)
                AND other_key IN (SELECT primary_key FROM keyed_entered WHERE anchor_rank IS NOT NULL)
            """,
            materialise=True,
        ),
    ]


def _near(rules: LadderRules, kept: Sequence[str]) -> list[Step | NearStep]:
    """Return `keyed_near`: the rows of `keyed` that a decision of this run is about or can depend on; and `heard_from`:
    the records that evidence reads, those near ones and all whom the register does not know, where it was `kept`.

    Records are chosen by their bare numbers first: putting each record's keys together would cost more than reading it.
    """
    columns = dict.fromkeys([*ladder_columns(rules), *kept])
    ids = "FROM near_ids"
    if kept:
        ids += f" UNION SELECT record_id FROM links_first WHERE rung IN ({unnested(PROVISIONAL_RUNGS)})"
    held = " OR ".join(f"{quote(key.number)} IN (FROM open_numbers)" for key in rules.keys)
    numbers = {key.number: "FROM open_numbers" for key in rules.keys}
    return [
        Step("open_numbers", f"SELECT DISTINCT {key_parts('key')[1]} AS number FROM open_keys", materialise=True),
        Step(
            "near_ids",
            """
            SELECT record_id FROM (
                FROM unsettled UNION FROM reopened UNION SELECT record_id FROM stirred
                UNION SELECT record_id FROM former_states
                WHERE primary_key IN (FROM open_keys) OR other_key IN (FROM open_keys)
            )
            """,
            materialise=True,
        ),
        NearStep("records_near", "records", {"record_id": ids, **numbers}, tuple(columns)),
        Step(
            "near",
            f"SELECT {', '.join(map(quote, columns))} FROM records_near WHERE {held} OR record_id IN ({ids})",
            materialise=bool(kept),
        ),
        Step("heard_from", "FROM near") if kept else NearStep("heard_from", "records", {"record_id": "FROM near_ids"}),
        keyed(rules, "near", "keyed_of_number"),
        Step(
            "keyed_near",
            """
            SELECT * FROM keyed_of_number
            WHERE primary_key IN (FROM open_keys) OR other_key IN (FROM open_keys) OR record_id IN (FROM near_ids)
            """,
            materialise=True,
        ),
    ]


def links_open() -> list[Step | NearStep]:
    """Return `links_open`: the stored links of records that are decided again or gone."""
    ids = "SELECT record_id FROM open_records UNION FROM moved UNION SELECT record_id FROM late"
    return [
        NearStep("links_decided", "links", {"record_id": ids}),
        Step("links_open", f"SELECT * FROM links_decided WHERE record_id IN ({ids})", materialise=True),
    ]


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
            OR record_id IN (FROM unsettled) OR record_id IN (FROM reopened) OR record_id IN (FROM stirred)
        """,
        materialise=True,
    )

"""Survivorship: from the records of each entity (or fact) to its surviving values, each with its origin."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from engine.quoting import literal, quote
from engine.step import Step
from golden.choice import PLACE_BITS, admitted, order_key, until
from schemas.standard import Entity
from schemas.survivorship import EVERYONE, FieldPolicy, SurvivorshipPolicy


def policies_of(entity: Entity, policy: SurvivorshipPolicy | None) -> tuple[FieldPolicy, ...]:
    """Return one policy a field of the standard, in its order; a field without one takes the newest of everyone."""
    stated = {each.field: each for each in policy.fields} if policy else {}
    return tuple(stated.get(field.name, FieldPolicy(field.name, newest_of=(EVERYONE,))) for field in entity.fields)


def places() -> Step:
    """Return one row a member record: `owner` (entity or fact), `record_id`, `place` (1 = newest, unique in its owner),
    `moment` (1 = newest, equal for equal times). Reads `membership` (owner, record_id) and `records`.
    """
    return Step(
        "places",
        """
        SELECT m.owner, m.record_id,
            row_number() OVER (PARTITION BY m.owner ORDER BY r.observed_at DESC NULLS LAST, r.record_id) AS place,
            dense_rank() OVER (PARTITION BY m.owner ORDER BY r.observed_at DESC NULLS LAST) AS moment
        FROM membership m JOIN records r ON r.record_id = m.record_id
        """,
        materialise=True,
    )


def survivors(policies: Sequence[FieldPolicy], as_of: date, carried: Sequence[str] = ()) -> list[Step]:
    """Return `survived`: per owner its surviving fields, `origins` (JSON), `records` (how many members it has).

    `carried` are columns of `membership` equal for all members of an owner. A field no record may speak for is null
    and has no origin.
    """
    chosen = []
    for number, policy in enumerate(policies):
        test, key = admitted(policy, as_of), order_key(policy)
        chosen.append(f"arg_min({quote(policy.field)}, {key}) FILTER ({test}) AS {quote(policy.field)}")
        chosen.append(f"min({key}) FILTER ({test}) AS key_{number}")
    columns = ", ".join(f"r.{quote(policy.field)}" for policy in policies)
    source = """'"department":' || to_json(r.department) || ',"record":' || to_json(r.record_id)
        || coalesce(',"observed_at":"' || strftime(r.observed_at, '%Y-%m-%dT%H:%M:%S') || '"', '')"""
    members = f"""
        SELECT p.owner, p.place, p.moment, r.department, r.observed_at, r.issues, {source} AS source, {columns}
        FROM places p JOIN records r ON r.record_id = p.record_id
        """
    collected = f"""
        SELECT owner, {", ".join(chosen)}, count(*)::INTEGER AS records,
            list({{told: source, seen: observed_at}} ORDER BY place) AS sources
        FROM member_values GROUP BY owner
        """
    fields = "".join(f", {quote(policy.field)}" for policy in policies)
    extra = "".join(f", any_value({quote(name)}) AS {quote(name)}" for name in carried)
    kept = "".join(f", c.{quote(name)}" for name in carried)
    survived = f"""
        SELECT s.owner, s.records{fields}, {_origins(policies)} AS origins{kept}
        FROM collected s JOIN (SELECT owner{extra} FROM membership GROUP BY owner) c ON c.owner = s.owner
        """
    return [places(), Step("member_values", members), Step("collected", collected), Step("survived", survived)]


def content_hash(columns: Sequence[str]) -> str:
    """Return the SQL of the hash (32 hex) of a row's values: equal exactly where all values are equal."""
    parts = ", ".join(f"coalesce(CAST({quote(name)} AS VARCHAR), chr(30))" for name in columns)
    return f"md5(concat_ws(chr(31), {parts}))"


def _origins(policies: Sequence[FieldPolicy]) -> str:
    """Return the SQL of the JSON object field → {rule, department, record, observed_at?, until?}, no null fields."""
    entries = []
    for number, policy in enumerate(policies):
        place = f"(key_{number} & {(1 << PLACE_BITS) - 1})"
        opening = literal(f'"{policy.field}":{{"rule":"{policy.rule}",')
        entry = f"{opening} || sources[{place}].told"
        if policy.fades_months:
            last_day = until(f"sources[{place}].seen", policy)
            entry += f""" || coalesce(',"until":"' || strftime({last_day}, '%Y-%m-%d') || '"', '')"""
        entries.append(f"{entry} || '}}'")
    return f"'{{' || concat_ws(',', {', '.join(entries)}) || '}}'"

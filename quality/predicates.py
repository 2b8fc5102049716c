"""Every row rule as one SQL predicate over a judged statement: true holds, false fails, null is not tested.

Written once, here: the gate, the scores and the problem lists all read the column it yields.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.quoting import literal, quote
from schemas.quality import Check

# Columns of a judged statement beside those of its entity: see quality.judged.
MARKS, FIELDS = "marks", "marked_fields"


def mark(field: str, reason: str) -> str:
    """Return how a judged statement carries a reason about a field."""
    return f"{field}:{reason}"


def given(field: str) -> str:
    """Return whether the cell held anything: a value stands, or something was found about it."""
    return f"({quote(field)} IS NOT NULL OR list_contains({FIELDS}, {literal(field)}))"


def free_of(field: str, reasons: Sequence[str]) -> str:
    """Return: of the given values, those without any of the reasons hold."""
    marks = ", ".join(literal(mark(field, reason)) for reason in reasons)
    # Nearly all statements carry no mark at all: they are told first, and cheaply.
    return (
        f"CASE WHEN len({MARKS}) = 0 THEN CASE WHEN {quote(field)} IS NOT NULL THEN true END "
        f"WHEN {given(field)} THEN NOT list_has_any({MARKS}, [{marks}]) END"
    )


def present(field: str, reasons: Sequence[str]) -> str:
    """Return: a required value stands, and was not refused as missing or as a placeholder.

    A statement refused for another field says nothing about this one.
    """
    marks = ", ".join(literal(mark(field, reason)) for reason in reasons)
    return (
        f"CASE WHEN state = 'accepted' OR list_contains({FIELDS}, {literal(field)}) "
        f"THEN {given(field)} AND NOT list_has_any({MARKS}, [{marks}]) END"
    )


def party_found(role: str, reasons: Sequence[str]) -> str:
    """Return: the party that another table should hold is there."""
    marks = ", ".join(literal(mark(role, reason)) for reason in reasons)
    return f"NOT list_has_any({MARKS}, [{marks}])"


def not_future(field: str) -> str:
    return f"{quote(field)} <= as_of"


def not_before(field: str, other: str) -> str:
    return f"{quote(field)} >= {quote(other)}"


def begins_with(field: str, other: str) -> str:
    """Return: a longer code opens with the shorter one it belongs to (a town with its division)."""
    return f"starts_with({quote(field)}, {quote(other)})"


def together_with(field: str, other: str) -> str:
    return f"CASE WHEN {quote(other)} IS NOT NULL THEN {given(field)} END"


def fresh_within(field: str, months: int) -> str:
    return f"CASE WHEN {quote(field)} IS NOT NULL THEN observed_at >= as_of - INTERVAL {int(months)} MONTH END"


def unique(fields: Sequence[str]) -> str:
    """Return: no second accepted statement of the same table holds the same values."""
    names = [quote(field) for field in fields]
    filled = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return f"CASE WHEN {filled} THEN count(*) OVER (PARTITION BY {', '.join(names)}) = 1 END"


def same_as(field: str, looked_up: str) -> str:
    """Return: the value is among those the other department has of the same party; null where it has none."""
    return (
        f"CASE WHEN {quote(field)} IS NOT NULL AND len({quote(looked_up)}) > 0 "
        f"THEN list_contains({quote(looked_up)}, {quote(field)}) END"
    )


def known_to(field: str, looked_up: str) -> str:
    return f"CASE WHEN {quote(field)} IS NOT NULL THEN {quote(looked_up)} IS NOT NULL END"


def accepted_present(field: str) -> str:
    """Return: an accepted statement holds the value; of refused ones it is not asked."""
    return f"CASE WHEN state = 'accepted' THEN {quote(field)} IS NOT NULL END"


def accepted_once(key: str) -> str:
    """Return: no second accepted statement has the same key."""
    return f"CASE WHEN state = 'accepted' THEN count(*) OVER (PARTITION BY state, {quote(key)}) = 1 END"


def of_check(check: Check, looked_up: str) -> str:
    """Return the predicate of a city rule; `looked_up` names the column joined for a rule that looks elsewhere.

    Raises ValueError for a check that is no predicate about rows.
    """
    if check.kind == "holds":
        return f"({check.expression})"
    if check.kind == "unique":
        return unique(check.fields)
    if check.kind == "same_as":
        return same_as(check.fields[0], looked_up)
    if check.kind == "known_to":
        return known_to(check.fields[0], looked_up)
    if check.kind == "fresh_within":
        return fresh_within(check.fields[0], check.months)
    raise ValueError(f"{check.kind} judges a table, not its rows")

"""What every rule says about the statements of one place: counts, and the failing rows with their reasons."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from engine.duckdb_engine import Session
from engine.quoting import quote
from engine.step import Step
from quality.judged import PLACE_COLUMNS
from quality.predicates import MARKS
from quality.rule import RowRule, Rule
from schemas.errors import EngineError

FAILING = pa.schema(
    [
        ("fingerprint", pa.string()),
        ("rule", pa.string()),
        ("statement", pa.string()),
        ("field", pa.string()),
        ("source_key", pa.string()),
        ("batch", pa.int64()),
        ("row_number", pa.int64()),
        ("reason", pa.string()),
    ]
)


@dataclass(frozen=True)
class Answered:
    """What one rule said in one place: `tested`, `failed`, or the `error` that kept it from answering."""

    rule: Rule
    tested: int
    failed: int
    error: str = ""


@dataclass(frozen=True)
class Assessed:
    """Every rule's counts and every failing row (`FAILING`, in no particular order)."""

    answers: tuple[Answered, ...]
    failing: pa.Table


def assess(session: Session, judged: str, rules: Sequence[RowRule]) -> Assessed:
    """Judge the relation `judged` (see quality.judged) of an open session by `rules`.

    A rule that raises is told as an error; the others are judged all the same. `fingerprint` is the same as long as
    the same record breaks the same rule, whatever its value; it is made from the record's keyed id, so that it can be
    turned back into nothing.
    """
    name, sound = f"answers of {judged}", list(rules)
    errors: list[Answered] = []
    try:
        session.run([answers_step(name, judged, sound)])
    except EngineError:
        errors = _errors(session, judged, rules)
        raised = {one.rule.column for one in errors}
        name, sound = f"sound {name}", [one for one in rules if one.rule.column not in raised]
        session.run([answers_step(name, judged, sound)])
    counts = _counts(session, name, len(sound))
    answered = [Answered(one.rule, *counts[number]) for number, one in enumerate(sound)]
    return Assessed((*answered, *errors), _failing(session, name, sound))


def answers_step(name: str, judged: str, rules: Sequence[RowRule]) -> Step:
    """Return the step that holds one boolean column `r<number>` a rule beside where each statement stands."""
    columns = "".join(f", CAST({one.holds} AS BOOLEAN) AS r{number}" for number, one in enumerate(rules))
    return Step(name, f"SELECT {', '.join(PLACE_COLUMNS)}, {MARKS}{columns} FROM {quote(judged)}", materialise=True)


def _errors(session: Session, judged: str, rules: Sequence[RowRule]) -> list[Answered]:
    """Ask every rule alone; return those that raise, with the kind of error (never its text: it may quote a value)."""
    found = []
    for number, one in enumerate(rules):
        try:
            session.run([answers_step(f"rule {number} of {judged}", judged, [one])])
        except EngineError as error:
            found.append(Answered(one.rule, 0, 0, error.detail))
    return found


def _counts(session: Session, answers: str, rules: int) -> list[tuple[int, int]]:
    """Return (tested, failed) of each rule."""
    if not rules:
        return []
    asked = ", ".join(f"count(r{number}), count_if(NOT r{number})" for number in range(rules))
    session.run([Step(f"counts of {answers}", f"SELECT {asked} FROM {quote(answers)}")])
    [row] = session.table(f"counts of {answers}").to_pylist()
    values = [int(value or 0) for value in row.values()]
    return list(zip(values[::2], values[1::2], strict=True))


def _failing(session: Session, answers: str, rules: Sequence[RowRule]) -> pa.Table:
    if not rules:
        return FAILING.empty_table()
    told = pa.table(
        {
            "number": pa.array(range(len(rules)), pa.int32()),
            "rule": [one.rule.id for one in rules],
            "field": [one.rule.field for one in rules],
            "code": [one.rule.code for one in rules],
            "rule_marks": pa.array([list(one.marks) for one in rules], pa.list_(pa.string())),
        }
    )
    rules_name = f"rules of {answers}"
    session.add(rules_name, told)
    numbers = ", ".join(f"CASE WHEN NOT r{number} THEN {number} END" for number in range(len(rules)))
    # A record may fail one rule about two fields (a party under two roles): the field tells them apart.
    key = "record_id || '/' || rule || '/' || field"
    sql = f"""
        SELECT left(sha256({key}), 32) AS fingerprint, rule, statement, field, source_key, batch, row_number,
            coalesce(split_part(list_sort(list_intersect({MARKS}, rule_marks))[1], ':', 2), code) AS reason
        FROM (
            SELECT * FROM (
                SELECT {", ".join(PLACE_COLUMNS)}, {MARKS}, unnest([{numbers}]) AS number
                FROM {quote(answers)} WHERE {" OR ".join(f"NOT r{number}" for number in range(len(rules)))}
            ) WHERE number IS NOT NULL
        ) JOIN {quote(rules_name)} USING (number)"""
    session.run([Step(f"failing of {answers}", sql)])
    return session.table(f"failing of {answers}").cast(FAILING)

"""What the gate's rules look at: one boolean column a row rule, one number a table rule. Never a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from engine.duckdb_engine import Session
from engine.quoting import quote
from engine.step import Step
from quality.judged import judged_step, refused_step
from quality.rule import RowRule, Rule
from quality.ruleset import REFUSED_MANY, REFUSED_SHARE, ROWS_AT_LEAST, ROWS_CHANGED, ROWS_UNEXPLAINED
from schemas.contract import Emit, TableContract
from schemas.errors import EngineError
from schemas.standard import Entity

Answers = npt.NDArray[np.float32]  # 1 = holds, 0 = fails, NaN = not tested


@dataclass(frozen=True)
class Measures:
    """The batch in numbers. `previous` is how many rows the last accepted full extract had, None when there is none.

    `full` says whether this extract is the whole table: bounds on rows do not bind an increment.
    """

    rows: int
    full: bool
    refused: int  # rows rejected, statements quarantined or held
    judged: int  # rows extracted that were not skipped, and statements emitted
    unexplained: int
    previous: int | None = None


def answers_of(
    session: Session, table: TableContract, emit: Emit, entity: Entity, rules: Sequence[RowRule], day: date
) -> dict[str, Answers]:
    """Return the answers to the rules of one emit's statements, by answer column: accepted and refused ones alike.

    The open session holds `accepted <emit>` (statements) and `quarantine <emit>` (its lines, with or without ids).
    Memory is four bytes a statement and column. Raises EngineError, its step the rule's code, where one cannot be run.
    """
    judged, refused = f"judged {emit.name}", f"refused {emit.name}"
    asked = {one.rule.answer_column: one.holds for one in rules}
    columns = ", ".join(f"CAST(CAST({holds} AS BOOLEAN) AS FLOAT) AS {quote(name)}" for name, holds in asked.items())
    answers = f"answers {emit.name}"
    session.run(
        [
            refused_step(refused, f"quarantine {emit.name}"),
            judged_step(judged, f"accepted {emit.name}", refused, (table.name, emit.name, entity), day),
        ]
    )
    try:
        session.run([Step(answers, f"SELECT {columns} FROM {quote(judged)}")])  # noqa: S608 - quoted
        found = session.table(answers)
    except EngineError:
        _raise_the_broken(session, judged, rules)
        raise
    return {name: found.column(name).to_numpy().astype(np.float32, copy=False) for name in asked}


def _raise_the_broken(session: Session, judged: str, rules: Sequence[RowRule]) -> None:
    """Raise the error of the first rule that fails when asked alone, with its code as the step."""
    for number, one in enumerate(rules):
        name = f"rule {number} of {judged}"
        try:
            asked = f"SELECT CAST({one.holds} AS BOOLEAN) AS holds FROM {quote(judged)}"  # noqa: S608 - quoted
            session.run([Step(name, f"SELECT count(holds) FROM ({asked})")])  # noqa: S608 - quoted
            session.table(name)
        except EngineError as error:
            raise EngineError(one.rule.code, error.detail) from None


def measure(rule: Rule, measures: Measures, table: TableContract) -> float | None:
    """Return the number a table rule judges (to be at most its tolerance); None where it is not to be tested."""
    if rule.code == ROWS_AT_LEAST:
        return float(max(table.rows.at_least - measures.rows, 0)) if measures.full else None
    if rule.code == ROWS_CHANGED:
        if not measures.full or not measures.previous:
            return None
        lost = measures.previous - measures.rows
        return (max(lost, 0) if table.rows.change_at_most is None else abs(lost)) / measures.previous
    if rule.code == ROWS_UNEXPLAINED:
        return float(abs(measures.unexplained))
    if rule.code in (REFUSED_SHARE, REFUSED_MANY):
        return measures.refused / measures.judged if measures.judged >= rule.least else None
    raise KeyError(rule.code)

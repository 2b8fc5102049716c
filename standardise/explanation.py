"""How one standard value came about: the cells behind it and every reason between, for a person to read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from schemas.reason_sentences import SENTENCES
from schemas.reasons import Effect, Reason
from standardise.draft import STATE_NAMES, Draft
from standardise.notes import Note
from standardise.plan import TablePlan, mapping_of, source_columns
from standardise.standardised import draft_all, source_rows, with_row_hash


@dataclass(frozen=True)
class Because:
    """One reason code with its sentences and what it did to the value (changed, doubtful, unusable)."""

    code: str
    zh: str
    en: str
    effect: str


@dataclass(frozen=True)
class Explanation:
    """One field of one statement: the source columns, their raw texts, the standard value and the reasons between.

    Holds raw personal values: mask before showing. `value` is the standard value as text, None where there is none.
    """

    statement: str
    field: str
    columns: tuple[str, ...]
    raws: tuple[str | None, ...]
    value: str | None
    reasons: tuple[Because, ...]
    state: str


def explain(raw: pa.Table, plan: TablePlan, statement: str, part: int = 0) -> tuple[Explanation, ...]:
    """Return one explanation for each field that the statement (an emit's name) fills, in the contract's order.

    `raw` holds the one raw row; `part` counts the statements of a split cell from 0. References are not followed, so
    the state never says that a reference dangles. Empty where the row does not emit the statement. Raises `KeyError`
    for a statement the table does not emit, `ValueError` for more or fewer rows than one.
    """
    if raw.num_rows != 1:
        raise ValueError(f"one raw row is explained at a time, not {raw.num_rows}")
    drafts = {one.emit.name: one for one in draft_all(source_rows(with_row_hash(raw), plan), _alone(plan))}
    one = drafts[statement]
    if part >= len(one):
        return ()
    return tuple(_explanation(raw, one, name, part) for name in one.values)


def because(reason: Reason) -> Because:
    """Return a reason with its sentences."""
    sentence = SENTENCES[reason]
    return Because(reason.value, sentence.zh, sentence.en, sentence.effect.value)


def _alone(plan: TablePlan) -> TablePlan:
    return replace(plan, known_keys=None, standing=None)


def _explanation(raw: pa.Table, one: Draft, name: str, part: int) -> Explanation:
    mapping = mapping_of(one.emit, name)
    columns = source_columns(mapping, name) if mapping else ()
    found = [note for note in one.notes.entries if note.field == name and part in note.rows]
    value = one.values[name][part].as_py()
    return Explanation(
        statement=one.emit.name,
        field=name,
        columns=columns,
        raws=tuple(raw.column(column)[0].as_py() for column in columns),
        value=None if value is None else str(value),
        reasons=tuple(because(note.reason) for note in sorted(found, key=_by_weight)),
        state=STATE_NAMES[int(one.states[part])],
    )


def _by_weight(note: Note) -> tuple[int, str]:
    """What made a value unusable is told last, as it happened last."""
    return list(Effect).index(SENTENCES[note.reason].effect), note.reason.value

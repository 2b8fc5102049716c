"""What the gate's rules look at: one boolean column a row rule, one number a table rule. Never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from quality.rule import Rule
from quality.ruleset import (
    PRESENT,
    REFUSED_MANY,
    REFUSED_SHARE,
    ROWS_AT_LEAST,
    ROWS_CHANGED,
    ROWS_UNEXPLAINED,
    SINGLE,
    USABLE,
    USABLE_AT_ALL,
)  # fmt: skip
from schemas.contract import TableContract
from schemas.reason_sentences import is_unusable
from schemas.reasons import Reason

Answers = npt.NDArray[np.float32]  # 1 = holds, 0 = fails, NaN = not tested
Positions = npt.NDArray[np.int64]

UNUSABLE = pa.array([reason.value for reason in Reason if is_unusable(reason)])


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


@dataclass
class Evidence:
    """Collects the answers of a batch chunk by chunk; memory is four bytes a statement and rule."""

    rules: Sequence[Rule]
    _parts: dict[str, list[Answers]] = field(default_factory=dict)
    _ids: dict[str, list[pa.Array]] = field(default_factory=dict)

    def add(self, statements: Mapping[str, pa.Table], quarantine: pa.Table) -> None:
        """Add a chunk: accepted statements by emit name, and what was refused (the schema of quarantine)."""
        refused = _refused(quarantine)
        for name, table in statements.items():
            self._ids.setdefault(name, []).extend(table.column("record_id").chunks)
            unusable = _unusable(table)
            for rule in self.rules:
                if rule.scope == "row" and rule.subject.split(".")[0] == name and rule.code != SINGLE:
                    answers = _answers(rule, table, unusable, refused)
                    self._parts.setdefault(rule.column, []).append(answers)

    def column(self, rule: Rule) -> Answers:
        """Return every answer to a row rule; empty where nothing was emitted."""
        if rule.code == SINGLE:
            return _single(self._ids.get(rule.subject.split(".")[0], []))
        parts = self._parts.get(rule.column, [])
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)


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


def _answers(rule: Rule, table: pa.Table, unusable: Mapping[str, Positions], refused: Mapping[str, int]) -> Answers:
    name = rule.subject.split(".", 1)[1]
    present: Answers = table.column(name).is_valid().to_numpy().astype(np.float32)
    if rule.code == PRESENT:
        return present
    if rule.code in (USABLE, USABLE_AT_ALL):
        answers = np.where(present > 0, np.float32(1), np.float32(np.nan))
        answers[unusable.get(name, np.zeros(0, np.int64))] = 0
        failed = np.zeros(refused.get(rule.subject, 0), np.float32)
        return np.concatenate([answers, failed])
    raise KeyError(rule.code)


def _unusable(table: pa.Table) -> dict[str, Positions]:
    """Return, by field, the rows whose value was dropped as unusable."""
    issues = table.column("issues").combine_chunks()
    owners = pc.list_parent_indices(issues).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = pc.list_flatten(issues)
    bad = pc.is_in(pc.struct_field(flat, "reason"), value_set=UNUSABLE).to_numpy(zero_copy_only=False)
    names = pc.struct_field(flat, "field").filter(pa.array(bad)).dictionary_encode()
    rows, codes = owners[bad], names.indices.to_numpy(zero_copy_only=False)
    return {name: rows[codes == code] for code, name in enumerate(names.dictionary.to_pylist())}


def _refused(quarantine: pa.Table) -> dict[str, int]:
    """Count, by "statement.field", the statements quarantined for an unusable value of that field."""
    chosen = quarantine.filter(pc.equal(quarantine.column("state"), "quarantined"))
    chosen = chosen.filter(pc.is_in(chosen.column("reason"), value_set=UNUSABLE))
    subject = pc.binary_join_element_wise(chosen.column("statement"), chosen.column("field"), ".")
    one = pa.table({"subject": subject, "row": chosen.column("row_number")}).group_by(["subject", "row"]).aggregate([])
    counts = pc.value_counts(one.column("subject"))
    return {count["values"].as_py(): count["counts"].as_py() for count in counts}


def _single(ids: list[pa.Array]) -> Answers:
    """Say for each record id whether it stands once."""
    if not ids:
        return np.zeros(0, np.float32)
    codes = pa.chunked_array(ids).combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    return (np.bincount(codes)[codes] == 1).astype(np.float32) if len(codes) else np.zeros(0, np.float32)

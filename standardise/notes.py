"""Sparse findings about the statements of one emit, and the `issues` column they become."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.arrow import ISSUES
from schemas.reason_sentences import is_unusable
from schemas.reasons import Reason
from values.cleaned import Finding

DECLARED = frozenset({Reason.CODE_TRANSLATED})  # the contract says so in advance: told by `explain`, never an issue
Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Note:
    """One reason on one field, and the sorted positions of the statements that carry it."""

    field: str
    reason: Reason
    rows: Positions

    @property
    def unusable(self) -> bool:
        return is_unusable(self.reason)


@dataclass
class Notes:
    """All notes on the statements of one emit."""

    entries: list[Note] = field(default_factory=list)

    def add(self, field_name: str, reason: Reason, rows: Positions) -> None:
        if len(rows):
            self.entries.append(Note(field_name, reason, np.asarray(rows, np.int64)))

    def add_findings(self, field_name: str, findings: Iterable[Finding], within: Positions | None = None) -> None:
        """Add a cleaned column's findings; `within` maps its rows to statements where only some were cleaned."""
        for finding in findings:
            self.add(field_name, finding.reason, finding.rows if within is None else within[finding.rows])

    def unusable_rows(self, field_name: str, count: int) -> Mask:
        """Say for each of `count` statements whether the field's value was found unusable."""
        mask = np.zeros(count, bool)
        for note in self.entries:
            if note.field == field_name and note.unusable:
                mask[note.rows] = True
        return mask

    def rows_with(self, field_name: str, reason: Reason) -> Positions:
        """Return the statements that carry a reason on a field."""
        found = [note.rows for note in self.entries if note.field == field_name and note.reason is reason]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)

    def issues(self, keep: Mask) -> pa.Array:
        """Return the `issues` of the statements kept: list<struct<field, reason>>, empty where nothing was noted."""
        entries = [note for note in self.entries if note.reason not in DECLARED]
        pairs = sorted({(note.field, note.reason.value) for note in entries})
        number = {pair: position for position, pair in enumerate(pairs)}
        spread = [note.rows * len(pairs) + number[note.field, note.reason.value] for note in entries]
        marks = np.unique(np.concatenate(spread)) if spread else np.zeros(0, np.int64)
        owners, kinds = np.divmod(marks, max(len(pairs), 1))
        kept = keep[owners]
        sizes = np.bincount(owners[kept], minlength=len(keep))[keep]
        offsets = pa.array(np.r_[0, np.cumsum(sizes)].astype(np.int32))
        chosen = pa.array(kinds[kept])
        names = pa.array([name for name, _ in pairs], pa.string()).take(chosen)
        reasons = pa.array([reason for _, reason in pairs], pa.string()).take(chosen)
        struct = pa.StructArray.from_arrays([names, reasons], fields=list(ISSUES.value_type))
        return pa.ListArray.from_arrays(offsets, struct).cast(ISSUES)

    def tally(self, keep: Mask, statement: str) -> dict[str, int]:
        """Count the kept statements by "statement.field.reason"."""
        counter: Counter[str] = Counter()
        for note in self.entries:
            if note.reason in DECLARED:
                continue
            counter[f"{statement}.{note.field}.{note.reason.value}"] += int(keep[note.rows].sum())
        return {name: number for name, number in counter.items() if number}

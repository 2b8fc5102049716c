"""What cleaning a column gives back: the values, and which rows were changed or doubted for which reason.

Inside `values/` the reasons of a row travel as bits of one integer, so that a million rows cost one numpy array; at the
door they become `Finding`s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.reasons import Reason

Flags = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

BIT: dict[Reason, int] = {reason: 1 << position for position, reason in enumerate(Reason)}


def bits(*reasons: Reason) -> int:
    """Return the reasons as one integer, a bit each."""
    total = 0
    for reason in reasons:
        total |= BIT[reason]
    return total


def no_flags(count: int) -> Flags:
    """Return `count` rows without any reason."""
    return np.zeros(count, dtype=np.uint64)


def mark(flags: Flags, rows: Mask, *reasons: Reason) -> None:
    """Add the reasons to the rows of a mask, in place."""
    flags[rows] |= np.uint64(bits(*reasons))


@dataclass(frozen=True)
class Finding:
    """One reason and the rows it was found in: sorted positions in the batch, int64."""

    reason: Reason
    rows: Rows


@dataclass(frozen=True)
class Cleaned:
    """Values as long as the input (null: nothing there, or unusable) and the findings, in the order of `Reason`."""

    values: pa.Array
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, values: pa.Array, flags: Flags) -> Cleaned:
        """Return the values with the flags of each row unpacked into findings."""
        marked = np.flatnonzero(flags)
        some = flags[marked]
        present = int(np.bitwise_or.reduce(some)) if len(some) else 0
        findings = tuple(
            Finding(reason, marked[(some & np.uint64(bit)) != 0].astype(np.int64))
            for reason, bit in BIT.items()
            if present & bit
        )
        return cls(values, findings)

    def reasons_of(self, row: int) -> tuple[Reason, ...]:
        """Return the reasons found in one row, in the order of `Reason`."""
        return tuple(finding.reason for finding in self.findings if _holds(finding.rows, row))

    def rows_of(self, reason: Reason) -> Rows:
        """Return the rows a reason was found in; empty when in none."""
        for finding in self.findings:
            if finding.reason is reason:
                return finding.rows
        return np.empty(0, dtype=np.int64)


def _holds(rows: Rows, row: int) -> bool:
    position = int(np.searchsorted(rows, row))
    return position < len(rows) and int(rows[position]) == row

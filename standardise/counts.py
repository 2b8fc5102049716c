"""What became of every row and every statement of a batch, in numbers that must add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Counts:
    """Rows and statements by fate; counts of several chunks add up with `+`.

    Rows:       extracted = standardised + rejected + identical + superseded + deleted
    Statements: emitted   = accepted + quarantined + held

    `unchanged` says how many of the identical rows equal the row already accepted (the others repeat a row of the same
    batch). `refused` counts rows and statements by reason code where they were rejected, quarantined or held (a
    statement refused for two reasons counts under both); `issues` counts "statement.field.reason" on accepted ones.
    """

    extracted: int = 0
    standardised: int = 0
    rejected: int = 0
    identical: int = 0
    superseded: int = 0
    deleted: int = 0
    unchanged: int = 0
    emitted: int = 0
    accepted: int = 0
    quarantined: int = 0
    held: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    issues: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Counts) -> Counts:
        sums: dict[str, int | Mapping[str, int]] = {}
        for one in fields(self):
            left, right = getattr(self, one.name), getattr(other, one.name)
            sums[one.name] = left + right if isinstance(left, int) else dict(Counter(left) + Counter(right))
        return Counts(**sums)  # type: ignore[arg-type]

    @property
    def unexplained_rows(self) -> int:
        """Rows extracted whose fate is unknown; anything but 0 breaks the law of conservation."""
        return self.extracted - self.standardised - self.rejected - self.identical - self.superseded - self.deleted

    @property
    def unexplained_statements(self) -> int:
        """Statements emitted whose fate is unknown; anything but 0 breaks the law of conservation."""
        return self.emitted - self.accepted - self.quarantined - self.held

    @property
    def balanced(self) -> bool:
        return self.unexplained_rows == 0 and self.unexplained_statements == 0

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """Return every count as plain numbers and dictionaries, ready for JSON."""
        return {
            one.name: dict(value) if isinstance(value := getattr(self, one.name), Mapping) else value
            for one in fields(self)
        }

"""A quality rule as data: what must hold, how much may fail, and what people read about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from schemas.standard import Severity, Text

Scope = Literal["table", "row"]


class Dimension(Enum):
    """The quality dimensions of GB/T 36344-2018; `.value` is the Chinese name."""

    CONFORMITY = "规范性"
    COMPLETENESS = "完整性"
    ACCURACY = "准确性"  # uniqueness stands inside it
    CONSISTENCY = "一致性"
    TIMELINESS = "时效性"
    ACCESSIBILITY = "可访问性"


@dataclass(frozen=True)
class Rule:
    """One rule about one table.

    A row rule is a yes, a no or "not tested" for each statement; at most `tolerance` (a share of those tested) may be
    no. A table rule is one measure that must not pass `tolerance`. `least` is how many must be tested before the rule
    can fail at all: three rows prove nothing about a department. `subject` is "<statement>.<field>" for row rules.
    """

    code: str
    scope: Scope
    subject: str
    sentence: Text
    dimension: Dimension
    severity: Severity
    tolerance: float = 0.0
    least: int = 1

    @property
    def column(self) -> str:
        """The column of evidence this rule reads."""
        return f"{self.code}:{self.subject}" if self.subject else self.code

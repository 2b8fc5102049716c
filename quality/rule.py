"""A quality rule as data: what must hold, how much may fail, who answers for it, and what people read about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

from schemas.quality import Check
from schemas.standard import Dimension as DimensionName
from schemas.standard import Severity, Text

Kind = Literal["table", "row"]
NO_TEXT = Text("", "")


class Dimension(Enum):
    """The quality dimensions of GB/T 36344-2018; `.value` is the Chinese name."""

    CONFORMITY = "规范性"
    COMPLETENESS = "完整性"
    ACCURACY = "准确性"  # uniqueness stands inside it
    CONSISTENCY = "一致性"
    TIMELINESS = "时效性"
    ACCESSIBILITY = "可访问性"

    @property
    def word(self) -> DimensionName:
        """The English word, as the city's files write it."""
        return _WORDS[self]


_WORDS: Mapping[Dimension, DimensionName] = MappingProxyType(
    {
        Dimension.CONFORMITY: "conformity",
        Dimension.COMPLETENESS: "completeness",
        Dimension.ACCURACY: "accuracy",
        Dimension.CONSISTENCY: "consistency",
        Dimension.TIMELINESS: "timeliness",
        Dimension.ACCESSIBILITY: "accessibility",
    }
)


def dimension_of(word: str) -> Dimension:
    """Return the dimension that the standard's files call `word`. Raises KeyError for another word."""
    return Dimension[word.upper()]


@dataclass(frozen=True)
class Rule:
    """One rule about one table.

    A row rule is a yes, a no or "not tested" for each statement; at most `tolerance` (a share of those tested) may be
    no. A table rule is one measure that must not pass `tolerance`. `least` is how many must be tested before the rule
    can fail at all: three rows prove nothing about a department. `subject` is "<statement>.<field>" for row rules.

    `id` is what people and files call the rule, the same in every department; `answers` names the column of answers
    the rule reads where that is not its own (two tolerances of one question).
    """

    code: str
    scope: Kind
    subject: str
    sentence: Text
    dimension: Dimension
    severity: Severity
    tolerance: float = 0.0
    least: int = 1
    id: str = ""
    purpose: Text = NO_TEXT
    owner: str = ""
    basis: str = ""
    answers: str = ""

    @property
    def column(self) -> str:
        """What tells the rule from every other of its table."""
        return f"{self.code}:{self.subject}" if self.subject else self.code

    @property
    def answer_column(self) -> str:
        """The column of evidence this rule reads."""
        return self.answers or self.column

    @property
    def statement(self) -> str:
        return self.subject.partition(".")[0]

    @property
    def field(self) -> str:
        return self.subject.partition(".")[2]


@dataclass(frozen=True)
class RowRule:
    """A rule with its predicate. `marks` explain its failures; `check` is there when it looks into other statements."""

    rule: Rule
    holds: str
    marks: tuple[str, ...] = ()
    check: Check | None = None

    @property
    def look_up(self) -> str:
        """The column that a rule looking elsewhere reads."""
        return f"look_{self.rule.code}"

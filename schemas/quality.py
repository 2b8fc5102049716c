"""What a city decides about data quality in advance: its own rules, how grades are made, deadlines, waivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from schemas.standard import Dimension, Severity, Text

CheckKind = Literal["holds", "unique", "same_as", "known_to", "fresh_within", "distribution"]
CHECK_KINDS: tuple[CheckKind, ...] = ("holds", "unique", "same_as", "known_to", "fresh_within", "distribution")
SEVERITIES: tuple[Severity, ...] = ("critical", "major", "minor")
DIMENSIONS: tuple[Dimension, ...] = (
    "conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility",
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """Which statements a rule looks at: those of `entity` in these `departments` (empty: all), `table`, `statement`."""

    entity: str
    departments: tuple[str, ...] = ()
    table: str = ""
    statement: str = ""


@dataclass(frozen=True)
class Check:
    """One predicate, by kind.

    holds: `expression`, a condition over the statement's fields; unknown where a field is empty = not tested.
    unique: no two statements of one table share the values of `fields`.
    same_as: `fields[0]` equals what the one department in `departments` says of the same, linked party.
    known_to: `fields[0]` stands in a statement of one of `departments`.
    fresh_within: the source wrote the row within `months` of the as-of date, where `fields[0]` is filled.
    distribution: the shares of the codes of `fields[0]` moved by at most `limit` (half the sum of the differences).
    """

    kind: CheckKind
    fields: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    expression: str = ""
    months: int = 0
    limit: float = 0.0


@dataclass(frozen=True)
class CityRule:
    """A rule of the city's own. `tolerance` is the share of those tested that may fail; `owner` and `basis` may be
    empty: then they are the contract's."""

    code: str
    sentence: Text
    purpose: Text
    dimension: Dimension
    severity: Severity
    tolerance: float
    scope: Scope
    check: Check
    owner: str = ""
    basis: str = ""
    file: Path = Path()
    line: int = 0


@dataclass(frozen=True)
class Waiver:
    """A person's word that `rule` of `department` need not hold until a day, and why. After `until` it is void."""

    rule: str
    department: str
    reason: str
    approved_by: str
    since: date
    until: date

    def is_in_force(self, day: date) -> bool:
        return self.since <= day <= self.until


@dataclass(frozen=True)
class Grading:
    """How counts become a grade; `version` changes whenever a number here does.

    Weights are relative. `grades` are (letter, least Q) from best to worst, the last from 0; `cap` is the best letter
    left when a critical rule is beyond its tolerance. `deadlines` are working days by severity. `targets` are Q by
    department, `target` for all others. `period` is what one point of a trend covers.
    """

    version: str = "standard"
    severity_weights: Mapping[Severity, float] = field(
        default_factory=lambda: {"critical": 5.0, "major": 3.0, "minor": 1.0}
    )
    dimension_weights: Mapping[Dimension, float] = field(
        default_factory=lambda: {
            "conformity": 0.20, "completeness": 0.20, "accuracy": 0.25, "consistency": 0.20, "timeliness": 0.10,
            "accessibility": 0.05,
        }
    )  # fmt: skip
    grades: tuple[tuple[str, float], ...] = (("A", 99.5), ("B", 99.0), ("C", 97.0), ("D", 0.0))
    cap: str = "C"
    target: float = 99.0
    targets: Mapping[str, float] = field(default_factory=dict)
    deadlines: Mapping[Severity, int] = field(default_factory=lambda: {"critical": 3, "major": 10, "minor": 20})
    period: Literal["day", "week", "month"] = "month"

    def target_of(self, department: str) -> float:
        return self.targets.get(department, self.target)


@dataclass(frozen=True)
class QualityPolicy:
    """All that a city's folder quality/ says; a city without one has the standard's rules and standard grading."""

    grading: Grading = Grading()
    rules: tuple[CityRule, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    tolerances: Mapping[str, float] = field(default_factory=dict)  # by rule code or id, over the standard's

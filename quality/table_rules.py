"""The rules about a table or a source as a whole: was it read, in time, whole, and is it the same kind of table?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from quality.assessment import Answered
from quality.drift import moved
from quality.rule import Dimension, Rule, dimension_of
from schemas.contract import Contract, TableContract
from schemas.quality import CityRule, QualityPolicy
from schemas.standard import Severity, Text

SHRUNK = 0.5  # rows lost between two periods, where the contract has no bound of its own


@dataclass(frozen=True)
class TableFacts:
    """What happened to one table since the last period.

    `rows` stand now, `rows_before` stood then (None: no period before). `read` and `copies` are rows extracted and
    byte-for-byte copies among them; `age` is how old the newest reading was when the version was made. `shares` are
    counts of codes by rule, statement and code, now and before.
    """

    rows: int
    rows_before: int | None = None
    read: int = 0
    copies: int = 0
    age: timedelta | None = None
    shares: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    shares_before: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class SourceFacts:
    """What happened to a department's source since the last period: landings tried, failed; batches judged, held."""

    landings: int = 0
    landings_failed: int = 0
    batches: int = 0
    batches_held: int = 0


_RULES: Mapping[str, tuple[Text, Text, Dimension, Severity, float]] = {
    "source.reachable": (
        Text("数据源可访问", "the source can be read"),
        Text("读不到的数据等于没有共享", "what cannot be read is not shared"),
        Dimension.ACCESSIBILITY, "major", 0.05,
    ),
    "source.batches_passed": (
        Text("批次未被把关暂扣", "no batch is held at the gate"),
        Text("被暂扣的批次，本部门的更新全市看不到", "what is held at the gate nobody in the city sees"),
        Dimension.ACCESSIBILITY, "major", 0.0,
    ),
    "table.fresh": (
        Text("按约定的频率更新", "the table is read as often as agreed"),
        Text("过时的数据会办错事", "old data makes for wrong decisions"),
        Dimension.TIMELINESS, "major", 0.0,
    ),
    "table.rows_moved": (
        Text("行数没有突增突减", "the number of rows does not leap"),
        Text("行数突变，通常是漏报或重报", "a leap is mostly a part left out or sent twice"),
        Dimension.COMPLETENESS, "major", 0.0,
    ),
    "row.no_copies": (
        Text("没有逐字相同的重复行", "no row stands twice letter for letter"),
        Text("重复行会把统计数抬高", "copies inflate every count"),
        Dimension.ACCURACY, "minor", 0.001,
    ),
}  # fmt: skip


def source_answers(contract: Contract, facts: SourceFacts, policy: QualityPolicy) -> Iterator[Answered]:
    """Yield what holds of the department's source as a whole."""
    reachable = _rule(contract, "source.reachable", policy)
    yield Answered(reachable, facts.landings, facts.landings_failed)
    yield Answered(_rule(contract, "source.batches_passed", policy), facts.batches, facts.batches_held)


def table_answers(
    contract: Contract, table: TableContract, facts: TableFacts, policy: QualityPolicy
) -> Iterator[Answered]:
    """Yield what holds of one table; a question without an answer has 0 tested."""
    fresh, limit = _rule(contract, "table.fresh", policy), contract.schedule.fresh_within
    asked = limit is not None and facts.age is not None
    late = asked and facts.age is not None and limit is not None and facts.age > limit
    yield Answered(fresh, int(asked), int(late))
    yield _rows_moved(contract, table, facts, policy)
    yield Answered(_rule(contract, "row.no_copies", policy), facts.read, facts.copies)
    for key in facts.shares:
        rule = next(one for one in policy.rules if one.code == key.split("/")[0])
        yield _drifted(contract, rule, facts.shares_before.get(key, {}), facts.shares[key])


def _rows_moved(contract: Contract, table: TableContract, facts: TableFacts, policy: QualityPolicy) -> Answered:
    rule = _rule(contract, "table.rows_moved", policy)
    if not facts.rows_before:
        return Answered(rule, 0, 0)
    bound = table.rows.change_at_most
    lost = facts.rows_before - facts.rows
    share = (max(lost, 0) if bound is None else abs(lost)) / facts.rows_before
    return Answered(rule, 1, int(share > (SHRUNK if bound is None else bound)))


def _drifted(contract: Contract, one: CityRule, before: Mapping[str, int], now: Mapping[str, int]) -> Answered:
    distance = moved(before, now)
    rule = Rule(
        code=one.code, scope="table", subject="", sentence=one.sentence, dimension=dimension_of(one.dimension),
        severity=one.severity, id=one.code, purpose=one.purpose, owner=one.owner or contract.owner,
        basis=one.basis or contract.basis,
    )  # fmt: skip
    return Answered(rule, 0, 0) if distance is None else Answered(rule, 1, int(distance > one.check.limit))


def _rule(contract: Contract, rule_id: str, policy: QualityPolicy) -> Rule:
    sentence, purpose, dimension, severity, tolerance = _RULES[rule_id]
    code = rule_id.partition(".")[2]
    stated = policy.tolerances.get(rule_id, policy.tolerances.get(code))
    return Rule(
        code=code, scope="table", subject="", sentence=sentence, dimension=dimension, severity=severity,
        tolerance=tolerance if stated is None else stated, id=rule_id, purpose=purpose, owner=contract.owner,
        basis=contract.basis,
    )  # fmt: skip

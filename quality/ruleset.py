"""The rules that gate a batch of one table, derived from its contract and the standard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quality import predicates
from quality.rule import Dimension, RowRule, Rule
from schemas.contract import Emit, TableContract
from schemas.reason_sentences import is_unusable
from schemas.reasons import Reason
from schemas.standard import Entity, Field, Standard, Text

IDENTIFIER_FIELDS = {"identifier": ("citizen_id", "document_type", "document_number")}

ROWS_AT_LEAST = "rows_at_least"
ROWS_CHANGED = "rows_changed"
ROWS_UNEXPLAINED = "rows_unexplained"
REFUSED_SHARE = "refused_share"
REFUSED_MANY = "refused_many"
PRESENT = "present"
USABLE = "usable"
USABLE_AT_ALL = "usable_at_all"
SINGLE = "single"

# A missing party makes a fact wait; it says nothing about the value of a field.
OF_PARTIES = (Reason.DANGLING_REFERENCE, Reason.PARTY_QUARANTINED)
UNUSABLE = tuple(sorted(reason.value for reason in Reason if is_unusable(reason) and reason not in OF_PARTIES))


@dataclass(frozen=True)
class Tolerances:
    """Shares that may fail before a rule speaks; `least` rows or statements must have been seen for it to count."""

    refused: float = 0.05  # rows and statements refused: a warning
    refused_many: float = 0.25  # … so many that the batch is held
    shrunk: float = 0.5  # rows lost, where the contract has no bound of its own: a shrunk source deletes nobody
    unusable: float = 0.05  # values of one field: a warning
    unusable_many: float = 0.50  # … a column that changed its meaning: the batch is held
    least: int = 200


DEFAULT = Tolerances()


def table_rules(table: TableContract, tolerances: Tolerances = DEFAULT) -> tuple[Rule, ...]:
    """Return the gate's rules about the batch as a whole, each one measure."""
    return tuple(_table_rules(table, tolerances))


def statement_rules(emit: Emit, standard: Standard, tolerances: Tolerances = DEFAULT) -> tuple[RowRule, ...]:
    """Return the gate's rules about the statements that one emit makes, in the contract's order."""
    return tuple(_statement_rules(emit, standard.entities[emit.entity], tolerances))


def mapped_fields(emit: Emit) -> tuple[str, ...]:
    """Return the standard fields that an emit fills, in the contract's order."""
    return tuple(name for mapping in emit.fields for name in IDENTIFIER_FIELDS.get(mapping.field, (mapping.field,)))


def _table_rules(table: TableContract, tolerances: Tolerances) -> Iterator[Rule]:
    name = table.name
    if least := table.rows.at_least:
        said = Text(f"{name} 全量应不少于 {least} 行", f"a full {name} has at least {least} rows")
        yield Rule(ROWS_AT_LEAST, "table", "", said, Dimension.COMPLETENESS, "critical")
    if (share := table.rows.change_at_most) is not None:
        said = Text(f"{name} 行数变化应不超过 {share:.0%}", f"the rows of a full {name} move by at most {share:.0%}")
    else:
        share = tolerances.shrunk
        said = Text(f"{name} 行数减少应不超过 {share:.0%}", f"a full {name} loses at most {share:.0%} of its rows")
    yield Rule(ROWS_CHANGED, "table", "", said, Dimension.CONSISTENCY, "critical", share)
    said = Text("每一行、每一条都有去处", "every row and every statement is accounted for")
    yield Rule(ROWS_UNEXPLAINED, "table", "", said, Dimension.COMPLETENESS, "critical")
    few, many = tolerances.refused, tolerances.refused_many
    said = Text(f"拒收与隔离应不超过 {few:.0%}", f"at most {few:.0%} of rows and statements are refused")
    yield Rule(REFUSED_SHARE, "table", "", said, Dimension.CONFORMITY, "major", few, tolerances.least)
    said = Text(f"拒收与隔离超过 {many:.0%}，整批暂扣", f"above {many:.0%} refused the batch is held")
    yield Rule(REFUSED_MANY, "table", "", said, Dimension.CONFORMITY, "critical", many, tolerances.least)


def _statement_rules(emit: Emit, entity: Entity, tolerances: Tolerances) -> Iterator[RowRule]:
    said = Text(f"{entity.label.zh}记录号唯一", f"each {entity.label.en} record id stands once")
    single = Rule(SINGLE, "row", f"{emit.name}.record_id", said, Dimension.ACCURACY, "critical")
    yield RowRule(single, predicates.accepted_once("record_id"))
    for name in dict.fromkeys(mapped_fields(emit)):
        yield from _field_rules(emit, entity.field(name), tolerances)


def _field_rules(emit: Emit, field: Field, tolerances: Tolerances) -> Iterator[RowRule]:
    """Accepted statements hold what is required; few values are unusable; a column is never unusable by the half."""
    subject, label = f"{emit.name}.{field.name}", field.label
    few, half, least = tolerances.unusable, tolerances.unusable_many, tolerances.least
    if field.required:
        said = Text(f"{label.zh}应填写", f"{label.en} is present")
        present = Rule(PRESENT, "row", subject, said, Dimension.COMPLETENESS, field.severity)
        yield RowRule(present, predicates.accepted_present(field.name))
    said = Text(f"{label.zh}不可用的应不超过 {few:.0%}", f"{label.en}: at most {few:.0%} unusable")
    minor = field.severity == "minor"
    usable = Rule(USABLE, "row", subject, said, Dimension.CONFORMITY, "minor" if minor else "major", few, least)
    holds = predicates.free_of(field.name, UNUSABLE)
    yield RowRule(usable, holds)
    said = Text(
        f"{label.zh}不可用超过 {half:.0%}，疑似列义已变", f"{label.en}: above {half:.0%} unusable, another column"
    )
    at_all = Rule(
        USABLE_AT_ALL, "row", subject, said, Dimension.CONFORMITY, "critical", half, least, answers=usable.column
    )
    yield RowRule(at_all, holds)  # one question, two tolerances

"""The rules that gate a batch of one table, derived from its contract and the standard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quality.rule import Dimension, Rule
from schemas.contract import Emit, TableContract
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


def rules_of(table: TableContract, standard: Standard, tolerances: Tolerances = DEFAULT) -> tuple[Rule, ...]:
    """Return every rule of the table's gate: table rules first, then each statement's in the contract's order."""
    rules = list(_table_rules(table, tolerances))
    for emit in table.emit:
        rules += _statement_rules(emit, standard.entities[emit.entity], tolerances)
    return tuple(rules)


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


def _statement_rules(emit: Emit, entity: Entity, tolerances: Tolerances) -> Iterator[Rule]:
    said = Text(f"{entity.label.zh}记录号唯一", f"each {entity.label.en} record id stands once")
    yield Rule(SINGLE, "row", f"{emit.name}.record_id", said, Dimension.ACCURACY, "critical")
    for name in mapped_fields(emit):
        yield from _field_rules(emit, entity.field(name), tolerances)


def _field_rules(emit: Emit, field: Field, tolerances: Tolerances) -> Iterator[Rule]:
    """Accepted statements hold what is required; few values are unusable; a column is never unusable by the half."""
    subject, label = f"{emit.name}.{field.name}", field.label
    few, half, least = tolerances.unusable, tolerances.unusable_many, tolerances.least
    if field.required:
        said = Text(f"{label.zh}应填写", f"{label.en} is present")
        yield Rule(PRESENT, "row", subject, said, Dimension.COMPLETENESS, field.severity)
    said = Text(f"{label.zh}不可用的应不超过 {few:.0%}", f"{label.en}: at most {few:.0%} unusable")
    minor = field.severity == "minor"
    yield Rule(USABLE, "row", subject, said, Dimension.CONFORMITY, "minor" if minor else "major", few, least)
    said = Text(
        f"{label.zh}不可用超过 {half:.0%}，疑似列义已变", f"{label.en}: above {half:.0%} unusable, another column"
    )
    yield Rule(USABLE_AT_ALL, "row", subject, said, Dimension.CONFORMITY, "critical", half, least)

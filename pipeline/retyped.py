"""Columns whose declared type is not what it was at the last landing: what that does to their values and uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.source import Source, TableShape
from profiling.type_change import TypeChange, alike, type_change
from schemas.contract import Severity, TableContract
from warehouse.batch import Batch

# characters that a value of the field has when it is whole
_NEEDS = {"citizen_id": 18, "identifier": 18, "uscc": 18, "vin": 17, "phone": 11}
_RESTORE = "请部门恢复原类型；确无值受损才放行 have the type restored; release it only if no value was cut"
_RELEASE = "契约不写类型，值对就放行 contracts name no types: release it if the values are right"


@dataclass(frozen=True)
class Retyped:
    """One column. `advice` is what to do, "" where nothing is; `marks` are the values of `deleted_when` that rows now
    spell otherwise, each with its new spelling."""

    column: str
    severity: Severity
    line: str
    advice: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Types:
    """Declared types by column: at the last landing, and in this one."""

    before: Mapping[str, str]
    now: Mapping[str, str]


def types_of(done: Sequence[Batch], table: TableContract, shape: TableShape) -> Types:
    """Return the types at the last landing that no drift held back, and those of this one, to be remembered with it.

    What a person has not released yet is no measure of what is right. Where a file shows its types by its values alone,
    and fewer kinds than before, the kinds of before stay.
    """
    before = _before(done)
    if table.file is not None:  # a file that declares no type has none
        before = {name: "" if kind == "TEXT" else kind for name, kind in before.items()}
    used, now = set(table.columns) - set(table.ignore), dict[str, str]()
    for column in shape.columns:
        if column.name in used:
            was = before.get(column.name, "")
            stays = was and (not column.type or "|" in was) and type_change(was, column.type).effect == "same"
            now[column.name] = was if stays else column.type
    return Types(before, now)


def _before(done: Sequence[Batch]) -> dict[str, str]:
    for one in reversed(done):
        landing = one.counts.get("landing", {})
        if "shape" in landing and not (one.state == "held" and (one.held_reason or "").startswith("drift")):
            types: dict[str, str] = dict(landing["shape"])
            return types
    return {}


def retyped(source: Source, table: TableContract, types: Types, since: str | None) -> Iterator[Retyped]:
    """Yield the columns whose type changed; one that only holds more is told, and never held."""
    for name, kind in types.now.items():
        was = types.before.get(name, kind)
        change = type_change(was, kind)
        if change.effect == "same":
            continue
        severity: Severity = "warn" if change.effect == "wider" else table.drift.retyped
        told = "; ".join(part for part in (change.says, *_uses(table, name, change, kind)) if part)
        line = f"~ {name}: {was} → {kind}" + (f"  ({told})" if told else "")
        advice = {"wider": "", "narrower": _RESTORE}.get(change.effect, _RELEASE)
        yield Retyped(name, severity, line, advice, _marks(source, table, name, since))


def _uses(table: TableContract, column: str, change: TypeChange, now: str) -> Iterator[str]:
    """Yield what the column is needed for, as far as the change can harm it."""
    if change.effect == "wider":
        return
    fields = [one.field for emit in table.emit for one in emit.fields if column in one.columns]
    for name in dict.fromkeys(fields):
        need = _NEEDS.get(name, 0)
        yield f"{name} 要 needs {need}" if change.cuts_below(need, now) else name
    if column in table.key:
        yield "主键：原有的行可能当作新行 the key: rows may come as new ones"
    if table.cursor is not None and column == table.cursor.column:
        yield "游标：放行后整表读一次 the cursor: read whole once (cityhub land --whole)"
    if column in table.deleted_when:
        yield "删除标志 marks deleted rows"


def _marks(source: Source, table: TableContract, column: str, since: str | None) -> dict[str, str]:
    """Return the value that marks a deleted row with the spelling rows give it now, where only that one occurs."""
    mark = table.deleted_when.get(column)
    if mark is None:
        return {}
    found = source.codes(table, (column,), since).get(column, [])
    other = [text for text in found if text != mark and alike(text) == alike(mark)]
    return {mark: other[0]} if len(other) == 1 and mark not in found else {}

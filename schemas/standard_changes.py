"""Versions of the standard: what each one is, what it changed, and whether its consumers were warned in time.

`schemas/standard/versions/<version>.yaml` keeps the shape of every version that was ever in force and
`<version>.codes.csv` its code tables; the difference of two versions is computed, never written by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from schemas.code_versions import Codes, code_differences, read_codes
from schemas.field_file import label
from schemas.standard import Change, Entity, Field, Standard, Text
from schemas.standard_file import SHIPPED
from schemas.yaml_source import YamlNode, read_yaml

NOTICE = 10  # working days before a breaking version comes into force

Shape = Mapping[str, Any]  # entity → {parties, identity, fields}; every leaf a text
_STRICTER = ("unconditional", "conditional", "refused")


@dataclass(frozen=True)
class Release:
    """A version of the standard: when it was announced, when it came into force, what it was for, its shape and codes
    (none: that version kept no record of them)."""

    version: str
    announced: date
    in_force: date
    summary: Text
    shape: Shape
    codes: Codes = field(default_factory=dict)


def shape_of(standard: Standard) -> Shape:
    """Return what consumers depend on, as texts only: entities, parties, identity, fields and their properties."""
    return {name: _entity_shape(entity) for name, entity in standard.entities.items()}


def differences(before: Shape, after: Shape) -> tuple[Change, ...]:
    """Return every difference, entity by entity in the order of `before`, then what is new."""
    changes: list[Change] = []
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            changes.append(Change(name, "removed", "", "", breaking=True))
        elif name not in before:
            changes.append(Change(name, "added", "", "", breaking=False))
        else:
            changes += _within(name, before[name], after[name])
    return tuple(changes)


def changes_between(before: Release, after: Release) -> tuple[Change, ...]:
    """Return every difference of two versions: their shapes', then their code tables'."""
    return (*differences(before.shape, after.shape), *code_differences(before.codes, after.codes))


def load_releases(folder: Path = SHIPPED) -> tuple[Release, ...]:
    """Return the versions in the order of version.yaml. Raises ConfigurationError at the first mistake in a file."""
    keys = read_yaml(folder / "version.yaml").entries()
    if "changes" not in keys:
        return ()
    releases = []
    for node in keys["changes"].items("a list of versions"):
        parts = node.keys(("version", "announced", "in_force", "summary"))
        version = parts["version"].text()
        shape = read_yaml(folder / "versions" / f"{version}.yaml").plain()
        if not isinstance(shape, dict):
            raise parts["version"].error("a version whose shape is a mapping of entities")
        days = (_day(parts["announced"]), _day(parts["in_force"]))
        codes = read_codes(folder / "versions" / f"{version}.codes.csv")
        releases.append(Release(version, *days, label(parts["summary"]), shape, codes))
    return tuple(releases)


def working_days(start: date, end: date) -> int:
    """Return the Mondays to Fridays after `start` up to and with `end`. Public holidays are not known here."""
    days = (start + timedelta(days=number) for number in range(1, (end - start).days + 1))
    return sum(day.weekday() < 5 for day in days)


def release_mistakes(standard: Standard, releases: tuple[Release, ...], codes: Codes | None = None) -> tuple[str, ...]:
    """Return what is wrong with the versions, in words: a shape or `codes` (the code tables now) that are not the
    standard's, too short a notice."""
    found = []
    if not releases or releases[-1].version != standard.version:
        found.append(f"version.yaml: 版本 {standard.version} 未列入 changes; the last of `changes` is the one in force")
    elif releases[-1].shape != shape_of(standard):
        changed = differences(releases[-1].shape, shape_of(standard))
        places = ", ".join(change.place for change in changed[:5]) or "order of fields"
        found.append(
            f"versions/{standard.version}.yaml: 标准已变而版本未变 the standard changed under one version ({places});"
            " cityhub standard --shape"
        )
    elif codes is not None and (changed := tuple(code_differences(releases[-1].codes or {"": {}}, codes))):
        places = ", ".join(change.place for change in changed[:5])
        found.append(
            f"versions/{standard.version}.codes.csv: 代码表已变而版本未变 code tables changed under one version"
            f" ({places}); cityhub standard --codes"
        )
    for before, after in pairwise(releases):
        broken = [change.place for change in changes_between(before, after) if change.breaking]
        notice = working_days(after.announced, after.in_force)
        if broken and notice < NOTICE:
            found.append(
                f"version.yaml: {after.version} 有不兼容变更，预告 {notice} 个工作日，应不少于 {NOTICE}; "
                f"breaking ({', '.join(broken[:5])}) with {notice} working days' notice"
            )
    return tuple(found)


def warning(before: Release, after: Release) -> str:
    """Return what consumers are told of a version: when, what for, and line by line what changes; `!` breaks."""
    lines = [
        f"{after.version} 自 {after.in_force} 起施行 in force from {after.in_force} (公告 announced {after.announced})",
        f"{after.summary.zh} · {after.summary.en}",
    ]
    words = {"added": "+", "removed": "-", "changed": "~"}
    for change in changes_between(before, after):
        told = f": {change.before} → {change.after}" if change.kind == "changed" else f" {change.after}".rstrip()
        lines.append(f"{'!' if change.breaking else ' '} {words[change.kind]} {change.place}{told}")
    return "\n".join(lines)


def shape_text(shape: Shape) -> str:
    """Return a shape as the YAML that `versions/` keeps, one field a line."""
    lines = ["# The shape of one version of the standard, written by `cityhub standard --shape`; never edited."]
    for name, entity in shape.items():
        lines.append(f"{name}:")
        for part in ("parties", "identity", "fields"):
            if entity.get(part):
                lines.append(f"  {part}:")
                lines += [f"    {key}: {_flow(value)}" for key, value in entity[part].items()]
    return "\n".join(lines) + "\n"


def _flow(value: str | Mapping[str, str]) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return "{" + ", ".join(f'{key}: "{text}"' for key, text in value.items()) + "}"


def _entity_shape(entity: Entity) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if entity.parties:
        made["parties"] = {
            party.role: {"entity": party.entity, "required": _word(party.required)} for party in entity.parties
        }
        made["identity"] = {name: str(place) for place, name in enumerate(entity.identity, start=1)}
    return made | {"fields": {field.name: _field_shape(field) for field in entity.fields}}


def _field_shape(field: Field) -> dict[str, str]:
    return {
        "kind": field.kind,
        "length": str(field.length),
        "codes": field.codes or "-",
        "many": _word(field.many),
        "required": _word(field.required),
        "grade": str(field.grade),
        "sharing": field.sharing.attribute,
    }


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _within(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if list(before.get("identity", ())) != list(after.get("identity", ())):
        was, now = (", ".join(part.get("identity", ())) for part in (before, after))
        yield Change(f"{name}.identity", "changed", was, now, breaking=True)
    for part in ("parties", "fields"):
        old, new = before.get(part, {}), after.get(part, {})
        for key in dict.fromkeys((*old, *new)):
            place = f"{name}.{key}"
            if key not in new:
                yield Change(place, "removed", "", "", breaking=True)
            elif key not in old:
                yield Change(place, "added", "", "", breaking=False)
            else:
                yield from _properties(place, old[key], new[key])


def _properties(place: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        was, now = before.get(name, "-"), after.get(name, "-")
        if was != now:
            yield Change(f"{place}.{name}", "changed", was, now, _breaks(name, was, now))


def _breaks(name: str, before: str, after: str) -> bool:
    """Less strict towards the reader breaks: longer values, nulls or lists where there were none, values withheld."""
    if name in ("length", "grade"):
        return int(after) > int(before)
    if name == "many":
        return after == "true"
    if name == "required":
        return after == "false"
    if name == "sharing":
        return _STRICTER.index(after) > _STRICTER.index(before)
    return True


def _day(node: YamlNode) -> date:
    try:
        return date.fromisoformat(node.text("a day as YYYY-MM-DD"))
    except ValueError:
        raise node.error("a day as YYYY-MM-DD") from None

"""Reads a linkage specification for plain files: fields are free names, and it says where they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from schemas.errors import ConfigurationError
from schemas.linkage_file import (
    WAYS,
    Kinds,
    parse_comparisons,
    parse_decide,
    parse_fields,
    parse_ladder,
    parse_namesake,
    parse_rules,
    parse_skew,
)
from schemas.linkage_spec import Decide, LinkageField, LinkageSpec, Skew
from schemas.nearest import listed, nearest
from schemas.yaml_source import YamlNode, read_yaml

_SIDES = ("left", "right")
_NAME = re.compile(r"[^\W\d][\w -]{0,49}")  # letters of any script; a dot would read as a key
_OPTIONAL = (
    "entity", "fields", "prepare", "ladder", "decide", "never_share", "household", "namesake", "skew",
    "one_to_one",
)  # fmt: skip


def load_file_spec(path: Path, columns: tuple[Sequence[str], Sequence[str]] | None = None) -> LinkageSpec:
    """Return the specification in `path` for files whose `columns` (left, right) are these; None: not known yet.

    A field is what `compare`, `prepare` or `fields` names; its kind is that of `prepare`, else of its comparison, else
    exact. Its column has its name unless `fields` says otherwise. Raises ConfigurationError at the first mistake, a
    column that a file lacks among them.
    """
    keys = read_yaml(path).keys(("id", "block", "compare"), _OPTIONAL)
    kinds = _kinds(keys)
    spec = LinkageSpec(
        entity=keys["entity"].text("a word for what a record is of") if "entity" in keys else "record",
        ladder=parse_ladder(keys["ladder"], kinds, whole=False) if "ladder" in keys else (),
        block=parse_rules(keys["block"], kinds),
        compare=parse_comparisons(keys["compare"], kinds),
        decide=parse_decide(keys["decide"], whole=False) if "decide" in keys else Decide(),
        never_share=parse_fields(keys["never_share"], kinds) if "never_share" in keys else (),
        fields=_fields(keys, kinds),
        household=parse_rules(keys["household"], kinds) if "household" in keys else (),
        namesake=parse_namesake(keys) if "namesake" in keys else (),
        skew=parse_skew(keys["skew"]) if "skew" in keys else Skew(),
        one_to_one="one_to_one" in keys and keys["one_to_one"].flag(),
        id=_sides(keys["id"]),
    )
    if columns is not None:
        _check_columns(keys, spec, columns)
    return spec


def _kinds(keys: Mapping[str, YamlNode]) -> Kinds:
    """Return the fields in the order they are named, each with its kind."""
    named = {
        section: keys[section].entries("a mapping of fields") if section in keys else {}
        for section in ("fields", "prepare", "compare")
    }
    kinds: dict[str, str] = {}
    for section in named.values():
        for field, node in section.items():
            if not _NAME.fullmatch(field):
                where = (node.file, node.line, node.key, field)
                raise ConfigurationError(*where, "a field's name: letters, digits, _, - and spaces, a letter first")
            kinds.setdefault(field, "exact")
    for field, node in named["compare"].items():
        if node.is_mapping and (way := node.entries().get("as")) is not None:
            kinds[field] = way.one_of(WAYS, "a way to compare")
    for field, node in named["prepare"].items():
        kinds[field] = node.one_of(WAYS, "a kind of value")
    return kinds


def _sides(node: YamlNode) -> tuple[str, str]:
    """Return the columns of left and right: one name for both, or {left, right}."""
    if node.is_text:
        return node.text(), node.text()
    keys = node.keys(_SIDES)
    return keys["left"].text("a column"), keys["right"].text("a column")


def _fields(keys: Mapping[str, YamlNode], kinds: Kinds) -> tuple[LinkageField, ...]:
    nodes = keys["fields"].entries() if "fields" in keys else {}
    columns = {field: _sides(nodes[field]) if field in nodes else (field, field) for field in kinds}
    return tuple(LinkageField(field, kind, *columns[field]) for field, kind in kinds.items())


def _check_columns(
    keys: Mapping[str, YamlNode], spec: LinkageSpec, columns: tuple[Sequence[str], Sequence[str]]
) -> None:
    """Every id and field has its column on both sides; a missing one is told where it is named first."""
    ids = spec.id or ("", "")
    for place, side in enumerate(_SIDES):
        _check_column(_node_of(keys["id"], side), ids[place], side, columns[place])
        for field in spec.fields:
            column = field.left if side == "left" else field.right
            node = next(
                keys[section].entries()[field.name]
                for section in ("fields", "compare", "prepare")
                if section in keys and field.name in keys[section].entries()
            )
            _check_column(_node_of(node, side), column, side, columns[place])


def _node_of(node: YamlNode, side: str) -> YamlNode:
    return node.entries().get(side, node) if node.is_mapping else node


def _check_column(node: YamlNode, column: str, side: str, columns: Iterable[str]) -> None:
    known = list(columns)
    if column not in known:
        expected = f"a column of the {side} file ({listed(known)})"
        raise ConfigurationError(node.file, node.line, node.key, column, expected, nearest(column, known))

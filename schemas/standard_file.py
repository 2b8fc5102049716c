"""Reads `schemas/standard/*.yaml` into the frozen `Standard`, every mistake named with its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from schemas.errors import ConfigurationError
from schemas.field_file import KINDS as KINDS
from schemas.field_file import SEVERITIES as SEVERITIES
from schemas.field_file import Inherited, label, parse_fields, parse_sharing
from schemas.nearest import nearest
from schemas.standard import Entity, Party, Standard, Text
from schemas.yaml_source import YamlNode, read_yaml

SHIPPED = Path(__file__).parent / "standard"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
# What statements and golden rows already say about themselves; a field of that name would hide it.
RESERVED = frozenset({
    "record_id", "department", "source_table", "statement", "source_key", "batch", "row_number", "row_hash",
    "content_hash", "observed_at", "issues", "hub_id", "fact_id", "identifiers", "identifier", "anchored", "anchor",
    "records", "origins", "commit", "owner", "place", "moment",
})  # fmt: skip


def load_standard(folder: Path = SHIPPED) -> Standard:
    """Return the standard of `folder`: version.yaml names the entities, each has a file of its own name."""
    version = read_yaml(folder / "version.yaml").keys(("version", "entities"), ("departments", "changes"))
    departments: dict[str, Text] = {}
    if "departments" in version:
        departments = {name: label(node) for name, node in version["departments"].entries("departments").items()}
    entities = {}
    for node in version["entities"].items("a list of entities"):
        name = node.text("an entity's name")
        if name in entities:
            raise node.error("each entity once")
        present = sorted(path.stem for path in folder.glob("*.yaml"))
        if name not in present:
            raise node.error(f"an entity with a file here ({name}.yaml)", present)
        entities[name] = parse_entity(read_yaml(folder / f"{name}.yaml"), tuple(departments))
    _check_parties(folder, entities)
    return Standard(version["version"].text(), entities, departments)


def parse_entity(root: YamlNode, departments: tuple[str, ...] = ()) -> Entity:
    """Return the entity a file describes. Raises ConfigurationError at the first mistake.

    `departments` are those that may lead; with none given, any word may.
    """
    optional = ("parties", "identity", "at_least_one", "lead", "category", "updated", "sharing")
    keys = root.keys(("entity", "label", "fields"), optional)
    inherited = Inherited(
        departments=departments,
        lead=_lead(keys["lead"], departments) if "lead" in keys else "",
        sharing=parse_sharing(keys["sharing"]) if "sharing" in keys else None,
    )
    entity = Entity(
        name=keys["entity"].one_of((root.file.stem,), "the file's own name"),
        label=label(keys["label"]),
        fields=parse_fields(keys["fields"], inherited),
        parties=_parties(keys),
        lead=inherited.lead,
        category=label(keys["category"]) if "category" in keys else Text("", ""),
        updated=label(keys["updated"]) if "updated" in keys else Text("", ""),
    )
    _check_names(keys, entity)
    return replace(entity, identity=_identity(root, keys, entity), at_least_one=_groups(keys, entity))


def _lead(node: YamlNode, departments: tuple[str, ...]) -> str:
    return node.one_of(departments, "a department of version.yaml") if departments else node.text("a department")


def _parties(keys: Mapping[str, YamlNode]) -> tuple[Party, ...]:
    if "parties" not in keys:
        return ()
    return tuple(_party(role, node) for role, node in keys["parties"].entries("a mapping of parties").items())


def _party(role: str, node: YamlNode) -> Party:
    keys = node.keys(("entity", "label"), ("required",))
    required = keys["required"].flag() if "required" in keys else True
    return Party(role=role, entity=keys["entity"].text(), label=label(keys["label"]), required=required)


def _check_names(keys: Mapping[str, YamlNode], entity: Entity) -> None:
    """Roles and fields become columns: plain snake_case, none twice, none that a record has already."""
    roles = {party.role for party in entity.parties}
    nodes = dict(keys["fields"].entries()) | (dict(keys["parties"].entries()) if roles else {})
    for name, node in nodes.items():
        where = (node.file, node.line, node.key, name)
        if not _NAME.fullmatch(name):
            raise ConfigurationError(*where, "a name in snake_case (a-z, 0-9, _)")
        if name in RESERVED:
            raise ConfigurationError(*where, "another name: every record has a column of this one")
    for field in entity.fields:
        if field.name in roles:
            node = keys["fields"].entries()[field.name]
            raise ConfigurationError(node.file, node.line, node.key, field.name, "a name that no party has")


def _identity(root: YamlNode, keys: Mapping[str, YamlNode], entity: Entity) -> tuple[str, ...]:
    if "identity" not in keys:
        if entity.parties:
            raise root.error("the key 'identity': which roles and fields make two statements the same fact")
        return ()
    choices = sorted({party.role for party in entity.parties} | {field.name for field in entity.fields})
    for node in keys["identity"].items("a list of roles and fields"):
        node.one_of(choices, "a role or field of this fact")
    return keys["identity"].words("a list of roles and fields")


def _groups(keys: Mapping[str, YamlNode], entity: Entity) -> tuple[tuple[str, ...], ...]:
    """Return the groups of optional roles one of which must be there; a fact without any required party needs one."""
    optional = [party.role for party in entity.parties if not party.required]
    if "at_least_one" not in keys:
        if entity.parties and len(optional) == len(entity.parties):
            raise keys["parties"].error("a required party, or the key 'at_least_one': a fact is about somebody")
        return ()
    groups = []
    for node in keys["at_least_one"].items("a list of lists of roles"):
        group = node.words("a list of optional roles")
        for role in node.items():
            role.one_of(optional, "an optional party of this fact")
        if len(group) < 2:
            raise node.error("two roles or more; a single one is simply required")
        groups.append(group)
    return tuple(groups)


def _check_parties(folder: Path, entities: Mapping[str, Entity]) -> None:
    """A party is an entity of this standard that is itself no fact."""
    people = [name for name, entity in entities.items() if not entity.is_fact]
    for entity in entities.values():
        for party in entity.parties:
            if party.entity not in people:
                node = read_yaml(folder / f"{entity.name}.yaml").entries()["parties"].entries()[party.role]
                raise ConfigurationError(
                    node.file, node.line, f"{node.key}.entity", party.entity, "an entity that is no fact",
                    nearest(party.entity, people),
                )  # fmt: skip

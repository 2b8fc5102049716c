"""Reads `schemas/standard/*.yaml` into the frozen `Standard`, every mistake named with its file and line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from schemas.errors import ConfigurationError
from schemas.nearest import nearest
from schemas.standard import Entity, Field, Party, Severity, Standard, Text
from schemas.yaml_source import YamlNode, read_yaml

SHIPPED = Path(__file__).parent / "standard"

# One per file of values/ that cleans a kind of value.
KINDS = (
    "text", "citizen_id", "document", "uscc", "registration_number", "person_name", "company_name",
    "code", "date", "phone", "address",
)  # fmt: skip
SEVERITIES: tuple[str, ...] = get_args(Severity)


def load_standard(folder: Path = SHIPPED) -> Standard:
    """Return the standard of `folder`: version.yaml names the entities, each has a file of its own name."""
    version = read_yaml(folder / "version.yaml").keys(("version", "entities"))
    entities = {}
    for node in version["entities"].items("a list of entities"):
        name = node.text("an entity's name")
        if name in entities:
            raise node.error("each entity once")
        present = sorted(path.stem for path in folder.glob("*.yaml"))
        if name not in present:
            raise node.error(f"an entity with a file here ({name}.yaml)", present)
        entities[name] = parse_entity(read_yaml(folder / f"{name}.yaml"))
    _check_parties(folder, entities)
    return Standard(version=version["version"].text(), entities=entities)


def parse_entity(root: YamlNode) -> Entity:
    """Return the entity a file describes. Raises ConfigurationError at the first mistake."""
    keys = root.keys(("entity", "label", "fields"), ("parties", "identity"))
    name = keys["entity"].one_of((root.file.stem,), "the file's own name")
    fields = tuple(_field(field, node) for field, node in keys["fields"].entries("a mapping of fields").items())
    parties: tuple[Party, ...] = ()
    if "parties" in keys:
        parties = tuple(_party(role, node) for role, node in keys["parties"].entries("a mapping of parties").items())
    identity: tuple[str, ...] = ()
    if "identity" in keys:
        identity = keys["identity"].words("a list of roles and fields")
        choices = {party.role for party in parties} | {field.name for field in fields}
        for node in keys["identity"].items():
            node.one_of(sorted(choices), "a role or field of this fact")
    elif parties:
        raise root.error("the key 'identity': which roles and fields make two statements the same fact")
    return Entity(name=name, label=_label(keys["label"]), fields=fields, parties=parties, identity=identity)


def _field(name: str, node: YamlNode) -> Field:
    optional = ("identifier", "required", "many", "length", "codes", "severity", "mask", "grade", "lead", "source")
    keys = node.keys(("label", "kind"), optional)
    kind = keys["kind"].one_of(KINDS, "a kind of value")
    if (kind == "code") != ("codes" in keys):
        raise keys.get("codes", node).error("a code table for kind 'code', and only for it")
    grade = keys["grade"].integer(1) if "grade" in keys else 2
    if grade > 4:
        raise keys["grade"].error("a grade from 1 to 4")
    return Field(
        name=name,
        label=_label(keys["label"]),
        kind=kind,
        identifier=_text(keys, "identifier"),
        required="required" in keys and keys["required"].flag(),
        many="many" in keys and keys["many"].flag(),
        length=keys["length"].integer(1) if "length" in keys else 200,
        codes=_text(keys, "codes"),
        severity=_severity(keys["severity"]) if "severity" in keys else "major",
        mask=keys["mask"].one_of(KINDS, "a kind of value") if "mask" in keys else "",
        grade=grade,
        lead=_text(keys, "lead"),
        source=_text(keys, "source"),
    )


def _severity(node: YamlNode) -> Severity:
    text = node.one_of(SEVERITIES, "a severity")
    return "critical" if text == "critical" else "major" if text == "major" else "minor"


def _party(role: str, node: YamlNode) -> Party:
    keys = node.keys(("entity", "label"), ("required",))
    required = keys["required"].flag() if "required" in keys else True
    return Party(role=role, entity=keys["entity"].text(), label=_label(keys["label"]), required=required)


def _label(node: YamlNode) -> Text:
    keys = node.keys(("zh", "en"))
    return Text(zh=keys["zh"].text(), en=keys["en"].text())


def _text(keys: Mapping[str, YamlNode], name: str) -> str:
    return keys[name].text() if name in keys else ""


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

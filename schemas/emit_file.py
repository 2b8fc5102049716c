"""Parses what a table emits: which statement a row makes, from which columns each field and party comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.contract import Emit, FieldMapping, PartyMapping
from schemas.crosswalk import Crosswalks
from schemas.errors import ConfigurationError
from schemas.nearest import listed, nearest
from schemas.standard import Entity, Field, Standard
from schemas.standard_file import SEVERITIES
from schemas.yaml_source import YamlNode

IDENTIFIER = "identifier"  # stands for citizen_id, or document_type and document_number
_IDENTIFIED = ("citizen_id", "document_type", "document_number")
_DATE_FORMS = ("minguo", "excel", "words", "slashes")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True)
class Vocabulary:
    """What a contract may speak of: the standard's words and the contract's own crosswalks."""

    standard: Standard
    crosswalks: Crosswalks


def parse_emits(node: YamlNode, words: Vocabulary) -> tuple[Emit, ...]:
    """Return the statements of one table, in file order. Raises ConfigurationError at the first mistake."""
    entries = node.entries("a mapping of statements")
    return tuple(_emit(name, entry, words) for name, entry in entries.items())


def snake_case(node: YamlNode, name: str, what: str) -> str:
    """Return `name` if it is plain snake_case. Raises ConfigurationError at `node` otherwise."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(node.file, node.line, node.key, name, f"{what} in snake_case (a-z, 0-9, _)")
    return name


def _emit(name: str, node: YamlNode, words: Vocabulary) -> Emit:
    snake_case(node, name, "a statement's name")
    entities = words.standard.entities
    kinds = ("fact", *entities)
    keys = node.keys((), (*kinds, "when_present"))
    chosen = [key for key in keys if key in kinds]
    if len(chosen) != 1:
        raise node.error(f"exactly one kind of statement ({listed(kinds)})")
    body = keys[chosen[0]]
    if chosen[0] == "fact" and (name not in entities or not entities[name].is_fact):
        facts = [entity.name for entity in words.standard.facts]
        raise ConfigurationError(
            node.file, node.line, node.key, name, f"a statement named after its fact ({listed(facts)})",
            nearest(name, facts),
        )  # fmt: skip
    entity = entities[name if chosen[0] == "fact" else chosen[0]]
    when_present = keys["when_present"].words("a list of columns") if "when_present" in keys else ()
    fields, parties = _body(body, entity, words)
    return Emit(name, entity.name, fields, parties, when_present)


def _body(
    node: YamlNode, entity: Entity, words: Vocabulary
) -> tuple[tuple[FieldMapping, ...], tuple[PartyMapping, ...]]:
    roles = tuple(party.role for party in entity.parties)
    names = tuple(field.name for field in entity.fields)
    alias = (IDENTIFIER,) if set(_IDENTIFIED) <= set(names) else ()
    keys = node.keys((), (*roles, *names, *alias))
    _check_required(node, entity, keys)
    if IDENTIFIER in keys:
        for clash in _IDENTIFIED:
            if clash in keys:
                raise keys[clash].error(f"either {IDENTIFIER} or {clash}: {IDENTIFIER} already fills it")
    parties = tuple(_party(role, keys[role]) for role in roles if role in keys)
    fields = tuple(_field(name, value, entity, words) for name, value in keys.items() if name not in roles)
    _check_columns_once(keys, fields)
    _check_split(keys, entity, fields)
    return fields, parties


def _check_required(node: YamlNode, entity: Entity, keys: Mapping[str, YamlNode]) -> None:
    for field in entity.fields:
        if field.required and field.name not in keys:
            raise node.error(f"the field {field.name!r}, which every {entity.name} needs")
    for party in entity.parties:
        if party.required and party.role not in keys:
            raise node.error(f"the party {party.role!r}, which every {entity.name} needs")
    for group in entity.at_least_one:
        if not any(role in keys for role in group):
            raise node.error(f"a party, at least one of {listed(group)}")


def _check_columns_once(keys: Mapping[str, YamlNode], fields: tuple[FieldMapping, ...]) -> None:
    """Two fields of one statement from exactly the same columns are a slip of copying."""
    seen: dict[tuple[str, ...], str] = {}
    for mapping in fields:
        if mapping.columns and mapping.columns in seen:
            node = keys[mapping.field]
            raise ConfigurationError(
                node.file, node.line, node.key, ", ".join(mapping.columns),
                f"a column of its own; {seen[mapping.columns]} is already mapped from it",
            )  # fmt: skip
        seen[mapping.columns] = mapping.field


def _check_split(keys: Mapping[str, YamlNode], entity: Entity, fields: tuple[FieldMapping, ...]) -> None:
    """A party has one name: where a cell holds several of what it has one of, it holds several parties, by name."""
    many = {IDENTIFIER, *(field.name for field in entity.fields if field.many)}
    needed = {field.name for field in entity.fields if field.required}
    split = {mapping.field for mapping in fields if mapping.split}
    for name in split - many:
        if not needed <= split:
            expected = f"no split: a {entity.name} has one {name}, unless {listed(sorted(needed))} is split too"
            raise keys[name].entries()["split"].error(expected)


def _field(name: str, node: YamlNode, entity: Entity, words: Vocabulary) -> FieldMapping:
    if name == IDENTIFIER:
        return _identifier(node, entity, words)
    field = entity.field(name)
    if node.is_text:
        if field.kind == "code":
            words.crosswalks.expect(node, field.codes)
        return FieldMapping(name, (node.text("a column"),))
    if "constant" in node.entries("a column, or {from: …}"):
        return _constant(field, node, words)
    keys = node.keys(("from",), ("join", "codes", "split", "on_fail", "formats"))
    if "codes" in keys and field.kind != "code":
        raise keys["codes"].error(f"no crosswalk: {name} is no code but a {field.kind}")
    if "formats" in keys and field.kind != "date":
        raise keys["formats"].error(f"no date forms: {name} is a {field.kind}")
    codes = ""
    if field.kind == "code":
        words.crosswalks.expect(node, field.codes)
        codes = words.crosswalks.use(keys["codes"], field.codes) if "codes" in keys else ""
    return FieldMapping(
        field=name,
        columns=keys["from"].words("a column or a list of columns", single=True),
        joiner=_joiner(keys),
        codes=codes,
        split=_split(keys),
        on_fail=_on_fail(keys),
        formats=_date_forms(keys["formats"]) if "formats" in keys else (),
    )


def _constant(field: Field, node: YamlNode, words: Vocabulary) -> FieldMapping:
    value = node.keys(("constant",))["constant"]
    if field.kind == "code":
        value.one_of(words.crosswalks.table(value, field.codes).entries, f"a code of {field.codes}")
    return FieldMapping(field.name, (), constant=value.text("a value"))


def _identifier(node: YamlNode, entity: Entity, words: Vocabulary) -> FieldMapping:
    """`{from: CERNO, type: {from: CERTYPE, codes: id_type}}`.

    A bare type column holds the city's own type codes; without a type the number's own form says what it is.
    """
    if node.is_text:
        return FieldMapping(IDENTIFIER, (node.text("a column"),))
    keys = node.keys(("from",), ("type", "split", "on_fail"))
    table = entity.field("document_type").codes
    column, type_column, codes = keys["from"].text("a column"), "", ""
    kind = keys.get("type")
    if kind is None:
        pass
    elif kind.is_text:
        words.crosswalks.expect(kind, table)
        type_column = kind.text("a column")
    else:
        parts = kind.keys(("from", "codes"))
        type_column = parts["from"].text("a column")
        codes = words.crosswalks.use(parts["codes"], table)
    if kind is not None and type_column == column:
        raise kind.error("a column other than the number's")
    return FieldMapping(
        field=IDENTIFIER,
        columns=(column,),
        type_column=type_column,
        type_codes=codes,
        split=_split(keys),
        on_fail=_on_fail(keys),
    )


def _split(keys: Mapping[str, YamlNode]) -> str:
    return keys["split"].text("the separator of several values") if "split" in keys else ""


def _joiner(keys: Mapping[str, YamlNode]) -> str:
    if "join" not in keys:
        return ""
    if not isinstance(keys["join"].value, str):
        raise keys["join"].error("the text between the parts")
    if keys["from"].is_text:
        raise keys["join"].error("a list under `from` to join")
    return keys["join"].value


def _on_fail(keys: Mapping[str, YamlNode]) -> Literal["", "critical", "major", "minor"]:
    if "on_fail" not in keys:
        return ""
    text = keys["on_fail"].one_of(SEVERITIES, "a severity")
    return "critical" if text == "critical" else "major" if text == "major" else "minor"


def _date_forms(node: YamlNode) -> tuple[str, ...]:
    forms = node.words("a list of date forms", single=True)
    for item in node.items() if not node.is_text else (node,):
        item.one_of(_DATE_FORMS, "a date form")
    return forms


def _party(role: str, node: YamlNode) -> PartyMapping:
    if node.is_text:
        text = node.text("a statement like $husband")
        if not text.startswith("$") or len(text) < 2:
            raise node.error("a statement of this row like $husband, or {ref: {table, key}, statement}")
        return PartyMapping(role, text[1:])
    keys = node.keys(("ref", "statement"))
    reference = keys["ref"].keys(("table", "key"))
    return PartyMapping(
        role,
        statement=keys["statement"].text("a statement of the other table"),
        table=reference["table"].text("a table of this contract"),
        key=reference["key"].words("this table's columns that hold the other's key", single=True),
    )

"""The city-wide data standard as frozen dataclasses: what a person, a business and a fact consist of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "major", "minor"]
# The quality dimensions of GB/T 36344-2018; uniqueness stands inside accuracy.
Dimension = Literal["conformity", "completeness", "accuracy", "consistency", "timeliness", "accessibility"]
# 无条件共享、有条件共享、不予共享: articles 14 and 15 of Decree 809.
SharingAttribute = Literal["unconditional", "conditional", "refused"]


@dataclass(frozen=True)
class Text:
    """A name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Sharing:
    """Whether a department may have a value: `condition` says on what terms, `basis` cites the law, both in Chinese.

    A conditional attribute has both; a refused one has a basis: without law to cite nothing is refused.
    """

    attribute: SharingAttribute = "conditional"
    condition: str = ""
    basis: str = ""


@dataclass(frozen=True)
class FieldRule:
    """A rule about one field's values: `code` of field_rules.RULES, `other` the field it looks at beside its own."""

    code: str
    dimension: Dimension
    severity: Severity
    other: str = ""


@dataclass(frozen=True)
class Field:
    """One field of the standard. `kind` names the value kind (the file in values/) that cleans and checks it."""

    name: str
    label: Text
    kind: str
    identifier: str = ""  # GA/T 543 style identifier where one exists (XM, GMSFHM)
    required: bool = False
    many: bool = False
    length: int = 200  # longest value allowed, in characters
    codes: str = ""  # code table in schemas/codes/, for kind "code"
    severity: Severity = "major"  # what an unusable value does: critical quarantines the statement
    mask: str = ""  # mask verb's value kind; empty: the kind's own mask
    grade: int = 2  # sensitivity grade, 1 (public) to 4
    lead: str = ""  # lead department
    source: str = ""  # national standard cited
    recalled: bool = False  # the identifier is written from memory of GA/T 543, not yet compared with its text
    sharing: Sharing = Sharing()
    rules: tuple[FieldRule, ...] = ()  # beyond those that follow from kind, length, codes and required


@dataclass(frozen=True)
class Party:
    """A party of a fact: `role` is the column's name, `entity` is person or business."""

    role: str
    entity: str
    label: Text
    required: bool = True


@dataclass(frozen=True)
class Entity:
    """A kind of statement: an entity (person, business) or a fact (`parties` not empty)."""

    name: str
    label: Text
    fields: tuple[Field, ...]
    parties: tuple[Party, ...] = ()
    identity: tuple[str, ...] = ()  # a fact's identity: roles and fields that make two statements the same fact
    at_least_one: tuple[tuple[str, ...], ...] = ()  # groups of optional roles, one of which every fact has
    lead: str = ""  # the department that answers for it in the catalogue
    category: Text = Text("", "")  # its class in the catalogue of shared resources
    updated: Text = Text("", "")  # how often the lead department brings it up to date

    @property
    def grade(self) -> int:
        """The highest sensitivity grade among the fields, 1 (public) to 4."""
        return max((field.grade for field in self.fields), default=1)

    @property
    def is_fact(self) -> bool:
        return bool(self.parties)

    def field(self, name: str) -> Field:
        """Return the field called `name`; KeyError if the entity has none."""
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)


@dataclass(frozen=True)
class Change:
    """One difference between two versions. `place` is entity, entity.field or entity.field.property, or codes.table
    and codes.table.code; `breaking` says whether a consumer that did nothing may now read something else, less, or
    nothing."""

    place: str
    kind: Literal["added", "removed", "changed"]
    before: str
    after: str
    breaking: bool


@dataclass(frozen=True)
class Standard:
    """The whole standard of one version."""

    version: str
    entities: dict[str, Entity] = field(default_factory=dict)
    departments: dict[str, Text] = field(default_factory=dict)  # those that may lead a field; empty: not stated

    @property
    def parties(self) -> tuple[Entity, ...]:
        return tuple(entity for entity in self.entities.values() if not entity.is_fact)

    @property
    def facts(self) -> tuple[Entity, ...]:
        return tuple(entity for entity in self.entities.values() if entity.is_fact)

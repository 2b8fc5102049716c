"""The city-wide data standard as frozen dataclasses: what a person, a business and a fact consist of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["critical", "major", "minor"]


@dataclass(frozen=True)
class Text:
    """A name in both languages."""

    zh: str
    en: str


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
class Standard:
    """The whole standard of one version."""

    version: str
    entities: dict[str, Entity] = field(default_factory=dict)

    @property
    def parties(self) -> tuple[Entity, ...]:
        return tuple(entity for entity in self.entities.values() if not entity.is_fact)

    @property
    def facts(self) -> tuple[Entity, ...]:
        return tuple(entity for entity in self.entities.values() if entity.is_fact)

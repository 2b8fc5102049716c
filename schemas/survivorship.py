"""A survivorship policy (`cities/<city>/golden/*.yaml`): who leads each golden value, and who may stand in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from schemas import measures
from schemas.errors import ConfigurationError
from schemas.nearest import nearest
from schemas.standard import Entity, Standard
from schemas.yaml_source import YamlNode, read_yaml

EVERYONE = "*"  # every department not named before it


@dataclass(frozen=True)
class FieldPolicy:
    """Where one golden value comes from.

    Either `lead` (the department that decides) and `otherwise` (those that stand in, in order, where it is silent), or
    `newest_of`: the latest by the source's own time among these departments; order breaks ties. "*" is everyone else.
    `valid`: only values without a doubt. `fades_months`: a value older than this is no longer golden (0 = never).
    """

    field: str
    lead: str = ""
    otherwise: tuple[str, ...] = ()
    newest_of: tuple[str, ...] = ()
    valid: bool = False
    fades_months: int = 0

    @property
    def rule(self) -> str:
        """Return the rule in a word, as origins store it: `lead` or `newest_of`."""
        return "lead" if self.lead else "newest_of"


@dataclass(frozen=True)
class SurvivorshipPolicy:
    """One entity's policies, one a field, in the standard's order."""

    entity: str
    fields: tuple[FieldPolicy, ...]

    def field(self, name: str) -> FieldPolicy:
        """Return the policy of the field called `name`; KeyError if there is none."""
        for policy in self.fields:
            if policy.field == name:
                return policy
        raise KeyError(name)


def load_survivorship(path: Path, standard: Standard, departments: Iterable[str]) -> SurvivorshipPolicy:
    """Return the policy in `path`: `<entity>: {<field>: rule}`. Raises ConfigurationError at the first mistake.

    Every field of the standard needs a rule, so that no golden value is decided by nobody.
    """
    keys = read_yaml(path).keys((), tuple(standard.entities))
    if set(keys) != {path.stem}:
        key, node = next(iter(keys.items()))
        raise ConfigurationError(path, node.line, key, key, f"the file's own name {path.stem!r}, alone")
    entity = standard.entities[path.stem]
    rules = keys[path.stem].keys(tuple(field.name for field in entity.fields))
    known = tuple(departments)
    policies = tuple(_policy(field.name, rules[field.name], known) for field in entity.fields)
    return SurvivorshipPolicy(entity.name, policies)


def standing_policy(entity: Entity, departments: Iterable[str]) -> SurvivorshipPolicy:
    """Return the policy of an entity that the city has none for: one lead source per item, as the standard names it.

    A field's lead department decides and everyone else stands in; where the city has no such department, or the
    standard names none, the newest word of anyone counts.
    """
    known = frozenset(departments)
    return SurvivorshipPolicy(
        entity.name,
        tuple(
            FieldPolicy(field.name, lead=field.lead, otherwise=(EVERYONE,))
            if field.lead in known
            else FieldPolicy(field.name, newest_of=(EVERYONE,))
            for field in entity.fields
        ),
    )


def _policy(field: str, node: YamlNode, departments: tuple[str, ...]) -> FieldPolicy:
    keys = node.keys((), ("lead", "else", "newest_of", "valid", "fades"))
    if ("lead" in keys) == ("newest_of" in keys):
        raise node.error("either `lead` or `newest_of`")
    if "else" in keys and "lead" not in keys:
        raise keys["else"].error("`lead` beside `else`")
    return FieldPolicy(
        field=field,
        lead=keys["lead"].one_of(departments, "a department of this city") if "lead" in keys else "",
        otherwise=_departments(keys["else"], departments) if "else" in keys else (),
        newest_of=_departments(keys["newest_of"], departments) if "newest_of" in keys else (),
        valid="valid" in keys and keys["valid"].flag(),
        fades_months=measures.months(keys["fades"]) if "fades" in keys else 0,
    )


def _departments(node: YamlNode, departments: tuple[str, ...]) -> tuple[str, ...]:
    words = node.words("a department, a list of them, or *", single=True)
    for item in (node,) if node.is_text else node.items():
        if item.text() not in (*departments, EVERYONE):
            raise ConfigurationError(
                item.file, item.line, item.key, item.text(), "a department of this city or *",
                nearest(item.text(), departments),
            )  # fmt: skip
    if EVERYONE in words[:-1]:
        raise node.error("* at the end: it is everyone not named before")
    return words

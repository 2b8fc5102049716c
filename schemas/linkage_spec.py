"""A linkage specification (`cities/<city>/matching/*.yaml`): the ladder first, then the evidence, then the limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemas import measures
from schemas.errors import ConfigurationError
from schemas.nearest import listed, nearest
from schemas.standard import Entity, Standard
from schemas.standard_file import KINDS
from schemas.yaml_source import YamlNode, read_yaml

Otherwise = Literal["review", "insufficient", "new"]
OUTCOMES: tuple[Otherwise, ...] = ("review", "insufficient", "new")


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: records with the `same` values (of one `anchored` in the register, if it says so) are
    one party where all `agree` fields agree; where one disagrees, the outcome is `otherwise`."""

    same: tuple[str, ...]
    anchored: bool
    agree: tuple[str, ...]
    otherwise: Otherwise


@dataclass(frozen=True)
class Comparison:
    """How one field is compared; `term_frequency`: a rare value weighs more than a common one."""

    field: str
    kind: str  # a kind of value, or "exact"
    term_frequency: bool = False


@dataclass(frozen=True)
class Decide:
    """Thresholds: probabilities to `link` and to `review`; in bits the `margin` to the runner-up and the `enough`
    weight that the present fields must be able to reach."""

    link: float
    review: float
    margin: float
    enough: float


@dataclass(frozen=True)
class LinkageSpec:
    """One entity's specification. `block` rules are lists of fields or keys of fields (`name.pinyin`)."""

    entity: str
    ladder: tuple[Rung, ...]
    block: tuple[tuple[str, ...], ...] = ()
    compare: tuple[Comparison, ...] = ()
    decide: Decide | None = None
    never_share: tuple[str, ...] = ()


def load_linkage(path: Path, standard: Standard) -> LinkageSpec:
    """Return the specification in `path`. Raises ConfigurationError at the first mistake."""
    keys = read_yaml(path).keys(("entity", "ladder"), ("block", "compare", "decide", "never_share"))
    parties = [entity.name for entity in standard.parties]
    keys["entity"].one_of(parties, "an entity that is no fact")
    name = keys["entity"].one_of((path.stem,), "the file's own name")
    entity = standard.entities[name]
    compare = keys["compare"].entries("a mapping of fields") if "compare" in keys else {}
    if ("block" in keys) != ("compare" in keys) or ("compare" in keys) != ("decide" in keys):
        raise keys["ladder"].error("block, compare and decide all three, or none of them")
    return LinkageSpec(
        entity=name,
        ladder=tuple(_rung(node, entity) for node in keys["ladder"].items("a list of rungs")),
        block=_block(keys["block"], entity) if "block" in keys else (),
        compare=tuple(_comparison(field, node, entity) for field, node in compare.items()),
        decide=_decide(keys["decide"]) if "decide" in keys else None,
        never_share=_fields(keys["never_share"], entity) if "never_share" in keys else (),
    )


def _rung(node: YamlNode, entity: Entity) -> Rung:
    keys = node.keys(("same", "else"), ("anchored", "agree"))
    chosen = keys["else"].one_of(OUTCOMES, "an outcome")
    return Rung(
        same=_fields(keys["same"], entity),
        anchored="anchored" in keys and keys["anchored"].flag(),
        agree=_fields(keys["agree"], entity) if "agree" in keys else (),
        otherwise=next(outcome for outcome in OUTCOMES if outcome == chosen),
    )


def _fields(node: YamlNode, entity: Entity) -> tuple[str, ...]:
    names = [field.name for field in entity.fields]
    words = node.words("a field or a list of fields", single=True)
    for item in (node,) if node.is_text else node.items():
        item.one_of(names, f"a field of {entity.name}")
    return words


def _block(node: YamlNode, entity: Entity) -> tuple[tuple[str, ...], ...]:
    names = [field.name for field in entity.fields]
    rules = []
    for rule in node.items("a list of blocking rules"):
        words = rule.words("a list of fields or their keys")
        for item in rule.items():
            field, dot, part = item.text().partition(".")
            if field not in names or (dot and not part.isidentifier()):
                raise ConfigurationError(
                    item.file, item.line, item.key, item.text(),
                    f"a field of {entity.name} or a key of one, like name.pinyin ({listed(names)})",
                    nearest(field, names),
                )  # fmt: skip
        rules.append(words)
    return tuple(rules)


def _comparison(field: str, node: YamlNode, entity: Entity) -> Comparison:
    names = [known.name for known in entity.fields]
    if field not in names:
        raise ConfigurationError(
            node.file, node.line, node.key, field, f"a field of {entity.name} ({listed(names)})", nearest(field, names)
        )
    keys = node.keys(("as",), ("term_frequency",))
    kind = keys["as"].one_of(("exact", *KINDS), "a way to compare")
    return Comparison(field, kind, "term_frequency" in keys and keys["term_frequency"].flag())


def _decide(node: YamlNode) -> Decide:
    keys: Mapping[str, YamlNode] = node.keys(("link", "review", "margin", "enough"))
    decide = Decide(**{name: measures.number(keys[name]) for name in ("link", "review", "margin", "enough")})
    if not 0 < decide.review < decide.link < 1:
        raise keys["link"].error("probabilities with 0 < review < link < 1")
    return decide

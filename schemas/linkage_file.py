"""Reads a city's linkage specification (`cities/<city>/matching/*.yaml`), checked against the standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from pathlib import Path

from schemas import measures
from schemas.errors import ConfigurationError
from schemas.linkage_spec import OUTCOMES, Comparison, Decide, LinkageField, LinkageSpec, Rung, Skew
from schemas.nearest import listed, nearest
from schemas.standard import Standard
from schemas.value_keys import PLAIN_COMPARISONS, VALUE_KEYS
from schemas.yaml_source import YamlNode, read_yaml

Kinds = Mapping[str, str]  # field → kind of value, in the order of the file or the standard
WAYS = (*PLAIN_COMPARISONS, *VALUE_KEYS)
_EVIDENCE = ("block", "compare", "decide")


def load_linkage(path: Path, standard: Standard) -> LinkageSpec:
    """Return the city's specification in `path`. Raises ConfigurationError at the first mistake."""
    optional = (*_EVIDENCE, "never_share", "household", "namesake", "skew")
    keys = read_yaml(path).keys(("entity", "ladder"), optional)
    parties = [entity.name for entity in standard.parties]
    keys["entity"].one_of(parties, "an entity that is no fact")
    name = keys["entity"].one_of((path.stem,), "the file's own name")
    if len({key in keys for key in _EVIDENCE}) != 1:
        raise keys["ladder"].error("block, compare and decide all three, or none of them")
    kinds = {field.name: field.kind for field in standard.entities[name].fields}
    spec = LinkageSpec(
        entity=name,
        ladder=parse_ladder(keys["ladder"], kinds),
        block=parse_rules(keys["block"], kinds) if "block" in keys else (),
        compare=parse_comparisons(keys["compare"], kinds) if "compare" in keys else (),
        decide=parse_decide(keys["decide"]) if "decide" in keys else None,
        never_share=parse_fields(keys["never_share"], kinds) if "never_share" in keys else (),
        household=parse_rules(keys["household"], kinds) if "household" in keys else (),
        namesake=parse_namesake(keys) if "namesake" in keys else (),
        skew=parse_skew(keys["skew"]) if "skew" in keys else Skew(),
    )
    named = named_fields(spec)
    told_by = {one.field: one.instead_of for one in spec.compare if one.instead_of}
    own = tuple(LinkageField(field, kinds[field], field, told_by.get(field, field)) for field in named)
    return replace(spec, fields=own)


def named_fields(spec: LinkageSpec) -> tuple[str, ...]:
    """Return every field that the specification names, each once, those compared first."""
    names = [one.field for one in spec.compare]
    names += [key.partition(".")[0] for rule in (*spec.block, *spec.household) for key in rule]
    names += [field for rung in spec.ladder for field in (*rung.same, *rung.agree)]
    return tuple(dict.fromkeys([*names, *spec.never_share]))


def parse_ladder(node: YamlNode, kinds: Kinds, *, whole: bool = True) -> tuple[Rung, ...]:
    """Return the rungs; without `else`, which only the `whole` must say, what disagrees is for review."""
    return tuple(_rung(item, kinds, whole) for item in node.items("a list of rungs"))


def _rung(node: YamlNode, kinds: Kinds, whole: bool) -> Rung:
    keys = node.keys(("same", "else") if whole else ("same",), ("anchored", "agree", "else"))
    chosen = keys["else"].one_of(OUTCOMES, "an outcome") if "else" in keys else "review"
    return Rung(
        same=parse_fields(keys["same"], kinds),
        anchored="anchored" in keys and keys["anchored"].flag(),
        agree=parse_fields(keys["agree"], kinds) if "agree" in keys else (),
        otherwise=next(outcome for outcome in OUTCOMES if outcome == chosen),
    )


def parse_fields(node: YamlNode, kinds: Kinds) -> tuple[str, ...]:
    """Return one field or a list of fields, each of them known."""
    words = node.words("a field or a list of fields", single=True)
    for item in (node,) if node.is_text else node.items():
        item.one_of(kinds, "a field")
    return words


def parse_rules(node: YamlNode, kinds: Kinds) -> tuple[tuple[str, ...], ...]:
    """Return rules, each a list of fields or keys of their kind (`name.pinyin`), no rule twice."""
    rules: list[tuple[str, ...]] = []
    for rule in node.items("a list of rules, each a list of fields or their keys"):
        words = rule.words("a list of fields or their keys")
        for item in rule.items():
            _check_key(item, kinds)
        if set(words) in [set(known) for known in rules]:
            raise rule.error("each rule once")
        rules.append(words)
    return tuple(rules)


def _check_key(item: YamlNode, kinds: Kinds) -> None:
    name, dot, key = item.text().partition(".")
    where = (item.file, item.line, item.key, item.text())
    if name not in kinds:
        expected = f"a field, or a key of one like name.pinyin ({listed(kinds)})"
        raise ConfigurationError(*where, expected, nearest(name, kinds))
    known = VALUE_KEYS.get(kinds[name], ())
    if dot and key not in known:
        choices = [f"{name}.{one}" for one in known]
        expected = f"the field {name} ({kinds[name]}) or a key of it ({listed(choices) or 'it has none'})"
        raise ConfigurationError(*where, expected, nearest(item.text(), choices))


def parse_comparisons(node: YamlNode, kinds: Kinds) -> tuple[Comparison, ...]:
    """Return how each field is compared. Raises ConfigurationError for an unknown field, way or option."""
    nodes = node.entries("a mapping of fields")
    others = {field: [one for one in nodes if one != field] for field in nodes}
    return tuple(_comparison(field, item, kinds, others[field]) for field, item in nodes.items())


def _comparison(field: str, node: YamlNode, kinds: Kinds, others: Sequence[str]) -> Comparison:
    if field not in kinds:
        expected = f"a field ({listed(kinds)})"
        raise ConfigurationError(node.file, node.line, node.key, field, expected, nearest(field, kinds))
    keys = node.keys(("as",), ("term_frequency", "instead_of", "distinct"))
    kind = keys["as"].one_of(WAYS, "a way to compare")
    instead = keys["instead_of"].one_of(others, "another field that is compared") if "instead_of" in keys else ""
    frequent, distinct = (name in keys and keys[name].flag() for name in ("term_frequency", "distinct"))
    return Comparison(field, kind, frequent, instead, distinct)


def parse_namesake(keys: Mapping[str, YamlNode]) -> tuple[str, ...]:
    """Return the fields that two people may have all the same, each of them compared."""
    compared = dict.fromkeys(keys["compare"].entries("a mapping of fields"), "") if "compare" in keys else {}
    return parse_fields(keys["namesake"], compared)


def parse_decide(node: YamlNode, *, whole: bool = True) -> Decide:
    """Return the thresholds; what is left out keeps its default unless the `whole` is asked for."""
    names = tuple(field.name for field in dataclass_fields(Decide))
    keys = node.keys(names if whole else (), names)
    decide = Decide(**{name: measures.number(keys[name]) for name in names if name in keys})
    if not 0 < decide.review < decide.link < 1:
        raise (keys.get("link") or keys.get("review") or node).error("probabilities with 0 < review < link < 1")
    return decide


def parse_skew(node: YamlNode) -> Skew:
    """Return what becomes of blocks that are too large."""
    keys = node.keys(("at_most",), ("else",))
    otherwise = keys["else"].one_of(("split", "refuse"), "what becomes of it") if "else" in keys else "split"
    return Skew(keys["at_most"].integer(least=1), "refuse" if otherwise == "refuse" else "split")

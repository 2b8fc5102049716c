"""Parses one field of the standard: its kind, code table, lead, sensitivity, sharing and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from schemas import measures
from schemas.field_rules import DERIVED, RULES, RuleKind
from schemas.standard import Field, FieldRule, Severity, Sharing, SharingAttribute, Text
from schemas.yaml_source import YamlNode

# One per file of values/ that cleans a kind of value.
KINDS = (
    "text", "citizen_id", "document", "uscc", "registration_number", "person_name", "company_name",
    "code", "date", "phone", "address", "plate", "vin", "tax_number", "amount",
)  # fmt: skip
SEVERITIES: tuple[str, ...] = get_args(Severity)
_ATTRIBUTES: tuple[str, ...] = get_args(SharingAttribute)
_OPTIONAL = (
    "identifier", "recalled", "required", "many", "length", "codes", "severity", "mask", "grade", "lead", "source",
    "sharing", "rules",
)  # fmt: skip


@dataclass(frozen=True)
class Inherited:
    """What a field takes from its entity where it says nothing itself."""

    departments: tuple[str, ...] = ()
    lead: str = ""
    sharing: Sharing | None = None


def parse_fields(node: YamlNode, inherited: Inherited) -> tuple[Field, ...]:
    """Return the fields in file order. Raises ConfigurationError at the first mistake."""
    entries = node.entries("a mapping of fields")
    fields = tuple(_field(name, entry, inherited) for name, entry in entries.items())
    kinds = {field.name: field.kind for field in fields}
    for field in fields:
        _check_rules(entries[field.name], field, kinds)
    return fields


def label(node: YamlNode) -> Text:
    """Return a label in both languages."""
    keys = node.keys(("zh", "en"))
    return Text(zh=keys["zh"].text(), en=keys["en"].text())


def parse_sharing(node: YamlNode, inherited: Sharing | None = None) -> Sharing:
    """Return what `sharing:` says: one word, or {attribute, condition, basis}; condition and basis may be inherited.

    Raises ConfigurationError where a conditional attribute lacks condition or basis, or a refused one its basis.
    """
    if node.is_text:
        keys: Mapping[str, YamlNode] = {"attribute": node}
    else:
        keys = node.keys(("attribute",), ("condition", "basis"))
    word = keys["attribute"].one_of(_ATTRIBUTES, "unconditional, conditional or refused")
    if word == "unconditional":
        for name in ("condition", "basis"):
            if name in keys:
                raise keys[name].error("nothing: what is shared unconditionally has no conditions to cite law for")
        return Sharing("unconditional")
    standing = inherited if inherited and inherited.attribute == word else Sharing("conditional")
    condition = keys["condition"].text("on what terms") if "condition" in keys else standing.condition
    basis = keys["basis"].text("the law it rests on") if "basis" in keys else standing.basis
    if not basis:
        raise node.error("{attribute, basis: the law that restricts sharing}")
    if word == "refused":
        return Sharing("refused", "", basis)
    if not condition:
        raise node.error("{attribute, condition: on what terms it is shared, basis}")
    return Sharing("conditional", condition, basis)


def _field(name: str, node: YamlNode, inherited: Inherited) -> Field:
    keys = node.keys(("label", "kind"), _OPTIONAL)
    kind = keys["kind"].one_of(KINDS, "a kind of value")
    if (kind == "code") != ("codes" in keys):
        raise keys.get("codes", node).error("a code table for kind 'code', and only for it")
    if "recalled" in keys and "identifier" not in keys:
        raise keys["recalled"].error("an identifier that was recalled")
    return Field(
        name=name,
        label=label(keys["label"]),
        kind=kind,
        identifier=_text(keys, "identifier"),
        required="required" in keys and keys["required"].flag(),
        many="many" in keys and keys["many"].flag(),
        length=keys["length"].integer(1) if "length" in keys else 200,
        codes=_text(keys, "codes"),
        severity=_severity(keys["severity"]) if "severity" in keys else "major",
        mask=keys["mask"].one_of(KINDS, "a kind of value") if "mask" in keys else "",
        grade=_grade(keys["grade"]) if "grade" in keys else 2,
        lead=_lead(keys, inherited),
        source=_text(keys, "source"),
        recalled="recalled" in keys and keys["recalled"].flag(),
        sharing=parse_sharing(keys["sharing"], inherited.sharing) if "sharing" in keys else _standing(inherited),
        rules=tuple(_rule(rule) for rule in keys["rules"].items("a list of rules")) if "rules" in keys else (),
    )


def _standing(inherited: Inherited) -> Sharing:
    return inherited.sharing or Sharing()


def _lead(keys: Mapping[str, YamlNode], inherited: Inherited) -> str:
    if "lead" not in keys:
        return inherited.lead
    if inherited.departments:
        return keys["lead"].one_of(inherited.departments, "a department of version.yaml")
    return keys["lead"].text("a department")


def _grade(node: YamlNode) -> int:
    grade = node.integer(1)
    if grade > 4:
        raise node.error("a grade from 1 to 4")
    return grade


def _severity(node: YamlNode) -> Severity:
    text = node.one_of(SEVERITIES, "a severity")
    return "critical" if text == "critical" else "major" if text == "major" else "minor"


def _rule(node: YamlNode) -> FieldRule:
    """`not_future`, or `{not_before: birth_date, severity: major}`."""
    stated = tuple(code for code in RULES if code not in DERIVED)
    if node.is_text:
        kind = RULES[node.one_of([code for code in stated if not RULES[code].needs], "a rule")]
        return FieldRule(kind.code, kind.dimension, kind.severity)
    keys = node.keys((), (*stated, "severity"))
    codes = [key for key in keys if key != "severity"]
    if len(codes) != 1:
        raise node.error("one rule, like {not_before: birth_date}")
    kind = RULES[codes[0]]
    severity = _severity(keys["severity"]) if "severity" in keys else kind.severity
    return FieldRule(kind.code, kind.dimension, severity, _other(keys[kind.code], kind))


def _other(node: YamlNode, kind: RuleKind) -> str:
    if kind.needs == "time":
        measures.months(node)
    elif not kind.needs:
        node.one_of(("true",), "true: this rule looks at nothing else")
        return ""
    return node.text("a field of the same entity")


def _check_rules(node: YamlNode, field: Field, kinds: Mapping[str, str]) -> None:
    for place, rule in zip(node.entries()["rules"].items() if field.rules else (), field.rules, strict=True):
        kind = RULES[rule.code]
        if kind.kinds and field.kind not in kind.kinds:
            raise place.error(f"no {rule.code}: it is for {', '.join(kind.kinds)}, {field.name} is a {field.kind}")
        if kind.needs == "field":
            target = place.entries()[rule.code]
            target.one_of([name for name in kinds if name != field.name], "another field of the same entity")
            if kind.kinds and kinds[rule.other] not in kind.kinds:
                raise target.error(f"a field that is a {kind.kinds[0]} too")


def _text(keys: Mapping[str, YamlNode], name: str) -> str:
    return keys[name].text() if name in keys else ""

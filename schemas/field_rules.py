"""The rules a field of the standard can carry: what each demands, its quality dimension, which follow by themselves.

A rule here is vocabulary, not a check: whoever gates a batch turns it into one predicate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from schemas.standard import Dimension, Field, FieldRule, Severity, Text


@dataclass(frozen=True)
class RuleKind:
    """One kind of rule. `sentence` may speak of {field} and {other}; `kinds` are the value kinds it fits, empty = all;
    `needs` says what `other` is: nothing, a field of the same entity, or a length of time (3y)."""

    code: str
    sentence: Text
    dimension: Dimension
    severity: Severity
    needs: str = ""
    kinds: tuple[str, ...] = ()


_ALL = (
    RuleKind("present", Text("{field}应填写", "{field} is present"), "completeness", "major"),
    RuleKind("well_formed", Text("{field}应符合其格式", "{field} has the form of its kind"), "conformity", "major"),
    RuleKind("within_length", Text("{field}不超过{other}个字符", "{field} has at most {other} characters"),
             "conformity", "major"),
    RuleKind("in_table", Text("{field}应在代码表{other}内", "{field} stands in the code table {other}"),
             "conformity", "major", kinds=("code",)),
    RuleKind("not_future", Text("{field}不晚于当日", "{field} is not after the day it is read"), "accuracy", "minor",
             kinds=("date",)),
    RuleKind("not_before", Text("{field}不早于{other}", "{field} is not before {other}"), "consistency", "minor",
             needs="field", kinds=("date",)),
    RuleKind("agrees_with", Text("{field}与{other}相符", "{field} agrees with {other}"), "consistency", "minor",
             needs="field"),
    RuleKind("together_with", Text("有{other}时应有{field}", "{field} is present where {other} is"), "completeness",
             "minor", needs="field"),
    RuleKind("unique", Text("{field}不重复", "no two share one {field}"), "accuracy", "major"),
    RuleKind("fresh_within", Text("{field}在{other}内核实过", "{field} was confirmed within {other}"), "timeliness",
             "minor", needs="time"),
)  # fmt: skip

RULES: Mapping[str, RuleKind] = MappingProxyType({kind.code: kind for kind in _ALL})
# Those that follow from what the standard says of a field anyway; nobody writes them down.
DERIVED = ("present", "well_formed", "within_length", "in_table")


def rules_of(field: Field) -> tuple[FieldRule, ...]:
    """Return every rule of a field: those that follow from required, kind, length and codes, then its own."""
    found = [_derived("present", field)] if field.required else []
    if field.codes:
        found.append(_derived("in_table", field, field.codes))
    else:
        if field.kind != "text":
            found.append(_derived("well_formed", field))
        found.append(_derived("within_length", field, str(field.length)))
    return (*found, *field.rules)


def sentence_of(rule: FieldRule, label: Text, labels: Mapping[str, Text] = MappingProxyType({})) -> Text:
    """Return what the rule demands in both languages; `label` is its field's, `labels` those of the entity's fields."""
    kind, other = RULES[rule.code], labels.get(rule.other, Text(rule.other, rule.other))
    return Text(
        kind.sentence.zh.format(field=label.zh, other=other.zh), kind.sentence.en.format(field=label.en, other=other.en)
    )


def _derived(code: str, field: Field, other: str = "") -> FieldRule:
    return FieldRule(code, RULES[code].dimension, field.severity, other)

"""Reads a city's folder quality/: grading.yaml, rules.yaml (or rules_….yaml), waivers.yaml; each may be absent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

from schemas import measures
from schemas.contract import Contract
from schemas.errors import ConfigurationError
from schemas.nearest import nearest
from schemas.quality import (
    CHECK_KINDS,
    DIMENSIONS,
    SEVERITIES,
    Check,
    CityRule,
    Grading,
    QualityPolicy,
    Scope,
    Waiver,
)  # fmt: skip
from schemas.standard import Dimension, Entity, Severity, Standard, Text
from schemas.yaml_source import YamlNode, read_yaml

_CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")
_RULE_ID = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,2}")
_FILES = ("grading", "rules", "waivers")
OPEN_GRADE = 2  # the highest sensitivity grade whose values may stand in a result as counts


# Contracts by department; None for one that is broken: what is said of it is taken on trust until it is mended.
Contracts = Mapping[str, Contract | None]


def load_quality(folder: Path, standard: Standard, contracts: Contracts) -> QualityPolicy:
    """Return the policy in `folder`; the default one where there is no folder. Raises ConfigurationError with file
    and line at the first mistake."""
    policy = QualityPolicy()
    for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        kind = path.stem.split("_")[0]
        if kind == "grading":
            policy = replace(policy, grading=_grading(read_yaml(path), contracts))
        elif kind == "rules":
            tolerances, rules = _rules(read_yaml(path), standard, contracts, policy.rules)
            policy = replace(policy, rules=rules, tolerances={**policy.tolerances, **tolerances})
        elif kind == "waivers":
            policy = replace(policy, waivers=(*policy.waivers, *_waivers(read_yaml(path), contracts)))
        else:
            expected = "a file called grading.yaml, rules.yaml, rules_….yaml or waivers.yaml"
            raise ConfigurationError(path, 1, "", path.stem, expected, nearest(kind, _FILES))
    return policy


def _grading(root: YamlNode, contracts: Contracts) -> Grading:
    keys = root.keys(
        ("version", "severity", "dimensions", "grades", "cap", "target", "deadlines"), ("targets", "period")
    )
    severity, dimensions = keys["severity"].keys(SEVERITIES), keys["dimensions"].keys(DIMENSIONS)
    grades = _letters(keys["grades"])
    targets = keys["targets"].entries("a mapping of departments") if "targets" in keys else {}
    for name, node in targets.items():
        if name not in contracts:
            raise ConfigurationError(
                node.file, node.line, node.key, name, "a department of this city", nearest(name, contracts)
            )
    deadlines = keys["deadlines"].keys(SEVERITIES)
    period = (
        keys["period"].one_of(("day", "week", "month"), "what one point of a trend covers") if "period" in keys else ""
    )
    return Grading(
        version=keys["version"].text("a name that changes with the numbers"),
        severity_weights={name: _weight(severity[name]) for name in SEVERITIES},
        dimension_weights={name: _weight(dimensions[name]) for name in DIMENSIONS},
        grades=grades,
        cap=keys["cap"].one_of([letter for letter, _ in grades], "a grade"),
        target=_score(keys["target"]),
        targets={name: _score(node) for name, node in targets.items()},
        deadlines={name: deadlines[name].integer(1) for name in SEVERITIES},
        period=cast("Literal['day', 'week', 'month']", period or "month"),
    )


def _weight(node: YamlNode) -> float:
    value = measures.number(node)
    if not value:
        raise node.error("a weight above 0")
    return value


def _score(node: YamlNode) -> float:
    value = measures.number(node)
    if value > 100:
        raise node.error("a score from 0 to 100")
    return value


def _letters(node: YamlNode) -> tuple[tuple[str, float], ...]:
    """Return the grades from best to worst; each begins below the one before, the last at 0."""
    found = tuple((letter, _score(least)) for letter, least in node.entries("grades: least score").items())
    scores = [least for _, least in found]
    if scores != sorted(set(scores), reverse=True) or scores[-1:] != [0.0]:
        raise node.error("grades from best to worst, each with a lower score than the one before, the last from 0")
    return found


def _rules(
    root: YamlNode, standard: Standard, contracts: Contracts, before: tuple[CityRule, ...]
) -> tuple[dict[str, float], tuple[CityRule, ...]]:
    keys = root.keys((), ("tolerances", "rules"))
    tolerances = {}
    for name, node in (keys["tolerances"].entries("a mapping of rules") if "tolerances" in keys else {}).items():
        if not _RULE_ID.fullmatch(name):
            raise ConfigurationError(node.file, node.line, node.key, name, "a rule's code, or its id entity.field.code")
        tolerances[name] = _tolerance(node)
    rules = list(before)
    for code, node in (keys["rules"].entries("a mapping of rules") if "rules" in keys else {}).items():
        if not _CODE.fullmatch(code) or any(one.code == code for one in rules):
            raise ConfigurationError(node.file, node.line, node.key, code, "a code in letters a-z, once in the city")
        rules.append(_rule(code, node, standard, contracts))
    return tolerances, tuple(rules)


def _rule(code: str, node: YamlNode, standard: Standard, contracts: Contracts) -> CityRule:
    wanted = ("sentence", "purpose", "dimension", "severity", "on", "check")
    keys = node.keys(wanted, ("tolerance", "owner", "basis"))
    scope = _scope(keys["on"], standard, contracts)
    return CityRule(
        code=code,
        sentence=_text(keys["sentence"]),
        purpose=_text(keys["purpose"]),
        dimension=cast("Dimension", keys["dimension"].one_of(DIMENSIONS, "a dimension of GB/T 36344")),
        severity=cast("Severity", keys["severity"].one_of(SEVERITIES, "a severity")),
        tolerance=_tolerance(keys["tolerance"]) if "tolerance" in keys else 0.0,
        scope=scope,
        check=_check(keys["check"], standard.entities[scope.entity], contracts),
        owner=keys["owner"].text() if "owner" in keys else "",
        basis=keys["basis"].text() if "basis" in keys else "",
        file=node.file,
        line=node.line,
    )


def _text(node: YamlNode) -> Text:
    keys = node.keys(("zh", "en"))
    return Text(keys["zh"].text("a Chinese sentence"), keys["en"].text("an English sentence"))


def _tolerance(node: YamlNode) -> float:
    return 0.0 if node.value == "0%" else measures.share(node)


def _scope(node: YamlNode, standard: Standard, contracts: Contracts) -> Scope:
    keys = node.keys(("entity",), ("departments", "table", "statement"))
    entity = keys["entity"].one_of(standard.entities, "an entity of the standard")
    departments = _departments(keys["departments"], contracts) if "departments" in keys else ()
    named = [contracts[name] for name in departments or contracts]
    if any(contract is None for contract in named) and departments:
        return Scope(entity, departments, *(keys[key].text() if key in keys else "" for key in ("table", "statement")))
    tables = {table.name: table for contract in named if contract for table in contract.tables}
    table = keys["table"].one_of(tables, "a table of these departments") if "table" in keys else ""
    emits = [
        emit.name
        for one in ([tables[table]] if table else tables.values())
        for emit in one.emit
        if emit.entity == entity
    ]
    if not emits:
        raise node.error(f"a place where {entity} statements are made")
    statement = keys["statement"].one_of(dict.fromkeys(emits), f"a {entity} statement") if "statement" in keys else ""
    return Scope(entity, departments, table, statement)


def _departments(node: YamlNode, contracts: Contracts) -> tuple[str, ...]:
    return tuple(item.one_of(contracts, "a department of this city") for item in node.items("a list of departments"))


def _check(node: YamlNode, entity: Entity, contracts: Contracts) -> Check:
    entries = node.entries("one check")
    if len(entries) != 1 or next(iter(entries)) not in CHECK_KINDS:
        first = next(iter(entries))
        hint = nearest(first, CHECK_KINDS)
        raise ConfigurationError(node.file, node.line, node.key, first, f"one of {', '.join(CHECK_KINDS)}", hint)
    [(kind, value)] = entries.items()
    names = [field.name for field in entity.fields]
    if kind == "holds":
        expression = value.text("a condition over the fields of the statement")
        if ";" in expression or "--" in expression:
            raise value.error("one condition, without ; and --")
        return Check("holds", expression=expression)
    if kind == "unique":
        return Check("unique", tuple(item.one_of(names, "a field") for item in value.items("a list of fields")))
    return _look_up(kind, value, entity, contracts)


def _look_up(kind: str, value: YamlNode, entity: Entity, contracts: Contracts) -> Check:
    names = [field.name for field in entity.fields]
    wanted: dict[str, tuple[str, ...]] = {
        "same_as": ("department", "field"), "known_to": ("departments", "field"), "fresh_within": ("field", "span"),
        "distribution": ("field", "moves_at_most"),
    }  # fmt: skip
    keys = value.keys(wanted[kind])
    field = keys["field"].one_of(names, f"a field of {entity.name}")
    made: dict[str, Any] = {"kind": kind, "fields": (field,)}
    if kind == "same_as":
        made["departments"] = (keys["department"].one_of(contracts, "a department of this city"),)
    elif kind == "known_to":
        made["departments"] = _departments(keys["departments"], contracts)
    elif kind == "fresh_within":
        made["months"] = measures.months(keys["span"])
    else:
        standing = entity.field(field)
        if standing.kind != "code" or standing.grade > OPEN_GRADE:
            raise keys["field"].error(f"a code field of grade {OPEN_GRADE} or less: its counts stand in the report")
        made["limit"] = measures.share(keys["moves_at_most"])
    return Check(**made)


def _waivers(root: YamlNode, contracts: Contracts) -> list[Waiver]:
    node = root.keys(("waivers",))["waivers"]
    if node.value == "":
        return []
    return [_waiver(item, contracts) for item in node.items("a list of waivers")]


def _waiver(node: YamlNode, contracts: Contracts) -> Waiver:
    keys = node.keys(("rule", "department", "reason", "approved_by", "since", "until"))
    rule = keys["rule"].text("a rule's id, as the report prints it")
    if not _RULE_ID.fullmatch(rule):
        raise keys["rule"].error("a rule's id: entity.field.code, or the code of a city rule")
    since, until = _day(keys["since"]), _day(keys["until"])
    if until < since:
        raise keys["until"].error(f"a day on or after {since}")
    return Waiver(
        rule=rule,
        department=keys["department"].one_of(contracts, "a department of this city"),
        reason=keys["reason"].text("why the rule need not hold"),
        approved_by=keys["approved_by"].text("the office that approved it"),
        since=since,
        until=until,
    )


def _day(node: YamlNode) -> date:
    try:
        return date.fromisoformat(node.text("a day as YYYY-MM-DD"))
    except ValueError:
        raise node.error("a day as YYYY-MM-DD") from None

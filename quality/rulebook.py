"""The row rules of a department's statements: what standard, contract and city demand, each with one predicate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from quality import predicates
from quality.reason_groups import FIELD_GROUPS, PARTY_GROUPS, ROW_GROUPS, ReasonGroup
from quality.rule import Dimension, RowRule, Rule, dimension_of
from quality.ruleset import mapped_fields
from schemas.contract import Contract, Emit, TableContract
from schemas.field_rules import RULES, sentence_of
from schemas.quality import CityRule, QualityPolicy
from schemas.standard import Entity, Field, FieldRule, Severity, Standard, Text

ENOUGH = 30  # tested before a critical rule can cap a grade
# Said of a field by the standard and answered by what standardising found in the row, or by no predicate of rows.
_BY_REASON = {"sex": "citizen_id", "birth_date": "citizen_id"}
_BY_PINYIN = {"name_pinyin": "name"}
PINYIN = "pinyin_agrees"  # column of a judged person, where both name and pinyin are mapped


@dataclass(frozen=True)
class Place:
    """The statements a rule looks at: those that one emit of a table makes."""

    department: str
    table: str
    emit: Emit
    entity: Entity


def places_of(contract: Contract, standard: Standard) -> tuple[Place, ...]:
    """Return every emit of every table, in the contract's order."""
    return tuple(
        Place(contract.department, table.name, emit, standard.entities[emit.entity])
        for table in contract.tables
        for emit in table.emit
    )


def row_rules(contract: Contract, place: Place, policy: QualityPolicy) -> tuple[RowRule, ...]:
    """Return the rules of the statements of one place: derived ones in the order of fields, then the city's own."""
    rules: list[RowRule] = []
    for name in dict.fromkeys(mapped_fields(place.emit)):
        rules += _field_rules(contract, place, place.entity.field(name))
    for party in place.emit.parties:
        if party.table:
            rules.append(_party_rule(contract, place, party.role, PARTY_GROUPS["reference_exists"]))
    mapped = {party.role for party in place.emit.parties}
    for group in place.entity.at_least_one:
        # What is missing is told of the first of the group that the contract maps.
        roles = [role for role in group if role in mapped]
        rules += [_party_rule(contract, place, role, PARTY_GROUPS["party_named"]) for role in roles[:1]]
    rules += [_city_rule(contract, place, one) for one in policy.rules if _applies(one, place)]
    return tuple(_with_tolerance(one, policy) for one in rules)


def city_gate_rules(contract: Contract, place: Place, policy: QualityPolicy) -> tuple[RowRule, ...]:
    """Return the city's rules that a batch can be judged by alone: those that look at no other department."""
    own = [_city_rule(contract, place, one) for one in policy.rules if _applies(one, place)]
    return tuple(_with_tolerance(one, policy) for one in own if one.check is None)


def whole_row_rules(contract: Contract, table: TableContract, policy: QualityPolicy) -> tuple[RowRule, ...]:
    """Return the rules about whole rows of a table; they have no predicate: what is refused whole is counted."""
    found = []
    for group in ROW_GROUPS.values():
        about = _About(Text(table.name, table.name))
        rule = _rule(contract, group, f".{'+'.join(table.key)}", f"row.{group.code}", about)
        marks = tuple(predicates.mark("", word) for word in group.words())
        found.append(_with_tolerance(RowRule(rule, "", marks), policy))
    return tuple(found)


@dataclass(frozen=True)
class _About:
    """What a rule speaks of: its name, the standard it is written down in, how much an error there matters."""

    label: Text
    source: str = ""
    severity: Severity = "major"


def _field_rules(contract: Contract, place: Place, field: Field) -> Iterator[RowRule]:
    subject = f"{place.emit.name}.{field.name}"
    for group in FIELD_GROUPS.values():
        if not _fits(group, field) or (group.code == "agrees_in_row" and place.entity.is_fact):
            continue
        rule_id = f"{place.entity.name}.{field.name}.{group.code}"
        rule = _rule(contract, group, subject, rule_id, _About(field.label, field.source, field.severity))
        marks = tuple(predicates.mark(field.name, word) for word in group.words())
        required = group.code == "filled" and field.required
        if required:
            rule = _as_required(rule, field)
        holds = (predicates.present if required else predicates.free_of)(field.name, group.words())
        yield RowRule(rule, holds, marks)
    for own in field.rules:
        predicate = _own_predicate(field, own, place)
        if predicate is not None:
            yield RowRule(_own_rule(contract, place, field, own), predicate)


def _fits(group: ReasonGroup, field: Field) -> bool:
    """Return whether the question makes sense for the field's kind."""
    if group.code in ("in_table", "well_formed"):
        return (field.kind == "code") == (group.code == "in_table")
    if group.code == "in_gazetteer":
        return field.kind == "address"
    if group.code == "check_right":
        return field.kind in ("citizen_id", "document", "uscc", "registration_number", "vin", "tax_number")
    if group.code == "plausible":
        return field.kind == "date"
    return True


def _as_required(rule: Rule, field: Field) -> Rule:
    said = Text(f"{field.label.zh}必须填写", f"{field.label.en} is filled in")
    why = Text("必填项为空，这条记录无法使用", "without a required value the record cannot be used")
    return _changed(rule, sentence=said, purpose=why)


def _changed(rule: Rule, **changes: object) -> Rule:
    return Rule(**{**rule.__dict__, **changes})


def _rule(contract: Contract, group: ReasonGroup, subject: str, rule_id: str, about: _About) -> Rule:
    said = Text(
        group.sentence.zh.format(field=about.label.zh, source=about.source or "标准"),
        group.sentence.en.format(field=about.label.en, source=about.source or "its kind"),
    )
    return Rule(
        code=group.code,
        scope="row",
        subject=subject,
        sentence=said,
        dimension=group.dimension,
        severity=group.severity or about.severity,
        tolerance=group.tolerance,
        least=ENOUGH,
        id=rule_id,
        purpose=group.purpose,
        owner=contract.owner,
        basis=about.source or contract.basis,
    )


def _party_rule(contract: Contract, place: Place, role: str, group: ReasonGroup) -> RowRule:
    label = next(party.label for party in place.entity.parties if party.role == role)
    rule_id = f"{place.entity.name}.{role}.{group.code}"
    rule = _rule(contract, group, f"{place.emit.name}.{role}", rule_id, _About(label))
    words = group.words()
    return RowRule(rule, predicates.party_found(role, words), tuple(predicates.mark(role, word) for word in words))


def _own_predicate(field: Field, own: FieldRule, place: Place) -> str | None:
    """Return the predicate of a rule that the standard writes beside a field; None where the row's reasons answer it
    (`agrees_in_row`) or the place does not map what it needs."""
    mapped = mapped_fields(place.emit)
    if RULES[own.code].needs == "field" and own.other not in mapped:
        return None
    if own.code == "not_future":
        return predicates.not_future(field.name)
    if own.code == "not_before":
        return predicates.not_before(field.name, own.other)
    if own.code == "together_with":
        return predicates.together_with(field.name, own.other)
    if own.code == "fresh_within":
        return predicates.fresh_within(field.name, _months(own.other))
    if own.code == "unique":
        return predicates.unique([field.name])
    if own.code == "agrees_with" and _BY_REASON.get(field.name) == own.other:
        return None
    if own.code == "agrees_with" and _BY_PINYIN.get(field.name) == own.other:
        return PINYIN
    if own.code == "agrees_with":
        return predicates.begins_with(field.name, own.other)
    raise KeyError(own.code)


def _months(span: str) -> int:
    """Return a span of the standard (3y, 18mo) in months; the standard's reader has checked its form."""
    return int(span[:-1]) * 12 if span.endswith("y") else int(span[:-2])


def _own_rule(contract: Contract, place: Place, field: Field, own: FieldRule) -> Rule:
    labels = {one.name: one.label for one in place.entity.fields}
    return Rule(
        code=own.code,
        scope="row",
        subject=f"{place.emit.name}.{field.name}",
        sentence=sentence_of(own, field.label, labels),
        dimension=dimension_of(own.dimension),
        severity=own.severity,
        tolerance=0.30 if own.code == "fresh_within" else 0.01,
        least=ENOUGH,
        id=f"{place.entity.name}.{field.name}.{own.code}",
        purpose=_PURPOSES[own.code],
        owner=contract.owner,
        basis=field.source or contract.basis,
    )


_PURPOSES = {
    "not_future": Text("未来的日期是录入错误", "a day still to come is a slip of the hand"),
    "not_before": Text("先后颠倒的日期至少一个有错", "of two days in the wrong order at least one is wrong"),
    "together_with": Text("缺了相关的一项，另一项无法解释", "one cannot be read without the other"),
    "fresh_within": Text("长期未核实的信息多已失效", "what nobody confirmed for long is often no longer true"),
    "unique": Text("应唯一的值重复，必有一处有错", "where a unique value stands twice one is wrong"),
    "agrees_with": Text("相关的两项互相印证", "two fields that vouch for each other"),
}


def _applies(one: CityRule, place: Place) -> bool:
    scope = one.scope
    return (
        one.check.kind != "distribution"
        and scope.entity == place.entity.name
        and (not scope.departments or place.department in scope.departments)
        and scope.table in ("", place.table)
        and scope.statement in ("", place.emit.name)
        and set(one.check.fields) <= set(mapped_fields(place.emit))
        and not (one.check.kind == "same_as" and place.department in one.check.departments)
    )


def _city_rule(contract: Contract, place: Place, one: CityRule) -> RowRule:
    rule = Rule(
        code=one.code,
        scope="row",
        subject=f"{place.emit.name}.{one.check.fields[0] if one.check.fields else ''}",
        sentence=one.sentence,
        dimension=Dimension[one.dimension.upper()],
        severity=one.severity,
        tolerance=one.tolerance,
        least=ENOUGH,
        id=one.code,
        purpose=one.purpose,
        owner=one.owner or contract.owner,
        basis=one.basis or contract.basis,
    )
    looks_elsewhere = one.check.kind in ("same_as", "known_to")
    made = RowRule(rule, "", check=one.check if looks_elsewhere else None)
    return RowRule(rule, predicates.of_check(one.check, made.look_up), check=made.check)


def _with_tolerance(one: RowRule, policy: QualityPolicy) -> RowRule:
    """The city's tolerance for a rule's id, else for its code, else the rule's own."""
    stated = policy.tolerances.get(one.rule.id, policy.tolerances.get(one.rule.code))
    if stated is None:
        return one
    return RowRule(_changed(one.rule, tolerance=stated), one.holds, one.marks, one.check)

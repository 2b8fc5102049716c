"""The catalogue of shared government data: an entry for each entity and fact, as article 13 of Decree 809 asks for."""

from __future__ import annotations

from typing import Any

from schemas.field_rules import rules_of, sentence_of
from schemas.standard import Entity, Field, Sharing, Standard, Text

ATTRIBUTES = {
    "unconditional": Text("无条件共享", "shared unconditionally"),
    "conditional": Text("有条件共享", "shared on conditions"),
    "refused": Text("不予共享", "not shared"),
}
FORMAT = Text("结构化数据（库表）", "structured data (tables)")
GRADES = {
    1: Text("一级（公开）", "1 (public)"),
    2: Text("二级（内部）", "2 (internal)"),
    3: Text("三级（敏感）", "3 (sensitive)"),
    4: Text("四级（高敏感）", "4 (highly sensitive)"),
}
OPEN_GRADE = 2  # the highest grade that is shown unmasked
# Kinds that are a natural person's in whatever grade: a sole trader's phone, a representative's name.
PERSONAL = frozenset({"person_name", "phone", "citizen_id", "document"})
_OPEN_METHOD = Text("接口调用、库表交换、文件交换", "interface, table or file exchange")
_CLOSED_METHOD = Text("接口核验、接口查询", "verification or query by interface")


def catalogue(standard: Standard) -> list[dict[str, Any]]:
    """Return the entries of all entities and facts in the standard's order, ready for JSON."""
    return [entry(standard, entity) for entity in standard.entities.values()]


def entry(standard: Standard, entity: Entity) -> dict[str, Any]:
    """Return one entry: name, items, provider, format, update frequency, sharing attribute, method, use conditions,
    class and grade; the resource's attribute is the strictest among the items that are shared at all."""
    attribute = resource_attribute(entity)
    conditions = dict.fromkeys(field.sharing.condition for field in entity.fields if field.sharing.condition)
    return {
        "code": f"{standard.version}/{entity.name}",
        "name": _both(entity.label),
        "items": [_item(standard, entity, field) for field in entity.fields],
        "parties": [{"role": party.role, "name": _both(party.label), "of": party.entity} for party in entity.parties],
        "provider": _department(standard, entity.lead),
        "format": _both(FORMAT),
        "updated": _both(entity.updated),
        "sharing": _both(ATTRIBUTES[attribute]) | {"attribute": attribute},
        "method": _both(_OPEN_METHOD if attribute == "unconditional" else _CLOSED_METHOD),
        "conditions": list(conditions),
        "class": _both(entity.category),
        "grade": _both(GRADES[entity.grade]) | {"grade": entity.grade},
    }


def resource_attribute(entity: Entity) -> str:
    """Return the strictest attribute among the fields that are shared, `refused` where none is."""
    attributes = {field.sharing.attribute for field in entity.fields}
    for attribute in ("conditional", "unconditional"):
        if attribute in attributes:
            return attribute
    return "refused"


def _item(standard: Standard, entity: Entity, field: Field) -> dict[str, Any]:
    item: dict[str, Any] = {
        "field": field.name,
        "name": _both(field.label),
        "identifier": field.identifier,
        "kind": field.kind,
        "length": field.length,
        "codes": field.codes,
        "standard": field.source,
        "lead": _department(standard, field.lead or entity.lead),
        "grade": field.grade,
        "mask": mask_of(field),
        "rules": _rules(entity, field),
    }
    return item | _sharing(field.sharing)


def mask_of(field: Field) -> str:
    """Return the kind whose mask hides the field when it is shown, "" for one that is shown as it is."""
    kind = field.mask or field.kind
    return kind if field.grade > OPEN_GRADE or kind in PERSONAL else ""


def _rules(entity: Entity, field: Field) -> list[dict[str, str]]:
    labels = {one.name: one.label for one in entity.fields}
    return [
        {"rule": rule.code, "dimension": rule.dimension, "severity": rule.severity}
        | _both(sentence_of(rule, field.label, labels))
        for rule in rules_of(field)
    ]


def _sharing(sharing: Sharing) -> dict[str, Any]:
    stated = {"condition": sharing.condition, "basis": sharing.basis}
    return {"sharing": sharing.attribute} | {name: text for name, text in stated.items() if text}


def _department(standard: Standard, name: str) -> dict[str, str]:
    return {"department": name} | (_both(standard.departments[name]) if name in standard.departments else {})


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}

"""The ladder of each kind of party, put together from the city's register rules and its linkage specification."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from hashlib import blake2b
from json import dumps

from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement
from schemas.city import City
from values import company_name, person_name

# With one and the same anchored number these differences of the name are a clerk's, not another person's.
PERSON_AGREES = frozenset({"same", "variant", "subset", "slip", "shape", "same_sound"})
COMPANY_AGREES = frozenset({"same", "variant", "same_core"})


def ladder_rules(city: City, entity: str) -> LadderRules:
    """Return the rules of `entity` (person or business); `model` changes whenever the specification does."""
    register, spec = city.register.of(entity), city.linkage[entity]
    agreeing = sorted(PERSON_AGREES if entity == "person" else COMPANY_AGREES)
    content = dumps([asdict(register), asdict(spec), agreeing], sort_keys=True, ensure_ascii=False)
    return LadderRules(
        entity=entity,
        keys=_keys(entity, register.number),
        anchors=tuple(AnchorSource(one.department, one.table, one.statement) for one in register.sources),
        rows_are_entities=register.each == "record",
        name=_person_names() if entity == "person" else _company_names(city),
        model="ladder-" + blake2b(content.encode(), digest_size=6).hexdigest(),
    )


def _keys(entity: str, register_number: str) -> tuple[KeyColumn, ...]:
    first = KeyColumn(register_number, register_number)
    if entity == "person":
        return (first, KeyColumn("document_number", "", "document_type"))
    return (first, KeyColumn("registration_number", "registration_number"))


def _person_names() -> NameAgreement:
    return NameAgreement(person_name.compare, person_name.LEVELS, PERSON_AGREES, former_column="former_name")


def _company_names(city: City) -> NameAgreement:
    compare = partial(company_name.compare, regions=city.locality.company_prefixes)
    return NameAgreement(compare, company_name.LEVELS, COMPANY_AGREES)

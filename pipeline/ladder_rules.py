"""The ladder of each kind of party, put together from the city's register rules and its linkage specification."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from hashlib import blake2b
from json import dumps

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.rules import AnchorSource, KeyColumn, LadderRules, NameAgreement
from schemas.city import City
from values import company_name, person_name

# With one and the same anchored number these differences of the name are a clerk's, not another person's.
PERSON_AGREES = frozenset({"same", "variant", "subset", "shape", "same_sound", "slip"})
_SHORTEST = 2  # characters: a single one is no name
COMPANY_AGREES = frozenset({"same", "variant", "same_core", "slip"})


def ladder_rules(city: City, entity: str) -> LadderRules:
    """Return the rules of `entity` (person or business); `model` changes whenever the specification does."""
    register, spec = city.register.of(entity), city.linkage[entity]
    agreeing = sorted(PERSON_AGREES if entity == "person" else COMPANY_AGREES)
    content = dumps([asdict(register), asdict(spec), agreeing], sort_keys=True, ensure_ascii=False)
    return LadderRules(
        entity=entity,
        keys=_keys(entity, register.numbers),
        anchors=tuple(
            AnchorSource(one.department, one.table, one.statement, bool(one.otherwise)) for one in register.sources
        ),
        rows_are_entities=register.each == "record",
        name=_person_names() if entity == "person" else _company_names(city),
        model="ladder-" + blake2b(content.encode(), digest_size=6).hexdigest(),
    )


def _keys(entity: str, numbers: tuple[str, ...]) -> tuple[KeyColumn, ...]:
    first = KeyColumn(numbers[0], numbers[0])
    if entity == "person":
        return (first, KeyColumn("document_number", "", "document_type"))
    second = numbers[1] if len(numbers) > 1 else "registration_number"
    return (first, KeyColumn(second, second))


def _person_names() -> NameAgreement:
    return NameAgreement(_compare_persons, person_name.LEVELS, PERSON_AGREES, former_column="former_name")


def _compare_persons(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return the levels of two names of one number: one that holds the other whole (陈国 in 陈国华, 郭萱 in 刘郭萱, a
    name cut short or with the husband's surname before it) is `subset`, whatever the script."""
    levels = person_name.compare(left, right)
    subset = person_name.LEVELS.index("subset")
    doubtful = np.flatnonzero((levels > 1) & (levels < subset)).tolist()
    for row in doubtful:
        short, long = sorted((left[row].as_py(), right[row].as_py()), key=len)
        if len(short) >= _SHORTEST and (long.startswith(short) or long.endswith(short)):
            levels[row] = subset
    return levels


def _company_names(city: City) -> NameAgreement:
    compare = partial(company_name.compare, regions=city.locality.company_prefixes)
    return NameAgreement(compare, company_name.LEVELS, COMPANY_AGREES)

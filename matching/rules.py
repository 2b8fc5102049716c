"""What the ladder needs to know of a city: which rows anchor, which columns identify, which names agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from schemas.city import Register
from schemas.linkage_spec import LinkageSpec

Compare = Callable[[pa.Array, pa.Array], npt.NDArray[np.int8]]


@dataclass(frozen=True)
class AnchorSource:
    """The rows of one statement of a register; `statement` empty means every statement of the table."""

    department: str
    table: str
    statement: str = ""


@dataclass(frozen=True)
class KeyColumn:
    """An identifier: its number's column, and its type, fixed (`type`) or told by a column (`type_column`)."""

    number: str
    type: str
    type_column: str = ""


@dataclass(frozen=True)
class NameAgreement:
    """How two names are compared; they agree at the levels named in `agree`."""

    compare: Compare
    levels: tuple[str, ...]
    agree: frozenset[str]
    column: str = "name"
    former_column: str = ""

    def __post_init__(self) -> None:
        unknown = self.agree - set(self.levels)
        if unknown:
            raise ValueError(f"levels {sorted(unknown)} are not among {list(self.levels)}")


@dataclass(frozen=True)
class LadderRules:
    """The ladder of one entity.

    `keys` in order of strength: a record is decided by its first one. `anchors` in order of trust. `rows_are_entities`:
    each anchor row is an entity of its own (people: the register's duplicates are never assumed away); otherwise all
    anchor rows of one number are one entity (businesses: a business has several seals), and only a row with the first
    key anchors. `otherwise` is the decision where an identifier is equal but the name disagrees. `model` is the
    fingerprint of the specification, stamped on every link.
    """

    entity: str
    keys: tuple[KeyColumn, ...]
    anchors: tuple[AnchorSource, ...]
    rows_are_entities: bool
    name: NameAgreement
    model: str
    otherwise: Literal["review", "insufficient"] = "review"

    def __post_init__(self) -> None:
        if not 1 <= len(self.keys) <= 2:
            raise ValueError("the ladder takes one or two identifiers")


# The second identifier of each kind of party, where the first is missing.
_SECOND_KEYS = {
    "person": KeyColumn("document_number", "document", "document_type"),
    "business": KeyColumn("registration_number", "registration_number"),
}


def ladder_rules(register: Register, spec: LinkageSpec, name: NameAgreement) -> LadderRules:
    """Return the ladder's rules from the city's register and linkage specification of one entity.

    Raises ValueError where the specification has no rung `{same: <the register's number>, anchored: true,
    agree: [name], else: review or insufficient}`: without it nothing could be linked.
    """
    rungs = [rung for rung in spec.ladder if rung.anchored and rung.same == (register.number,)]
    if not rungs or rungs[0].agree != (name.column,):
        wanted = f"an anchored rung on {register.number} agreeing on {name.column}"
        raise ValueError(f"{spec.entity}: the ladder needs {wanted}")
    if rungs[0].otherwise == "new":
        raise ValueError(f"{spec.entity}: an anchored number with another name cannot make a new {spec.entity}")
    told = repr((register, spec, sorted(name.agree), name.column, name.former_column))
    return LadderRules(
        entity=spec.entity,
        keys=(KeyColumn(register.number, register.number), _SECOND_KEYS[spec.entity]),
        anchors=tuple(AnchorSource(s.department, s.table, s.statement) for s in register.sources),
        rows_are_entities=register.each == "record",
        name=name,
        model=sha256(told.encode()).hexdigest()[:16],
        otherwise=rungs[0].otherwise,
    )

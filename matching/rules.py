"""What the ladder needs to know of a city: which rows anchor, which columns identify, which names agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Compare = Callable[[pa.Array, pa.Array], npt.NDArray[np.int8]]


@dataclass(frozen=True)
class AnchorSource:
    """The rows of one statement of a register; `statement` empty means every statement of the table.

    `by_second`: a row without the first key anchors by its second one.
    """

    department: str
    table: str
    statement: str = ""
    by_second: bool = False


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
    key anchors, or with the second one where its source says so. `otherwise` is the decision where an identifier is
    equal but the name disagrees. `model` is the fingerprint of the specification, stamped on every link.
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

"""A linkage specification: the ladder first, then the evidence, then the limits; of a city, or of plain files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Otherwise = Literal["review", "insufficient", "new"]
OUTCOMES: tuple[Otherwise, ...] = get_args(Otherwise)
BeyondCap = Literal["split", "refuse"]


@dataclass(frozen=True)
class Rung:
    """One step of the ladder: records with the `same` values (of one `anchored` in the register, if it says so) are
    one party where all `agree` fields agree; where one disagrees, the outcome is `otherwise`."""

    same: tuple[str, ...]
    anchored: bool
    agree: tuple[str, ...]
    otherwise: Otherwise


@dataclass(frozen=True)
class LinkageField:
    """A field that linkage looks at: the `kind` of value whose clean form and keys it has ("exact" and "number" have
    no keys), and the columns that hold it on either side. In a city all names are the standard's own."""

    name: str
    kind: str
    left: str
    right: str


@dataclass(frozen=True)
class Comparison:
    """How one field is compared; `term_frequency`: a rare value weighs more than a common one.

    `instead_of`: another field, which this one speaks for where it agrees and that one does not: a former name. In a
    city the left side's value is then compared with the right side's value of that other field.

    `distinct`: parties of one household have it alike by chance only, however few of them training has seen: a business
    name, which a register gives once.
    """

    field: str
    kind: str  # a kind of value, "exact" or "number"
    term_frequency: bool = False
    instead_of: str = ""
    distinct: bool = False


@dataclass(frozen=True)
class Decide:
    """Thresholds: probabilities to `link` and to `review`; in bits the `margin` to the runner-up and the `enough`
    weight that the present fields must be able to reach."""

    link: float = 0.95
    review: float = 0.5
    margin: float = 3.0
    enough: float = 10.0


@dataclass(frozen=True)
class Skew:
    """What becomes of a block (one key of one rule) of more than `at_most` candidate pairs: `split` narrows it by
    another compared field, `refuse` ends the run and names the key, masked."""

    at_most: int = 100_000
    otherwise: BeyondCap = "split"


@dataclass(frozen=True)
class LinkageSpec:
    """One entity's specification. `block` and `household` rules are lists of fields or keys of fields (`name.pinyin`).

    Records that agree in all of one `household` rule may be kin: two people, whose shared surname, address and phone
    are one evidence and not three. `namesake` are fields that two people may have all the same, more often than chance
    would have it (a name and a birth date). `id` are the id columns of both sides (plain files only). `one_to_one`: a
    left record has one right record at most as well. `fields` are all fields named anywhere here, each once.
    """

    entity: str
    ladder: tuple[Rung, ...] = ()
    block: tuple[tuple[str, ...], ...] = ()
    compare: tuple[Comparison, ...] = ()
    decide: Decide | None = None
    never_share: tuple[str, ...] = ()
    fields: tuple[LinkageField, ...] = ()
    household: tuple[tuple[str, ...], ...] = ()
    namesake: tuple[str, ...] = ()
    skew: Skew = Skew()
    one_to_one: bool = False
    id: tuple[str, str] | None = None

    def field(self, name: str) -> LinkageField:
        """Return the field by name. Raises KeyError for one that the specification does not name."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

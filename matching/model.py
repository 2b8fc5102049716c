"""The model: what training learned, as a small file. Together with a specification it decides; nothing else does.

Probabilities per field and level: `match` among pairs that are one party, `random` among pairs of different parties
drawn at random, `kin` among pairs of different parties of one household (null where no household is known). Level 0 is
missing and has no probability: a missing value is no evidence. Term frequencies are kept as hashes of values (of a name
also of its surname and given name, of an address of road, number, building and house) with their share, for the common
ones only; every other has the share `rare`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from schemas.errors import ModelError

FORMAT = 2
Shares = npt.NDArray[np.float64]
_HIGHEST, _LOWER = 20, np.uint64(44)  # bits of a hash


@dataclass(frozen=True)
class TermFrequencies:
    """Shares of the common values (by hash, sorted), and of any other value."""

    hashes: tuple[int, ...]
    shares: tuple[float, ...]
    rare: float
    mean: float = 0.0  # the chance that two values drawn at random are one

    @cached_property
    def _arrays(self) -> tuple[npt.NDArray[np.uint64], Shares, npt.NDArray[np.bool_]]:
        """The hashes, their shares, and which highest bits any of them has."""
        known, held = np.array(self.hashes, np.uint64), np.zeros(1 << _HIGHEST, bool)
        held[known >> _LOWER] = True
        return known, np.array(self.shares, np.float64), held

    def of(self, hashes: npt.NDArray[np.uint64]) -> Shares:
        """Return the share of each value."""
        known, shares, held = self._arrays
        found = np.full(len(hashes), self.rare)
        if len(known):
            some = np.flatnonzero(held[hashes >> _LOWER])  # most others are told by their highest bits
            places = np.minimum(np.searchsorted(known, hashes[some]), len(known) - 1)
            hit = known[places] == hashes[some]
            found[some[hit]] = shares[places[hit]]
        return found


@dataclass(frozen=True)
class FieldModel:
    """One field: probability of each level from 1 (different) up, per class of pairs. Each sums to 1."""

    name: str
    levels: tuple[str, ...]
    match: tuple[float, ...]
    random: tuple[float, ...]
    kin: tuple[float, ...] | None = None
    frequencies: Mapping[str, TermFrequencies] = field(default_factory=dict)  # by key of the kind; "" is the value


@dataclass(frozen=True)
class Calibration:
    """logit of the true probability = `shift` + `slope` · logit of the model's, learned where the truth is known."""

    shift: float = 0.0
    slope: float = 1.0

    def apply(self, logits: Shares) -> Shares:
        """Return calibrated logits (natural logarithm of the odds)."""
        return self.shift + self.slope * logits


@dataclass(frozen=True)
class Model:
    """`known`: share of records that the base knows; where one table is compared with itself (`itself`), how many other
    rows of its party a row has on average. `base_rows`: how many parties the base side holds; `unknown_rows`: how many
    records it did not know at training.
    `kinship`: how many kin a base party has on average. `missed`: how often the right row is no candidate, by what
    fields a record tells ("" for any other). `roofs`: how many of the records unknown to the base are about people of
    a household that it knows. `identifiers`: fields of which one party has one value, unless it is entered twice.
    `namesakes`: how many of the base's parties have another one with the same values of the fields `alike`.
    `crowded`: per block rule the keys that are left out.
    `specification`: fingerprint of the specification it was trained for. `report`: what training saw, in numbers."""

    entity: str
    specification: str
    trained_on: str
    known: float
    base_rows: int
    kinship: float
    fields: tuple[FieldModel, ...]
    crowded: tuple[tuple[int, ...], ...]
    calibration: Calibration = Calibration()
    itself: bool = False
    unknown_rows: int = 0
    missed: Mapping[str, float] = field(default_factory=dict)
    roofs: float = 1.0
    identifiers: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    namesakes: float = 0.0
    report: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """Fingerprint of everything that decides: two models of one version decide alike."""
        content = _parts(self) | {"report": {}}
        content.pop("trained_on")
        # Parts are turned one by one: `asdict` would copy the frequencies of every value first.
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=_parts)
        return "evidence-" + blake2b(text.encode(), digest_size=6).hexdigest()

    def field(self, name: str) -> FieldModel:
        """Return one field's part. Raises KeyError."""
        return next(one for one in self.fields if one.name == name)

    def to_json(self) -> str:
        """Return the file's text; the same model gives the same text."""
        content = {"format": FORMAT, "version": self.version, **asdict(self)}
        return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def from_json(text: str, name: str = "model") -> Model:
    """Return the model in a file's text. Raises ModelError for another format, a missing part, or an altered file."""
    try:
        content = json.loads(text)
        form, version = content.pop("format"), content.pop("version")
    except (ValueError, KeyError, AttributeError) as error:
        raise ModelError(name, "not a model file", type(error).__name__) from None
    if form != FORMAT:
        raise ModelError(name, f"format {form}", f"this version reads format {FORMAT}: train again")
    try:
        fields = tuple(_field(one) for one in content.pop("fields"))
        crowded = tuple(tuple(int(key) for key in keys) for keys in content.pop("crowded"))
        calibration = Calibration(**content.pop("calibration"))
        content |= {name: tuple(content.pop(name)) for name in ("identifiers", "alike")}
        model = Model(fields=fields, crowded=crowded, calibration=calibration, **content)
    except (TypeError, KeyError, ValueError) as error:
        raise ModelError(name, "a part is missing or wrong", str(error)) from None
    if model.version != version:
        raise ModelError(name, "altered", f"it says {version}, its content is {model.version}")
    return model


def _parts(one: Any) -> dict[str, Any]:
    return {part.name: getattr(one, part.name) for part in fields(one)}


def _field(content: dict[str, Any]) -> FieldModel:
    shares, kin = content["frequencies"], content["kin"]
    frequencies = {
        key: TermFrequencies(tuple(one["hashes"]), tuple(one["shares"]), one["rare"], one["mean"])
        for key, one in shares.items()
    }
    return FieldModel(
        content["name"],
        tuple(content["levels"]),
        tuple(content["match"]),
        tuple(content["random"]),
        None if kin is None else tuple(kin),
        frequencies,
    )


def fingerprint(content: object) -> str:
    """Return a short fingerprint of anything JSON can hold."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=list)
    return blake2b(text.encode(), digest_size=6).hexdigest()

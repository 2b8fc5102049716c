"""The kinds of values by name: one set of verbs for each, so that callers need not know which kind they hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from values import (
    address,
    amount,
    citizen_id,
    code,
    company_name,
    date,
    document,
    path,
    person_name,
    phone,
    plain_text,
    plate,
    registration_number,
    tax_number,
    uscc,
    vin,
)  # fmt: skip
from values.cleaned import Cleaned
from values.levels import CompareRows, Levels, Rows


@dataclass(frozen=True)
class Kind:
    """The verbs of one kind. `context` names the keyword arguments its `clean` understands; `levels` what `compare`
    gives, from 0 (missing) upwards."""

    name: str
    clean: Callable[..., Cleaned]
    check: Callable[[pa.Array], npt.NDArray[np.bool_]]
    keys: Callable[..., dict[str, pa.Array]]
    compare: Callable[..., Levels]
    mask: Callable[[pa.Array], pa.Array]
    levels: tuple[str, ...]
    context: frozenset[str]
    likeness: Callable[..., CompareRows] | None = None
    equal_is_top: bool = True  # False: equal values too may say little, as two addresses that name the district alone
    level_keys: Mapping[str, str] = field(default_factory=dict)  # by level the key its values share, where it has one
    kin_key: str | None = None  # what kin have in common because they are kin; None: all that a level's values have
    chance_key: str | None = None  # what they have in common by chance alone, where it is a part of the value

    def clean_with(self, texts: pa.Array, context: Mapping[str, Any]) -> Cleaned:
        """Return the cleaned texts, taking from the context what this kind understands and leaving the rest."""
        return self.clean(texts, **_understood(self.clean, context))

    def keys_with_context(self, values: pa.Array, context: Mapping[str, Any]) -> dict[str, pa.Array]:
        """Return the match keys of clean values, taking from the context what this kind understands."""
        return self.keys(values, **_understood(self.keys, context))

    def compare_with_context(self, left: pa.Array, right: pa.Array, context: Mapping[str, Any]) -> Levels:
        """Return the levels of aligned arrays, taking from the context what this kind understands."""
        return self.compare(left, right, **_understood(self.compare, context))

    def compare_rows_with_context(self, values: pa.Array, context: Mapping[str, Any]) -> CompareRows:
        """Return a comparison of rows of `values` by number: each value is read once, however many pairs it is in."""
        if self.likeness is not None:
            return self.likeness(values, **_understood(self.likeness, context))

        def compare_rows(left: Rows, right: Rows) -> Levels:
            return self.compare_with_context(values.take(pa.array(left)), values.take(pa.array(right)), context)

        return compare_rows


def _understood(verb: Callable[..., object], context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the context the verb has an argument for."""
    return {name: context[name] for name in _arguments(verb) if name in context}


@cache
def _arguments(verb: Callable[..., object]) -> frozenset[str]:
    return frozenset(inspect.signature(verb).parameters) - {"texts", "values", "left", "right"}


def _kind(name: str, module: ModuleType) -> Kind:
    verbs = (module.clean, module.check, module.keys, module.compare, module.mask)
    rare = (getattr(module, "LEVEL_KEYS", {}), getattr(module, "KIN_KEY", None), getattr(module, "CHANCE_KEY", None))
    more = (getattr(module, "likeness", None), getattr(module, "EQUAL_IS_TOP", True), *rare)
    return Kind(name, *verbs, module.LEVELS, _arguments(module.clean), *more)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        name: _kind(name, module)
        for name, module in (
            ("text", plain_text),
            ("citizen_id", citizen_id),
            ("document", document),
            ("uscc", uscc),
            ("registration_number", registration_number),
            ("person_name", person_name),
            ("company_name", company_name),
            ("code", code),
            ("date", date),
            ("phone", phone),
            ("address", address),
            ("plate", plate),
            ("vin", vin),
            ("tax_number", tax_number),
            ("amount", amount),
            ("path", path),
        )
    }
)

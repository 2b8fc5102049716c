"""The kinds of values by name: one set of verbs for each, so that callers need not know which kind they hold."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Kind:
    """The verbs of one kind. `context` names the keyword arguments its `clean` understands; `levels` what `compare`
    gives, from 0 (missing) upwards."""

    name: str
    clean: Callable[..., Cleaned]
    check: Callable[[pa.Array], npt.NDArray[np.bool_]]
    keys: Callable[..., dict[str, pa.Array]]
    compare: Callable[[pa.Array, pa.Array], npt.NDArray[np.int8]]
    mask: Callable[[pa.Array], pa.Array]
    levels: tuple[str, ...]
    context: frozenset[str]

    def clean_with(self, texts: pa.Array, context: Mapping[str, Any]) -> Cleaned:
        """Return the cleaned texts, taking from the context what this kind understands and leaving the rest."""
        return self.clean(texts, **{name: value for name, value in context.items() if name in self.context})


def _kind(name: str, module: ModuleType) -> Kind:
    context = frozenset(inspect.signature(module.clean).parameters) - {"texts"}
    return Kind(
        name, module.clean, module.check, module.keys, module.compare, module.mask, module.LEVELS, context
    )


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
        )
    }
)

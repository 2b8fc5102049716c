"""Masks for what a person is shown: by the kind of value that the standard says a field holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from schemas.standard import Field
from values.kinds import KINDS

OPEN_GRADE = 2  # the highest sensitivity grade that is shown as it is
_STARS = "****"


def masked(field: Field, value: Any) -> str:
    """Return `value` of `field` as text, masked where its grade asks for it; "" for nothing.

    A value that its own kind's mask cannot hide (a raw cell with something else in it) becomes stars.
    """
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if field.grade <= OPEN_GRADE:
        return text
    kind = KINDS[field.mask or field.kind]
    if kind.name in ("text", "code", "date"):
        return f"{text[:4]}-**-**" if kind.name == "date" and text[:4].isdigit() else _STARS
    return str(kind.mask(pa.array([text], pa.string()))[0].as_py())


def masked_cell(field: Field, text: str | None) -> str:
    """Return a raw cell of `field` masked: its kind's mask, or stars of its length where the grade is high."""
    if text is None:
        return "∅"
    return masked(field, text)

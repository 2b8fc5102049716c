"""Masks for what a person is shown: by the kind of value that the standard says a field holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.events import redact
from schemas.catalogue import mask_of
from schemas.contract import TableContract
from schemas.reasons import Reason
from schemas.standard import Field, Standard
from standardise.plan import fields_of
from values.kinds import KINDS

_STARS = "****"


def masked(field: Field, value: Any) -> str:
    """Return `value` of `field` as text, masked where its grade asks for it; "" for nothing.

    A value that its own kind's mask cannot hide (a raw cell with something else in it) becomes stars.
    """
    if value is None:
        return ""
    text = value.isoformat() if isinstance(value, date) else str(value)
    if not mask_of(field):
        return text
    kind = KINDS[field.mask or field.kind]
    if kind.name in ("text", "code", "date"):
        return f"{text[:4]}-**-**" if kind.name == "date" and text[:4].isdigit() else _STARS
    return str(kind.mask(pa.array([text], pa.string()))[0].as_py())


def masked_value(kind: str, value: Any) -> str:
    """Return a value of a plain file as a person may see it: what its kind's mask shows, nothing where it has none."""
    if value is None:
        return "∅"
    if kind not in KINDS or kind == "code":
        return _STARS
    if kind == "date":
        return f"{str(value)[:4]}-**-**"
    return str(KINDS[kind].mask(pa.array([str(value)], pa.string()))[0].as_py())


def strictest_fields(table: TableContract, standard: Standard) -> dict[str, Field]:
    """Return, for each source column, the field of the highest grade that is read from it.

    A number column feeds the type of its document, too: its cells are masked as numbers whatever they are shown for.
    """
    strictest: dict[str, Field] = {}
    for emit in table.emit:
        entity = standard.entities[emit.entity]
        for mapping in emit.fields:
            fields = [entity.field(name) for name in fields_of(mapping)]
            for column in mapping.columns:
                found = [*fields, strictest[column]] if column in strictest else fields
                strictest[column] = max(found, key=strictness)
    return strictest


def strictness(field: Field) -> tuple[bool, int]:
    """Return what fields are ordered by where the strictest of several decides how a cell is shown."""
    return bool(mask_of(field)), field.grade


def masked_cell(field: Field, text: str | None) -> str:
    """Return a raw cell of `field` masked: its kind's mask, or stars of its length where the grade is high."""
    if text is None:
        return "∅"
    return masked(field, text)


def masked_key(key: str | None, fields: Sequence[Field | None]) -> str | None:
    """Return a source key with what is personal in it masked: parts read into fields of high grade, and whatever looks
    like a personal number. `fields` are those of the key's columns, None where a column is read into none."""
    if key is None:
        return None
    parts = re.split(r"(?<!\\)\|", key)
    if len(parts) != len(fields):
        return redact(key)
    return "|".join(
        redact(part) if field is None else masked(field, part) for part, field in zip(parts, fields, strict=True)
    )


def masked_line_key(line: Mapping[str, Any], table: TableContract | None, standard: Standard) -> str | None:
    """Return the source key of a line of quarantine, masked. A ragged row has none: its whole text stands there, and in
    it may be anybody's name."""
    if line["reason"] == Reason.RAGGED_ROW.value:
        return _STARS
    fields = strictest_fields(table, standard) if table else {}
    return masked_key(line["source_key"], [fields.get(column) for column in table.key] if table else [])


_PLAIN = re.compile(r"[0-9A-Za-z./_-]{1,6}")


def masked_cells(field: Field | None, texts: pa.Array) -> pa.Array:
    """Return a column of raw cells masked for a list that leaves the hub: what may be personal is hidden.

    A cell may hold what belongs to another column (a name where the sex should be), so of fields of low grade only a
    short plain code is shown; all else keeps its first character at most. No field (a whole row): stars.
    """
    if field is None:
        return pc.if_else(pc.is_valid(texts), _STARS, "")
    kind = KINDS[field.mask or field.kind]
    if mask_of(field) and kind.name not in ("text", "code", "date"):
        # The kind's mask hides what is of its kind; what it left whole was of another one.
        shown = kind.mask(texts)
        whole = pc.fill_null(pc.equal(shown, texts), False)
        return pc.fill_null(pc.if_else(whole, _first_only(texts), shown), "")
    if mask_of(field):
        return pc.fill_null(_first_only(texts), "")
    plain = pa.array([bool(text and _PLAIN.fullmatch(text)) for text in texts.to_pylist()], pa.bool_())
    return pc.fill_null(pc.if_else(plain, texts, _first_only(texts)), "")


def _first_only(texts: pa.Array) -> pa.Array:
    first = pc.utf8_slice_codeunits(texts, 0, 1)
    hidden = pc.binary_join_element_wise(first, pa.scalar(_STARS), "")
    return pc.if_else(pc.greater(pc.utf8_length(texts), 1), hidden, _STARS)

"""Free text: whatever has no kind of its own. Only its form is cleaned, never its meaning."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.reasons import Reason
from values.cleaned import Cleaned, Mask, bits
from values.levels import compare_by
from values.shapes import PLAIN_TEXT, short_texts_among
from values.text_column import TextColumn, with_nulls
from values.text_forms import SENTINEL_WORDS, composed, is_sentinel, single_spaces, suspicious_form, tidy
from values.text_likeness import LEVELS as LEVELS
from values.text_likeness import SAME, text_keys
from values.text_likeness import likeness as likeness


def clean(texts: pa.Array, *, length: int = 200) -> Cleaned:
    """Return the texts in clean form: single inner spaces, no invisible or control characters, half-width ASCII.

    Longer than `length` characters is null, TOO_LONG. Formula-like and markup-like texts stay, flagged.
    """
    column = TextColumn(texts)
    values, flags = column.judged(odd_texts(column, length), lambda text: judge(text, length))
    return Cleaned.of(with_nulls(values, column.empty), flags)


def odd_texts(column: TextColumn, length: int) -> Mask:
    """Rows that are not plainly letters, ideographs, digits and common marks with single spaces inside."""
    points = column.points
    odd = points.count(~PLAIN_TEXT[points.points]) > 0
    odd |= points.lengths > length
    odd |= short_texts_among(column, SENTINEL_WORDS)
    spaces = points.points == 32
    if bool(spaces.any()):
        marked = np.zeros(len(points.points) + 1, dtype=bool)
        marked[: len(spaces)] = spaces
        starts = points.starts[:-1][points.lengths > 0]
        ends = points.starts[1:][points.lengths > 0] - 1
        edge = np.zeros(len(spaces), dtype=bool)
        edge[starts] = True
        beyond = np.zeros(len(spaces), dtype=bool)
        beyond[ends] = True
        wrong = spaces & (edge | beyond | marked[1:])
        odd |= points.count(wrong) > 0
    return odd & ~column.empty


def judge(text: str, length: int) -> tuple[str | None, int]:
    """Return one text in clean form, or None, and the reasons."""
    shown, flags = tidy(text, strict=False)
    if shown is None:
        return None, flags
    if is_sentinel(shown):
        return None, flags | bits(Reason.SENTINEL)
    shown, flags = single_spaces(shown, flags)
    shown, flags = composed(shown, flags)
    if len(shown) > length:
        return None, flags | bits(Reason.TOO_LONG)
    return shown, flags | suspicious_form(shown)


def check(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Say, per value, whether there is a text at all."""
    return ~TextColumn(values).empty


def keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return match keys: see `values.text_likeness.text_keys`."""
    return text_keys(values)


def compare(left: pa.Array, right: pa.Array) -> npt.NDArray[np.int8]:
    """Return levels: see `values.text_likeness`."""
    return compare_by(likeness, left, right, SAME)


def mask(values: pa.Array) -> pa.Array:
    """Return the first character and two stars, whatever the length; a single character is hidden too."""
    column = TextColumn(values)
    first = pc.utf8_slice_codeunits(column.texts, 0, 1)
    hidden = pc.if_else(pa.array(column.points.lengths > 1), pc.binary_join_element_wise(first, "**", ""), "**")
    return with_nulls(hidden, column.empty)

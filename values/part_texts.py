"""Columns of parts of texts, either Arrow arrays or, of a few rows, lists: the same verbs for both.

An Arrow function costs about ten microseconds whatever the rows, so that a record resolved alone would spend its time
on calls. What is written with these verbs is written once and is quick for a million rows and for one.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Mask

FEW = 64  # rows: fewer are handled as lists
Texts: TypeAlias = Any  # pa.StringArray, which has no types that a checker knows, or list[str | None]


def there(texts: Texts) -> Mask:
    """Say, per row, whether there is a text."""
    if isinstance(texts, list):
        return np.array([one is not None for one in texts], dtype=bool)
    found: Mask = pc.is_valid(texts).to_numpy(zero_copy_only=False)
    return found


def where(rows: Mask, texts: Texts) -> Texts:
    """Return the texts of the rows of a mask, null elsewhere."""
    if isinstance(texts, list):
        return [one if kept else None for one, kept in zip(texts, rows.tolist(), strict=True)]
    return pc.if_else(pa.array(rows), texts, pa.scalar(None, pa.string()))


def first_of(*columns: Texts) -> Texts:
    """Return, per row, the first text that is there."""
    if isinstance(columns[0], list):
        return [next((one for one in row if one is not None), None) for row in zip(*columns, strict=True)]
    return pc.coalesce(*columns)


def joined(left: Texts, right: Texts) -> Texts:
    """Return both texts as one; where one is missing the other alone."""
    if isinstance(left, list):
        return [
            other if one is None else one if other is None else one + other
            for one, other in zip(left, right, strict=True)
        ]
    if right.null_count == len(right):
        return left
    if left.null_count == len(left):
        return right
    return pc.coalesce(pc.binary_join_element_wise(left, right, ""), left, right)


def path(*pieces: Texts) -> Texts:
    """Return the pieces of each row with a bar between; null where one is missing."""
    if isinstance(pieces[0], list):
        return [None if None in row else "|".join(row) for row in zip(*pieces, strict=True)]
    return pc.binary_join_element_wise(*pieces, "|")


def or_nothing(texts: Texts) -> Texts:
    """Return the texts, "" where there is none."""
    return ["" if one is None else one for one in texts] if isinstance(texts, list) else pc.coalesce(texts, "")


def as_column(texts: Texts) -> pa.StringArray:
    """Return the texts as an Arrow array."""
    return pa.array(texts, pa.string()) if isinstance(texts, list) else texts


def codes(values: Texts) -> tuple[npt.NDArray[np.int32], list[str | None]]:
    """Return the number of each distinct text, in the order of their first rows (null: -1), and the texts."""
    if isinstance(values, list):
        known: dict[str | None, int] = {}
        numbers = [-1 if one is None else known.setdefault(one, len(known)) for one in values]
        return np.array(numbers, dtype=np.int32), list(known)
    encoded = values.cast(pa.string()).dictionary_encode()
    return encoded.indices.fill_null(-1).to_numpy().astype(np.int32), encoded.dictionary.to_pylist()

"""How two names can agree without being equal: surname, one character, sound, variant characters."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Mask
from values.levels import one_edit
from values.name_keys import folded_points, name_keys
from values.text_column import TextColumn


def same_surname(left: TextColumn, right: TextColumn) -> Mask:
    """Say where the first folded characters are one and the same."""
    return _equal_keys(left, right, "surname")


def one_character(left: TextColumn, right: TextColumn) -> Mask:
    """Say where folded names of at least two characters differ in one, or in two neighbours swapped."""
    a, b = folded_points(left), folded_points(right)
    found: Mask = one_edit(TextColumn(a.texts()), TextColumn(b.texts())) & (a.lengths >= 2)
    return found


def same_sound(left: TextColumn, right: TextColumn) -> Mask:
    """Say where any reading of the one name is a reading of the other."""
    a, b = name_keys(left.texts), name_keys(right.texts)
    found: Mask = pc.fill_null(pc.equal(a["pinyin"], b["pinyin"]), False).to_numpy(zero_copy_only=False)
    counts = (pc.list_value_length(a["readings"]), pc.list_value_length(b["readings"]))
    several = pc.greater(pc.max_element_wise(*counts), 1)
    rows = np.flatnonzero(~found & pc.fill_null(several, False).to_numpy(zero_copy_only=False))
    if len(rows):
        picked = pa.array(rows)
        pairs = zip(a["readings"].take(picked).to_pylist(), b["readings"].take(picked).to_pylist(), strict=True)
        found = found.copy()
        found[rows] = [bool(set(one or ()) & set(other or ())) for one, other in pairs]
    return found


def same_folded(left: TextColumn, right: TextColumn) -> Mask:
    """Say where the names are equal once variants, separators and case are folded."""
    return _equal_keys(left, right, "folded")


def _equal_keys(left: TextColumn, right: TextColumn, key: str) -> Mask:
    a, b = folded_points(left).texts(), folded_points(right).texts()
    if key == "surname":
        a, b = pc.utf8_slice_codeunits(a, 0, 1), pc.utf8_slice_codeunits(b, 0, 1)
    equal: Mask = pc.equal(a, b).to_numpy(zero_copy_only=False)
    return equal & (TextColumn(a).lengths > 0)


AGREEMENTS = {2: same_surname, 3: one_character, 6: same_sound, 9: same_folded}

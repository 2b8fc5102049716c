"""Groups that quality is told by: which fields a record has, and what kind of name it bears."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

NOTHING = "—"
_NAME_KINDS = (
    ("minority", "^\\p{Han}+·[\\p{Han}·]+$"),
    ("han_2", "^\\p{Han}{2}$"),
    ("han_3", "^\\p{Han}{3}$"),
    ("han_4_or_more", "^\\p{Han}{4,}$"),
    ("latin", "^[\\p{Latin} .,'’·-]+$"),
)


def evidence_classes(table: pa.Table, fields: Sequence[str]) -> pa.Array:
    """Return, per row, the names of the fields that have a value, joined by "+": `name+birth_date+phone`."""
    flags: npt.NDArray[np.int64] = np.zeros(table.num_rows, np.int64)
    for place, name in enumerate(fields):
        column = table[name].cast(pa.string())
        filled = pc.greater(pc.fill_null(pc.utf8_length(column), 0), 0)
        flags |= filled.combine_chunks().to_numpy(zero_copy_only=False).astype(np.int64) << place
    distinct, places = np.unique(flags, return_inverse=True)
    words = ["+".join(name for place, name in enumerate(fields) if flag >> place & 1) for flag in distinct.tolist()]
    return pa.array([word or NOTHING for word in words], pa.string()).take(pa.array(places))


def name_kinds(names: pa.Array) -> pa.Array:
    """Return the kind of each name: by its script, Han names by their length, `other`, or "—" where there is none."""
    found = pa.array(["other"] * len(names), pa.string())
    for kind, pattern in reversed(_NAME_KINDS):
        fits = pc.fill_null(pc.match_substring_regex(names, pattern=pattern), False)
        found = pc.if_else(fits, kind, found)
    return pc.if_else(pc.equal(pc.fill_null(pc.utf8_length(names), 0), 0), NOTHING, found)

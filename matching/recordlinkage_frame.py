"""Comparisons of cityhub inside recordlinkage: for who links in a notebook with that library's frame.

The library's own text comparisons count characters of an alphabet; a Chinese name of two characters, an address of a
city or an identity number with two digits swapped is told by the kinds of values/. Only pandas is needed here:
recordlinkage takes any function of two aligned columns.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from schemas.nearest import nearest
from values.kinds import KINDS
from values.levels import MISSING

Feature = npt.NDArray[np.float64]


def likeness_of(kind: str, *, levels: bool = False, **context: Any) -> Callable[[pd.Series, pd.Series], Feature]:
    """Return a function for `recordlinkage.Compare().compare_vectorized(function, left_column, right_column)`.

    It gives, per pair, the likeness of two values of a kind (`values.kinds.KINDS`), which are cleaned first as the
    standard cleans them: 0 for different up to 1 for the same in the even steps of the kind's levels, NaN where either
    is missing or unusable. With `levels` it gives the levels
    themselves as whole numbers, 0 missing, 1 different and up, which is what `ECMClassifier(binarize=None)` takes;
    their names are `KINDS[kind].levels`. `context` is what a kind needs of a city (`gazetteer` for addresses).

    Raises ValueError naming the nearest kind for a kind there is not.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}; the nearest is {nearest(kind, KINDS)!r} of {', '.join(KINDS)}")
    chosen = KINDS[kind]

    def compared(left: pd.Series, right: pd.Series) -> Feature:
        one, other = (chosen.clean_with(_texts(column), context).values for column in (left, right))
        found = chosen.compare_with_context(one, other, context).astype(np.float64)
        if levels:
            return found
        scaled = (found - 1) / max(len(chosen.levels) - 2, 1)
        return np.where(found == MISSING, np.nan, scaled)

    return compared


def _texts(column: pd.Series) -> pa.Array:
    present = column.notna()
    return pa.array(column.where(present, None).map(str, na_action="ignore"), pa.string(), from_pandas=True)

"""Which six digits were ever a division of the country, as a look-up of a million entries."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from schemas.code_table import load_code_table


@cache
def ever_divisions() -> npt.NDArray[np.bool_]:
    """Return a table indexed by the six digits: True where they may open an identity number.

    Whole provinces and prefectures count (old numbers carry them); 81, 82 and 83 are the residence permits.
    """
    table = np.zeros(1_000_000, dtype=bool)
    table[np.array([int(code) for code in load_code_table("divisions").entries])] = True
    return table

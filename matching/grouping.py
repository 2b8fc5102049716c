"""Equal numbers of a column as groups."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Number = TypeVar("Number", np.int64, np.uint64)


def grouped(numbers: npt.NDArray[Number]) -> tuple[npt.NDArray[np.int64], npt.NDArray[Number]]:
    """Return the group of each number, and the number of each group; groups are in the order of their first row."""
    encoded = pa.array(numbers).dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), encoded.dictionary.to_numpy()

"""A table of few rows as lists: to make arrays of one, only to look into them, costs more than what is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

FEW = 128  # rows: fewer are encoded and hashed one by one


@dataclass(frozen=True)
class FewColumn:
    """A column as a list, and the type that it has as an array."""

    values: list[Any]
    type: pa.DataType

    def __len__(self) -> int:
        return len(self.values)

    def to_pylist(self) -> list[Any]:
        """Return the values themselves: not to be written to."""
        return self.values

    def array(self) -> pa.ChunkedArray:
        """Return the column as Arrow has it. Raises ArrowInvalid or ArrowTypeError for values of another type."""
        return pa.chunked_array([pa.array(self.values, self.type)])


@dataclass(frozen=True)
class FewRows:
    """Columns by name, all of `num_rows`, asked as a table of Arrow is."""

    columns: Mapping[str, FewColumn]
    num_rows: int

    def column(self, name: str) -> FewColumn:
        """Return a column. Raises KeyError where there is none of the name."""
        return self.columns[name]

"""A step: one named SELECT, one named function over Arrow batches, or what is near some values in a large relation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Step:
    """One SELECT whose result is called `name`.

    `materialise`: computed once and kept (as a table that may spill to disk); otherwise a view that is computed again
    wherever it is used. A step whose order matters ends in a total ORDER BY: with several threads nothing else is
    deterministic.
    """

    name: str
    sql: str
    materialise: bool = False


@dataclass(frozen=True)
class MapStep:
    """A function over the Arrow batches of the relation or step `source`; its result is called `name`.

    `function` takes a batch and returns one of schema `schema`, with any number of rows. It sees batches of at most
    `batch_rows` rows in no particular order, so what it makes of a row must not depend on its neighbours.
    """

    name: str
    source: str
    function: Callable[[pa.RecordBatch], pa.RecordBatch]
    schema: pa.Schema
    batch_rows: int = 131_072


@dataclass(frozen=True)
class NearStep:
    """`name`: rows of the relation `source`, at least all that hold a wanted value in one of these columns.

    `wanted`: by column a SELECT of one column of values; a list holds its items. A relation that finds rows by value
    gives those, any other one is read as it is: the steps after it choose exactly. `columns`: those needed (none: all).
    """

    name: str
    source: str
    wanted: Mapping[str, str]
    columns: tuple[str, ...] = ()


AnyStep = Step | MapStep | NearStep

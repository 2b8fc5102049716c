"""What a step can read: an Arrow table, a stream of batches, Parquet files of one schema, or rows found by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote, urlparse

import pyarrow as pa

from engine.indexed import IndexedRows


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files read as one relation of `schema`; columns that a file lacks are null, others are not seen.

    No paths at all is an empty relation, so a table that does not exist yet needs no special case.
    """

    paths: tuple[str, ...]
    schema: pa.Schema

    @property
    def local_paths(self) -> tuple[str, ...]:
        """The paths with `file://` taken off."""
        return tuple(unquote(urlparse(path).path) if path.startswith("file://") else path for path in self.paths)


Relation: TypeAlias = pa.Table | pa.RecordBatchReader | ParquetFiles | IndexedRows
Relations: TypeAlias = Mapping[str, Relation]


def map_batches(
    function: Callable[[pa.RecordBatch], pa.RecordBatch], relation: pa.Table | pa.RecordBatchReader, schema: pa.Schema
) -> pa.RecordBatchReader:
    """Return a stream of `function(batch)` over the relation's batches, lazily; each must have `schema`."""
    source = relation.to_reader() if isinstance(relation, pa.Table) else relation

    def results() -> Iterator[pa.RecordBatch]:
        for batch in source:
            yield function(batch).select(schema.names)

    return pa.RecordBatchReader.from_batches(schema, results())

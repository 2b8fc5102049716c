"""What a step can read: an Arrow table, a stream, Parquet files of one known schema, or stored rows with changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote, urlparse

import pyarrow as pa


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


@dataclass(frozen=True)
class Overlay:
    """A stored relation as it will stand once `upserts` are put in and the `deletions` taken out, by `key`.

    `upserts` has the columns of `stored`; `deletions` needs only `key`.
    """

    stored: pa.Table | ParquetFiles
    upserts: pa.Table | ParquetFiles
    deletions: pa.Table | ParquetFiles | None
    key: str

    @property
    def parts(self) -> dict[str, pa.Table | ParquetFiles]:
        """The relations it is made of, by role."""
        found = {"stored": self.stored, "upserts": self.upserts, "deletions": self.deletions}
        return {role: part for role, part in found.items() if part is not None}


Relation: TypeAlias = pa.Table | pa.RecordBatchReader | ParquetFiles | Overlay
Relations: TypeAlias = Mapping[str, Relation]


def file_paths(relation: Relation) -> list[str]:
    """Return every local path that reading `relation` opens."""
    if isinstance(relation, Overlay):
        return [path for part in relation.parts.values() for path in file_paths(part)]
    return list(relation.local_paths) if isinstance(relation, ParquetFiles) else []


def map_batches(
    function: Callable[[pa.RecordBatch], pa.RecordBatch], relation: pa.Table | pa.RecordBatchReader, schema: pa.Schema
) -> pa.RecordBatchReader:
    """Return a stream of `function(batch)` over the relation's batches, lazily; each must have `schema`."""
    source = relation.to_reader() if isinstance(relation, pa.Table) else relation

    def results() -> Iterator[pa.RecordBatch]:
        for batch in source:
            yield function(batch).select(schema.names)

    return pa.RecordBatchReader.from_batches(schema, results())

"""Rows that are found by value: what a step wants of a large relation costs what it wants, not what there is.

A segment is rows that never change, with the hashes of each indexed column in order. A relation is segments, the newest
last, each with the rows that are dead because a later one holds their key again or has dropped it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.hashing import Hashes, value_hashes

Places = npt.NDArray[np.uint32]  # numbers of a segment's rows
NOBODY: Places = np.zeros(0, np.uint32)
Number = TypeVar("Number", np.uint32, np.uint64)


@dataclass(frozen=True)
class Shape:
    """The columns of a relation, its key, and by which columns rows are found: values to find (none: all), as text.

    A list is found by each of its items.
    """

    schema: pa.Schema
    key: str
    found_by: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Entries:
    """The index of one column: hashes in order, each with a row that holds the value."""

    hashes: Hashes
    places: Places

    def of(self, wanted: Hashes) -> Places:
        """Return the rows that hold one of the values, and perhaps a few others."""
        asked = distinct(wanted)
        first = np.searchsorted(self.hashes, asked)
        held = first < len(self.hashes)
        held[held] = self.hashes[first[held]] == asked[held]
        first, asked = first[held], asked[held]
        last = first + 1
        # Most values stand in one row: only for the others is the end of their run looked for.
        beyond = np.minimum(last, len(self.hashes) - 1)
        several = (last < len(self.hashes)) & (self.hashes[beyond] == asked)
        last[several] = np.searchsorted(self.hashes, asked[several], "right")
        counts = last - first
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return np.asarray(self.places[np.repeat(first, counts) + within])


@dataclass(frozen=True)
class Segment:
    """Rows that never change, and the index of each column that they are found by; `name` is where they are kept."""

    batches: Sequence[pa.RecordBatch]
    entries: Mapping[str, Entries]
    name: str = ""

    @property
    def rows(self) -> int:
        return sum(batch.num_rows for batch in self.batches)

    def take(self, places: Places, columns: Sequence[str]) -> list[pa.RecordBatch]:
        """Return these rows (in order, each once)."""
        ends = np.cumsum([0, *(batch.num_rows for batch in self.batches)])
        cuts = np.searchsorted(places, ends)
        parts = []
        for batch, start, (first, last) in zip(self.batches, ends, pairwise(cuts), strict=False):
            if last > first:
                parts.append(batch.select(columns).take(pa.array(places[first:last] - np.uint32(start))))
        return parts


@dataclass(frozen=True)
class IndexedRows:
    """A relation that is asked for rows by value and never read whole."""

    shape: Shape
    parts: Sequence[tuple[Segment, Places]]

    @property
    def schema(self) -> pa.Schema:
        return self.shape.schema

    def near(
        self, wanted: Mapping[str, pa.Array | pa.ChunkedArray], columns: Sequence[str] = ()
    ) -> pa.Table:  # fmt: skip
        """Return each row once that holds one of the `wanted` values in their column, and perhaps a few others.

        Of all columns, or these. Raises KeyError for a column that rows are not found by.
        """
        hashes = {column: value_hashes(_texts(values)) for column, values in wanted.items()}
        found: list[pa.RecordBatch] = []
        names = columns or self.schema.names
        for segment, dead in self.parts:
            places = distinct(np.concatenate([segment.entries[one].of(asked) for one, asked in hashes.items()]))
            found += segment.take(_without(places, dead), names)
        return pa.Table.from_batches(found, pa.schema([self.schema.field(name) for name in names]))

    def after(self, upserts: pa.Table, gone: pa.Array | pa.ChunkedArray) -> IndexedRows:
        """Return the relation as it is once `upserts` are in it and the keys `gone` are not."""
        key = self.shape.key
        left = pa.chunked_array([*upserts[key].chunks, *_chunks(gone.cast(pa.string()))], pa.string()).combine_chunks()
        hashes = value_hashes(left)
        parts = [(segment, _dead(segment, dead, key, left, hashes)) for segment, dead in self.parts]
        if upserts.num_rows:
            parts.append((segment_of(upserts.to_batches(), self.shape), NOBODY))
        return IndexedRows(self.shape, parts)


def segment_of(batches: Iterable[pa.RecordBatch], shape: Shape) -> Segment:
    """Return a segment of these rows, which are kept as they are."""
    kept = list(batches)
    indexing = Indexing(shape)
    for batch in kept:
        indexing.add(batch)
    return Segment(kept, indexing.entries())


class Indexing:
    """Makes the indexes of rows that come batch by batch."""

    def __init__(self, shape: Shape) -> None:
        self.shape, self.rows = shape, 0
        self._parts: dict[str, list[tuple[Hashes, Places]]] = {column: [] for column in shape.found_by}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in the next rows."""
        for column, only in self.shape.found_by.items():
            values, places = _values(batch.column(column))
            if only:
                chosen = pc.is_in(values.cast(pa.string()), value_set=pa.array(only))
                values, places = values.filter(chosen), places[chosen.to_numpy(zero_copy_only=False)]
            self._parts[column].append((value_hashes(values), places + np.uint32(self.rows)))
        self.rows += batch.num_rows

    def entries(self) -> dict[str, Entries]:
        """Return the index of each column."""
        return {column: self._entries(column) for column in self._parts}

    def _entries(self, column: str) -> Entries:
        parts = self._parts[column]
        hashes = np.concatenate([part[0] for part in parts]) if parts else np.zeros(0, np.uint64)
        places = np.concatenate([part[1] for part in parts]) if parts else NOBODY
        order = np.argsort(hashes, kind="stable")
        return Entries(hashes[order], places[order])


def _values(column: pa.Array) -> tuple[pa.Array, Places]:
    """Return the values of a column that are not null, each with its row; of a list, its items."""
    places = np.arange(len(column), dtype=np.uint32)
    if pa.types.is_list(column.type):
        places = column.value_parent_indices().to_numpy().astype(np.uint32)
        column = column.flatten()
    if column.null_count:
        there = column.is_valid()
        return column.filter(there), places[there.to_numpy(zero_copy_only=False)]
    return column, places


def distinct(values: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Return the values in order, each once: as `np.unique`, whose hash tables are slower than a sort."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    kept: npt.NDArray[Number] = ordered[first]
    return kept


def _dead(segment: Segment, dead: Places, key: str, left: pa.Array, hashes: Hashes) -> Places:
    places = _without(distinct(segment.entries[key].of(hashes)), dead)
    held = pa.Table.from_batches(segment.take(places, [key]), pa.schema([(key, pa.string())]))
    dies = pc.is_in(held.column(key), value_set=left).to_numpy()
    return np.union1d(dead, places[dies]).astype(np.uint32)


def _without(places: Places, dead: Places) -> Places:
    """Return the rows that are not dead; both in order."""
    if not len(dead):
        return places
    at = np.minimum(np.searchsorted(dead, places), len(dead) - 1)
    living: Places = places[dead[at] != places]
    return living


def _texts(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return whole.drop_null()


def _chunks(values: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return values.chunks if isinstance(values, pa.ChunkedArray) else [values]

"""Rows on their way into the lake: hashed, compared with what stands, numbered, stamped with their batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.source import Extraction
from pipeline.comparison import Comparison
from values.row_identity import row_hashes, source_keys

STAMPS = (("batch", pa.int64()), ("row_number", pa.int64()), ("row_hash", pa.string()), ("ragged", pa.bool_()))


@dataclass
class Arrived:
    """Rows to be kept, with their numbers in the extract (from 1) and hashes."""

    rows: pa.RecordBatch
    numbers: pa.Array
    hashes: pa.Array
    ragged: bool = False


class Arrival:
    """Iterate for the rows of an extraction that do not stand yet; the others are counted in `known`.

    Every row read counts in `rows` and in the checksum, kept or not. Ragged rows come last: their whole text stands in
    the first column, to be rejected one by one.
    """

    def __init__(self, extraction: Extraction, key: tuple[str, ...], comparison: Comparison | None) -> None:
        self._extraction, self._key, self._comparison = extraction, key, comparison
        self.rows = 0
        self.checksum: Any = blake2b(digest_size=16)

    @property
    def compared(self) -> bool:
        return self._comparison is not None

    @property
    def known(self) -> int:
        return self._comparison.known if self._comparison else 0

    def vanished(self, whole: bool) -> dict[str, pa.Array]:
        """Return keys by fate (`Comparison.vanished`); nothing is known where nothing was compared."""
        if self._comparison is None:
            empty = pa.array([], pa.string())
            return {"absent": empty, "twin": empty}
        # the same file again delivers nothing, and nothing has vanished
        return self._comparison.vanished(whole and not self._extraction.unchanged)

    def __iter__(self) -> Iterator[Arrived]:
        for batch in self._extraction:
            if batch.num_rows and (kept := self._kept(batch)).rows.num_rows:
                yield kept
        if self._extraction.ragged:
            yield self._ragged()

    def _kept(self, batch: pa.RecordBatch) -> Arrived:
        arrived = self._numbered(batch)
        if self._comparison is None:
            return arrived
        stands = self._comparison.stands(arrived.hashes)
        if not stands.any():
            self._remember(batch)
            return arrived
        fresh = pa.array(~stands)
        kept = Arrived(batch.filter(fresh), arrived.numbers.filter(fresh), arrived.hashes.filter(fresh))
        if kept.rows.num_rows:
            self._remember(kept.rows)
        return kept

    def _remember(self, rows: pa.RecordBatch) -> None:
        assert self._comparison is not None
        self._comparison.fresh_keys.append(source_keys(pa.Table.from_batches([rows]), self._key))

    def _numbered(self, batch: pa.RecordBatch, ragged: bool = False) -> Arrived:
        hashes = row_hashes(pa.Table.from_batches([batch]))
        self.checksum.update(hashes.buffers()[2])
        numbers = pa.array(np.arange(self.rows + 1, self.rows + batch.num_rows + 1))
        self.rows += batch.num_rows
        return Arrived(batch, numbers, hashes, ragged)

    def _ragged(self) -> Arrived:
        texts = pa.array([row.text for row in self._extraction.ragged], pa.string())
        empty = pa.nulls(len(texts), pa.string())
        columns = [texts if index == 0 else empty for index in range(len(self._extraction.schema))]
        return self._numbered(pa.RecordBatch.from_arrays(columns, schema=self._extraction.schema), ragged=True)


@dataclass
class Stamped:
    """What arrived as record batches of the raw table: the source's columns and the stamps."""

    batch: int
    extraction: Extraction
    arriving: Iterator[Arrived]
    schema: pa.Schema = field(init=False)

    def __post_init__(self) -> None:
        self.schema = pa.schema([*self.extraction.schema, *(pa.field(name, kind) for name, kind in STAMPS)])

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        for one in self.arriving:
            size = one.rows.num_rows
            stamps = [pa.repeat(pa.scalar(self.batch, pa.int64()), size), one.numbers, one.hashes]
            columns = [*one.rows.columns, *stamps, pa.repeat(pa.scalar(one.ragged), size)]
            yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

"""What a source is to the rest of the house: something to describe, and to stream as Arrow batches of text.

A source never writes, never decides and never cleans: every cell arrives as the text the source itself makes of it, or
null. Whoever lands a table must take an `Extraction` to its end before committing anything: the recount, the file's
unchanged state and the high water are only proven there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Literal, Protocol

import pyarrow as pa

from schemas.contract import TableContract

Mode = Literal["full", "increment"]
NO_TYPES: Mapping[str, str] = MappingProxyType({})  # of a file whose format has none
CODES = 1000  # distinct texts asked of a column of codes: one with more holds no codes


@dataclass(frozen=True)
class ReadSettings:
    """How politely and how carefully a source is read. Seconds and bytes."""

    timezone: str = "Asia/Shanghai"  # the session's time zone: what timestamps with a zone are shown in
    connect_seconds: int = 10
    lock_seconds: int = 30  # waiting for a locked table or file
    statement_seconds: int = 300  # counting and asking for the high water
    stream_seconds: int = 4 * 3600  # one table's stream
    silent_seconds: float = 600  # nothing at all heard from the source: it hangs
    value_bytes: int = 16 * 2**20  # longest single value
    record_bytes: int = 64 * 2**20  # longest record of a text file
    archive_bytes: int = 2 * 2**30  # unpacked size of a workbook
    archive_ratio: int = 200  # unpacked : packed, for parts above 8 MiB
    ragged_rows: int = 100_000  # more ragged rows than this are a wrong delimiter, not bad rows
    fast: bool = True  # use ADBC where the driver is installed


@dataclass(frozen=True)
class ColumnShape:
    """A column as the source declares it; `type` is the source's own type name."""

    name: str
    type: str = "TEXT"
    nullable: bool = True


@dataclass(frozen=True)
class TableShape:
    """A table as the source declares it; `rows` is an estimate, None when the source has none at hand."""

    name: str
    columns: tuple[ColumnShape, ...]
    rows: int | None = None
    key: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


class Reconciler(Protocol):
    """Whoever knows the rows that stand, told in the increment's own snapshot what the whole table holds."""

    def took(self, rows: pa.RecordBatch) -> None:
        """Hear of rows the increment delivers."""
        ...

    def saw(self, keys: pa.RecordBatch) -> None:
        """Hear of the key columns (and those of `deleted_when`) of rows of the whole table; called until all are."""
        ...

    def wanted(self) -> pa.Table:
        """Return the key columns of rows to be delivered as well; asked once, after the last `saw`."""
        ...


@dataclass(frozen=True)
class ReadRequest:
    """One table to read.

    `since` is the lower bound of the cursor as text (`watermark.lower_bound` has taken the overlap off), for a log the
    last sequence taken, or for files the high water of the last landing; None reads everything. `ceiling` is the
    latest moment a watermark may reach; None asks the source's own clock. A `reconciler` makes an increment read the
    keys of the whole table too.
    """

    table: TableContract
    since: str | None = None
    batch_rows: int = 65_536
    ceiling: datetime | None = None
    reconciler: Reconciler | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to read: all the contract names, but those only named under `ignore` (not ours to hold)."""
        return replace(self.table, ignore=()).columns


@dataclass(frozen=True)
class RaggedRow:
    """A record whose cells do not fit the header; `text` is personal data: it goes to quarantine, not to a log."""

    line: int  # from 1, of the file or sheet
    cells: int
    expected: int
    text: str = field(repr=False)


@dataclass
class Outcome:
    """What is known of a read: `mode`, `unchanged` and `new_columns` from the start, the rest filled while it runs."""

    mode: Mode = "full"
    unchanged: bool = False
    new_columns: tuple[str, ...] = ()
    high_water: str | None = None
    source_rows: int = 0
    rows: int = 0
    ragged: list[RaggedRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gone: list[pa.Table] = field(default_factory=list)
    table_rows: int | None = None


class Extraction:
    """One table on its way: iterate for record batches of text columns, in one snapshot of the source.

    Raises a `schemas.errors.SourceError` in mid iteration; the same error stays in `failure`, for when a library in
    between (a Delta writer reading `reader()`) has wrapped it. Closes the source's connection at the end, at an error
    and at `close()`.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Iterator[pa.RecordBatch],
        outcome: Outcome,
        closing: Callable[[], None] | None = None,
    ) -> None:
        self.schema = schema
        self.failure: BaseException | None = None
        self.exhausted = False
        self._batches, self._outcome, self._closing = batches, outcome, closing

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                self._outcome.rows += batch.num_rows
                yield batch
            self.exhausted = True
        except Exception as error:
            self.failure = error
            raise
        finally:
            self.close()

    def __enter__(self) -> Extraction:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reader(self) -> pa.RecordBatchReader:
        """Return the same stream as an Arrow reader."""
        return pa.RecordBatchReader.from_batches(self.schema, iter(self))

    def close(self) -> None:
        """Give the connection back; safe to call twice."""
        closing, self._closing = self._closing, None
        if closing is not None:
            closing()

    @property
    def mode(self) -> Mode:
        return self._outcome.mode

    @property
    def unchanged(self) -> bool:
        """Whether the source said that nothing has changed since `ReadRequest.since` (the same file again)."""
        return self._outcome.unchanged

    @property
    def new_columns(self) -> tuple[str, ...]:
        """Columns the contract does not know: reported, not delivered."""
        return self._outcome.new_columns

    @property
    def rows(self) -> int:
        """Rows delivered so far; ragged ones are not among them."""
        return self._outcome.rows

    @property
    def source_rows(self) -> int:
        """Rows the source itself counts for this read, ragged ones included. Only true once exhausted."""
        return self._ended().source_rows

    @property
    def high_water(self) -> str | None:
        """The watermark this read reached; None: nothing datable was read, keep the old one."""
        return self._ended().high_water

    @property
    def ragged(self) -> tuple[RaggedRow, ...]:
        return tuple(self._ended().ragged)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know about this read, without any value: formula cells, damaged bytes, title rows."""
        return tuple(self._ended().notes)

    @property
    def gone(self) -> tuple[pa.Table, ...]:
        """Key columns of rows that a log of changes names and the table no longer holds."""
        return tuple(self._ended().gone)

    @property
    def table_rows(self) -> int | None:
        """Rows of the whole table in this snapshot; None when only the increment was counted."""
        return self._ended().table_rows

    def _ended(self) -> Outcome:
        if not self.exhausted:
            raise RuntimeError("take the extraction to its end first: until then nothing about it is proven")
        return self._outcome


class Source(Protocol):
    """A department's database or drop folder."""

    def describe(self) -> dict[str, TableShape]:
        """Return the shape of each contract table the source has; a missing table is missing from the answer."""
        ...

    def stream(self, request: ReadRequest) -> Extraction:
        """Return the table's rows as text; raises `SourceDrift` before any row moves."""
        ...

    def codes(self, table: TableContract, columns: tuple[str, ...], since: str | None) -> dict[str, list[str]]:
        """Return the distinct texts of each column, at most `CODES` + 1 of them, in the rows at or after `since`."""
        ...

    def settle(self, table: TableContract, mark: str, batch: int) -> str:
        """Put away what batch `batch` landed (`mark` is its high water) and say where; "" where nothing is to be done.

        Harmless when it was done before, and when the source has been replaced since.
        """
        ...

    def close(self) -> None:
        """Let go of every connection."""
        ...


def text_schema(columns: tuple[str, ...]) -> pa.Schema:
    """Return the schema of an extraction: these columns, all text."""
    return pa.schema([pa.field(column, pa.string()) for column in columns])

"""A department's database as a source: described by reflection, read as text inside one snapshot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from connectors.arrow_text import sound
from connectors.change_log import LogReading
from connectors.database_kind import Database
from connectors.drift import Drift, compare
from connectors.failures import Damage, Place, source_error
from connectors.patience import ReadAhead, in_time
from connectors.reading import Reading, ReflectedTable
from connectors.reflection import Reflection, outline, reflect
from connectors.sessions import DriverSession, Session, open_session
from connectors.source import (
    CODES,
    Extraction,
    Outcome,
    ReadRequest,
    Reconciler,
    TableShape,
    text_schema,
)
from schemas.contract import Contract, TableContract
from schemas.errors import SourceDrift
from values.row_identity import source_keys


class DatabaseSource:
    """Any database SQLAlchemy reflects; one connection at a time, closed after each table."""

    def __init__(self, contract: Contract, database: Database) -> None:
        self._contract, self._database = contract, database
        self._tables: dict[str, ReflectedTable] = {}

    def describe(self) -> dict[str, TableShape]:
        """Return the shape of each contract table that exists, asked afresh.

        Raises `SourceUnreachable`, `SourceBusy`, `SourceRefused` or `SourceDamaged`.
        """
        logs = [table.changes.table for table in self._contract.tables if table.changes]
        return self._reflect([*(table.name for table in self._contract.tables), *logs], False, self._place("")).shapes

    def stream(self, request: ReadRequest) -> Extraction:
        """Return the table's rows: all, those whose cursor is at or after `request.since`, or those the log names.

        Everything is read in one read-only snapshot: the count, the high water, the rows, and for a reconciler the
        keys of the whole table. Raises what `describe` does, and `SourceDrift` when the table or a used column is
        missing; in mid stream also `SourceDamaged` when the rows do not add up to the count.
        """
        table, place = request.table, self._place(request.table.name)
        names = [table.name, *([table.changes.table] if table.changes else [])]
        line: _Line | None = None
        try:
            line, found = self._begin(request, names, place)
            drift = _drift(table, found)
            if drift.fatal:
                detail = place.says("表不存在 table missing" if drift.table_missing else "列缺失 columns missing")
                raise SourceDrift(place.department, place.connection, detail, diff=drift.lines)
            line = line or self._line(request)
            reading = self._reading(request)
            opened, asked = line, reading
            outcome = in_time(lambda: asked.summary(opened.session), self._patience)
            if request.reconciler is not None and reading.is_increment:
                outcome.table_rows = int(in_time(lambda: opened.session.row(asked.count()), self._patience)[0])
            outcome.new_columns = drift.new
        except Exception as error:
            if line is not None:
                line.abandoned = isinstance(error, TimeoutError)
                line.close()
            raise source_error(error, place) from None
        batches = self._batches(reading, opened, outcome, place)
        return Extraction(text_schema(request.columns), batches, outcome, opened.close)

    def codes(self, table: TableContract, columns: tuple[str, ...], since: str | None) -> dict[str, list[str]]:
        """Return the distinct texts of each column (at most `CODES` + 1, no null), since the watermark if there is one.

        Raises what `stream` does.
        """
        place, request = self._place(table.name), ReadRequest(table, since=since)
        line: _Line | None = None
        try:
            line = self._line(request)
            reading = self._reading(request)
            found: dict[str, list[str]] = {}
            for column in columns:
                batches = line.batches(reading.distinct(column, CODES + 1), (column,), CODES + 1)
                texts = [text for batch in batches for text in pc.cast(batch.column(0), pa.string()).to_pylist()]
                found[column] = sorted(text for text in texts if text)
        except pa.ArrowInvalid:
            return {}  # bytes that are no text: the landing itself will tell where
        except Exception as error:
            raise source_error(error, place) from None
        finally:
            if line is not None:
                line.close()
        return found

    def settle(self, table: TableContract, mark: str, batch: int) -> str:
        """A database keeps what was read from it."""
        return ""

    def close(self) -> None:
        """Nothing stays open between tables."""

    @property
    def _patience(self) -> float:
        return self._database.settings.silent_seconds

    def _begin(self, request: ReadRequest, names: list[str], place: Place) -> tuple[_Line | None, Reflection]:
        """Return what of the names there is, and the session that told; none is open where reflection had to."""
        if self._database.outline(request.table.name) is None:
            return None, self._reflect(names, True, place)
        line = self._line(request)
        try:
            found = in_time(lambda: outline(self._database, line.session, names), self._patience)
        except BaseException as error:
            line.abandoned = isinstance(error, TimeoutError)
            line.close()
            raise
        if found is None:
            line.close()
            return None, self._reflect(names, True, place)
        self._tables.update(found.tables)
        return line, found

    def _reflect(self, names: list[str], outline: bool, place: Place) -> Reflection:
        try:
            found = in_time(lambda: reflect(self._database, names, outline), self._patience)
        except Exception as error:
            raise source_error(error, place) from None
        self._tables.update(found.tables)
        return found

    def _reading(self, request: ReadRequest) -> Reading:
        table, log = self._tables[request.table.name], request.table.changes
        if log is None:
            return Reading(self._database, request, table)
        return LogReading(self._database, request, table, self._tables[log.table])

    def _batches(self, reading: Reading, line: _Line, outcome: Outcome, place: Place) -> Iterator[pa.RecordBatch]:
        request, reconciler = reading.request, reading.request.reconciler
        try:
            for batch in line.proven(reading.rows(), request.columns, request.batch_rows, outcome):
                if reconciler is not None and outcome.table_rows is not None:
                    reconciler.took(batch)
                yield batch
            outcome.source_rows = in_time(lambda: reading.recount(line.session, outcome), self._patience)
            if outcome.rows != outcome.source_rows:
                raise miscounted(outcome.rows, outcome.source_rows)
            if (gone := reading.gone()) is not None:
                outcome.gone += self._keys(line, gone, request.table.key, outcome)
            if reconciler is not None and outcome.table_rows is not None:
                yield from self._reconciled(reading, line, outcome, reconciler)
            if reading.note:
                outcome.notes.append(reading.note)
        except Exception as error:
            raise source_error(error, place) from None

    def _keys(
        self, line: _Line, statement: sa.Select[Any], columns: tuple[str, ...], outcome: Outcome
    ) -> list[pa.Table]:
        return [pa.Table.from_batches([batch]) for batch in line.proven(statement, columns, 65_536, outcome)]

    def _reconciled(
        self, reading: Reading, line: _Line, outcome: Outcome, reconciler: Reconciler
    ) -> Iterator[pa.RecordBatch]:
        """Read every key of the table, then the rows the reconciler asks for."""
        request, seen = reading.request, 0
        for batch in line.proven(reading.keys(), reading.key_columns, request.batch_rows, outcome):
            reconciler.saw(batch)
            seen += batch.num_rows
        if seen != outcome.table_rows:
            raise miscounted(seen, outcome.table_rows or 0)
        wanted = reconciler.wanted()
        asked = pa.table({"key": source_keys(wanted, request.table.key)}).column("key").combine_chunks()
        for statement in reading.by_keys(wanted) if wanted.num_rows else ():
            for batch in line.proven(statement, request.columns, request.batch_rows, outcome):
                keys = source_keys(pa.Table.from_batches([batch]), request.table.key)
                chosen = batch.filter(pc.is_in(keys, value_set=asked))
                outcome.source_rows += chosen.num_rows
                if chosen.num_rows:
                    yield chosen

    def _line(self, request: ReadRequest) -> _Line:
        session = in_time(lambda: self._open(request), self._patience)
        return _Line(session, self._patience, self._database.settings.value_bytes)

    def _open(self, request: ReadRequest) -> Session:
        # written out whole, a backslash would be read by some servers as an escape: such a bound goes as a parameter
        if request.since and "\\" in request.since:
            return DriverSession(self._database)
        return open_session(self._database)

    def _place(self, table: str) -> Place:
        return Place(self._contract.department, self._contract.connection, table)


def _drift(table: TableContract, found: Reflection) -> Drift:
    """Return what of the table, or else of its log, is not as the contract says."""
    drift, log = compare(table, found.shapes.get(table.name), found.names), table.changes
    if log is None or drift.fatal:
        return drift
    if log.table not in found.shapes:
        return compare(replace(table, name=log.table), None, found.names)
    lost = {*log.key, log.operation, log.sequence} - set(found.shapes[log.table].names)
    return Drift(log.table, missing=tuple(sorted(lost))) if lost else drift


@dataclass
class _Line:
    """A session with somebody waiting at it: what is silent too long is left behind, not closed (that would wait)."""

    session: Session
    seconds: float
    value_bytes: int
    abandoned: bool = False
    _reader: ReadAhead[pa.RecordBatch] | None = None

    def batches(self, statement: sa.Select[Any], columns: tuple[str, ...], rows: int) -> Iterator[pa.RecordBatch]:
        self._reader = ReadAhead(self.session.stream(statement, columns, rows), self.seconds)
        yield from self._reader

    def proven(
        self, statement: sa.Select[Any], columns: tuple[str, ...], rows: int, outcome: Outcome
    ) -> Iterator[pa.RecordBatch]:
        """Yield batches of text. They are proven where they are taken: the source's thread has its hands full."""
        schema, before = text_schema(columns), outcome.rows
        for batch in self.batches(statement, columns, rows):
            yield sound(batch, schema, outcome, self.value_bytes, before)
            before += batch.num_rows

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self.abandoned |= self._reader.abandoned
        if not self.abandoned:
            # the error that matters is already on its way, or the data already whole
            with contextlib.suppress(Exception):
                self.session.close()


def miscounted(read: int, counted: int) -> Damage:
    """Return the damage of a read that does not add up."""
    return Damage(
        f"读到 {read} 行，计数 {counted} 行 rows read differ from the source's count",
        "检查数据库是否损坏 check the database for corruption, then run again",
    )

"""A department's database as a source: described by reflection, read as text inside one snapshot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from connectors.arrow_text import sound
from connectors.database_kind import Database
from connectors.drift import compare
from connectors.failures import Damage, Place, source_error
from connectors.sessions import DriverSession, Session, open_session
from connectors.source import ColumnShape, Extraction, Outcome, ReadRequest, TableShape, text_schema
from connectors.watermark import moment
from schemas.contract import Contract
from schemas.errors import SourceDrift


class DatabaseSource:
    """Any database SQLAlchemy reflects; one connection at a time, closed after each table."""

    def __init__(self, contract: Contract, database: Database) -> None:
        self._contract, self._database = contract, database
        self._shapes: dict[str, TableShape] = {}
        self._tables: dict[str, _Table] = {}
        self._names: tuple[str, ...] = ()

    def describe(self) -> dict[str, TableShape]:
        """Return the shape of each contract table that exists, asked afresh.

        Raises `SourceUnreachable`, `SourceBusy`, `SourceRefused` or `SourceDamaged`.
        """
        place = self._place("")
        try:
            self._database.examine()
            engine = self._database.engine()
            try:
                with engine.connect() as connection:
                    self._database.begin(connection)
                    self._reflect(connection)
            finally:
                engine.dispose()
        except Exception as error:
            raise source_error(error, place) from None
        return dict(self._shapes)

    def stream(self, request: ReadRequest) -> Extraction:
        """Return the table's rows: all, or those whose cursor is at or after `request.since`.

        Everything is read in one read-only snapshot: the count, the high water and the rows. Raises what `describe`
        does, and `SourceDrift` when the table or a used column is missing; in mid stream also `SourceDamaged` when
        the rows do not add up to the count.
        """
        table, place = request.table, self._place(request.table.name)
        shape = self.describe().get(table.name)
        drift = compare(table, shape, self._names)
        if drift.fatal or shape is None:
            detail = place.says("表不存在 table missing" if drift.table_missing else "列缺失 columns missing")
            raise SourceDrift(place.department, place.connection, detail, diff=drift.lines)
        session: Session | None = None
        try:
            session = self._open(request)
            reading = _Reading(self._database, request, self._tables[table.name])
            outcome = reading.summary(session)
            outcome.new_columns = drift.new
        except Exception as error:
            if session is not None:
                _close_quietly(session)
            raise source_error(error, place) from None
        opened = session
        return Extraction(
            text_schema(request.columns),
            self._batches(reading, opened, outcome, place),
            outcome,
            lambda: _close_quietly(opened),
        )

    def close(self) -> None:
        """Nothing stays open between tables."""

    def _batches(self, reading: _Reading, session: Session, outcome: Outcome, place: Place) -> Iterator[pa.RecordBatch]:
        schema = text_schema(reading.request.columns)
        limit = self._database.settings.value_bytes
        try:
            for batch in session.stream(reading.rows(), tuple(schema.names), reading.request.batch_rows):
                yield sound(batch, schema, outcome, limit)
            if outcome.rows != outcome.source_rows:
                raise Damage(
                    f"读到 {outcome.rows} 行，计数 {outcome.source_rows} 行 rows read differ from the source's count",
                    "检查数据库是否损坏 check the database for corruption, then run again",
                )
        except Exception as error:
            raise source_error(error, place) from None

    def _open(self, request: ReadRequest) -> Session:
        # written out whole, a backslash would be read by some servers as an escape: such a bound goes as a parameter
        if request.since and "\\" in request.since:
            return DriverSession(self._database)
        return open_session(self._database)

    def _reflect(self, connection: sa.Connection) -> None:
        inspector = sa.inspect(connection)
        self._names = tuple(sorted({*inspector.get_table_names(), *inspector.get_view_names()}))
        self._shapes, self._tables = {}, {}
        for table in self._contract.tables:
            name, schema = _split(table.name, self._names)
            if not inspector.has_table(name, schema=schema):
                continue
            columns = inspector.get_columns(name, schema=schema)
            key = inspector.get_pk_constraint(name, schema=schema).get("constrained_columns") or ()
            named = sa.table(name, schema=schema)
            types = {column["name"]: column["type"] for column in columns}
            declared = {column: _declared(kind, connection.dialect) for column, kind in types.items()}
            shapes = tuple(ColumnShape(c["name"], declared[c["name"]], bool(c.get("nullable", True))) for c in columns)
            self._tables[table.name] = _Table(named, types, declared)
            self._shapes[table.name] = TableShape(table.name, shapes, self._estimate(connection, named), tuple(key))

    def _estimate(self, connection: sa.Connection, table: sa.TableClause) -> int | None:
        query = self._database.estimate(table)
        if query is None:
            return None
        try:
            with connection.begin_nested():
                found = connection.execute(query).scalar()
        except sa.exc.DBAPIError:
            return None  # a view has no such number; an estimate is a courtesy
        return int(found) if isinstance(found, int) and found >= 0 else None

    def _place(self, table: str) -> Place:
        return Place(self._contract.department, self._contract.connection, table)


@dataclass(frozen=True)
class _Table:
    """A reflected table: its name with schema, and each column's type."""

    named: sa.TableClause
    types: dict[str, Any]
    declared: dict[str, str]

    def column(self, name: str) -> sa.ColumnClause[Any]:
        return sa.column(name, self.types[name])


class _Reading:
    """The statements of one table's read."""

    def __init__(self, database: Database, request: ReadRequest, table: _Table) -> None:
        self.request, self._database, self._table = request, database, table
        cursor = request.table.cursor
        self._cursor = table.column(cursor.column) if cursor else None
        self.is_increment = request.since is not None and self._cursor is not None

    def rows(self) -> sa.Select[Any]:
        """Every wanted column as text; in no order, so that the source sorts nothing."""
        texts: list[sa.ColumnElement[Any]] = [
            self._database.text_of(self._table.column(name), self._table.declared[name]).label(name)
            for name in self.request.columns
        ]
        return self._since(sa.select(*texts))

    def summary(self, session: Session) -> Outcome:
        """Count the rows and find the high water, in the session's snapshot."""
        counted: list[sa.ColumnElement[Any]] = [sa.func.count().label("row_count")]
        if self._cursor is not None:
            counted += [self._top().label("high_water"), self._database.clock().label("source_clock")]
        found = session.row(self._since(sa.select(*counted)))
        outcome = Outcome("increment" if self.is_increment else "full", source_rows=int(found[0]))
        if self._cursor is not None and found[1] is not None:
            outcome.high_water = self._held_down(session, str(found[1]), str(found[2]))
        return outcome

    def _held_down(self, session: Session, top: str, clock: str) -> str | None:
        # a row dated 2099 must not carry the watermark past every row still to come
        ceiling = self.request.ceiling
        if ceiling is None:
            now = moment(clock)
            ceiling = now.when if now else None
        highest = moment(top)
        if ceiling is None or (highest is not None and highest.when <= ceiling):
            return top
        if highest is None and _is_number(top):
            return top
        for example in (top, self.request.since or "", "2000-01-01 00:00:00", "20000101000000", "2000-01-01"):
            form = moment(example)
            if form is None or self._cursor is None:
                continue
            below = self._database.bound(self._cursor, form.spell(ceiling))
            query = self._since(sa.select(self._top().label("high_water"))).where(self._cursor <= below)
            found = session.row(query)
            reached = moment(str(found[0])) if found and found[0] is not None else None
            if reached is not None and reached.when <= ceiling:
                return str(found[0])
        return None

    def _top(self) -> sa.ColumnElement[str]:
        assert self._cursor is not None
        top: Any = sa.func.max(self._cursor, type_=self._cursor.type)
        return self._database.text_of(top, self._table.declared[self._cursor.name])

    def _since(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        statement = statement.select_from(self._table.named)
        if not self.is_increment or self._cursor is None or self.request.since is None:
            return statement
        lower = self._database.bound(self._cursor, self.request.since)
        return statement.where(sa.or_(self._cursor >= lower, self._cursor.is_(None)))


def _split(name: str, existing: tuple[str, ...]) -> tuple[str, str | None]:
    """Return (table, schema) of a contract's table name; a dot may also be part of a plain name."""
    schema, dot, table = name.partition(".")
    return (table, schema) if dot and name not in existing else (name, None)


def _declared(kind: Any, dialect: sa.Dialect) -> str:
    try:
        return str(kind.compile(dialect=dialect))
    except sa.exc.CompileError:
        return "" if isinstance(kind, sa.types.NullType) else type(kind).__name__


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _close_quietly(session: Session) -> None:
    # the error that matters is already on its way, or the data already whole
    with contextlib.suppress(Exception):
        session.close()

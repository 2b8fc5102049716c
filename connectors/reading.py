"""What is asked of one table: its rows as text, how many there are, how far they reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from connectors.database_kind import Database
from connectors.sessions import Session
from connectors.source import Outcome, ReadRequest
from connectors.watermark import moment

BY_KEY = 1000  # more rows than this are not asked for by their keys: the table is read through instead
CHUNK = 200  # keys in one statement


@dataclass(frozen=True)
class ReflectedTable:
    """A reflected table: its name with schema, and each column's type. `plain`: columns read as they are."""

    named: sa.TableClause
    types: dict[str, Any]
    declared: dict[str, str]
    plain: frozenset[str] = frozenset()

    def column(self, name: str) -> sa.ColumnClause[Any]:
        return sa.column(name, self.types[name])


class Reading:
    """The statements of one table's read, whole or since a cursor's watermark."""

    note = ""

    def __init__(self, database: Database, request: ReadRequest, table: ReflectedTable) -> None:
        self.request, self._database, self._table = request, database, table
        cursor = request.table.cursor
        self._cursor = table.column(cursor.column) if cursor else None
        self.is_increment = request.since is not None and self._cursor is not None
        self._tally: sa.Select[Any] | None = None

    def rows(self) -> sa.Select[Any]:
        """Every wanted column as text; in no order, so that the source sorts nothing."""
        return self._since(self._texts(self.request.columns))

    def distinct(self, column: str, limit: int) -> sa.Select[Any]:
        """The distinct texts of one column in these rows."""
        return self._since(self._texts((column,))).distinct().limit(limit)

    def gone(self) -> sa.Select[Any] | None:
        """The keys of rows known to have gone, as text; None where a cursor cannot know."""
        return None

    def keys(self) -> sa.Select[Any]:
        """The key of every row of the table, and what marks a row as deleted, as text."""
        return self._texts(self.key_columns).select_from(self._table.named)

    def count(self) -> sa.Select[Any]:
        return sa.select(sa.func.count()).select_from(self._table.named)

    @property
    def key_columns(self) -> tuple[str, ...]:
        table = self.request.table
        return tuple(dict.fromkeys((*table.key, *table.deleted_when)))

    def by_keys(self, keys: pa.Table) -> list[sa.Select[Any]]:
        """The statements that read the rows of these keys; one for the whole table when there are too many to ask for,
        or where a column without a type would not compare with a text.
        """
        whole = self._texts(self.request.columns).select_from(self._table.named)
        if keys.num_rows > BY_KEY or not all(self._table.declared[name] for name in keys.column_names):
            return [whole]
        rows = keys.to_pylist()
        return [
            whole.where(sa.or_(*(self._is(row) for row in rows[start : start + CHUNK])))
            for start in range(0, len(rows), CHUNK)
        ]

    def _is(self, row: dict[str, str]) -> sa.ColumnElement[bool]:
        columns = ((self._table.column(name), text) for name, text in row.items())
        return sa.and_(*(column == self._database.bound(column, text) for column, text in columns))

    def _texts(self, columns: tuple[str, ...]) -> sa.Select[Any]:
        return sa.select(*(self._text(self._table, name).label(name) for name in columns))

    def _text(self, table: ReflectedTable, name: str) -> sa.ColumnElement[Any]:
        if name in table.plain:
            whole = isinstance(table.types[name], sa.Integer)
            return sa.type_coerce(table.column(name), sa.Integer() if whole else sa.Text())
        return self._database.text_of(table.column(name), table.declared[name])

    def summary(self, session: Session) -> Outcome:
        """Count the rows and find the high water, in the session's snapshot; or leave the count to `recount`."""
        if self._cursor is None and self._is_tallied(session):
            return Outcome("full")
        counted: list[sa.ColumnElement[Any]] = [sa.func.count().label("row_count")]
        if self._cursor is not None:
            counted += [self._top().label("high_water"), self._database.clock().label("source_clock")]
        found = session.row(self._since(sa.select(*counted)))
        outcome = Outcome("increment" if self.is_increment else "full", source_rows=int(found[0]))
        if self._cursor is not None and found[1] is not None:
            outcome.high_water = self._held_down(session, str(found[1]), str(found[2]))
        return outcome

    def _is_tallied(self, session: Session) -> bool:
        """Whether the source keeps books of what it reads out of the table; waits for the table's lock meanwhile."""
        tally = self._database.tally(self._table.named)
        if tally is None:
            return False
        nothing = sa.select(sa.literal_column("1").label("one")).select_from(self._table.named).limit(0).subquery()
        count = sa.select(sa.func.count()).select_from(nothing).scalar_subquery()
        self._tally = tally if session.row(sa.select(tally.scalar_subquery(), count))[0] == 0 else None
        return self._tally is not None

    def recount(self, session: Session, outcome: Outcome) -> int:
        """Return how many rows the source counts for this read, in the session's snapshot; asked after the last one.

        Where the summary left the count open, the server's books of this very read say it without reading again. When
        they say anything but what arrived (an index was read instead, rows were kept back) the rows are counted.
        """
        if self._tally is None:
            return outcome.source_rows
        found = session.row(self._tally)
        return outcome.rows if found and found[0] == outcome.rows > 0 else int(session.row(self.count())[0])

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


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()

"""Reading a table by its log of changes: the log says which keys, the table says what they are now.

Of the log only keys and numbers are believed. Whether a row is there is asked of the table itself, in the same
snapshot, so that a row deleted and written again, or a log that forgets to say "deleted", does no harm.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors.database_kind import Database
from connectors.reading import Reading, ReflectedTable
from connectors.sessions import Session
from connectors.source import Outcome, ReadRequest
from schemas.contract import ChangeLog

_WHOLE = ("INT", "SERIAL", "NUMERIC", "DECIMAL", "NUMBER")


class LogReading(Reading):
    """The statements of one table's read since a number of its log; whole where the log does not reach back to it."""

    def __init__(self, database: Database, request: ReadRequest, table: ReflectedTable, log: ReflectedTable) -> None:
        super().__init__(database, request, table)
        self._log, self._after = log, -1
        assert request.table.changes is not None
        self._rules: ChangeLog = request.table.changes
        since = request.since or ""
        self._taken = int(since) if since.isascii() and since.isdigit() else None
        self.is_increment = self._taken is not None

    def summary(self, session: Session) -> Outcome:
        """Look how far the log reaches, count the rows it names, in the session's snapshot."""
        number = self._number()
        reach: Any = sa.select(sa.func.count(), sa.func.min(number), sa.func.max(number)).select_from(self._log.named)
        found = session.row(reach)
        entries, first, last = int(found[0]), int(found[1] or 0), int(found[2] or 0)
        taken = self._taken
        if taken is not None and entries and first <= taken + 1 and last >= taken:
            self._after = max(taken - self._rules.overlap, -1)
        elif taken is not None:
            # emptied or begun anew: what happened meanwhile stands in no log
            self.note = f"{self._rules.table} 已清理，整表读取 the log no longer reaches back: read whole"
            self.is_increment = False
        count = session.row(self._since(sa.select(sa.func.count())))
        water = last if entries else taken or 0
        return Outcome("increment" if self.is_increment else "full", source_rows=int(count[0]), high_water=str(water))

    def gone(self) -> sa.Select[Any] | None:
        """The keys the log names and the table no longer holds."""
        if not self.is_increment:
            return None
        texts = zip(self.request.table.key, self._rules.key, strict=True)
        named = sa.select(*(self._text(self._log, logged).label(name) for name, logged in texts)).distinct()
        there: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(self._table.named).where(*self._same())
        return named.select_from(self._log.named).where(self._number() > self._after, ~there.exists())

    def _since(self, statement: sa.Select[Any]) -> sa.Select[Any]:
        statement = statement.select_from(self._table.named)
        if not self.is_increment:
            return statement
        named: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(self._log.named)
        return statement.where(named.where(self._number() > self._after, *self._same()).exists())

    def _same(self) -> list[sa.ColumnElement[bool]]:
        """The key of a row equals the key in the log; both names are qualified, for they may well be the same."""
        conditions = []
        for name, logged in zip(self.request.table.key, self._rules.key, strict=True):
            left, right = self._of(self._table, name), self._of(self._log, logged)
            if self._table.declared[name] != self._log.declared[logged]:
                left = self._database.text_of(left, self._table.declared[name])  # type: ignore[arg-type]
                right = self._database.text_of(right, self._log.declared[logged])  # type: ignore[arg-type]
            conditions.append(left == right)
        return conditions

    def _of(self, table: ReflectedTable, name: str) -> sa.ColumnElement[Any]:
        return table.named.c[name]

    def _number(self) -> sa.ColumnElement[Any]:
        column = self._of(self._log, self._rules.sequence)
        whole = any(word in self._log.declared[self._rules.sequence].upper() for word in _WHOLE)
        return column if whole else sa.cast(column, sa.BigInteger())

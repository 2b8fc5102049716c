"""The reading side of the serving tables: golden rows, their members, lookups and the change feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from schemas.errors import LedgerError, UnknownEntity
from schemas.standard import Standard
from warehouse.database import Database
from warehouse.ledger_tables import hub_version
from warehouse.serving_feeds import change_feed, redirect
from warehouse.serving_tables import MEMBERS, ServedTable, served_tables

Row = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One line of the change feed; `into` is where a merged or split entity's records went."""

    seq: int
    commit: int
    op: str
    entity: str
    id: str
    into: str | None


@dataclass(frozen=True)
class Member:
    """One record of an entity and where it came from: enough to find the raw row again."""

    record_id: str
    hub_id: str
    entity: str
    department: str
    source_table: str
    statement: str
    source_key: str


class ServingReader:
    """Each function answers from one whole version; `reading()` gives several queries the same one."""

    def __init__(self, database: Database, standard: Standard) -> None:
        self.database = database
        self.standard = standard
        self.tables = served_tables(standard)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection on which all serving tables stay at one version."""
        with self.database.read() as connection:
            if not self.database.is_sqlite:
                # A name is resolved when it is used: without these locks a rename could slip in between two queries.
                quote = connection.dialect.identifier_preparer
                names = ", ".join(sorted(quote.quote(served.name) for served in self.tables.values()))
                connection.execute(text(f"LOCK TABLE {names} IN ACCESS SHARE MODE"))
            yield connection

    def commit(self, connection: Connection | None = None) -> int:
        """Return the number of the version that readers see, 0 before the first."""
        query = select(func.max(hub_version.c.number).label("number")).where(hub_version.c.state == "published")
        return self._rows(query, connection)[0]["number"] or 0

    def counts(self, connection: Connection | None = None) -> dict[str, int]:
        """Return the number of rows of every serving table by entity (and `hub_member`)."""
        return {
            label: self._rows(select(func.count().label("rows")).select_from(served.live), connection)[0]["rows"]
            for label, served in self.tables.items()
        }

    def golden(self, entity: str, identity: str) -> Row:
        """Return the golden row of a hub id (a retired one leads to its successor) or of a fact id.

        Raises `UnknownEntity` when there is none.
        """
        served = self._served(entity)
        with self.reading() as connection:
            final = _resolve(connection, identity)
            found = self._rows(_where(served, served.key, final), connection)
        if not found:
            raise UnknownEntity(entity, identity)
        return found[0]

    def lookup(self, entity: str, column: str, value: str, limit: int = 50) -> list[Row]:
        """Return the golden rows whose indexed `column` equals `value`, in the order of their ids.

        Raises `LedgerError` for a column that is not looked up by.
        """
        served = self._served(entity)
        if column not in served.indexed:
            raise LedgerError(f"不能按此列查询 {entity} cannot be looked up by {column}: {', '.join(served.indexed)}")
        with self.reading() as connection:
            return self._rows(_where(served, column, value).limit(limit), connection)

    def facts(self, hub_id: str) -> dict[str, list[Row]]:
        """Return the golden facts in which this hub id is a party, by kind of fact; kinds without any are left out."""
        found: dict[str, list[Row]] = {}
        with self.reading() as connection:
            for fact in self.standard.facts:
                served = self.tables[fact.name]
                for party in fact.parties:
                    found.setdefault(fact.name, []).extend(self._rows(_where(served, party.role, hub_id), connection))
        return {name: rows for name, rows in found.items() if rows}

    def members(self, hub_id: str) -> list[Member]:
        """Return the records of an entity, in the order of their ids; empty for an unknown one."""
        with self.reading() as connection:
            return [Member(**row) for row in self._rows(_where(self.tables[MEMBERS], "hub_id", hub_id), connection)]

    def hub_ids(self, records: Sequence[str]) -> dict[str, str]:
        """Return the hub id of each of these records that belongs to an entity."""
        members = self.tables[MEMBERS].live
        query = select(members.c.record_id, members.c.hub_id).where(members.c.record_id.in_(sorted(set(records))))
        return {row["record_id"]: row["hub_id"] for row in self._rows(query, None)} if records else {}

    def resolve(self, hub_id: str) -> str:
        """Return the hub id that this one leads to: itself unless it was retired."""
        with self.reading() as connection:
            return _resolve(connection, hub_id)

    def changes(self, since: int, limit: int = 1000) -> list[Change]:
        """Return up to `limit` lines of the change feed after sequence number `since`, in order."""
        query = select(change_feed).where(change_feed.c.seq > since).order_by(change_feed.c.seq).limit(limit)
        return [Change(**row) for row in self._rows(query, None)]

    def change_counts(self, after: int, until: int) -> list[Row]:
        """Return `entity`, `op`, `count` over the versions after `after` up to `until`."""
        commits = change_feed.c.commit.between(after + 1, until)
        kinds = (change_feed.c.entity, change_feed.c.op)
        query = select(*kinds, func.count().label("count")).where(commits).group_by(*kinds).order_by(*kinds)
        return self._rows(query, None)

    def _served(self, entity: str) -> ServedTable:
        if entity not in self.tables:
            raise LedgerError(f"没有此实体 no golden table for {entity}: {', '.join(self.tables)}")
        return self.tables[entity]

    def _rows(self, query: Select[Any], connection: Connection | None) -> list[dict[str, Any]]:
        if connection is not None:
            return [dict(row._mapping) for row in connection.execute(query)]
        with self.reading() as own:
            return [dict(row._mapping) for row in own.execute(query)]


def _where(served: ServedTable, column: str, value: str) -> Select[Any]:
    live = served.live
    return select(live).where(live.c[column] == value).order_by(live.c[served.key])


def _resolve(connection: Connection, hub_id: str) -> str:
    """Follow redirects to the end; a circle ends where it closes."""
    seen = {hub_id}
    while True:
        into = connection.execute(select(redirect.c.into).where(redirect.c.id == hub_id)).scalar_one_or_none()
        if into is None or into in seen:
            return hub_id
        seen.add(into)
        hub_id = into

"""Fences: a newer run takes over by raising the token; every older writer is refused inside its own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from schemas.errors import FenceLost
from warehouse.database import Database
from warehouse.ledger_tables import fence


@dataclass(frozen=True)
class Fence:
    """The right to write under `name`, good until someone acquires it again. Plain data: it may travel as a dict."""

    name: str
    token: int
    holder: str


class FenceLedger:
    """Acquiring and checking fences."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def acquire(self, name: str, holder: str, now: datetime) -> Fence:
        """Take the fence `name` over, whoever holds it, and return it with a token higher than any before."""
        dialect = sqlite if self.database.is_sqlite else postgresql
        first = dialect.insert(fence).values(name=name, token=0, holder=holder, acquired_at=now)
        with self.database.write() as connection:
            connection.execute(first.on_conflict_do_nothing())
            raised = (
                update(fence)
                .where(fence.c.name == name)
                .values(token=fence.c.token + 1, holder=holder, acquired_at=now)
                .returning(fence.c.token)
            )
            return Fence(name, connection.execute(raised).scalar_one(), holder)

    def holder(self, name: str) -> Fence | None:
        """Return the fence as it stands, None if nobody ever took it."""
        with self.database.read() as connection:
            row = connection.execute(select(fence).where(fence.c.name == name)).one_or_none()
        return Fence(row.name, row.token, row.holder) if row else None


def check_fence(connection: Connection, held: Fence) -> None:
    """Raise `FenceLost` unless `held` is still the newest; keeps it so until the caller's transaction ends.

    PostgreSQL locks the row, so a take-over waits for this transaction; on SQLite the writer has the database anyway.
    """
    current = connection.execute(
        select(fence.c.token).where(fence.c.name == held.name).with_for_update()
    ).scalar_one_or_none()
    if current != held.token:
        raise FenceLost(held.name, held.token, current or 0)

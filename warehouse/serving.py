"""Publishing to the serving tables: stage, audit, swap. Readers see the old version whole, then the new one whole.

A small change is applied to the live tables in the swap's transaction. Where more than a third of a table changes, the
new table is built beside the live one first and only renamed in that transaction, so the lock stays short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite

from schemas.errors import LedgerError, PublishRefused
from warehouse.audit import audit_faults
from warehouse.beside import build_beside, drop_if_there, rename_into_place
from warehouse.fences import Fence, check_fence
from warehouse.serving_feeds import change_feed, redirect
from warehouse.serving_tables import ServedTable
from warehouse.staged_tables import staged_change, staged_count, staged_gone, staged_redirect
from warehouse.staging import CHANGES, REDIRECTS, Staged, Staging
from warehouse.versions import Version, move_version, one_version, take_batches

BESIDE_SHARE = 3  # one part in three
LOCK_WAIT = "30s"


@dataclass(frozen=True)
class Publication:
    """What the swap records with the version: the lake's manifest, the counts, and when."""

    manifest: Mapping[str, int]
    counts: Mapping[str, Any]
    now: datetime


class Serving(Staging):
    """The writing side of the serving tables of one hub database. `ensure()` first, once per run."""

    def audit(self, version: int) -> dict[str, int]:
        """Return the number of staged rows by label. Raises `PublishRefused` with every fault found."""
        with self.database.read() as connection:
            staged = self.staged(connection, version)
            faults = audit_faults(connection, version, self.tables, staged)
        if faults:
            raise PublishRefused(version, tuple(faults))
        return {label: part.rows for label, part in staged.items()}

    def swap(self, fence: Fence, version: int, publication: Publication) -> Version:
        """Make the staged version the one that readers see, mark it published and its batches taken: one transaction.

        Call `audit` before. Swapping a published version again changes nothing. Raises `FenceLost`, `LedgerError`
        when the version has not survived yet, `LedgerBusy` when readers hold the tables for longer than 30 s.
        """
        current = self._start(fence, version)
        if current.state == "published":
            return current
        with self.database.read() as connection:
            staged = self.staged(connection, version)
            beside = [label for label in staged if label in self.tables and self._mostly_new(connection, staged[label])]
        generations = {
            label: build_beside(self.database, fence, self.tables[label], staged[label]) for label in sorted(beside)
        }
        with self.database.write() as connection:
            check_fence(connection, fence)
            self._lock(connection, beside)
            for label, part in staged.items():
                if label in generations:
                    rename_into_place(connection, self.tables[label])
                elif label in self.tables:
                    _apply(connection, self.tables[label], part)
            if CHANGES in staged:
                _append_changes(connection, version)
            if REDIRECTS in staged:
                self._add_redirects(connection, version)
            connection.execute(delete(staged_count))
            published = self._publish(connection, version, publication)
        self.tidy(fence)
        return published

    def tidy(self, fence: Fence) -> None:
        """Drop what swaps and staging leave behind, between versions. Raises `FenceLost`."""
        with self.database.write() as connection:
            check_fence(connection, fence)
            for served in self.tables.values():
                for name in (served.old_name, served.next_name, served.staged_name):
                    drop_if_there(connection, name)
            for table in (staged_count, staged_gone, staged_change, staged_redirect):
                connection.execute(delete(table))

    def _start(self, fence: Fence, version: int) -> Version:
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = one_version(connection, version)
            if current.state == "published":
                return current
            if current.state not in ("survived", "applying"):
                raise LedgerError(f"版本 {version} 还不能发布 cannot be published from state {current.state}")
            return move_version(connection, current, "applying", {})

    def _mostly_new(self, connection: Connection, part: Staged) -> bool:
        if part.whole:
            return True
        live = self.tables[part.label].live
        rows = connection.execute(select(func.count()).select_from(live)).scalar_one()
        return (part.rows + part.gone) * BESIDE_SHARE > rows

    def _lock(self, connection: Connection, beside: list[str]) -> None:
        """Wait for PostgreSQL's readers of tables to be renamed; they lock in the same order (`ServingReader`)."""
        if self.database.is_sqlite or not beside:
            return
        quote = connection.dialect.identifier_preparer
        names = ", ".join(sorted(quote.quote(self.tables[label].name) for label in beside))
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'"))
        connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))

    def _add_redirects(self, connection: Connection, version: int) -> None:
        dialect = sqlite if self.database.is_sqlite else postgresql
        rows = select(staged_redirect.c.id, staged_redirect.c.entity, staged_redirect.c.into, literal(version))
        restored = select(staged_redirect.c.id).where(staged_redirect.c.into.is_(None))
        connection.execute(delete(redirect).where(redirect.c.id.in_(restored)))
        # The WHERE also keeps SQLite from reading ON CONFLICT as a join condition.
        rows = rows.where(staged_redirect.c.into.is_not(None))
        upsert = dialect.insert(redirect).from_select(["id", "entity", "into", "commit"], rows)
        changed = {name: upsert.excluded[name] for name in ("entity", "into", "commit")}
        connection.execute(upsert.on_conflict_do_update(index_elements=["id"], set_=changed))

    def _publish(self, connection: Connection, version: int, publication: Publication) -> Version:
        current = one_version(connection, version)
        take_batches(connection, current)
        facts = {
            "manifest": {**current.manifest, **publication.manifest},
            "counts": {**current.counts, **publication.counts},
            "published_at": publication.now,
        }
        return move_version(connection, current, "published", facts)


def _apply(connection: Connection, served: ServedTable, part: Staged) -> None:
    """Put the staged rows into the live table in place of their older selves, and remove the ids that go."""
    live, staged = served.live, served.staged
    key = live.c[served.key]
    if part.gone:
        leaving = select(staged_gone.c.id).where(staged_gone.c.label == served.label)
        connection.execute(delete(live).where(key.in_(leaving)))
    if part.rows:
        connection.execute(delete(live).where(key.in_(select(staged.c[served.key]))))
        connection.execute(insert(live).from_select(served.schema.names, select(*staged.c)))


def _append_changes(connection: Connection, version: int) -> None:
    lines = select(
        literal(version), staged_change.c.op, staged_change.c.entity, staged_change.c.id, staged_change.c.into
    ).order_by(staged_change.c.ordinal)
    connection.execute(insert(change_feed).from_select(["commit", "op", "entity", "id", "into"], lines))

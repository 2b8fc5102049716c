"""Versions (commits of the hub) in the ledger: which batches one takes, which lake versions it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from schemas.errors import LedgerError
from warehouse.database import Database
from warehouse.fences import Fence, check_fence
from warehouse.ledger_tables import batch, hub_version

VersionState = Literal["open", "linked", "survived", "applying", "published", "abandoned"]
ORDER: tuple[VersionState, ...] = ("open", "linked", "survived", "applying", "published")


@dataclass(frozen=True)
class VersionOpening:
    """What a new version is made from: the pinned batches and judgements (all up to `judged_through`), the as-of date,
    the run; or the version gone back to."""

    batches: tuple[int, ...]
    as_of: date
    run_id: str
    rolled_back_to: int | None = None
    judged_through: int = 0


@dataclass(frozen=True)
class Version:
    """One version as it stands. `manifest` maps each lake table to its Delta version."""

    number: int
    state: VersionState
    as_of: date
    opened_at: datetime
    published_at: datetime | None
    batches: tuple[int, ...]
    manifest: Mapping[str, int]
    counts: Mapping[str, Any]
    run_id: str
    rolled_back_to: int | None
    judged_through: int = 0


class VersionLedger:
    """Opening, advancing and reading versions. Publishing is `serving`'s: it happens together with the swap."""

    database: Database

    def open_version(self, fence: Fence, opening: VersionOpening, now: datetime) -> Version:
        """Open a version that takes exactly these batches and return it.

        Raises `LedgerError` when another version is unfinished, or a batch is not accepted or already taken.
        """
        with self.database.write() as connection:
            check_fence(connection, fence)
            unfinished = _unfinished(connection)
            if unfinished is not None:
                raise LedgerError(
                    f"版本 {unfinished.number} 尚未完成 is unfinished ({unfinished.state})",
                    next_step="先完成或放弃它 finish or abandon it first",
                )
            _check_pinned(connection, opening.batches)
            row = {
                "state": "open",
                "as_of": opening.as_of,
                "opened_at": now,
                "batches": sorted(opening.batches),
                "manifest": {},
                "counts": {},
                "run_id": opening.run_id,
                "rolled_back_to": opening.rolled_back_to,
                "judged_through": opening.judged_through,
            }
            number = connection.execute(insert(hub_version).values(**row).returning(hub_version.c.number)).scalar_one()
            return one_version(connection, number)

    def advance(
        self,
        fence: Fence,
        number: int,
        state: VersionState,
        manifest: Mapping[str, int] | None = None,
        counts: Mapping[str, Any] | None = None,
    ) -> Version:
        """Move a version forward (or confirm where it is) and add to its manifest and counts; return it.

        Raises `LedgerError` for a step back, and for `published`, which only the swap may do.
        """
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = one_version(connection, number)
            if state == "published":
                raise LedgerError("发布由切换完成 a version is published by the swap only")
            return move_version(
                connection,
                current,
                state,
                {
                    "manifest": {**current.manifest, **(manifest or {})},
                    "counts": {**current.counts, **(counts or {})},
                },
            )

    def abandon_version(self, fence: Fence, number: int) -> Version:
        """Give an unfinished version up; its batches stay untaken."""
        return self.advance(fence, number, "abandoned")

    def version(self, number: int) -> Version:
        """Return the version. Raises `LedgerError` if there is none."""
        with self.database.read() as connection:
            return one_version(connection, number)

    def versions(self, state: VersionState | None = None) -> list[Version]:
        """Return all versions (in this state), oldest first."""
        query = select(hub_version).order_by(hub_version.c.number)
        if state is not None:
            query = query.where(hub_version.c.state == state)
        with self.database.read() as connection:
            return [_version(row) for row in connection.execute(query)]

    def unfinished_version(self) -> Version | None:
        """Return the version that a dead run left behind, None if all are published or abandoned."""
        with self.database.read() as connection:
            return _unfinished(connection)

    def published_version(self) -> Version | None:
        """Return the version that readers see, None before the first."""
        with self.database.read() as connection:
            newest = select(func.max(hub_version.c.number)).where(hub_version.c.state == "published")
            number = connection.execute(newest).scalar_one()
            return one_version(connection, number) if number is not None else None


def one_version(connection: Connection, number: int) -> Version:
    """Return the version inside the caller's transaction. Raises `LedgerError` if there is none."""
    row = connection.execute(select(hub_version).where(hub_version.c.number == number)).one_or_none()
    if row is None:
        raise LedgerError(f"没有版本 no version {number}")
    return _version(row)


def move_version(connection: Connection, current: Version, state: VersionState, facts: Mapping[str, Any]) -> Version:
    """Change a version inside the caller's transaction; forward only. Returns it as it is now."""
    finished = current.state in ("published", "abandoned")
    forward = state == "abandoned" or (not finished and ORDER.index(state) >= ORDER.index(current.state))
    if finished or not forward:
        raise LedgerError(f"版本 {current.number} 状态不符 a version cannot go from {current.state} to {state}")
    connection.execute(update(hub_version).where(hub_version.c.number == current.number).values(state=state, **facts))
    return replace(current, state=state, **facts)


def take_batches(connection: Connection, version: Version) -> None:
    """Mark the version's pinned batches as taken, inside the caller's transaction."""
    _check_pinned(connection, version.batches)
    for start in range(0, len(version.batches), 500):
        wanted = version.batches[start : start + 500]
        connection.execute(update(batch).where(batch.c.id.in_(wanted)).values(taken_by=version.number))


def _check_pinned(connection: Connection, pinned: Sequence[int]) -> None:
    for start in range(0, len(pinned), 500):
        wanted = pinned[start : start + 500]
        free = select(func.count()).where(
            batch.c.id.in_(wanted), batch.c.state == "accepted", batch.c.taken_by.is_(None)
        )
        if connection.execute(free).scalar_one() != len(set(wanted)):
            raise LedgerError("有批次未通过或已被取走 a pinned batch is not accepted, or already taken")


def _unfinished(connection: Connection) -> Version | None:
    query = select(hub_version).where(hub_version.c.state.not_in(("published", "abandoned")))
    row = connection.execute(query.order_by(hub_version.c.number)).first()
    return _version(row) if row else None


def _version(row: Any) -> Version:
    known = dict(row._mapping)
    return Version(**{**known, "batches": tuple(known["batches"])})

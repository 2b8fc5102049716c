"""Batches and watermarks in the ledger: what was extracted, how far each table is read, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from schemas.errors import LedgerError
from warehouse.batch import STEPS, Batch, BatchState, Landing, Opening
from warehouse.conservation import ROWS, check_conservation
from warehouse.database import Database
from warehouse.fences import Fence, check_fence
from warehouse.ledger_tables import batch, watermark

NOTHING: Mapping[str, Any] = {}


class BatchLedger:
    """Everything that happens to a batch. Every change checks the caller's fence in its own transaction."""

    database: Database

    # -- writing -------------------------------------------------------------------------------------------------

    def open_batch(self, fence: Fence, opening: Opening, now: datetime) -> int:
        """Record that an extraction begins and return the batch's number, which is never used again."""
        with self.database.write() as connection:
            check_fence(connection, fence)
            return _insert(connection, opening, {"state": "opening", "opened_at": now})

    def land_batch(self, fence: Fence, batch_id: int, landing: Landing, now: datetime) -> Batch:
        """Record that the rows are in the lake and move the watermark: one transaction. Landing twice changes nothing.

        Raises `LedgerError` when the batch landed before with other content.
        """
        facts: dict[str, Any] = {
            "rows_extracted": landing.rows_extracted,
            "checksum": landing.checksum,
            "lake_version": landing.lake_version,
            "high_water": landing.high_water,
        }
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = _one(connection, batch_id)
            if current.state != "opening" and current.landed_at is not None:
                if current.checksum != landing.checksum or current.rows_extracted != landing.rows_extracted:
                    raise LedgerError(f"批次 {batch_id} 已落地且内容不同 landed before with other content")
                return current
            facts["counts"] = {"landing": dict(landing.facts)}
            landed = _move(connection, current, "landed", facts | {"landed_at": now})
            if landing.hold:
                landed = _move(connection, landed, "held", {"held_reason": landing.hold, "decided_at": now})
            if landing.high_water is not None:
                self._set_watermark(connection, landed, landing.high_water)
            return landed

    def record_consultation(
        self,
        fence: Fence,
        opening: Opening,
        now: datetime,
        landing: Landing | None = None,
        counts: Mapping[str, Any] = NOTHING,
    ) -> int:
        """Record that a source was asked and had nothing new: a batch without a row in the lake, accepted at once.

        `landing` and `counts` tell of the rows that were read and known already. Raises `Unbalanced`.
        """
        facts: dict[str, Any] = {
            "state": "accepted",
            "opened_at": now,
            "landed_at": now,
            "decided_at": now,
            "rows_extracted": landing.rows_extracted if landing else 0,
            "checksum": landing.checksum if landing else None,
            "high_water": landing.high_water if landing and landing.high_water is not None else opening.since,
            "counts": {**counts, "landing": dict(landing.facts)} if landing else {},
        }
        check_conservation({**counts, ROWS: facts["rows_extracted"]}, f"{opening.department}.{opening.source_table}")
        with self.database.write() as connection:
            check_fence(connection, fence)
            number = _insert(connection, opening, facts)
            if landing and landing.high_water is not None:
                self._set_watermark(connection, _one(connection, number), landing.high_water)
            return number

    def land_replay(self, fence: Fence, opening: Opening, landing: Landing, now: datetime) -> Batch:
        """Record that raw rows of an older batch are to be taken again: a landed batch of their number, in one step.

        The rows lie in the lake already and the watermark stays where it is.
        """
        facts = {
            "state": "landed",
            "opened_at": now,
            "landed_at": now,
            "rows_extracted": landing.rows_extracted,
            "checksum": landing.checksum,
            "lake_version": landing.lake_version,
        }
        with self.database.write() as connection:
            check_fence(connection, fence)
            return _one(connection, _insert(connection, opening, facts))

    def standardise_batch(self, fence: Fence, batch_id: int, counts: Mapping[str, Any]) -> Batch:
        """Record the counts of standardising. Raises `Unbalanced` when they, or the rows landed, do not add up."""
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = _one(connection, batch_id)
            _check_counts(current, counts)
            landing = {name: value for name, value in current.counts.items() if name == "landing"}
            return _move(connection, current, "standardised", {"counts": landing | dict(counts), "held_reason": None})

    def hold_batch(self, fence: Fence, batch_id: int, reason: str, now: datetime) -> Batch:
        """Put the batch into the waiting room; `reason` names the rule, never a person's value."""
        return self._decide(fence, batch_id, "held", {"held_reason": reason, "decided_at": now})

    def release_batch(self, fence: Fence, batch_id: int) -> Batch:
        """Send a held batch back to be standardised and validated again. It is never extracted again."""
        return self._decide(fence, batch_id, "landed", {"held_reason": None, "decided_at": None})

    def accept_batch(self, fence: Fence, batch_id: int, counts: Mapping[str, Any], now: datetime) -> Batch:
        """Let the batch into the next version. Accepting twice changes nothing. Raises `Unbalanced`."""
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = _one(connection, batch_id)
            _check_counts(current, counts)
            facts = {"counts": dict(counts), "held_reason": None, "decided_at": now}
            if current.state == "accepted" and dict(current.counts) == dict(counts):
                return current
            return _move(connection, current, "accepted", facts)

    def refuse_batch(
        self, fence: Fence, batch_id: int, reason: str, now: datetime, read_again: bool = False
    ) -> Batch:
        """End the batch without taking it (also an extraction that died while opening).

        `read_again` moves the watermark back to where this batch began, in the same transaction: its rows will be
        asked for again, and those of later batches with them.
        """
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = _one(connection, batch_id)
            if current.state == "refused":
                return current
            if read_again:
                _move_back(connection, current)
            return _move(connection, current, "refused", {"held_reason": reason, "decided_at": now})

    # -- reading -------------------------------------------------------------------------------------------------

    def batch(self, batch_id: int) -> Batch:
        """Return the batch. Raises `LedgerError` if there is none."""
        with self.database.read() as connection:
            return _one(connection, batch_id)

    def batches(
        self,
        state: BatchState | Sequence[BatchState] | None = None,
        department: str | None = None,
        source_table: str | None = None,
        run_id: str | None = None,
    ) -> list[Batch]:
        """Return the batches that fit all the given conditions, oldest first."""
        query = select(batch).order_by(batch.c.id)
        if state is not None:
            query = query.where(batch.c.state.in_([state] if isinstance(state, str) else list(state)))
        for column, wanted in (
            (batch.c.department, department),
            (batch.c.source_table, source_table),
            (batch.c.run_id, run_id),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        with self.database.read() as connection:
            return [_batch(row) for row in connection.execute(query)]

    def untaken_batches(self) -> list[Batch]:
        """Return the accepted batches that no published version has taken, oldest first."""
        query = select(batch).where(batch.c.state == "accepted", batch.c.taken_by.is_(None)).order_by(batch.c.id)
        with self.database.read() as connection:
            return [_batch(row) for row in connection.execute(query)]

    def watermark(self, department: str, source_table: str) -> str | None:
        """Return how far the table has been read, None if never."""
        place = (watermark.c.department == department) & (watermark.c.source_table == source_table)
        with self.database.read() as connection:
            return connection.execute(select(watermark.c.value).where(place)).scalar_one_or_none()

    # -- inside --------------------------------------------------------------------------------------------------

    def _decide(self, fence: Fence, batch_id: int, state: BatchState, facts: Mapping[str, Any]) -> Batch:
        with self.database.write() as connection:
            check_fence(connection, fence)
            current = _one(connection, batch_id)
            return current if current.state == state else _move(connection, current, state, facts)

    def _set_watermark(self, connection: Connection, landed: Batch, value: str) -> None:
        dialect = sqlite if self.database.is_sqlite else postgresql
        facts = {"value": value, "batch_id": landed.id}
        place = {"department": landed.department, "source_table": landed.source_table}
        upsert = dialect.insert(watermark).values(**place, **facts)
        connection.execute(upsert.on_conflict_do_update(index_elements=list(place), set_=facts))


def _move_back(connection: Connection, current: Batch) -> None:
    """Put the watermark back to the batch's beginning, unless it stands before that already."""
    place = (watermark.c.department == current.department) & (watermark.c.source_table == current.source_table)
    place &= watermark.c.batch_id >= current.id
    if current.since is None:
        connection.execute(delete(watermark).where(place))
    else:
        connection.execute(update(watermark).where(place).values(value=current.since, batch_id=current.id))


def _insert(connection: Connection, opening: Opening, facts: Mapping[str, Any]) -> int:
    known = {field.name: getattr(opening, field.name) for field in fields(opening)}
    values = {"counts": {}, **known, **facts}
    return connection.execute(insert(batch).values(**values).returning(batch.c.id)).scalar_one()


def _one(connection: Connection, batch_id: int) -> Batch:
    row = connection.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
    if row is None:
        raise LedgerError(f"没有批次 no batch {batch_id}")
    return _batch(row)


def _batch(row: Any) -> Batch:
    return Batch(**row._mapping)


def _move(connection: Connection, current: Batch, state: BatchState, facts: Mapping[str, Any]) -> Batch:
    if state not in STEPS[current.state]:
        raise LedgerError(f"批次 {current.id} 状态不符 a batch cannot go from {current.state} to {state}")
    connection.execute(update(batch).where(batch.c.id == current.id).values(state=state, **facts))
    return replace(current, state=state, **facts)


def _check_counts(current: Batch, counts: Mapping[str, Any]) -> None:
    """The sums must hold, and they must speak of the rows that landed."""
    what = f"{current.department}.{current.source_table} batch {current.id}"
    check_conservation({**counts, ROWS: current.rows_extracted or 0}, what)
    check_conservation(counts, what)

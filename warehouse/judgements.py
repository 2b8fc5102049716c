"""The ledger of judgements: what people decided about two records. Only ever added to; a later one supersedes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, func, insert, or_, select

from schemas.errors import JudgementRefused, LedgerBusy
from warehouse.database import Database
from warehouse.ledger_tables import judgement

Verdict = Literal["same", "not_same", "unsure", "withdrawn"]
PART = 500  # records asked for in one query


@dataclass(frozen=True)
class JudgementEntry:
    """A judgement to be added: about which two records (in the order of their ids), by whom, in which role, and why.

    `asked` keeps what was in front of the person: hub ids, the case, the version they saw.
    """

    entity: str
    left_record: str
    right_record: str
    verdict: Verdict
    who: str
    why: str
    run_id: str
    role: str = "handler"
    asked: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.left_record >= self.right_record:
            raise JudgementRefused("两条记录须不同且按编号排序 it needs two records, in the order of their ids")
        if not self.who.strip() or not self.why.strip():
            raise JudgementRefused("须写明何人、何故 it needs a name and a reason")


@dataclass(frozen=True)
class StoredJudgement(JudgementEntry):
    """A judgement as it stands in the ledger; `supersedes` is the one about the same records that it replaced."""

    number: int = 0
    made_at: datetime | None = None
    supersedes: int | None = None


class JudgementLedger:
    """Adding and reading judgements. No fence: people decide while a run is under way; a version pins what it obeys."""

    database: Database

    def judge(self, entries: Sequence[JudgementEntry], now: datetime, seen: int) -> list[StoredJudgement]:
        """Add the judgements, all or none, and return them as stored.

        `seen` is the number of the last judgement that the caller looked at. Raises LedgerBusy where another one has
        come in since: what they may contradict has to be looked at again.
        """
        with self.database.write() as connection:
            if not self.database.is_sqlite:
                connection.exec_driver_sql('LOCK TABLE "judgement" IN EXCLUSIVE MODE')
            last = connection.execute(select(func.max(judgement.c.number))).scalar_one() or 0
            if last != seen:
                raise LedgerBusy("同时有新的判定 another judgement came in at the same time")
            return [_add(connection, entry, now) for entry in entries]

    def last_judgement(self) -> int:
        """Return the number of the newest judgement, 0 before the first."""
        with self.database.read() as connection:
            return connection.execute(select(func.max(judgement.c.number))).scalar_one() or 0

    def judgements(self, entity: str | None = None, through: int | None = None) -> list[StoredJudgement]:
        """Return all judgements (about this entity, up to this number) in the order in which they were made."""
        query = select(judgement).order_by(judgement.c.number)
        if entity is not None:
            query = query.where(judgement.c.entity == entity)
        if through is not None:
            query = query.where(judgement.c.number <= through)
        return self._judgements(query)

    def judgements_about(self, entity: str, records: Iterable[str]) -> list[StoredJudgement]:
        """Return the judgements that name any of these records, in the order in which they were made."""
        wanted, found = sorted(set(records)), {}
        for start in range(0, len(wanted), PART):
            part = wanted[start : start + PART]
            named = or_(judgement.c.left_record.in_(part), judgement.c.right_record.in_(part))
            for one in self._judgements(select(judgement).where(and_(judgement.c.entity == entity, named))):
                found[one.number] = one
        return [found[number] for number in sorted(found)]

    def judgement(self, number: int) -> StoredJudgement:
        """Return one judgement. Raises JudgementRefused if there is none of this number."""
        found = self._judgements(select(judgement).where(judgement.c.number == number))
        if not found:
            raise JudgementRefused(f"没有第 {number} 号判定 there is no judgement {number}")
        return found[0]

    def _judgements(self, query: Select[Any]) -> list[StoredJudgement]:
        with self.database.read() as connection:
            return [StoredJudgement(**row._mapping) for row in connection.execute(query)]


def _add(connection: Connection, entry: JudgementEntry, now: datetime) -> StoredJudgement:
    same_pair = and_(
        judgement.c.entity == entry.entity,
        judgement.c.left_record == entry.left_record,
        judgement.c.right_record == entry.right_record,
    )
    before = connection.execute(select(func.max(judgement.c.number)).where(same_pair)).scalar_one()
    row = {**entry.__dict__, "made_at": now, "supersedes": before}
    number = connection.execute(insert(judgement).values(**row).returning(judgement.c.number)).scalar_one()
    return StoredJudgement(**row, number=number)

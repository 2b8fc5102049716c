"""The ledger's tables: batches, watermarks, versions (commits of the hub), fences, judgements, stages, evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"},
)
# SQLite numbers rows by itself only for INTEGER keys.
Number = BigInteger().with_variant(Integer(), "sqlite")


class Instant(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database. A naive moment is refused, for nobody knows what it means."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("moments need a time zone")
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None else None


class Canonical(TypeDecorator[Any]):
    """JSON with sorted keys and no spaces, as text: equal values are equal bytes in both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else canonical(value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Return `value` as JSON text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class BatchColumns(TypedColumns):
    """What one extraction of one table landed."""

    id: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    department: Named[str] = Column(String(80))
    source_table: Named[str] = Column(String(200))
    mode: Named[str] = Column(String(20))
    state: Named[str] = Column(String(20))
    contract_fingerprint: Named[str] = Column(String(80))
    since: Named[str | None] = Column(Text)
    high_water: Named[str | None] = Column(Text)
    rows_extracted: Named[int | None] = Column(BigInteger)
    checksum: Named[str | None] = Column(String(80))
    lake_version: Named[int | None] = Column(BigInteger)
    opened_at: Named[datetime] = Column(Instant)
    landed_at: Named[datetime | None] = Column(Instant)
    decided_at: Named[datetime | None] = Column(Instant)
    run_id: Named[str] = Column(String(200))
    held_reason: Named[str | None] = Column(Text)
    counts: Named[Mapping[str, Any]] = Column(Canonical)
    taken_by: Named[int | None] = Column(BigInteger)


class WatermarkColumns(TypedColumns):
    """How far a table has been read; moved only together with the landing of a batch."""

    department: Named[str] = Column(String(80), primary_key=True)
    source_table: Named[str] = Column(String(200), primary_key=True)
    value: Named[str] = Column(Text)
    batch_id: Named[int] = Column(BigInteger)


class VersionColumns(TypedColumns):
    """One commit of the hub: which batches it takes and which lake versions it is made of."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    state: Named[str] = Column(String(20))
    as_of: Named[date] = Column(Date)
    opened_at: Named[datetime] = Column(Instant)
    published_at: Named[datetime | None] = Column(Instant)
    batches: Named[list[int]] = Column(Canonical)
    manifest: Named[Mapping[str, int]] = Column(Canonical)
    counts: Named[Mapping[str, Any]] = Column(Canonical)
    run_id: Named[str] = Column(String(200))
    rolled_back_to: Named[int | None] = Column(BigInteger)
    judged_through: Named[int] = Column(BigInteger, server_default="0")


class FenceColumns(TypedColumns):
    """Who may write: the highest token wins, every older holder is refused."""

    name: Named[str] = Column(String(200), primary_key=True)
    token: Named[int] = Column(BigInteger)
    holder: Named[str] = Column(String(200))
    acquired_at: Named[datetime] = Column(Instant)


class StageColumns(TypedColumns):
    """How long each stage of each run took and how it ended."""

    id: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    run_id: Named[str] = Column(String(200))
    stage: Named[str] = Column(String(40))
    department: Named[str] = Column(String(80))
    started_at: Named[datetime] = Column(Instant)
    seconds: Named[float] = Column(Float)
    outcome: Named[str] = Column(String(20))
    counts: Named[Mapping[str, Any]] = Column(Canonical)
    error: Named[str | None] = Column(Text)


class JudgementColumns(TypedColumns):
    """What a person decided about two records. Rows are only ever added; a later one supersedes an earlier."""

    number: Named[int] = Column(Number, primary_key=True, autoincrement=True)
    entity: Named[str] = Column(String(80))
    left_record: Named[str] = Column(String(64))
    right_record: Named[str] = Column(String(64))
    verdict: Named[str] = Column(String(20))
    who: Named[str] = Column(String(200))
    role: Named[str] = Column(String(20))
    why: Named[str] = Column(Text)
    made_at: Named[datetime] = Column(Instant)
    run_id: Named[str] = Column(String(200))
    supersedes: Named[int | None] = Column(BigInteger)
    asked: Named[Mapping[str, Any]] = Column(Canonical)


class EvidenceColumns(TypedColumns):
    """One entry of the chain of evidence; `body` is canonical JSON, `recorded_at` the moment as it was hashed."""

    seq: Named[int] = Column(Number, primary_key=True, autoincrement=False)
    kind: Named[str] = Column(String(40))
    subject: Named[str] = Column(String(200))
    body: Named[str] = Column(Text)
    body_sha256: Named[str] = Column(String(64))
    recorded_at: Named[str] = Column(String(40))
    run_id: Named[str] = Column(String(200))
    previous: Named[str] = Column(String(64))
    hash: Named[str] = Column(String(64))


batch = Table("batch", metadata, BatchColumns, sqlite_autoincrement=True)
watermark = Table("watermark", metadata, WatermarkColumns)
hub_version = Table("hub_version", metadata, VersionColumns, sqlite_autoincrement=True)
fence = Table("fence", metadata, FenceColumns)
judgement = Table("judgement", metadata, JudgementColumns, sqlite_autoincrement=True)
stage_log = Table("stage_log", metadata, StageColumns, sqlite_autoincrement=True)
evidence = Table("evidence", metadata, EvidenceColumns)

Index(None, batch.c.department, batch.c.source_table, batch.c.state)
Index(None, batch.c.state, batch.c.taken_by)
Index(None, hub_version.c.state)
Index(None, judgement.c.entity, judgement.c.left_record)
Index(None, judgement.c.entity, judgement.c.right_record)
Index(None, stage_log.c.run_id)
Index(None, evidence.c.kind, evidence.c.subject)

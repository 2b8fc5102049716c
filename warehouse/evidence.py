"""The ledger of evidence: results of reports and samples, chained, never changed; its head anchored in a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select

from schemas.errors import EvidenceBroken
from schemas.evidence import EvidenceEntry, canonical_json, chained, digest, faults_of
from warehouse.database import Database
from warehouse.fences import Fence, check_fence
from warehouse.ledger_tables import evidence


class EvidenceLedger:
    """Appending, reading and proving evidence. Nothing here changes an entry, and the database refuses it too."""

    database: Database

    def record_evidence(
        self, fence: Fence, kind: str, subject: str, body: Mapping[str, Any], now: datetime
    ) -> EvidenceEntry:
        """Append an entry and return it. The same body about the same subject again returns the entry that stands."""
        with self.database.write() as connection:
            check_fence(connection, fence)
            standing = _newest(connection, kind, subject)
            if standing is not None and standing.body_sha256 == digest(canonical_json(body)):
                return standing
            stamp = (now.astimezone(UTC).isoformat(timespec="seconds"), fence.holder)
            entry = chained(_newest(connection), kind, subject, body, stamp)
            connection.execute(insert(evidence).values(**entry.__dict__))
            return entry

    def evidence(self, kind: str = "", subject: str = "") -> list[EvidenceEntry]:
        """Return the entries (of a kind, about a subject), oldest first."""
        query = select(evidence).order_by(evidence.c.seq)
        if kind:
            query = query.where(evidence.c.kind == kind)
        if subject:
            query = query.where(evidence.c.subject == subject)
        with self.database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]


def _newest(connection: Connection, kind: str = "", subject: str = "") -> EvidenceEntry | None:
    query = select(evidence).order_by(evidence.c.seq.desc()).limit(1)
    if kind:
        query = query.where(evidence.c.kind == kind, evidence.c.subject == subject)
    row = connection.execute(query).one_or_none()
    return _entry(row) if row is not None else None


def _entry(row: Any) -> EvidenceEntry:
    return EvidenceEntry(**row._mapping)


def read_anchors(path: Path) -> list[tuple[int, str]]:
    """Return what was anchored, oldest first; nothing for a file that is not there.

    Raises EvidenceBroken for a line that is no anchor.
    """
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        words = line.split()
        if len(words) != 2 or not words[0].isdigit() or len(words[1]) != 64:
            raise EvidenceBroken(str(path), (f"第 {number} 行不是锚 line {number} is no anchor",))
        found.append((int(words[0]), words[1]))
    return found


def anchor(path: Path, entry: EvidenceEntry) -> None:
    """Append the entry's number and hash to the file, on disk before this returns; one that is there stays alone.

    Copy the file, or its last line, to another office: whoever has it can prove all evidence up to that entry.
    """
    if (entry.seq, entry.hash) in read_anchors(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{entry.seq} {entry.hash}\n")
        file.flush()
        os.fsync(file.fileno())


def chain_faults(entries: list[EvidenceEntry], path: Path) -> list[str]:
    """Return what is wrong with the whole chain against its anchors (see `faults_of`); a lost end is found by them."""
    try:
        anchors = read_anchors(path)
    except EvidenceBroken as error:
        return list(error.faults)
    faults = faults_of(entries, anchors)
    if entries and not anchors:
        faults.append(f"锚文件不在 the file of anchors is gone: {path.name}")
    return faults

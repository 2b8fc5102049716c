"""Evidence: what was found at a moment, chained so that nothing can be changed or taken away afterwards unseen.

An entry's hash covers its number, kind, subject, body, moment, run and the hash before it. Whoever holds the last hash
can prove every entry before it; see `faults_of`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

GENESIS = "0" * 64  # what stands before the first entry


@dataclass(frozen=True)
class EvidenceEntry:
    """One entry. `subject` is what it is about (a version's number, a sample's name); `recorded_at` is ISO 8601, UTC.

    `body` is canonical JSON text; `body_sha256` stands for it where it is not carried along.
    """

    seq: int
    kind: str
    subject: str
    body_sha256: str
    recorded_at: str
    run_id: str
    previous: str
    hash: str
    body: str | None = None

    @property
    def link(self) -> dict[str, Any]:
        """Return the entry without its body: enough to prove the chain."""
        return {name: value for name, value in self.__dict__.items() if name != "body"}

    @property
    def content(self) -> Any:
        """Return the body as it was. Raises ValueError where it is not carried along."""
        if self.body is None:
            raise ValueError(f"entry {self.seq} is carried without its body")
        return json.loads(self.body)


def canonical_json(value: Any) -> str:
    """Return JSON text that is the same bytes for equal values: sorted keys, no spaces, no escapes beyond JSON's own.

    Raises ValueError for what JSON cannot say (NaN, dates): evidence holds plain values only.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str | bytes) -> str:
    """Return the SHA-256 of a text (as UTF-8) or of bytes, 64 hex digits."""
    return sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def chained(before: EvidenceEntry | None, kind: str, subject: str, body: Any, stamp: tuple[str, str]) -> EvidenceEntry:
    """Return the entry that follows `before` (None: the first); `stamp` is (recorded_at, run_id)."""
    text = canonical_json(body)
    recorded_at, run_id = stamp
    facts: dict[str, Any] = {
        "seq": before.seq + 1 if before else 1,
        "kind": kind,
        "subject": subject,
        "body_sha256": digest(text),
        "recorded_at": recorded_at,
        "run_id": run_id,
        "previous": before.hash if before else GENESIS,
    }
    return EvidenceEntry(**facts, hash=digest(canonical_json(facts)), body=text)


def faults_of(entries: Sequence[EvidenceEntry], anchors: Iterable[tuple[int, str]] = ()) -> list[str]:
    """Return what is wrong with a chain, in words, empty when it is whole: numbers without a gap from 1, every hash its
    entry's own, every entry on the one before, bodies as digested, and each anchor (seq, hash) where it was set."""
    faults = []
    previous, expected = GENESIS, 1
    for one in entries:
        facts = {name: value for name, value in one.link.items() if name != "hash"}
        if one.seq != expected:
            faults.append(f"第 {expected} 条缺失 entry {expected} is missing")
        if one.previous != previous:
            faults.append(f"第 {one.seq} 条与前一条不相接 entry {one.seq} does not follow the one before")
        if one.hash != digest(canonical_json(facts)):
            faults.append(f"第 {one.seq} 条的指纹不符 entry {one.seq} is not what its hash says")
        if one.body is not None and one.body_sha256 != digest(one.body):
            faults.append(f"第 {one.seq} 条的内容被改动 the body of entry {one.seq} was altered")
        previous, expected = one.hash, one.seq + 1
    found = {one.seq: one.hash for one in entries}
    faults += [
        f"第 {seq} 条与锚不符 entry {seq} is not what was anchored" for seq, value in anchors if found.get(seq) != value
    ]
    return faults


def entry_of(facts: Mapping[str, Any]) -> EvidenceEntry:
    """Return the entry from its fields. Raises KeyError or TypeError for others."""
    return EvidenceEntry(**dict(facts))

"""A batch as the ledger knows it: what was extracted, how far it has come, what was decided.

The states: opening → landed → standardised → accepted | refused, with held beside them as the waiting room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

BatchState = Literal["opening", "landed", "standardised", "held", "accepted", "refused"]

# From each state, where a batch may go. Standardising again (a mended contract, a retry) is no step back.
STEPS: Mapping[str, frozenset[str]] = {
    "opening": frozenset({"landed", "refused"}),
    "landed": frozenset({"standardised", "held", "refused"}),
    "standardised": frozenset({"standardised", "accepted", "held", "refused"}),
    "held": frozenset({"landed", "standardised", "accepted", "refused"}),
    "accepted": frozenset(),
    "refused": frozenset(),
}


@dataclass(frozen=True)
class Opening:
    """What is known when an extraction begins; `since` is the watermark it reads from (None: everything).

    A `replay` reads no source: its `since` is the number of the batch whose raw rows are taken again, followed by
    `/selection` where only some of them are (the lake's `replays` table lists those under that name).
    """

    department: str
    source_table: str
    mode: Literal["full", "increment", "replay"]
    contract_fingerprint: str
    run_id: str
    since: str | None = None


@dataclass(frozen=True)
class Landing:
    """What is known when the rows are safe in the lake; `high_water` None leaves the watermark where it is.

    `facts` are kept among the batch's counts under `landing`. A `hold` lands the batch in the waiting room.
    """

    rows_extracted: int
    checksum: str
    lake_version: int
    high_water: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    hold: str = ""


@dataclass(frozen=True)
class Batch:
    """One row of the ledger's batches, as it stands."""

    id: int
    department: str
    source_table: str
    mode: str
    state: BatchState
    contract_fingerprint: str
    since: str | None
    high_water: str | None
    rows_extracted: int | None
    checksum: str | None
    lake_version: int | None
    opened_at: datetime
    landed_at: datetime | None
    decided_at: datetime | None
    run_id: str
    held_reason: str | None
    counts: Mapping[str, Any]
    taken_by: int | None

    @property
    def is_replay(self) -> bool:
        return self.mode == "replay"

    @property
    def left_out(self) -> int:
        """How many of its rows stood already and were left out of the lake."""
        return int(self.counts.get("landing", {}).get("known", 0))

    @property
    def compared(self) -> bool:
        """Whether its landing compared each row with what stood."""
        return bool(self.counts.get("landing", {}).get("compared"))

    @property
    def origin(self) -> int:
        """The batch that extracted these rows: itself, or for a replay the one taken again."""
        return int((self.since or "").partition("/")[0]) if self.is_replay else self.id

    @property
    def selection(self) -> str:
        """The name of the selected rows, for a replay of some rows only; empty otherwise."""
        return (self.since or "").partition("/")[2] if self.is_replay else ""

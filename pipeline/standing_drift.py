"""The drift of a table that still stands: what its last landing found, and unknown codes that earlier ones found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from warehouse.batch import Batch

_CODES = "? "  # how a line of unknown codes begins: pipeline.drift


def standing_drift(batches: Sequence[Batch], fingerprint: str) -> tuple[list[str], list[str]]:
    """Return the lines of drift and the proposed change of the contract, of a table's batches (oldest first).

    Every landing looks at the columns, but an increment sees the codes of its own rows only: those found before stand
    in the data until a whole read sees them no more or the contract, whose fingerprint this is, is another one.
    """
    lines: list[str] = []
    proposal: list[str] = []
    read = [one for one in batches if one.landed_at and not one.is_replay and one.contract_fingerprint == fingerprint]
    for place, one in enumerate(reversed(read)):
        landing: dict[str, Any] = one.counts.get("landing", {})
        told = {line.split(" ", 2)[1] for line in lines if line.startswith(_CODES)}
        fresh = [line for line in landing.get("drift", ()) if not place or line.startswith(_CODES)]
        fresh = [line for line in fresh if not line.startswith(_CODES) or line.split(" ", 2)[1] not in told]
        if fresh:
            lines += fresh
            proposal += landing.get("proposal", ())
        if one.mode == "full":
            break
    return lines, proposal

"""Recording evidence: into the ledger's chain, and its head into the file of anchors, so that neither stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.hub import Hub
from pipeline.staging import HUB_FENCE
from schemas.evidence import EvidenceEntry
from warehouse.evidence import anchor


def anchors_file(hub: Hub) -> Path:
    """Where the heads of the chain are anchored: a file to be copied to another office."""
    return hub.settings.home / "report" / "anchors.txt"


def record(hub: Hub, kind: str, subject: str, body: Mapping[str, Any]) -> EvidenceEntry:
    """Append to the chain and anchor it; the same body about the same subject again changes nothing."""
    fence = hub.ledger.acquire(HUB_FENCE, hub.run_id, hub.clock())
    entry = hub.ledger.record_evidence(fence, kind, subject, body, hub.clock())
    anchor(anchors_file(hub), entry)
    return entry

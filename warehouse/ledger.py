"""The ledger: the one owner of batches, watermarks, versions, fences, the log of stages and evidence.

Every function that writes takes the caller's `Fence` and checks it inside the same transaction; every moment is handed
in. The parts have a file each: `fences`, `batches`, `versions`, `judgements`, `stage_log`, `evidence`.
"""

from __future__ import annotations

from warehouse.batches import BatchLedger
from warehouse.evidence import EvidenceLedger
from warehouse.fences import FenceLedger
from warehouse.judgements import JudgementLedger
from warehouse.stage_log import StageLedger
from warehouse.versions import VersionLedger


class Ledger(FenceLedger, BatchLedger, VersionLedger, JudgementLedger, StageLedger, EvidenceLedger):
    """All functions of the ledger on one `Database`, which must have been migrated."""

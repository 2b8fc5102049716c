"""One stage of one run, told to the ledger and the log: when it began, how long it took, what it counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from pipeline.events import log_event, redact
from pipeline.hub import Hub
from warehouse.stage_log import StageEntry


@contextmanager
def stage_of(hub: Hub, stage: str, department: str = "") -> Iterator[dict[str, Any]]:
    """Yield a dictionary of counts to fill; its content, the duration and the outcome go to the ledger's stage log."""
    started, clock = hub.clock(), time.perf_counter()
    counts: dict[str, Any] = {}
    outcome: Literal["done", "skipped", "failed"] = "done"
    message = None
    try:
        yield counts
    except BaseException as error:
        outcome, message = "failed", redact(f"{type(error).__name__}: {error}")[:2000]
        raise
    finally:
        seconds = time.perf_counter() - clock
        hub.ledger.log_stage(
            StageEntry(hub.run_id, stage, department, started, seconds, outcome, counts, message)
        )
        log_event(stage, department=department, outcome=outcome, seconds=round(seconds, 3), run=hub.run_id, **counts)

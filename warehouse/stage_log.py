"""The log of stages: how long each took in each run, how it ended, what it counted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, select

from warehouse.database import Database
from warehouse.ledger_tables import stage_log

# Error texts of drivers may quote what they choked on: numbers and quoted pieces are masked before they are kept.
NUMBERS = re.compile(r"[0-9０-９][0-9０-９\-]{5,}[0-9０-９Xx]")
QUOTED = re.compile(r"'[^'\n]*[\u3400-\u9fff][^'\n]*'|\"[^\"\n]*[\u3400-\u9fff][^\"\n]*\"")


@dataclass(frozen=True)
class StageEntry:
    """One stage of one run; `department` is empty for stages of the whole hub, `seconds` is wall time."""

    run_id: str
    stage: str
    department: str
    started_at: datetime
    seconds: float
    outcome: Literal["done", "skipped", "failed"]
    counts: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


class StageLedger:
    """Writing and reading the log. It needs no fence: a run that lost its fence must still be able to say so."""

    database: Database

    def log_stage(self, entry: StageEntry) -> None:
        """Add one entry; its error text is masked and cut to 2,000 characters."""
        error = None if entry.error is None else mask_error(entry.error)
        with self.database.write() as connection:
            connection.execute(insert(stage_log).values(**{**entry.__dict__, "error": error}))

    def stages(self, run_id: str | None = None) -> list[StageEntry]:
        """Return the entries (of one run) in the order they were written."""
        query = select(stage_log).order_by(stage_log.c.id)
        if run_id is not None:
            query = query.where(stage_log.c.run_id == run_id)
        with self.database.read() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return [StageEntry(**{name: value for name, value in row.items() if name != "id"}) for row in rows]


def mask_error(text: str) -> str:
    """Return the text with runs of seven or more digits and quoted Chinese text replaced by stars."""
    masked = NUMBERS.sub("***", QUOTED.sub("'***'", text))
    return masked if len(masked) <= 2000 else masked[:1999] + "…"

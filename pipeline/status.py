"""How each department stands: what is late, held or failing, since when, why, and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from pipeline.hub import Hub
from pipeline.next_steps import STATE_WORDS, VERSION_STEPS, next_step
from pipeline.standing_drift import standing_drift
from pipeline.summary import CITY_STAGES, DEPARTMENT_STAGES
from pipeline.text_table import text_table
from schemas.contract import Contract
from warehouse.batch import Batch
from warehouse.stage_log import StageEntry


def status(hub: Hub) -> dict[str, Any]:
    """Return {"departments": [...], "failing": [...], "version", "published_at", "unfinished",
    "unfinished_state", "now"}.

    One entry a table: `state` of its waiting or last batch, `late` (seconds beyond the contract's `fresh_within`, 0
    when fresh, None where the contract sets none), `held_since`, `reason`, `next`. One entry in `failing` for each
    stage whose last run failed, with the first failure of its present streak. Moments are aware, in UTC.
    """
    now, streaks = hub.clock(), failing(hub.ledger.stages())
    rows = [entry for name in hub.city.contracts for entry in _tables(hub, name, now)]
    for one in streaks:  # what a failing stage would have changed is older than the state says
        for row in rows:
            if row["department"] == one["department"] and row["state"] in ("accepted", "never read"):
                row |= {"state": "failing", "next": one["next"]}
    rows += [
        {
            "department": name, "table": "", "state": "broken contract", "batch": None, "landed_at": None,
            "late": None, "held_since": None, "watermark": None, "reason": str(error), "next": error.next_step,
        }
        for name, error in hub.city.broken.items()
    ]  # fmt: skip
    published, unfinished = hub.ledger.published_version(), hub.ledger.unfinished_version()
    return {
        "now": now,
        "departments": rows,
        "failing": streaks,
        "version": published.number if published else None,
        "published_at": published.published_at if published else None,
        "unfinished": unfinished.number if unfinished else None,
        "unfinished_state": unfinished.state if unfinished else None,
    }


def failing(stages: Sequence[StageEntry]) -> list[dict[str, Any]]:
    """Return each department's stages whose last run failed: since when, how often in a row, the last error."""
    streaks: dict[tuple[str, str], dict[str, Any]] = {}
    for one in stages:
        if one.stage not in (*DEPARTMENT_STAGES, *CITY_STAGES):
            continue
        place = (one.department, one.stage)
        if one.outcome != "failed":
            streaks.pop(place, None)
            continue
        streak = streaks.setdefault(place, {"since": one.started_at, "times": 0})
        streak |= {"times": streak["times"] + 1, "last": one.started_at, "error": one.error}
    return [
        {"department": department or "city", "stage": stage, **streak, "next": _after(department, stage, streak)}
        for (department, stage), streak in streaks.items()
    ]


def last_read(batches: Sequence[Batch]) -> datetime | None:
    """Return when the source was last read to its end, also when it had nothing new; None if never."""
    return max((one.landed_at for one in batches if one.landed_at and not one.is_replay), default=None)


def _tables(hub: Hub, department: str, now: datetime) -> list[dict[str, Any]]:
    contract = hub.city.contracts[department]
    return [_table(hub, contract, name, now) for name in (table.name for table in contract.tables)]


def _table(hub: Hub, contract: Contract, name: str, now: datetime) -> dict[str, Any]:
    batches = hub.ledger.batches(department=contract.department, source_table=name)
    read = last_read(batches)
    waiting = next((one for one in batches if one.state not in ("accepted", "refused")), None)
    one = waiting or (batches[-1] if batches else None)
    late = _late(contract, read, now)
    watermark = hub.ledger.watermark(contract.department, name)
    drift, proposal = standing_drift(batches, contract.fingerprint)
    return {
        "department": contract.department,
        "table": name,
        "state": one.state if one else "never read",
        "batch": one.id if one else None,
        "landed_at": read,
        "late": late,
        "held_since": one.decided_at if one and one.state == "held" else None,
        # A file's mark is its name, size and checksum: the name is what a person wants to read.
        "watermark": watermark.split("|", 1)[0] if watermark else None,
        "reason": one.held_reason if one else None,
        "drift": drift,
        "proposal": proposal,
        "next": _next(contract.department, one, late),
    }


def _late(contract: Contract, read: datetime | None, now: datetime) -> int | None:
    if contract.schedule.fresh_within is None or read is None:
        return None
    return max(int((now - read - contract.schedule.fresh_within).total_seconds()), 0)


def _next(department: str, one: Batch | None, late: int | None) -> str:
    if one is None:
        return f"cityhub run -d {department}"
    return next_step(one) or (f"cityhub doctor, cityhub run -d {department}" if late else "")


def _after(department: str, stage: str, streak: dict[str, Any]) -> str:
    """The error names its own next step; where it does not, the stage is to be run again."""
    _, found, step = str(streak["error"]).rpartition("next: ")
    return step if found else f"cityhub {stage} {department}".strip()


def status_text(result: dict[str, Any]) -> str:
    """Return the status for a person to read."""
    head = ["部门 department", "表 table", "状态 state", "批次 batch", "读取 read", "迟 late", "水位 watermark"]
    head.append("下一步 next")
    rows = [
        [
            one["department"], one["table"], STATE_WORDS.get(one["state"], one["state"]), str(one["batch"] or ""),
            moment_text(one["landed_at"]),
            span(one["late"]), str(one["watermark"] or ""), one["next"],
        ]
        for one in result["departments"]
    ]  # fmt: skip
    lines = [text_table([head, *rows]), ""]
    for one in result["departments"]:
        if one["reason"]:
            since = f"，自 since {moment_text(one['held_since'])}" if one["held_since"] else ""
            place = ".".join(filter(None, (one["department"], one["table"])))
            lines.append(f"{STATE_WORDS.get(one['state'], one['state'])} {place}{since}: {one['reason']}")
        if one.get("drift"):
            lines.append(f"漂移 drift {one['department']}.{one['table']}: {'; '.join(one['drift'])}")
            lines += [f"    {line}" for line in one["proposal"]]
    lines += [
        f"失败 failing {one['department']} {one['stage']} 自 since {moment_text(one['since'])}，连续 in a row "
        f"{one['times']}: {one['error']}"
        for one in result["failing"]
    ]
    published = moment_text(result["published_at"]) or "—"
    lines.append(f"版本 version: {result['version'] or '—'}  发布 published: {published}")
    if result["unfinished"]:
        lines.append(
            f"未完成的版本 unfinished version {result['unfinished']} ({result['unfinished_state']}) "
            f"▸ 下一步 next: {VERSION_STEPS[result['unfinished_state']]}"
        )
    return "\n".join(lines)


def moment_text(moment: datetime | None) -> str:
    """Return a moment to the minute, in the ledger's time (UTC)."""
    return moment.strftime("%Y-%m-%d %H:%MZ") if moment else ""


def span(seconds: int | None) -> str:
    """Return a span of time in its two largest units; nothing for none."""
    if not seconds:
        return ""
    whole = timedelta(seconds=seconds)
    hours = whole.seconds // 3600
    return f"{whole.days}d {hours}h" if whole.days else f"{hours}h {whole.seconds % 3600 // 60}m"

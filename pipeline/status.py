"""How each department stands: when it was last read, what waits, what is held or failing, and what to do."""

from __future__ import annotations

from typing import Any

from pipeline.hub import Hub
from pipeline.text_table import text_table

NEXT_STEPS = {
    "opening": "下次落地自动重来 the next landing starts it again",
    "landed": "cityhub standardise",
    "standardised": "cityhub validate, cityhub commit",
    "held": "查看原因后与部门核对 look at the reason, ask the department",
}


def status(hub: Hub) -> dict[str, Any]:
    """Return {"departments": [...], "version": …, "unfinished": …}: one entry a table, with its next step."""
    rows = [entry for name in hub.city.contracts for entry in _tables(hub, name)]
    rows += [
        {
            "department": name, "table": "", "state": "broken contract", "batch": None, "watermark": None,
            "landed_at": None, "reason": str(error), "next": error.next_step,
        }
        for name, error in hub.city.broken.items()
    ]  # fmt: skip
    published, unfinished = hub.ledger.published_version(), hub.ledger.unfinished_version()
    failures = {one.department or "city": one for one in hub.ledger.stages()}
    return {
        "departments": rows,
        "failing": [
            {"department": name, "stage": one.stage, "since": one.started_at, "error": one.error}
            for name, one in failures.items()
            if one.outcome == "failed"
        ],
        "version": published.number if published else None,
        "published_at": published.published_at if published else None,
        "unfinished": unfinished.number if unfinished else None,
    }


def _tables(hub: Hub, department: str) -> list[dict[str, Any]]:
    entries = []
    for table in hub.city.contracts[department].tables:
        batches = hub.ledger.batches(department=department, source_table=table.name)
        last = batches[-1] if batches else None
        waiting = next((one for one in batches if one.state not in ("accepted", "refused")), None)
        one = waiting or last
        watermark = hub.ledger.watermark(department, table.name)
        entries.append(
            {
                "department": department,
                "table": table.name,
                "state": one.state if one else "never read",
                "batch": one.id if one else None,
                "landed_at": one.landed_at if one else None,
                # A file's mark is its name, size and checksum: the name is what a person wants to read.
                "watermark": watermark.split("|", 1)[0] if watermark else None,
                "reason": one.held_reason if one else None,
                "next": NEXT_STEPS.get(one.state, "") if one else f"cityhub run -d {department}",
            }
        )
    return entries


def status_text(result: dict[str, Any]) -> str:
    """Return the status for a person to read."""
    head = ["部门 department", "表 table", "状态 state", "批次 batch", "落地 landed", "水位 watermark", "下一步 next"]
    rows = [
        [
            one["department"], one["table"], one["state"], str(one["batch"] or ""), str(one["landed_at"] or "")[:19],
            str(one["watermark"] or ""), one["next"],
        ]
        for one in result["departments"]
    ]  # fmt: skip
    lines = [text_table([head, *rows]), ""]
    told = [one for one in result["departments"] if one["reason"]]
    lines += [f"原因 reason {one['department']}.{one['table']}: {one['reason']}" for one in told]
    lines += [
        f"失败 failing {one['department']} {one['stage']} 自 since {str(one['since'])[:19]}: {one['error']}"
        for one in result["failing"]
    ]
    lines.append(f"版本 version: {result['version'] or '—'}  发布 published: {str(result['published_at'] or '—')[:19]}")
    if result["unfinished"]:
        lines.append(f"未完成的版本 unfinished version {result['unfinished']}: cityhub link 先处理它 settles it")
    return "\n".join(lines)

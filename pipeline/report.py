"""Report: judge what stands, record it in the ledger of evidence, and write the report that auditors read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline.evidence_records import anchors_file, record
from pipeline.hub import Hub
from pipeline.report_body import report_body
from pipeline.report_files import write_report
from pipeline.stage import stage_of
from schemas.errors import LedgerError, Unbalanced
from schemas.evidence import EvidenceEntry
from warehouse.evidence import anchor, chain_faults

REPORT = "report"


def report(hub: Hub, *, again: bool = False, version: int | None = None) -> dict[str, Any]:
    """Report on the published version; return where the report lies and what it says in a few figures.

    A version that has its report is not judged again: its files are written anew from the ledger, byte for byte the
    same. `again` judges it anew (after a rule, a waiver or a sample) and records that beside the first. `version`
    writes the report of an older version from the ledger. {"version": None} before anything is published.

    Raises Unbalanced, after the report is written without a grade, when rows or records are unexplained; LedgerError
    for a version that has no report.
    """
    with stage_of(hub, "report") as counts:
        published = hub.ledger.published_version()
        if published is None:
            return {"version": None}
        number = published.number if version is None else version
        entry = _standing(hub, number)
        if entry is None and number != published.number:
            raise LedgerError(f"版本 {number} 没有报告 version {number} has no report")
        if entry is None or (again and number == published.number):
            entry = _judge(hub)
        result = _told(entry, write_report(hub, entry))
        counts.update(version=number, entry=entry.seq, unexplained=result["unexplained"])
    gaps = entry.content["flow"]["gaps"]
    if gaps:
        raise Unbalanced(f"version {number}", "rows and records", 0, gaps)
    return result


def _standing(hub: Hub, number: int) -> EvidenceEntry | None:
    found = hub.ledger.evidence(REPORT, str(number))
    if found:
        anchor(anchors_file(hub), found[-1])  # a run may have died between the two
    return found[-1] if found else None


def _judge(hub: Hub) -> EvidenceEntry:
    version = hub.ledger.published_version()
    assert version is not None
    faults = chain_faults(hub.ledger.evidence(), anchors_file(hub))
    body = report_body(hub, version, hub.ledger.evidence(REPORT), faults)
    return record(hub, REPORT, str(version.number), body)


def _told(entry: EvidenceEntry, path: Path) -> dict[str, Any]:
    body = entry.content
    city = body["scores"]["city"]
    problems = [one["problems"] for one in body["departments"].values()]
    return {
        "version": body["version"],
        "period": body["period"],
        "grade": city["grade"],
        "q": city["q"],
        "open": sum(one["open"] for one in problems),
        "overdue": sum(one["overdue"] for one in problems),
        "unexplained": body["flow"]["unexplained"],
        "doubts": body["doubts"],
        "path": str(path),
    }

"""The history of a hub id: what it stood for, who joined and left, who judged it; when, by which run, and why."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from engine.quoting import literal
from engine.relation import ParquetFiles
from engine.step import Step
from matching.tables import IDENTITY, LINKS
from pipeline.hub import Hub
from pipeline.lake_tables import former_states_table, identity_history_table, links_history_table
from pipeline.models_in_force import acceptance_of
from schemas.errors import UnknownEntity
from values.kinds import KINDS
from warehouse.versions import Version

STATES = IDENTITY.append(pa.field("commit", pa.int64()))
SENTENCES = {
    "found": "新主体 a new entity",
    "adopted": "随记录沿用 goes on with its records as another unit",
    "restored": "撤销合并后恢复 stands by itself again",
    "updated": "底册行或号码有变 its register row or number changed",
    "merged": "并入 merged into",
    "dissolved": "记录各归各处 its records went several ways",
    "emptied": "最后一条记录离开 its last record left",
}


def history(hub: Hub, hub_id: str) -> dict[str, Any]:
    """Return {"hub_id", "leads_to", "events", "former_numbers"}: all that ever happened to a hub id, oldest first.

    An event has `version`, `at`, `run`, `what`, and what belongs to it: records by their ids, judgements with who and
    why, and `accepted` {"who", "why"} where the version was made by a specification that somebody accepted. Numbers are
    masked. Raises UnknownEntity for an id that was never given.
    """
    for entity in hub.city.standard.parties:
        states = _states(hub, entity.name, hub_id)
        if states:
            moves = _moves(hub, entity.name, hub_id)
            events = [_state_event(row) for row in states] + _move_events(moves)
            events += _judgement_events(hub, entity.name, {row["record_id"] for row in moves})
            anchors = {row["anchor_record"] for row in states if row["anchor_record"]}
            return {
                "entity": entity.name,
                "hub_id": hub_id,
                "leads_to": hub.reader.resolve(hub_id),
                "former_numbers": _former_numbers(hub, entity.name, anchors),
                "events": _dated(hub, events),
            }
    raise UnknownEntity("hub id", hub_id[:3] + "*" * max(len(hub_id) - 3, 0))


def _states(hub: Hub, entity: str, hub_id: str) -> list[dict[str, Any]]:
    """Return the states of the id, and those of ids that were merged into it or came out of it."""
    files = ParquetFiles(tuple(hub.lake.files(identity_history_table(entity))), STATES)
    named = literal(hub_id)
    step = Step(
        "states",
        f"""
        SELECT * FROM history WHERE hub_id = {named} OR "into" = {named} OR (reason = 'restored' AND hub_id IN (
            SELECT hub_id FROM history WHERE "into" = {named}))
        ORDER BY commit, hub_id = {named} DESC, hub_id
        """,
    )
    found = hub.engine.run([step], {"history": files}, "states").to_pylist()
    return found if any(row["hub_id"] == hub_id for row in found) else []


def _moves(hub: Hub, entity: str, hub_id: str) -> list[dict[str, Any]]:
    """Return one row a time that a record joined or left the id: commit, record_id, joined, decision, reason, other."""
    files = ParquetFiles(tuple(hub.lake.files(links_history_table(entity))), LINKS)
    named = literal(hub_id)
    step = Step(
        "moves",
        f"""
        SELECT * FROM (
            SELECT commit, record_id, hub_id, decision, kind, reason, judgement,
                lag(hub_id) OVER (PARTITION BY record_id ORDER BY commit) AS before
            FROM history WHERE record_id IN (SELECT record_id FROM history WHERE hub_id = {named})
        ) WHERE (hub_id = {named}) IS DISTINCT FROM (before = {named}) AND (hub_id = {named} OR before = {named})
        ORDER BY commit, record_id
        """,
    )
    return list(hub.engine.run([step], {"history": files}, "moves").to_pylist())


def _state_event(row: dict[str, Any]) -> dict[str, Any]:
    event = {
        "version": row["commit"],
        "what": "identity",
        "id": row["hub_id"],
        "state": row["state"],
        "reason": row["reason"],
        "sentence": SENTENCES[row["reason"]],
        "anchored": row["anchor_record"] is not None,
    }
    return {**event, **{name: row[name] for name in ("into", "judgement") if row[name] is not None}}


def _move_events(moves: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    grouped: dict[tuple[Any, ...], list[str]] = {}
    for row in moves:
        joined = row["before"] is None or (row["hub_id"] is not None and row["before"] != row["hub_id"])
        joined = joined and row["hub_id"] is not None
        place = (row["commit"], "joined" if joined else "left", row["kind"] or "", row["reason"], row["judgement"])
        grouped.setdefault(place, []).append(row["record_id"])
    return [
        {"version": commit, "what": what, "kind": kind, "reason": reason, "judgement": number, "records": records}
        for (commit, what, kind, reason, number), records in grouped.items()
    ]


def _judgement_events(hub: Hub, entity: str, records: set[str]) -> list[dict[str, Any]]:
    versions = sorted(hub.ledger.versions("published"), key=lambda version: version.number)
    return [
        {
            "version": next((one.number for one in versions if one.judged_through >= stored.number), None),
            "what": "judgement",
            "judgement": stored.number,
            "verdict": stored.verdict,
            "who": stored.who,
            "role": stored.role,
            "why": stored.why,
            "made_at": stored.made_at,
            "supersedes": stored.supersedes,
            "records": [stored.left_record, stored.right_record],
        }
        for stored in hub.ledger.judgements_about(entity, records)
    ]


def _former_numbers(hub: Hub, entity: str, anchors: set[str]) -> list[dict[str, str]]:
    """Return the numbers that the entity's register row had before, masked."""
    if not anchors or not hub.lake.exists(former_states_table(entity)):
        return []
    table = hub.lake.read(former_states_table(entity)).to_pylist()
    keys = {key for row in table if row["record_id"] in anchors for key in (row["primary_key"], row["other_key"])}
    found = []
    for key in sorted(key for key in keys if key):
        kind, _, number = key.partition(":")
        mask = KINDS.get(kind, KINDS["document"]).mask
        found.append({"type": kind, "number": str(mask(pa.array([number], pa.string()))[0].as_py())})
    return found


def _dated(hub: Hub, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    versions = {one.number: one for one in hub.ledger.versions()}
    order = {"judgement": 0, "identity": 1, "joined": 2, "left": 3}
    waiting = max(versions, default=0) + 1  # a judgement that no version has obeyed yet comes last
    dated = [{**event, **_made(versions.get(event["version"]), event)} for event in events]
    return sorted(dated, key=lambda event: (event["version"] or waiting, order[event["what"]]))


def _made(version: Version | None, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return when and by which run an event's version was made, and by whose acceptance where no judgement moved it."""
    if version is None:
        return {"at": None, "run": None}
    made = {"at": version.published_at, "run": version.run_id}
    accepted = acceptance_of(version)
    if accepted is None or event["what"] == "judgement" or event.get("judgement"):
        return made
    return {**made, "accepted": accepted}


def history_text(result: dict[str, Any]) -> str:
    """Return a history for a person to read."""
    leads = "" if result["leads_to"] == result["hub_id"] else f"  → {result['leads_to']}"
    lines = [f"{result['entity']} {result['hub_id']}{leads}"]
    for event in result["events"]:
        when = str(event["at"])[:16] if event["at"] else "待下次关联 next run"
        head = f"  版本 version {event['version'] or '…'}  {when}  "
        lines.append(head + _told(event))
    lines += [f"  曾用号码 former number {one['type']} {one['number']}" for one in result["former_numbers"]]
    return "\n".join(lines)


def _told(event: dict[str, Any]) -> str:
    by = f"，依第 {event['judgement']} 号判定 by judgement {event['judgement']}" if event.get("judgement") else ""
    if accepted := event.get("accepted"):
        by = f"，采纳新规格 accepted by {accepted['who']}: {accepted['why']}"
    if event["what"] == "identity":
        return f"{event['id']} {event['sentence']} {event.get('into') or ''}".rstrip() + by
    if event["what"] == "judgement":
        replaced = f"，取代第 {event['supersedes']} 号 supersedes {event['supersedes']}" if event["supersedes"] else ""
        return f"第 {event['judgement']} 号判定 {event['verdict']}，{event['who']}: {event['why']}{replaced}"
    word = "加入 joined" if event["what"] == "joined" else "离开 left"
    return f"{len(event['records'])} 条记录 records {word}: {event['reason']}{by}"

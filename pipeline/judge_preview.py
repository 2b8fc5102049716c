"""What a judgement would change, shown before it is made; nothing is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.step import Step
from matching.judgements import Judgement, judged
from pipeline.evidence import models_in_force
from pipeline.hub import Hub
from pipeline.judge import Decision, entries_of
from pipeline.judged import constraining
from pipeline.link import LinkedBy, link_entity
from pipeline.published_records import published_links
from pipeline.stage import stage_of
from schemas.errors import LinkageError

SHOWN = 20  # records named


def preview(hub: Hub, decision: Decision) -> dict[str, Any]:
    """Return what the next run would change because of the decision, and of those made since the last version.

    {"entity", "verdict", "pending": judgements not obeyed yet, "gained", "lost", "moved": records by what becomes of
    their link, "merged": [{"hub_id", "into"}], "split": [{"hub_id", "into"}], "restored", "retired": hub ids,
    "records": examples}. A hub id that does not exist yet is None. Raises JudgementRefused as judging would,
    LinkageError before the first version.
    """
    published = hub.ledger.published_version()
    if published is None:
        raise LinkageError("尚未发布 nothing has been published to compare with", next_step="cityhub run")
    with stage_of(hub, "judge_preview") as counts:
        entity, entries, seen = entries_of(hub, decision)
        standing = constraining(hub.ledger.judgements(entity.name, seen))
        proposed = [
            Judgement(seen + place, one.left_record, one.right_record, one.verdict)
            for place, one in enumerate(entries, 1)
        ]
        obeyed = judged([*standing, *proposed], published.judged_through, seen + len(proposed))
        manifest = {name: number for name, number in published.manifest.items() if name.startswith("current/")}
        version = replace(published, batches=())
        by = LinkedBy(models_in_force(hub, published), judged=obeyed)
        found = link_entity(hub, version, entity, manifest, by).changes
        relations = {**published_links(hub, entity.name), "upserts": found.link_upserts}
        relations |= {"changed": found.identity_upserts, "splits": found.splits}
        tables = hub.engine.collect(_steps(), relations, ("moves", "ids", "parted"))
        counts.update(entity=entity.name, verdict=decision.verdict, links=found.link_upserts.num_rows)
    moves, ids = tables["moves"].to_pylist(), tables["ids"].to_pylist()
    return {
        "entity": entity.name,
        "verdict": decision.verdict,
        "pending": sum(one.number > published.judged_through for one in standing),
        **{kind: sum(row["kind"] == kind for row in moves) for kind in ("gained", "lost", "moved")},
        "merged": [{"hub_id": row["hub_id"], "into": row["went"]} for row in ids if row["reason"] == "merged"],
        "split": tables["parted"].to_pylist(),
        "restored": [row["hub_id"] for row in ids if row["reason"] == "restored"],
        "retired": [row["hub_id"] for row in ids if row["state"] == "retired"],
        "records": [row for row in moves if row["kind"] != "same"][:SHOWN],
    }


def _steps() -> list[Step]:
    known = "SELECT hub_id FROM identity"
    return [
        Step(
            "moves",
            f"""
            SELECT u.record_id, b.hub_id AS was, CASE WHEN u.hub_id IN ({known}) THEN u.hub_id END AS now, u.reason,
                CASE
                    WHEN u.decision = 'link' AND b.decision IS DISTINCT FROM 'link' THEN 'gained'
                    WHEN b.decision = 'link' AND u.decision <> 'link' THEN 'lost'
                    WHEN b.decision = 'link' AND b.hub_id <> u.hub_id THEN 'moved' ELSE 'same'
                END AS kind
            FROM upserts u LEFT JOIN links b ON b.record_id = u.record_id ORDER BY u.record_id
            """,  # noqa: S608 - constants
        ),
        Step("ids", 'SELECT hub_id, state, reason, "into" AS went FROM changed ORDER BY hub_id'),
        Step(
            "parted",
            f'SELECT s.hub_id, CASE WHEN s."into" IN ({known}) THEN s."into" END AS "into" FROM splits s '  # noqa: S608
            'ORDER BY s.hub_id, s."into"',
        ),
    ]


def preview_text(result: dict[str, Any]) -> str:
    """Return the preview for a person to read."""
    lines = [
        f"{result['entity']} {result['verdict']}：新增关联 gained {result['gained']}，失去 lost {result['lost']}，"
        f"改属 moved {result['moved']}"
    ]
    lines += [f"  合并 merged {one['hub_id']} → {one['into']}" for one in result["merged"]]
    lines += [f"  拆出 split {one['hub_id']} → {one['into'] or '新编号 a new id'}" for one in result["split"]]
    lines += [f"  恢复 restored {one}" for one in result["restored"]]
    lines += [f"  停用 retired {one}" for one in result["retired"]]
    lines += [
        f"  {row['record_id']}  {row['was'] or '∅'} → {row['now'] or '∅'}  {row['kind']} {row['reason'].split(' ')[0]}"
        for row in result["records"]
    ]
    if result["pending"]:
        lines.append(f"含尚未生效的判定 with judgements that wait for the next run: {result['pending']}")
    lines.append("未写入任何内容 nothing was written")
    return "\n".join(lines)

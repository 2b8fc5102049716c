"""What another specification or model would change in the links, shown before it is accepted."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.relation import ParquetFiles
from engine.step import Step
from matching.ladder import LinkChanges
from matching.tables import LINKS
from pipeline.evidence import EVIDENCE
from pipeline.hub import Hub
from pipeline.lake_tables import links_table
from pipeline.link import LinkedBy, link_entity
from pipeline.models_in_force import last_acceptance, models_of
from pipeline.proposed_models import propose
from pipeline.stage import stage_of
from pipeline.text_table import text_table
from schemas.errors import LinkageError
from schemas.standard import Entity
from warehouse.versions import Version

KINDS = ("gained", "lost", "moved")
EXAMPLES = 20  # records named for each kind of change


def link_difference(hub: Hub) -> dict[str, Any]:
    """Return, by entity, the links that would be gained, lost and moved if every record were linked as things are now.

    {"version", "accepted": the last acceptance's {"version", "who", "why"} or None, "models": {entity: {"accepted",
    "now"}}, "evidence": {entity: {"accepted", "now"}}, "entities": {entity: {"gained", "lost", "moved", "decisions",
    "entities", "examples"}}}. Compared with the published version and its batches; no version is opened. Models are
    trained anew on the records that stand, and kept: accepting takes them.
    Raises LinkageError before the first version.
    """
    published = hub.ledger.published_version()
    if published is None:
        raise LinkageError("尚未发布 nothing has been published to compare with", next_step="cityhub run")
    with stage_of(hub, "link_difference") as counts:
        linked = {entity.name: _linked(hub, published, entity) for entity in hub.city.standard.parties}
        found = {name: _difference(hub, name, one) for name, one in linked.items()}
        trained = {name: one.evidence.model for name, one in linked.items() if one.evidence.model is not None}
        shown = propose(hub, published, trained)
        counts.update({f"{name}_{what}": one[what] for name, one in found.items() for what in KINDS})
    models = _beside(published.counts.get("models", {}), models_of(hub))
    evidence = _beside(published.counts.get(EVIDENCE, {}), shown)
    told = {"version": published.number, "accepted": last_acceptance(hub)}
    return {**told, "models": models, "evidence": evidence, "entities": found}


def _beside(accepted: Mapping[str, str], now: Mapping[str, str]) -> dict[str, dict[str, str | None]]:
    names = dict.fromkeys([*accepted, *now])
    return {name: {"accepted": accepted.get(name), "now": now.get(name)} for name in names}


def _linked(hub: Hub, published: Version, entity: Entity) -> LinkChanges:
    manifest = {name: number for name, number in published.manifest.items() if name.startswith("current/")}
    return link_entity(hub, replace(published, batches=()), entity, manifest, LinkedBy({}, everything=True)).changes


def _difference(hub: Hub, entity: str, changes: LinkChanges) -> dict[str, Any]:
    relations = {
        "before": ParquetFiles(tuple(hub.lake.files(links_table(entity))), LINKS),
        "upserts": changes.link_upserts,
        "gone": changes.link_deletions,
    }
    tables = hub.engine.collect(_steps(), relations, ("kinds", "decisions", "examples"))
    kinds = {row["kind"]: row["count"] for row in tables["kinds"].to_pylist()}
    states = ("active", "redirected", "retired")
    return {
        **{name: kinds.get(name, 0) for name in KINDS},
        "decisions": tables["decisions"].to_pylist(),
        "entities": {state: changes.counts.get(f"identity.{state}", 0) for state in states},
        "examples": tables["examples"].to_pylist(),
    }


def _steps() -> list[Step]:
    return [
        Step(
            "compared",
            """
            SELECT u.record_id, b.decision AS was, u.decision AS now, b.reason AS was_reason, u.reason AS now_reason,
                CASE
                    WHEN u.decision = 'link' AND b.decision IS DISTINCT FROM 'link' THEN 'gained'
                    WHEN b.decision = 'link' AND u.decision <> 'link' THEN 'lost'
                    WHEN b.decision = 'link' AND b.hub_id <> u.hub_id THEN 'moved'
                    ELSE 'same'
                END AS kind
            FROM upserts u LEFT JOIN before b ON b.record_id = u.record_id
            """,
            materialise=True,
        ),
        Step("kinds", "SELECT kind, count(*) AS count FROM compared GROUP BY kind"),
        Step(
            "decisions",
            """
            SELECT was, was_reason, now, now_reason, count(*) AS count FROM compared
            WHERE kind <> 'same' OR was IS DISTINCT FROM now GROUP BY ALL
            ORDER BY count DESC, was, was_reason, now, now_reason
            """,
        ),
        Step(
            "examples",
            f"""
            SELECT kind, record_id, was_reason, now_reason FROM compared WHERE kind <> 'same'
            QUALIFY row_number() OVER (PARTITION BY kind ORDER BY record_id) <= {EXAMPLES} ORDER BY kind, record_id
            """,
        ),
    ]


def difference_text(result: dict[str, Any]) -> str:
    """Return the difference for a person to read."""
    lines = [f"与版本 {result['version']} 相比 compared with version {result['version']}"]
    if accepted := result["accepted"]:
        by = f"accepted by {accepted['who']}: {accepted['why']}"
        lines.append(f"  现行规格 the specification in force: 版本 version {accepted['version']}，{by}")
    for what in ("models", "evidence"):
        for name, model in result[what].items():
            mark = "不变 as accepted" if model["accepted"] == model["now"] else f"{model['accepted']} → {model['now']}"
            lines.append(f"  {name} {what}: {mark}")
    head = ["类 entity", "新增关联 gained", "失去 lost", "改属 moved"]
    rows = [[name, *(f"{one[what]:,}" for what in KINDS)] for name, one in result["entities"].items()]
    lines.append(text_table([head, *rows]))
    for name, one in result["entities"].items():
        lines += [
            f"  {name}: {_words(row, 'was')} → {_words(row, 'now')}: {row['count']:,}" for row in one["decisions"][:12]
        ]
    lines.append("采纳 accept: cityhub link --accept WHY --who 经办人")
    return "\n".join(lines)


def _words(row: dict[str, Any], side: str) -> str:
    return f"{row[side] or '∅'} {row[f'{side}_reason'] or ''}".rstrip()

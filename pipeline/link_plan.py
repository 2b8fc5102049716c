"""What linking will do to the city's present data, told before it runs: in words, and the candidates of each rule."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from typing import Any

from engine.step import Step
from matching.anchors import keyed
from matching.evidence_steps import field_list
from matching.plan import specification_words
from matching.prepared import prepare, specification_of
from pipeline.evidence import context, models_in_force
from pipeline.hub import Hub
from pipeline.ladder_rules import ladder_rules
from pipeline.link import current_records, pinned_lake
from pipeline.told_rules import told_rules
from schemas.linkage_spec import LinkageSpec
from schemas.standard import Entity


def link_plan(hub: Hub) -> dict[str, Any]:
    """Return, by kind of party, what the specification does (`words`), how many `records` no anchored identifier
    settles, how many register rows there are (`base`), and what each block rule makes of them (`rules`, keys masked).

    Of the statements accepted so far, published or not; nothing is compared or written.
    """
    manifest = pinned_lake(hub, hub.ledger.untaken_batches())
    models = models_in_force(hub, hub.ledger.published_version())
    return {entity.name: _plan(hub, entity, manifest, models.get(entity.name)) for entity in hub.city.standard.parties}


def _plan(hub: Hub, entity: Entity, manifest: dict[str, int], model: Any) -> dict[str, Any]:
    spec = hub.city.linkage[entity.name]
    told: dict[str, Any] = {"words": specification_words(spec), "records": 0, "base": 0, "rules": []}
    if not spec.compare:
        return told
    rules = ladder_rules(hub.city, entity.name)
    relations = {"records": current_records(hub, entity, manifest)}
    tables = hub.engine.collect([keyed(rules), *_sides(spec)], relations, ("open_side", "base_side"))
    records, base = tables["open_side"], tables["base_side"]
    told.update(records=records.num_rows, base=base.num_rows)
    if model is not None and model.specification != specification_of(spec):
        model = None  # a changed specification, not accepted yet: its own crowded keys are found now
    if records.num_rows and base.num_rows:
        told["rules"] = told_rules(prepare(records, base, spec, context(hub), model), spec)
    return told


def _sides(spec: LinkageSpec) -> list[Step]:
    """Return `open_side`: records whose identifier no register row holds, and `base_side`: the register's rows."""
    values, told = field_list(spec), field_list(spec, told=True)
    return [
        Step("anchor_rows", "SELECT record_id, primary_key, other_key FROM keyed WHERE anchor_rank IS NOT NULL"),
        Step("held", "SELECT primary_key AS key FROM anchor_rows UNION SELECT other_key FROM anchor_rows"),
        Step(
            "open_side",
            f"""
            SELECT record_id, {told} FROM records WHERE record_id IN (
                SELECT record_id FROM keyed WHERE anchor_rank IS NULL AND (
                    primary_key IS NULL OR primary_key NOT IN (SELECT key FROM held WHERE key IS NOT NULL)))
            ORDER BY record_id
            """,
        ),
        Step(
            "base_side",
            f"SELECT record_id, {values} FROM records WHERE record_id IN (SELECT record_id FROM anchor_rows) "
            "ORDER BY record_id",
        ),
    ]

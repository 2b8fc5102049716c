"""Link: pin the batches and judgements of a version and decide which records are the same person or business."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles, Relation
from engine.step import Step
from matching.evidence import EvidenceChanges
from matching.evidence_steps import INDEX
from matching.judgements import Judged
from matching.ladder import LinkChanges, LinkInputs, nothing_changed
from matching.ladder import link as link_records
from matching.lookups import looked_up
from matching.tables import CHANGED, FORMER_STATES, IDENTITY, LINKS
from matching.training import FEWEST_LABELS
from pipeline.commit import LAKE
from pipeline.current_statements import arriving_records, changed_records, current_records
from pipeline.events import redact
from pipeline.evidence import EVIDENCE, Models, evidence_of, keep_model, models_in_force
from pipeline.former_states import fresh_states, stored_states
from pipeline.hub import Hub
from pipeline.hub_ids import mint
from pipeline.judged import judged_of
from pipeline.ladder_rules import ladder_rules
from pipeline.lake_tables import block_keys_table, identity_table, links_table
from pipeline.lookup import found_by_value
from pipeline.models_in_force import Acceptance, models_of, refuse_unaccepted
from pipeline.proposed_models import proposal, proposed_models
from pipeline.publish import finish_applying
from pipeline.stage import stage_of
from pipeline.staging import HUB_FENCE, clear, version_folder
from schemas.errors import TooLittleToTrain
from schemas.standard import Entity
from warehouse.batch import Batch
from warehouse.fences import Fence
from warehouse.versions import Version, VersionOpening


@dataclass(frozen=True)
class LinkedBy:
    """What links are made by: the models in force; `everything`: all records anew; `judged`: what people decided, where
    it is not what the version obeys."""

    models: Models
    everything: bool = False
    judged: Judged | None = None


@dataclass(frozen=True)
class Linked:
    """What linking one entity found: what changes, and the former states that the lake does not know yet."""

    changes: LinkChanges
    former_states: pa.Table
    judged: Judged = field(default_factory=Judged)


def link(hub: Hub, acceptance: Acceptance | None = None, trained: Models | None = None) -> dict[str, Any]:
    """Open a version over every batch accepted and every judgement made since the last one, decide its records, and
    stage the decisions.

    Returns {"version": number, …counts}; version is None when no statement and no judgement has changed: then nothing
    is opened. A version that a dead run left behind is finished (if it was being applied) or abandoned first. With an
    `acceptance` every record is decided again, by the specification as it is now; without one, raises
    SpecificationChanged where that is another one than the published links were made by. What evidence decides is
    decided by the models in force; where there are none yet, by `trained` ones or by models trained in this run. An
    acceptance takes the `trained` models, else those that the last difference was shown by, else trains them.
    """
    with stage_of(hub, "link") as counts:
        fence = hub.ledger.acquire(HUB_FENCE, hub.run_id, hub.clock())
        settle_unfinished(hub, fence)
        published, models = hub.ledger.published_version(), models_of(hub)
        if acceptance is None:
            refuse_unaccepted(published, models)
        pinned, through = hub.ledger.untaken_batches(), hub.ledger.last_judgement()
        since = published.judged_through if published else 0
        changed = sum(statement_changes(batch) for batch in pinned)
        if not changed and through == since and acceptance is None:
            counts.update(batches=len(pinned), changed=0)
            return {"version": None, "batches": len(pinned), "changed": 0}
        numbers = tuple(batch.id for batch in pinned)
        opening = VersionOpening(numbers, hub.as_of, hub.run_id, judged_through=through)
        version = hub.ledger.open_version(fence, opening, hub.clock())
        manifest = pinned_lake(hub, pinned)
        contradictions, used = 0, {}
        shown = proposal(hub, published) if acceptance and trained is None else None
        known = {**(trained or {}), **(proposed_models(hub, shown) if acceptance else models_in_force(hub, published))}
        for entity in hub.city.standard.parties:
            linked = link_entity(hub, version, entity, manifest, LinkedBy(known, acceptance is not None))
            if linked.changes.evidence.model is not None:
                used[entity.name] = keep_model(hub, linked.changes.evidence.model).stem.split("-", 1)[1]
            counts.update({f"{entity.name}_{name}": value for name, value in linked.changes.counts.items()})
            contradictions += len(linked.judged.now.contradictions)
            _stage(hub, version.number, entity, linked)
        counts.update(batches=len(pinned), changed=changed, judgements=through - since, contradictions=contradictions)
        facts: dict[str, Any] = {"link": dict(counts), "models": models, EVIDENCE: used}
        if acceptance is not None:
            facts["accepted"] = {"who": redact(acceptance.who), "why": redact(acceptance.why)}
            facts["shown"] = {name: shown[name] for name in ("version", "models")} if shown else {}
        hub.ledger.advance(fence, version.number, "linked", manifest, facts)
    return {"version": version.number, **counts}


def settle_unfinished(hub: Hub, fence: Fence) -> None:
    """Finish or abandon the version that a dead run left behind; abandoned ones leave their batches untaken."""
    unfinished = hub.ledger.unfinished_version()
    if unfinished is None:
        return
    if unfinished.state == "applying":
        finish_applying(hub, unfinished, fence)
        return
    hub.ledger.abandon_version(fence, unfinished.number)
    clear(version_folder(hub, unfinished.number))


def statement_changes(batch: Batch) -> int:
    """Return how many statements the batch added, changed or withdrew."""
    return sum(int(batch.counts.get(name, 0)) for name in ("new", "changed", "withdrawn"))


def pinned_lake(hub: Hub, pinned: list[Batch]) -> dict[str, int]:
    """Return the version of every current table that holds the pinned batches and those taken before, and no other.

    Not the newest one: a department may be merging a batch, not accepted yet, at this very moment.
    """
    published = hub.ledger.published_version()
    versions = {name: number for name, number in (published.manifest if published else {}).items() if _current(name)}
    for batch in pinned:
        for name, number in batch.counts.get(LAKE, {}).items():
            versions[name] = max(number, versions.get(name, 0))
    return versions


def _current(name: str) -> bool:
    return name.startswith("current/")


def link_entity(
    hub: Hub, version: Version, entity: Entity, manifest: dict[str, int], by: LinkedBy
) -> Linked:
    """Return what this version changes in the links and identities of one entity.

    Without a model all records are decided anew as well, because one is trained on all of them. Where there is too
    little to train on, the ladder decides alone, and only what changed.
    """
    rules, records = ladder_rules(hub.city, entity.name), current_records(hub, entity, manifest)
    links = ParquetFiles(tuple(hub.lake.files(links_table(entity.name))), LINKS)
    changed = changed_records(hub, version, entity)
    everything, judged = by.everything, by.judged or judged_of(hub, version, entity.name)
    evidence = evidence_of(hub, entity.name, by.models, afresh=everything) if records.paths else None
    if evidence is not None and evidence.model is None and not everything and _too_few(hub, links, changed):
        evidence = None
    whole = everything or (evidence is not None and evidence.model is None)
    found = None if whole else found_by_value(hub, entity, hub.ledger.published_version())
    fresh = fresh_states(hub, version, entity, rules, changed, found)
    if not (whole or changed.num_rows or judged.changed):
        return Linked(nothing_changed(EvidenceChanges(evidence.model if evidence else None)), fresh, judged)
    inputs = LinkInputs(
        records=records,
        changed=all_records(hub, records, links) if whole else changed,
        links=links,
        identity=ParquetFiles(tuple(hub.lake.files(identity_table(entity.name))), IDENTITY),
        former_states=known_states(hub, entity.name, fresh),
        judged=judged,
        evidence=evidence,
        register=current_records(hub, entity, manifest, {source.department for source in rules.anchors}),
        arriving=None if whole else arriving_records(hub, version, entity),
    )
    if found is not None:
        inputs = looked_up(inputs, found)
    run = partial(link_records, hub.engine, rules=rules, commit=version.number, mint=partial(mint, entity.name))
    try:
        changes = run(inputs=inputs)
    except TooLittleToTrain:
        changes = run(inputs=replace(inputs, evidence=None))
    if whole:
        changes = replace(changes, evidence=_afresh(hub, entity.name, changes.evidence))
    return Linked(changes, fresh, judged)


def _too_few(hub: Hub, links: Relation, changed: pa.Table) -> bool:
    """Return whether a model could not be trained even if every changed record were one to learn from."""
    step = Step(
        "labelled", "SELECT record_id FROM links WHERE decision = 'link' AND rung = 'anchored_identifier'"
    )
    labelled = hub.engine.run([step], {"links": links}, "labelled").num_rows
    return labelled + changed.num_rows < FEWEST_LABELS


def _afresh(hub: Hub, entity: str, evidence: EvidenceChanges) -> EvidenceChanges:
    """Return the changes of the index where it was made anew: what it no longer holds goes."""
    relations = {
        "stored": ParquetFiles(tuple(hub.lake.files(block_keys_table(entity))), INDEX),
        "upserts": evidence.index_upserts,
    }
    step = Step("gone", "SELECT record_id FROM stored WHERE record_id NOT IN (SELECT record_id FROM upserts)")
    return replace(evidence, index_deletions=hub.engine.run([step], relations, "gone"))


def known_states(hub: Hub, entity: str, fresh: pa.Table) -> Relation:
    """Return every former state: those the lake knows, and those just found."""
    stored = stored_states(hub, entity)
    if not fresh.num_rows:
        return stored
    step = Step("known", "FROM stored UNION FROM fresh")
    return hub.engine.run([step], {"stored": stored, "fresh": fresh}, "known").cast(FORMER_STATES)


def all_records(hub: Hub, records: Relation, links: Relation) -> pa.Table:
    """Return every record and every link as changed: for a new specification all of them are decided again."""
    step = Step(
        "changed",
        "SELECT record_id, 'changed' AS op FROM records UNION SELECT record_id, 'changed' FROM links",
    )
    return hub.engine.run([step], {"records": records, "links": links}, "changed").cast(CHANGED)


def _stage(hub: Hub, version: int, entity: Entity, linked: Linked) -> None:
    folder, changes = version_folder(hub, version), linked.changes
    folder.mkdir(parents=True, exist_ok=True)
    staged: dict[str, pa.Table] = {
        "link_upserts": changes.link_upserts,
        "link_deletions": changes.link_deletions,
        "identity_upserts": changes.identity_upserts,
        "splits": changes.splits,
        "touched": changes.touched,
        "former_states": linked.former_states,
        "block_keys": changes.evidence.index_upserts,
        "block_key_deletions": changes.evidence.index_deletions,
    }
    for name, table in staged.items():
        parquet.write_table(table, folder / f"{name}-{entity.name}.parquet", compression="zstd")

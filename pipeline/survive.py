"""Survive: golden values of every entity and fact that the version touches, each value with its origin; staged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.relation import ParquetFiles, Relation
from engine.step import Step
from golden.difference import CHANGES, GoldenChanges
from golden.entities import Moment, SurviveInputs, slices
from golden.entities import survive as survive_entities
from golden.facts import RECORD_IDS, FactChanges, FactInputs, complete, members_schema
from golden.facts import moved as statements_moved
from matching.tables import LINKS
from pipeline.current_statements import changed_records, current_records
from pipeline.hub import Hub
from pipeline.lake_tables import fact_members_table, golden_table
from pipeline.progress import progress
from pipeline.representatives import businesses_touched, is_represented, representatives_now
from pipeline.stage import stage_of
from pipeline.staging import HUB_FENCE, StagedFile, staged, version_folder
from pipeline.standing_links import HUB_IDS, parties_needed, party_changes, staged_rows, write_links_now
from pipeline.ties import stage_ties
from schemas.arrow import golden_schema
from schemas.errors import LedgerError
from schemas.standard import Entity
from warehouse.serving_tables import MEMBER_SCHEMA
from warehouse.versions import Version

REMOVALS = pa.schema([("id", pa.string())])


def survive(hub: Hub, version: int | None = None) -> dict[str, Any]:
    """Stage the golden rows that change in `version` (default: the one just linked); return counts by kind.

    Nothing to do (no open version) returns {"version": None}.
    """
    with stage_of(hub, "survive") as counts:
        opened = open_version(hub, version, "linked")
        if opened is None:
            return {"version": None}
        fence = hub.ledger.acquire(HUB_FENCE, hub.run_id, hub.clock())
        moment = moment_of(hub, opened)
        totals = {"written": 0, "removed": 0, "waiting": 0}
        moved = party_changes(hub, opened)
        with progress("survive", len(hub.city.standard.entities)) as bar:
            for entity in hub.city.standard.entities.values():
                if entity.is_fact:
                    changes = _fact(hub, opened, entity, moment, moved)
                else:
                    changes = _party(hub, opened, entity, moment)
                totals["written"] += changes["upserts"]
                totals["removed"] += changes["removals"]
                totals["waiting"] += changes.get("waiting", 0)
                counts.update({f"{entity.name}_{name}": value for name, value in changes.items()})
                bar.advance()
        stage_members(hub, opened)
        totals |= stage_ties(hub, opened)
        counts.update(totals)
        hub.ledger.advance(fence, opened.number, "survived", counts={"survive": dict(counts)})
    return {"version": opened.number, **counts}


def open_version(hub: Hub, number: int | None, state: str) -> Version | None:
    """Return the unfinished version (which must be `number` if that is given) in `state`; None if there is none."""
    unfinished = hub.ledger.unfinished_version()
    if unfinished is None:
        return None
    if number is not None and unfinished.number != number:
        raise LedgerError(f"版本 {number} 不是当前版本 version {number} is not the open one ({unfinished.number})")
    if unfinished.state == state:
        return unfinished
    return None if number is None else _wrong_state(unfinished, state)


def _wrong_state(version: Version, wanted: str) -> Version | None:
    order = ("open", "linked", "survived", "applying")
    if order.index(version.state) > order.index(wanted):
        return None  # a task that is run again after it had succeeded: nothing is left to do
    raise LedgerError(f"版本 {version.number} 状态为 {version.state} is {version.state}, expected {wanted}")


def moment_of(hub: Hub, version: Version) -> Moment:
    """Return the version's as-of date beside that of the version before: what faded in between is chosen again."""
    published = hub.ledger.published_version()
    return Moment(version.as_of, version.number, published.as_of if published else None)


def _party(hub: Hub, version: Version, entity: Entity, moment: Moment) -> dict[str, int]:
    everything = moment.before is not None and moment.before != moment.as_of
    path = version_folder(hub, version.number) / f"touched-{entity.name}.parquet"
    represented = is_represented(hub, entity)
    if represented:
        extend_touched(path, businesses_touched(hub, version))
    touched = parquet.read_table(path).cast(HUB_IDS)
    if not (everything or touched.num_rows):
        with _Staged(hub, version, entity) as output:
            output.write_splits(hub, version)
        return output.counts
    now = write_links_now(hub, version, entity.name, everything)
    inputs = SurviveInputs(
        records=current_records(hub, entity, dict(version.manifest)),
        links=now["links_now"],
        identity=now["identity_now"],
        touched=touched,
        golden=ParquetFiles(tuple(hub.lake.files(golden_table(entity.name))), golden_schema(entity)),
    )
    if represented:
        wanted = everyone(hub, now["identity_now"]) if everything else touched
        inputs = replace(inputs, representatives=representatives_now(hub, version, wanted, inputs.links))
    policy = hub.city.survivorship.get(entity.name)
    with _Staged(hub, version, entity) as output:
        # What faded is found once, with the first slice, not again with each.
        for number, part in enumerate(slices(touched) if touched.num_rows else [touched]):
            when = moment if number == 0 else Moment(moment.as_of, moment.commit)
            output.write(survive_entities(hub.engine, replace(inputs, touched=part), entity, policy, when))
        output.write_splits(hub, version)
    return output.counts


def extend_touched(path: Path, more: pa.Table) -> None:
    """Add hub ids to the version's touched entities; again changes nothing."""
    both = pa.concat_tables([parquet.read_table(path).cast(HUB_IDS), more])
    ids = pa.table([both.column("hub_id").combine_chunks().unique()], schema=HUB_IDS)
    part = path.with_name(path.name + ".part")
    parquet.write_table(ids.sort_by("hub_id"), part, compression="zstd")
    part.replace(path)


def everyone(hub: Hub, identity: Relation) -> pa.Table:
    """Return `hub_id` of every active entity: when time has passed, values of any of them may have faded."""
    step = Step("everyone", "SELECT hub_id FROM identity WHERE state = 'active'")
    return hub.engine.run([step], {"identity": identity}, "everyone").cast(HUB_IDS)


def _fact(hub: Hub, version: Version, entity: Entity, moment: Moment, moved: pa.Table) -> dict[str, int]:
    """Stage what changes in one kind of fact; `moved` are the party records whose link this version changes."""
    folder = version_folder(hub, version.number)
    deciding: dict[str, Relation] = {
        "records": current_records(hub, entity, dict(version.manifest)),
        "changed": changed_records(hub, version, entity).select(["record_id"]),
        "party_changes": moved,
    }
    changes = _no_changes(entity)
    if _anything(hub, entity, deciding, moment):
        inputs = FactInputs(
            **deciding,
            parties=parties_needed(hub, version, entity, deciding),
            members=ParquetFiles(tuple(hub.lake.files(fact_members_table(entity.name))), members_schema(entity)),
            golden=ParquetFiles(tuple(hub.lake.files(golden_table(entity.name))), golden_schema(entity)),
        )
        changes = complete(hub.engine, inputs, entity, hub.city.survivorship.get(entity.name), moment)
    with _Staged(hub, version, entity) as output:
        output.write(changes.golden)
    parquet.write_table(changes.member_upserts, folder / f"fact_upserts-{entity.name}.parquet")
    parquet.write_table(changes.member_deletions, folder / f"fact_deletions-{entity.name}.parquet")
    return {**output.counts, **changes.counts}


def _anything(hub: Hub, entity: Entity, deciding: dict[str, Relation], moment: Moment) -> bool:
    """Return whether a fact can have changed: a statement did, a party is linked otherwise, or time has passed."""
    records, changed, links = deciding["records"], deciding["changed"], deciding["party_changes"]
    if isinstance(changed, pa.Table) and changed.num_rows:
        return True
    if not isinstance(records, ParquetFiles) or not records.paths:
        return False
    if moment.before is not None and moment.before != moment.as_of:
        return True
    return isinstance(links, pa.Table) and links.num_rows > 0 and _names_any(hub, entity, deciding)


def _names_any(hub: Hub, entity: Entity, deciding: dict[str, Relation]) -> bool:
    """Return whether a statement of the fact names a party that is linked otherwise."""
    with hub.engine.session(deciding) as session:
        session.run([statements_moved(entity)])
        return session.count("moved") > 0


def _no_changes(entity: Entity) -> FactChanges:
    golden = GoldenChanges(golden_schema(entity).empty_table(), REMOVALS.empty_table(), CHANGES.empty_table())
    return FactChanges(golden, members_schema(entity).empty_table(), RECORD_IDS.empty_table(), {})


class _Staged:
    """The golden changes of one entity on their way to the version's folder, slice by slice."""

    def __init__(self, hub: Hub, version: Version, entity: Entity) -> None:
        folder, self._entity = version_folder(hub, version.number), entity.name
        self._upserts = StagedFile(folder / f"golden_upserts-{entity.name}.parquet", golden_schema(entity))
        self._removals = StagedFile(folder / f"golden_removals-{entity.name}.parquet", REMOVALS)
        self._changes = StagedFile(folder / f"changes-{entity.name}.parquet", CHANGES)
        self.counts: dict[str, int] = {"upserts": 0, "removals": 0}

    def __enter__(self) -> _Staged:
        return self

    def write(self, changes: GoldenChanges) -> None:
        self._upserts.write(changes.upserts)
        self._removals.write(changes.removals)
        self._changes.write(changes.changes)
        for name, value in changes.counts.items():
            self.counts[name] = self.counts.get(name, 0) + value

    def write_splits(self, hub: Hub, version: Version) -> None:
        """Tell readers which entities were taken out of which: their records are another id's now."""
        splits = parquet.read_table(version_folder(hub, version.number) / f"splits-{self._entity}.parquet")
        if splits.num_rows:
            fixed = [pa.repeat(pa.scalar(text), splits.num_rows) for text in ("SPLIT", self._entity)]
            columns = [*fixed, splits.column("hub_id"), splits.column("into")]
            self._changes.write(pa.table(columns, names=CHANGES.names).cast(CHANGES))
            self.counts["split"] = splits.num_rows

    def __exit__(self, kind: object, *_: object) -> None:
        for file in (self._upserts, self._removals, self._changes):
            file.__exit__(kind)


def stage_members(hub: Hub, version: Version) -> None:
    """Stage which record belongs to which hub id, for those whose link this version changes."""
    folder = version_folder(hub, version.number)
    step = Step(
        "members",
        """
        SELECT u.record_id, u.hub_id, u.entity, r.department, r.source_table, r.statement, r.source_key
        FROM link_upserts u JOIN records r ON r.record_id = u.record_id
        WHERE u.decision = 'link' ORDER BY u.record_id""",
    )
    with StagedFile(folder / "members.parquet", MEMBER_SCHEMA) as output:
        for entity in hub.city.standard.parties:
            upserts = folder / f"link_upserts-{entity.name}.parquet"
            if staged_rows(upserts):
                records = current_records(hub, entity, dict(version.manifest))
                relations = {"link_upserts": staged(upserts, LINKS), "records": records}
                with hub.engine.session(relations) as session:
                    session.run([step])
                    for batch in session.stream("members"):
                        output.write(pa.Table.from_batches([batch]))

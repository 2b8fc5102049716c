"""Evidence: what the ladder could not settle is compared with the register, field by field, by the model in force.

Runs inside the ladder's session, between the ladder's answers (`by_ladder`) and people's judgements. Each answer
depends on the record, on the register rows that share a block key with it, and on the frozen model: never on what else
is linked tonight, so increments equal the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from engine.duckdb_engine import DuckDBEngine, Session
from engine.relation import Relation
from engine.step import Step
from matching import workers
from matching.affected import standing_links
from matching.blocks import Blocks, rule_names, side_keys
from matching.candidates import BlockKeys, Candidates
from matching.choice import REVIEW, choose, rank
from matching.evidence_bases import bases
from matching.evidence_steps import (
    EVIDENCE,
    INDEX,
    KeysOf,
    hearing,
    index_changes,
    overlaid,
    told,
    training,
)
from matching.evidence_stirring import anchor_keys, index_first, index_open, regrouping, stirred, stirring
from matching.explanation import texts
from matching.fields import encoded_fields
from matching.linkage import Part, ranges
from matching.model import Model
from matching.never_same import never_same
from matching.prepared import Prepared, prepare
from matching.provisional import formed
from matching.scoring import Scored, Scorer
from matching.teaching import train
from matching.text_hashes import Hashes
from matching.training import FEWEST_LABELS, Labels
from schemas.errors import TooLittleToTrain
from schemas.linkage_spec import Decide, LinkageSpec

LABELS, SAMPLE = 60_000, 100_000  # records to learn from: those that an identifier linked, and all


@dataclass(frozen=True)
class Evidence:
    """What comparing needs: specification, what kinds of values need of the city, the model in force (None: train one
    in this run), the stored index of block keys, and today as text for a model that is trained."""

    spec: LinkageSpec
    context: Mapping[str, Any]
    index: Relation
    model: Model | None = None
    today: str = ""


@dataclass(frozen=True)
class EvidenceChanges:
    """The model that was used, whether it was trained in this run, and what changes in the index."""

    model: Model | None = None
    trained: bool = False
    index_upserts: pa.Table = field(default_factory=INDEX.empty_table)
    index_deletions: pa.Table = field(default_factory=lambda: pa.schema([("record_id", pa.string())]).empty_table())


def keys_function(spec: LinkageSpec, context: Mapping[str, Any], model: Model) -> KeysOf:
    """Return the function that makes the block keys (INDEX) of a batch of records."""

    def keys_of(batch: pa.RecordBatch) -> pa.RecordBatch:
        table = pa.Table.from_batches([batch])
        keys = side_keys(encoded_fields(table, None, spec, context), "record", model.crowded)
        flat = np.stack([key.view(np.int64) for key in keys], axis=1).reshape(-1)
        values = pa.array(flat, mask=flat == 0)
        starts = pa.array(np.arange(len(batch) + 1, dtype=np.int32) * len(keys))
        lists = pa.ListArray.from_arrays(starts, values)
        return pa.RecordBatch.from_arrays([batch["record_id"], batch["anchor"], lists], schema=INDEX)

    return keys_of


def stir(session: Session, evidence: Evidence | None) -> None:
    """Add `links_first`, and `stirred`: records to decide again because of what changed around them. Without a model
    nobody is."""
    if evidence is None or evidence.model is None:
        nobody = [Step(name, "SELECT record_id FROM moved WHERE FALSE") for name in ("stirred_by_keys", "stirred")]
        loose = Step("loose", "SELECT record_id, hub_id, level FROM links_first WHERE FALSE")
        session.run([nobody[0], *standing_links(), nobody[1], loose])
        return
    session.run(anchor_keys(evidence.spec, keys_function(evidence.spec, evidence.context, evidence.model)))
    session.run([*stirring(), *standing_links(), *index_first(), *stirred()])


def hear(session: Session, engine: DuckDBEngine, evidence: Evidence) -> EvidenceChanges:
    """Put the evidence over `by_ladder` as `by_rules`, and add `late`. Trains the model first where there is none.

    Raises TooLittleToTrain where identifiers linked too few records to learn from.
    """
    spec, model = evidence.spec, evidence.model
    if model is None:
        model = trained(session, engine, evidence)
        session.run([*anchor_keys(spec, keys_function(spec, evidence.context, model)), *index_first()])
    keys_of = keys_function(spec, evidence.context, model)
    session.run([*index_open(), *hearing(spec, keys_of), *bases(spec, len(rule_names(spec, model.crowded)))])
    session.add("evidence", _answers(session, engine, evidence, model))
    session.run([*told(), *regrouping()])
    session.add("formed", formed(session, engine, evidence.spec, evidence.context, model))
    session.run([overlaid(), *index_changes()])
    return EvidenceChanges(
        model, evidence.model is None, session.table("index_upserts").cast(INDEX), session.table("index_deletions")
    )


def _answers(session: Session, engine: DuckDBEngine, evidence: Evidence, model: Model) -> pa.Table:
    """Return what the model says of every record heard (EVIDENCE), by record."""
    heard = session.table("heard_ordered")
    base = session.table("base_values")
    if not heard.num_rows:
        return EVIDENCE.empty_table()
    spec = evidence.spec
    fields = encoded_fields(heard, base, spec, evidence.context)
    own = _key_arrays(in_order(session.table("heard_keys"), heard.column("record_id")), spec, model)
    keys = BlockKeys(own, _key_arrays(base.column("keys"), spec, model))
    ready = Prepared(fields, fields.comparers(), Blocks(keys, rule_names(spec, model.crowded), model.crowded))
    scorer = Scorer.of(model, ready.comparers)
    units = base.column("unit").combine_chunks().dictionary_encode()
    allowed = _allowed(session.table("allowed"), heard.column("record_id"), units.dictionary)
    scorer = replace(scorer, bound=allowed[0])
    possible, limits = scorer.possible(ready.records), spec.decide or Decide()
    codes = units.indices.to_numpy(zero_copy_only=False)
    ids, units_ = heard.column("record_id"), base.column("unit").combine_chunks()

    def answered(part: Part) -> pa.Table:
        start, stop = part.start, part.stop
        pairs, scored = one_row_a_unit(part.candidates, scorer, codes, allowed)
        ranked = rank(scorer, pairs, scored, start, stop)
        choices = choose(scorer, ranked, limits, start, possible[start:stop])
        named = np.where(choices.decision <= REVIEW, choices.best, -1)
        columns = [
            ids.slice(start, stop - start).combine_chunks(),
            units_.take(pa.array(named, mask=named < 0)),
            choices.decisions(),
            pa.array(choices.probability),
            texts(scorer, np.arange(start, stop), named, choices.reasons()),
        ]
        return pa.table(columns, schema=EVIDENCE)

    return pa.concat_tables(workers.in_order(answered, ranges(engine, ready)))


def in_order(held: pa.Table, records: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the `keys` of each record, of a table (INDEX) in any order: two readings of one step may differ in it."""
    return held.column("keys").take(pc.index_in(records, value_set=held.column("record_id")))


def _key_arrays(lists: pa.ChunkedArray, spec: LinkageSpec, model: Model) -> tuple[Hashes, ...]:
    rules = len(rule_names(spec, model.crowded))
    whole = lists.combine_chunks()
    flat = whole.flatten().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64).view(np.uint64)
    table = flat.reshape(-1, rules)
    return tuple(np.ascontiguousarray(table[:, rule]) for rule in range(rules))


def _allowed(
    table: pa.Table, records: pa.ChunkedArray, units: pa.Array
) -> tuple[npt.NDArray[np.bool_], frozenset[tuple[int, int]]]:
    """Return which records are bound to the holders of their number, and the (record row, unit code) they may go to."""
    rows = pc.index_in(table.column("record_id"), value_set=records.combine_chunks()).to_pylist()
    codes = pc.index_in(table.column("unit"), value_set=units).to_pylist()
    bound = np.zeros(len(records), bool)
    bound[[row for row in rows if row is not None]] = True
    return bound, frozenset(
        (row, code) for row, code in zip(rows, codes, strict=True) if row is not None and code is not None
    )


def one_row_a_unit(
    pairs: Candidates, scorer: Scorer, units: npt.NDArray[np.int32],
    allowed: tuple[npt.NDArray[np.bool_], frozenset[tuple[int, int]]],
) -> tuple[Candidates, Scored]:  # fmt: skip
    """Return the candidates with each unit once a record, by its most alike row, without those not allowed and those
    that can be another party only."""
    scored = scorer.score(pairs.record, pairs.base)
    unit = units[pairs.base]
    bound, may = allowed
    keep = np.ones(len(pairs), bool)
    restricted = np.flatnonzero(bound[pairs.record])
    keep[restricted] = [(int(pairs.record[one]), int(unit[one])) in may for one in restricted]
    order = np.lexsort((pairs.base, -scored.match, unit, pairs.record))
    order = order[~never_same(scorer, scored.levels)[order]]
    first = np.ones(len(order), bool)
    first[1:] = (unit[order][1:] != unit[order][:-1]) | (pairs.record[order][1:] != pairs.record[order][:-1])
    best = np.zeros(len(pairs), bool)
    best[order[first]] = True
    chosen = np.flatnonzero(keep & best)
    candidates = Candidates(pairs.record[chosen], pairs.base[chosen], pairs.rule[chosen])
    return candidates, scored.take(chosen)


def trained(session: Session, engine: DuckDBEngine, evidence: Evidence) -> Model:
    """Return a model trained on the register as it is, with records that an identifier linked as labels.

    The identifier that linked a labelled record is hidden: it must not teach that identifiers always agree.
    """
    spec = evidence.spec
    session.run(training(spec, LABELS, SAMPLE - LABELS))
    if session.count("labelled") < FEWEST_LABELS:
        raise TooLittleToTrain(session.count("labelled"), FEWEST_LABELS)
    records, base = session.table("training_records"), session.table("training_base")
    ready = prepare(records, base, spec, evidence.context, None)
    anchors = pc.index_in(records.column("base_id"), value_set=base.column("record_id").combine_chunks())
    known = np.flatnonzero(pc.and_(pc.is_valid(anchors), pc.is_valid(records.column("base_id"))).to_numpy())
    rows = anchors.to_numpy()[known].astype(np.int64)
    labels = Labels(known, rows, "anchored_identifier", session.count("labelled"))
    model = train(engine, ready, spec, labels, evidence.today)
    return replace(model, unknown_rows=max(session.count("unheard"), 1))

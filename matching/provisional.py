"""Provisional entities by evidence: records whose party the police do not know, grouped among themselves.

They are few, so all of them are grouped anew whenever anything changed: the groups are then those of the whole.
"""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine, Session
from engine.quoting import quote
from engine.step import NearStep, Step
from matching.blocks import rule_names
from matching.clustering import Constraints, cluster
from matching.deduplication import pair_probabilities
from matching.evidence_bases import sharing
from matching.evidence_steps import field_list
from matching.explanation import texts
from matching.linkage import ranges
from matching.model import Model
from matching.never_same import never_same
from matching.prepared import prepare
from matching.scoring import Scorer
from schemas.linkage_spec import Decide, LinkageSpec

FORMED = pa.schema(
    [("record_id", pa.string()), ("unit", pa.string()), ("probability", pa.float64()), ("reason", pa.string())]
)
_PARTNERS = 0.3  # other records an unknown party is assumed to have
_SURE = 500.0  # bits: one number is one party


def formed(
    session: Session, engine: DuckDBEngine, spec: LinkageSpec, context: Mapping[str, Any], model: Model
) -> pa.Table:
    """Return the entity of every record without identifier that is nobody the register knows (FORMED).

    It joins a provisional number's entity (`key:…`) where it is like one of its records, and otherwise is or joins an
    entity of its own kind, named after the least of its records (`new:<record_id>`).
    """
    session.run([*_unknown(len(rule_names(spec, model.crowded))), *_values(spec)])
    rows = session.table("unknown_values")
    count = rows.num_rows
    ids = rows.column("record_id").combine_chunks()
    numbers = rows.column("number").combine_chunks().dictionary_encode()
    codes = numbers.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    loose = np.flatnonzero(codes < 0)
    if not len(loose):
        return FORMED.empty_table()
    among = among_themselves(model)
    ready = prepare(rows, None, spec, context, among)
    scorer, limits = Scorer.of(among, ready.comparers), spec.decide or Decide()
    first, second, weight, probability = _pairs(engine, ready, scorer, limits.link)
    tied = _tied(codes)
    found = cluster(
        count,
        np.concatenate((tied[0], first)),
        np.concatenate((tied[1], second)),
        np.concatenate((np.full(len(tied[0]), _SURE), weight)),
        Constraints({"number": codes}),
    )
    units = _units(found.of, codes, numbers.dictionary, ids)
    likeliest, partner = np.ones(count), np.full(count, -1, np.int64)
    order = np.argsort(probability, kind="stable")
    for one, other in ((first, second), (second, first)):
        likeliest[one[order]], partner[one[order]] = probability[order], other[order]
    words = pa.array(np.where(partner[loose] >= 0, "new_alike", "new").astype(object), pa.string())
    reasons = texts(scorer, loose, partner[loose], words)
    return pa.table(
        [ids.take(pa.array(loose)), units.take(pa.array(loose)), pa.array(likeliest[loose]), reasons], schema=FORMED
    )


def among_themselves(model: Model) -> Model:
    """Return the model by which records of unknown parties are compared with one another."""
    return replace(model, itself=True, known=_PARTNERS, base_rows=model.unknown_rows)


def _unknown(rules: int) -> list[Step | NearStep]:
    """Return `loose_keys` (records without number) and `alike_numbers` (records of provisional numbers like them)."""
    return [
        Step(
            "loose_keys",
            """
            SELECT k.record_id, k.keys FROM heard_keys k JOIN hearing h ON h.record_id = k.record_id
            JOIN told t ON t.record_id = k.record_id WHERE h.rung = 'none' AND t.decision = 'new'
            UNION ALL SELECT record_id, keys FROM index_first WHERE record_id IN (FROM regrouped)
            """,
            materialise=True,
        ),
        # Of records with a number of their own only those matter that share a key with one that has none.
        Step(
            "number_keys",
            f"""
            SELECT k.record_id, k.keys FROM (
                SELECT record_id, keys FROM heard_keys
                UNION ALL
                SELECT record_id, keys FROM index_first
                WHERE NOT anchor AND record_id NOT IN (SELECT record_id FROM heard_keys)
            ) k WHERE record_id NOT IN (SELECT record_id FROM loose_keys) AND ({sharing("k", "loose_keys", rules)})
            """,
            materialise=True,
        ),
        NearStep(
            "identity_alike",
            "identity",
            {
                "hub_id": "SELECT hub_id FROM links_first WHERE rung = 'provisional_identifier' "
                "AND record_id IN (SELECT record_id FROM number_keys)"
            },
            ("hub_id", "unit", "state"),
        ),
        Step(
            "alike_numbers",
            """
            SELECT h.record_id, h.unit AS number FROM hearing h
            WHERE h.rung = 'provisional_identifier' AND h.record_id NOT IN (SELECT record_id FROM told)
                AND h.record_id IN (SELECT record_id FROM number_keys)
            UNION ALL
            SELECT l.record_id, i.unit FROM (
                SELECT record_id, hub_id FROM links_first
                WHERE rung = 'provisional_identifier' AND decision = 'link'
                    AND record_id IN (SELECT record_id FROM number_keys)
                    AND record_id NOT IN (SELECT record_id FROM open_records) AND record_id NOT IN (FROM moved)
            ) l JOIN identity_alike i ON i.hub_id = l.hub_id AND i.state = 'active'
            """,
            materialise=True,
        ),
    ]


def _values(spec: LinkageSpec) -> list[Step | NearStep]:
    """Return `unknown_values`: what these records say, in order, with their provisional `number`."""
    return [
        # Nearly always nobody: to look for no one costs nothing, to look for those not found would read everyone.
        Step(
            "far",
            """
            SELECT record_id FROM (SELECT record_id FROM alike_numbers UNION SELECT record_id FROM loose_keys)
            WHERE record_id NOT IN (SELECT record_id FROM near_values)
            """,
            materialise=True,
        ),
        NearStep("records_far", "records", {"record_id": "FROM far"}),
        Step(
            "unknown_values",
            f"""
            SELECT record_id, number, {", ".join(quote(field.name) for field in spec.fields)} FROM (
                FROM near_values WHERE record_id IN (
                    SELECT record_id FROM loose_keys UNION SELECT record_id FROM alike_numbers)
                UNION ALL
                SELECT record_id, {field_list(spec, told=True)} FROM records_far WHERE record_id IN (FROM far)
            ) LEFT JOIN alike_numbers USING (record_id) ORDER BY record_id
            """,
        ),
    ]


def _pairs(engine: DuckDBEngine, ready: Any, scorer: Scorer, link: float) -> tuple[Any, Any, Any, Any]:
    """Return pairs likely enough to be one party: rows, weight and probability."""
    kept = []
    for _, _, pairs, _ in ranges(engine, ready):
        levels = tuple(one.between(pairs.record, pairs.base) for one in scorer.comparers)
        probability, weight = pair_probabilities(scorer, pairs, levels)
        good = np.flatnonzero((probability >= link) & ~never_same(scorer, levels))
        kept.append((pairs.record[good], pairs.base[good], weight[good], probability[good]))
    return tuple(np.concatenate(column) for column in zip(*kept, strict=True))  # type: ignore[return-value]


def _tied(codes: np.ndarray[Any, np.dtype[np.int32]]) -> tuple[Any, Any]:
    """Return pairs of rows of one number: each with the first of it."""
    some = np.flatnonzero(codes >= 0)
    _, firsts, places = np.unique(codes[some], return_index=True, return_inverse=True)
    heads = some[firsts[places]]
    apart = heads != some
    return heads[apart], some[apart]


def _units(of: Any, codes: Any, numbers: pa.Array, ids: pa.Array) -> pa.Array:
    """Return the unit of each row's cluster: its number's, else `new:` and its least record id."""
    names = [f"new:{one}" for one in ids.to_pylist()]
    number_of: dict[int, int] = {}
    for row in np.flatnonzero(codes >= 0).tolist():
        number_of[int(of[row])] = int(codes[row])
    known = numbers.to_pylist()
    return pa.array([known[number_of[head]] if head in number_of else names[head] for head in of.tolist()], pa.string())

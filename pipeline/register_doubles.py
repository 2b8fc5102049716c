"""Register rows that may be one person although they share no number: all else agrees, the numbers are a slip apart."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from engine.relation import Relation
from engine.step import Step
from matching.anchors import keyed
from matching.rules import LadderRules
from pipeline.current_statements import current_records
from pipeline.hub import Hub
from pipeline.ladder_rules import ladder_rules
from schemas.standard import Entity
from stewardship.cases import Double
from values import citizen_id

MOST_PAIRS, MOST_ALIKE = 500, 4  # proposed at once; rows that agree in everything else: more of them are no slip
SLIPS = frozenset({"one_character", "transposed"})
AGREE = ("name", "birth_date", "address")


def register_doubles(hub: Hub, entity: Entity, links: Mapping[str, Relation], manifest: dict[str, int]) -> list[Double]:
    """Return pairs of register rows with the same name, birth date and address whose citizen numbers differ by one
    character or two neighbours swapped, and that are not one entity; at most MOST_PAIRS, in the order of their ids.

    Nothing for a kind of party whose register rows are no entities, or that has no birth date: a proposal to people,
    never a decision.
    """
    rules, names = ladder_rules(hub.city, entity.name), {field.name for field in entity.fields}
    if not rules.rows_are_entities or not {*AGREE, "citizen_id"} <= names:
        return []
    departments = {source.department for source in rules.anchors}
    relations = {"records": current_records(hub, entity, manifest, departments), "links": links["links"]}
    return pairs_alike(hub.engine, rules, relations)


def pairs_alike(engine: DuckDBEngine, rules: LadderRules, relations: Mapping[str, Relation]) -> list[Double]:
    """Return the pairs of `records` (statements) that are alike and, by `links`, not one entity."""
    rows = engine.run([keyed(rules), *_steps()], relations, "pairs")
    if not rows.num_rows:
        return []
    found = citizen_id.compare(rows["left_number"].combine_chunks(), rows["right_number"].combine_chunks())
    levels = [citizen_id.LEVELS[level] for level in found]
    alike = [Double(*pair, level) for pair, level in zip(_ids(rows), levels, strict=True) if level in SLIPS]
    return alike[:MOST_PAIRS]


def _steps() -> list[Step]:
    alike = ", ".join(AGREE)
    return [
        Step(
            "alike",
            f"""
            SELECT record_id, citizen_id, {alike} FROM records
            WHERE citizen_id IS NOT NULL AND {" AND ".join(f"{name} IS NOT NULL" for name in AGREE)}
                AND record_id IN (SELECT record_id FROM keyed WHERE anchor_rank IS NOT NULL)
            QUALIFY count(*) OVER (PARTITION BY {alike}) BETWEEN 2 AND {MOST_ALIKE}
            """,
            materialise=True,
        ),
        Step("standing", "SELECT record_id, hub_id FROM links WHERE record_id IN (SELECT record_id FROM alike)"),
        Step(
            "pairs",
            f"""
            SELECT a.record_id AS left_id, b.record_id AS right_id, a.citizen_id AS left_number,
                b.citizen_id AS right_number, x.hub_id AS left_hub, y.hub_id AS right_hub
            FROM alike a JOIN alike b ON {" AND ".join(f"b.{name} = a.{name}" for name in AGREE)}
                AND b.record_id > a.record_id AND b.citizen_id <> a.citizen_id
            JOIN standing x ON x.record_id = a.record_id JOIN standing y ON y.record_id = b.record_id
            WHERE x.hub_id <> y.hub_id ORDER BY a.record_id, b.record_id
            """,
        ),
    ]


def _ids(rows: pa.Table) -> list[tuple[str, str, str, str]]:
    names = ("left_id", "right_id", "left_hub", "right_hub")
    return list(zip(*(rows[name].to_pylist() for name in names), strict=True))

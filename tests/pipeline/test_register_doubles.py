"""Register rows that agree in all but a slip of the number are proposed to people, and nothing is decided."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine
from matching.tables import LINKS
from pipeline.ladder_rules import ladder_rules
from pipeline.register_doubles import MOST_ALIKE, pairs_alike
from schemas.arrow import statement_schema
from stewardship.cases import Double, doubles, pairs
from tests.pipeline.story import story

NUMBER = "130302198001011234"


def row(record: str, number: str, **other: Any) -> dict[str, Any]:
    where = {"record_id": record, "department": "police_population", "source_table": "RK_CZRK", "statement": "person"}
    values = {"name": "李娜", "birth_date": date(1980, 1, 1), "address": "长城路1号", "citizen_id": number}
    return {**where, **values, **other}


def found(path: Path, rows: list[dict[str, Any]], hubs: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    with story(path / "city").hub() as hub:
        schema = statement_schema(hub.city.standard.entities["person"])
        rules = ladder_rules(hub.city, "person")
    names = [one["record_id"] for one in rows]
    links = [{"record_id": name, "hub_id": (hubs or {}).get(name, name)} for name in names]
    relations = {
        "records": pa.Table.from_pylist(rows, schema=schema),
        "links": pa.Table.from_pylist(links, schema=LINKS),
    }
    engine = DuckDBEngine("256MB", 1, path / "spill")
    return [(one.left, one.right, one.level) for one in pairs_alike(engine, rules, relations)]


def test_one_wrong_character_or_two_swapped_is_proposed_and_two_wrong_ones_are_not(tmp_path: Path) -> None:
    wrong, swapped, other = "130302198001011244", "130302198001012134", "130302198001019876"
    assert found(tmp_path, [row("a", NUMBER), row("b", wrong)]) == [("a", "b", "one_character")]
    assert found(tmp_path, [row("a", NUMBER), row("b", swapped)]) == [("a", "b", "transposed")]
    assert found(tmp_path, [row("a", NUMBER), row("b", other)]) == []


def test_whoever_differs_in_anything_else_or_is_one_already_is_not(tmp_path: Path) -> None:
    twin = row("b", "130302198001011244")
    for other in ({"name": "李丽"}, {"birth_date": date(1980, 1, 2)}, {"address": "长城路2号"}, {"address": None}):
        assert found(tmp_path, [row("a", NUMBER), {**twin, **other}]) == []
    assert found(tmp_path, [row("a", NUMBER), {**twin, "department": "education"}]) == []
    assert found(tmp_path, [row("a", NUMBER), twin], {"a": "P1", "b": "P1"}) == []


def test_rows_alike_in_crowds_are_no_slip(tmp_path: Path) -> None:
    crowd = [row(f"r{place}", f"13030219800101123{place}") for place in range(MOST_ALIKE + 1)]
    assert found(tmp_path, crowd) == []
    assert len(found(tmp_path, crowd[:2])) == 1


def test_a_case_is_as_heavy_as_the_smaller_of_the_two(tmp_path: Path) -> None:
    [case] = doubles("person", [Double("a", "b", "P1", "P2", "transposed")], {"P1": 7, "P2": 3})
    assert (case.kind, case.priority, case.reason) == ("register_duplicate", 3, "number_transposed")
    assert pairs(case, None) == [("a", "b")]

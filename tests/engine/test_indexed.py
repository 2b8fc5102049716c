"""Rows found by value: always those that a filter would find, whatever was put over them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from engine.duckdb_engine import DuckDBEngine
from engine.hashing import value_hashes
from engine.indexed import NOBODY, IndexedRows, Shape, segment_of
from engine.step import NearStep, Step
from schemas.errors import EngineError

TEXTS = ("id", "number", "kind")
SCHEMA = pa.schema([*((name, pa.string()) for name in TEXTS), ("keys", pa.list_(pa.int64()))])
SHAPE = Shape(SCHEMA, "id", {"id": (), "number": (), "kind": ("rare",), "keys": ()})


def row(random: np.random.Generator, name: int) -> dict[str, Any]:
    some = [None if one == 0 else int(one) for one in random.integers(0, 40, random.integers(0, 4))]
    number = None if random.random() < 0.2 else f"号{random.integers(0, 30)}"
    return {"id": f"r{name}", "number": number, "kind": random.choice(["rare", "common"]), "keys": some}


def of(rows: dict[str, dict[str, Any]]) -> IndexedRows:
    table = pa.Table.from_pylist(list(rows.values()), schema=SCHEMA)
    return IndexedRows(SHAPE, [(segment_of(table.to_batches(16), SHAPE), NOBODY)])


def found(relation: IndexedRows, **wanted: list[Any]) -> list[str]:
    arrays = {name: pa.array(values, pa.int64() if name == "keys" else pa.string()) for name, values in wanted.items()}
    return sorted(relation.near(arrays)["id"].to_pylist())


@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_is_what_a_filter_finds_after_any_changes(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = {f"r{one}": row(random, one) for one in range(100)}
    relation = of(rows)
    for _ in range(4):
        fresh = [row(random, int(one)) for one in random.choice(130, 12, replace=False)]
        gone = [f"r{one}" for one in random.integers(0, 130, 8) if f"r{one}" not in {one["id"] for one in fresh}]
        relation = relation.after(pa.Table.from_pylist(fresh, schema=SCHEMA), pa.array(gone, pa.string()))
        rows |= {one["id"]: one for one in fresh}
        rows = {name: one for name, one in rows.items() if name not in gone}
        numbers, keys, ids = ["号1", "号7", None], [3, 11, 12], ["r5", "r99", "nobody"]
        assert found(relation, number=numbers) == sorted(n for n, one in rows.items() if one["number"] in numbers[:2])
        assert found(relation, keys=keys) == sorted(n for n, one in rows.items() if set(one["keys"]) & set(keys))
        assert found(relation, id=ids, kind=["rare"]) == sorted(
            n for n, one in rows.items() if n in ids or one["kind"] == "rare"
        )
        whole = relation.near({"id": pa.array(list(rows))})
        assert sorted(whole.to_pylist(), key=str) == sorted(rows.values(), key=str)


def test_an_empty_relation_finds_nothing() -> None:
    assert found(of({}), id=["r1"], keys=[4]) == []
    assert found(of({"r1": {"id": "r1", "keys": []}}), id=[], number=[]) == []


def test_a_value_that_is_not_indexed_is_an_error() -> None:
    with pytest.raises(KeyError):
        of({}).near({"colour": pa.array(["red"])})


def test_hashes_are_of_the_text_alone_wherever_it_stands() -> None:
    texts = ["", "a", "ab", "12345678", "123456789", "王伟", "x" * 100, "a\0"]
    hashes = value_hashes(pa.array(texts))
    assert len(set(hashes.tolist())) == len(texts)
    assert hashes.tolist()[2:] == value_hashes(pa.array([None, *texts])).tolist()[3:]
    assert hashes.tolist()[3:6] == value_hashes(pa.array(texts).slice(3, 3)).tolist()
    assert value_hashes(pa.array(["ab", "王伟"])).tolist() == [3756447646052120141, 9329494163343870789]
    assert value_hashes(pa.array([7, -1], pa.int64())).tolist() == [7, 2**64 - 1]


@pytest.mark.parametrize("by_value", [True, False])
def test_a_step_near_values_reads_either_kind_of_relation(tmp_path: Path, by_value: bool) -> None:
    engine = DuckDBEngine("256MB", 1, tmp_path)
    table = pa.Table.from_pylist([{"id": f"r{one}", "number": f"n{one % 3}"} for one in range(9)], schema=SCHEMA)
    relation = IndexedRows(SHAPE, [(segment_of(table.to_batches(), SHAPE), NOBODY)]) if by_value else table
    wanted = "SELECT 'r4' UNION SELECT NULL"
    steps = [NearStep("near", "rows", {"id": wanted}), Step("chosen", f"SELECT id FROM near WHERE id IN ({wanted})")]
    assert engine.run(steps, {"rows": relation}, "chosen").to_pylist() == [{"id": "r4"}]
    if by_value:
        assert engine.run(steps, {"rows": relation}, "near").num_rows == 1
        with pytest.raises(EngineError):
            engine.run([Step("all", "FROM rows")], {"rows": relation}, "all")

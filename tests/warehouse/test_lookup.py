"""Lookups on disk: what is read is what was saved, and one that is not whole is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from engine.indexed import NOBODY, IndexedRows, Shape
from warehouse.lookup import Lookup

SHAPE = Shape(pa.schema([("id", pa.string()), ("keys", pa.list_(pa.int64()))]), "id", {"id": (), "keys": ()})
SHAPES = {"rows": SHAPE}


def rows(*ids: str, key: int = 1) -> pa.Table:
    return pa.Table.from_pylist([{"id": one, "keys": [key, None]} for one in ids], schema=SHAPE.schema)


def saved(lookup: Lookup, table: pa.Table, stamp: str = "s1") -> IndexedRows:
    relation = IndexedRows(SHAPE, [(lookup.segment("person", table.to_batches(2), SHAPE), NOBODY)])
    lookup.save("person", stamp, {"rows": relation})
    return relation


def found(lookup: Lookup, stamp: str, key: int) -> Any:
    tables = lookup.read("person", stamp, SHAPES)
    return tables and sorted(tables["rows"].near({"keys": pa.array([key])})["id"].to_pylist())


def test_what_was_saved_is_found_under_its_stamp_only(tmp_path: Path) -> None:
    lookup = Lookup(tmp_path / "lookup")
    assert lookup.stamp("person") == ""
    assert lookup.read("person", "s1", SHAPES) is None
    saved(lookup, rows("a", "b", "c"))
    assert lookup.stamp("person") == "s1"
    assert found(lookup, "s1", 1) == ["a", "b", "c"]
    assert found(lookup, "s2", 1) is None
    lookup.drop("person")
    assert found(lookup, "s1", 1) is None


def test_changes_are_saved_beside_what_stands_and_what_is_left_goes(tmp_path: Path) -> None:
    lookup = Lookup(tmp_path)
    first = saved(lookup, rows("a", "b", "c"))
    second = first.after(rows("b", "d", key=2), pa.array(["c"]))
    lookup.save("person", "s2", {"rows": second})
    assert (found(lookup, "s2", 1), found(lookup, "s2", 2)) == (["a"], ["b", "d"])
    assert len(list((tmp_path / "person").iterdir())) == 2
    table = lookup.read("person", "s2", SHAPES)
    assert table is not None
    lookup.save("person", "s3", {"rows": table["rows"].after(rows(), pa.array(["a"]))})
    assert (found(lookup, "s3", 1), found(lookup, "s3", 2)) == ([], ["b", "d"])
    assert len(list((tmp_path / "person").glob("*/dead-*"))) == 1
    saved(lookup, rows("z"), "s4")
    assert found(lookup, "s4", 1) == ["z"]
    assert len(list((tmp_path / "person").iterdir())) == 1


@pytest.mark.parametrize("file", ["rows.arrow", "keys.hashes.npy", "id.places.npy"])
@pytest.mark.parametrize("harm", ["gone", "cut", "longer"])
def test_a_lookup_that_is_not_whole_is_none(tmp_path: Path, file: str, harm: str) -> None:
    lookup = Lookup(tmp_path)
    saved(lookup, rows("a", "b", "c"))
    path = next((tmp_path / "person").glob(f"*/{file}"))
    content = path.read_bytes()
    path.unlink()
    if harm != "gone":
        path.write_bytes(content[:-9] if harm == "cut" else content + b"\0")
    assert found(lookup, "s1", 1) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 0, "stamp": "s1"}', '{"format": 1, "stamp": "s1"}'])
def test_a_manifest_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    lookup = Lookup(tmp_path)
    saved(lookup, rows("a"))
    (tmp_path / "person.json").write_text(text, encoding="utf-8")
    assert found(lookup, "s1", 1) is None


def test_another_shape_is_not_read(tmp_path: Path) -> None:
    lookup = Lookup(tmp_path)
    saved(lookup, rows("a"))
    wider = Shape(pa.schema([*SHAPE.schema, ("name", pa.string())]), "id", SHAPE.found_by)
    assert lookup.read("person", "s1", {"rows": wider}) is None


def test_what_a_killed_writer_left_is_nobodys_and_goes_at_the_next_save(tmp_path: Path) -> None:
    lookup = Lookup(tmp_path)
    first = saved(lookup, rows("a"))
    lookup.segment("person", rows("half").to_batches(), SHAPE)
    assert found(lookup, "s1", 1) == ["a"]
    lookup.save("person", "s2", {"rows": first})
    assert len(list((tmp_path / "person").iterdir())) == 1

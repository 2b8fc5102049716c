"""Small files are read at once when nothing is doubtful about them; everything else is left to the engine."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from engine import small_files
from engine.relation import ParquetFiles
from engine.small_files import in_memory

SCHEMA = pa.schema([("id", pa.string()), ("age", pa.int64())])
PEOPLE = pa.table({"id": ["a", "b"], "age": [30, 41]}, schema=SCHEMA)


def test_columns_are_those_of_the_relation(tmp_path: Path) -> None:
    old, new = tmp_path / "old file.parquet", tmp_path / "new.parquet"
    parquet.write_table(PEOPLE.select(["id"]), old)
    wide = PEOPLE.set_column(0, "id", PEOPLE["id"].cast(pa.large_string())).append_column("extra", PEOPLE["id"])
    parquet.write_table(wide, new)
    held = in_memory({"p": ParquetFiles((old.as_uri(), str(new)), SCHEMA), "q": PEOPLE, "n": ParquetFiles((), SCHEMA)})
    assert held is not None
    assert held["p"].schema == held["n"].schema == SCHEMA
    assert held["p"].to_pydict() == {"id": ["a", "b", "a", "b"], "age": [None, None, 30, 41]}
    assert held["q"] is PEOPLE
    assert held["n"].num_rows == 0


def test_lists_as_another_writer_lays_them_out(tmp_path: Path) -> None:
    wanted = pa.schema([("issues", pa.list_(pa.struct([("field", pa.string()), ("reason", pa.string())])))])
    held = pa.list_(pa.field("element", pa.struct([("field", pa.large_string()), ("reason", pa.string())])))
    rows = [[{"field": "name", "reason": "masked"}, {"field": "sex", "reason": None}], None, []]
    parquet.write_table(pa.table({"issues": pa.array(rows, held)}), tmp_path / "a.parquet")
    read = in_memory({"p": ParquetFiles((str(tmp_path / "a.parquet"),), wanted)})
    assert read is not None
    assert read["p"].schema == wanted
    assert read["p"]["issues"].to_pylist() == rows
    other = pa.schema([("issues", pa.list_(pa.struct([("cell", pa.string()), ("reason", pa.string())])))])
    assert in_memory({"p": ParquetFiles((str(tmp_path / "a.parquet"),), other)}) is None


def test_doubtful_files_are_left_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, other, broken = (tmp_path / f"{name}.parquet" for name in ("good", "other", "broken"))
    parquet.write_table(PEOPLE, good)
    parquet.write_table(PEOPLE.set_column(1, "age", PEOPLE["age"].cast(pa.string())), other)
    broken.write_bytes(b"PAR1 and no more")
    for path in (other, broken, tmp_path / "missing.parquet"):
        assert in_memory({"p": ParquetFiles((str(good), str(path)), SCHEMA)}) is None, path
    monkeypatch.setattr(small_files, "SMALL_BYTES", good.stat().st_size)
    assert in_memory({"p": ParquetFiles((str(good),), SCHEMA)}) is not None
    assert in_memory({"p": ParquetFiles((str(good),), SCHEMA), "q": ParquetFiles((str(good),), SCHEMA)}) is None


def test_a_file_is_read_again_only_when_it_was_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "people.parquet"
    parquet.write_table(PEOPLE, path)
    files = {"p": ParquetFiles((str(path),), SCHEMA)}
    first, again = in_memory(files), in_memory(files)
    assert first is not None and again is not None
    assert again["p"]["id"].chunk(0).buffers()[2].address == first["p"]["id"].chunk(0).buffers()[2].address
    parquet.write_table(PEOPLE.slice(1), tmp_path / "newer.parquet")
    (tmp_path / "newer.parquet").replace(path)
    newer = in_memory(files)
    assert newer is not None
    assert newer["p"].to_pydict() == {"id": ["b"], "age": [41]}
    path.unlink()
    assert in_memory(files) is None


def test_what_is_kept_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = small_files._Kept()
    monkeypatch.setattr(small_files, "KEPT_BYTES", 2 * PEOPLE.nbytes)
    for name in "abac":
        if kept.get(name, SCHEMA, (1, 1, 1)) is None:
            kept.put(name, SCHEMA, (1, 1, 1), PEOPLE)
    assert [kept.get(name, SCHEMA, (1, 1, 1)) is PEOPLE for name in "abc"] == [True, False, True]
    assert kept.get("a", SCHEMA, (1, 2, 1)) is None

"""Opened tables: one that is as it was is not opened again, whatever else took its place is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from schemas.errors import LakeError
from warehouse import open_tables
from warehouse.lake import Lake
from warehouse.open_tables import OpenTables

NAME = "golden/person"


def people(*names: str) -> pa.Table:
    return pa.table({"name": list(names)})


def counted(root: Path) -> tuple[OpenTables[str], list[tuple[str, int | None]]]:
    asked: list[tuple[str, int | None]] = []

    def opened(folder: Path, version: int | None) -> str:
        asked.append((folder.name, version))
        return f"{folder.name} {version}"

    return OpenTables(opened), asked


def test_a_version_is_opened_once_and_the_newest_is_seen_at_once(tmp_path: Path) -> None:
    writer, folder = Lake(tmp_path), tmp_path / "golden" / "person"
    tables, asked = counted(tmp_path)
    assert tables.newest(folder) is None
    for number, name in enumerate(("a", "b")):
        writer.append(NAME, people(name))
        assert tables.newest(folder) == number
        assert [tables.at(folder), tables.at(folder), tables.at(folder, 0)] == [
            f"person {number}", f"person {number}", "person 0",
        ]  # fmt: skip
    assert asked == [("person", 0), ("person", 1)]


def test_another_table_in_its_place_is_another_table(tmp_path: Path) -> None:
    lake, other = Lake(tmp_path / "lake"), Lake(tmp_path / "backup")
    lake.append(NAME, people("a"))
    other.append(NAME, people("b"))
    assert lake.read(NAME).to_pylist() == [{"name": "a"}]
    shutil.rmtree(lake.root)
    assert (lake.exists(NAME), lake.version(NAME), lake.files(NAME)) == (False, None, [])
    with pytest.raises(LakeError):
        lake.schema(NAME)
    shutil.copytree(other.root, lake.root)
    assert lake.read(NAME).to_pylist() == [{"name": "b"}]


def test_what_another_process_writes_is_read(tmp_path: Path) -> None:
    one, other = Lake(tmp_path), Lake(tmp_path)
    one.append(NAME, people("a"))
    assert one.read(NAME).num_rows == 1
    other.append(NAME, people("b"))
    assert (one.version(NAME), one.read(NAME).num_rows, one.read(NAME, 0).num_rows) == (1, 2, 1)
    with pytest.raises(LakeError):
        one.read(NAME, 7)


def test_only_the_latest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_tables, "MOST", 2)
    tables, asked = counted(tmp_path)
    for name in "abc":
        Lake(tmp_path).append(name, people(name))
    for name in "abacab":
        tables.at(tmp_path / name)
    assert [name for name, _ in asked] == ["a", "b", "c", "b"]

"""Published versions: hard links, a manifest one can check, an atomic pointer, repair after a kill."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import LakeError
from warehouse.lake import Lake
from warehouse.published import Edition, Published

PERSON, MARRIAGE = "golden/person", "golden/marriage"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.merge(PERSON, pa.table({"hub_id": ["a", "b"], "name": ["张伟", "王芳"]}), None, "hub_id")
    lake.merge(MARRIAGE, None, None, "fact_id", schema=pa.schema([("fact_id", pa.string())]))
    return lake


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "published")


def edition(lake: Lake, commit: int) -> Edition:
    tables = {"person": PERSON, "marriage": MARRIAGE}
    return Edition(
        commit, date(2026, 3, 1), {name: (table, lake.version(table) or 0) for name, table in tables.items()}
    )


def test_a_version_is_links_to_the_lake_and_a_manifest(lake: Lake, published: Published) -> None:
    folder = published.publish(lake, edition(lake, 4))
    [file] = (folder / "person").glob("*.parquet")
    assert file.samefile(lake.files(PERSON)[0]) and pq.read_table(file).num_rows == 2
    manifest = json.loads((published.folder / "current" / "manifest.json").read_text())
    assert (manifest["commit"], manifest["as_of"], published.current()) == (4, "2026-03-01", 4)
    assert {name: entry["rows"] for name, entry in manifest["tables"].items()} == {"person": 2, "marriage": 0}
    assert manifest["tables"]["person"]["lake_version"] == 0 and published.damaged() == []


def test_an_old_version_outlives_the_lakes_vacuum(lake: Lake, published: Published) -> None:
    published.publish(lake, edition(lake, 1))
    lake.merge(PERSON, pa.table({"hub_id": ["a"], "name": ["张玮"]}), None, "hub_id")
    lake.vacuum(PERSON, keep_versions=[], retention_hours=0)
    [file] = (published.folder / "1" / "person").glob("*.parquet")
    assert sorted(pq.read_table(file)["name"].to_pylist()) == ["张伟", "王芳"]


def test_where_links_are_impossible_files_are_copied(
    lake: Lake, published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise OSError("cross-device link")

    monkeypatch.setattr("warehouse.published.os.link", no_links)
    folder = published.publish(lake, edition(lake, 1))
    [file] = (folder / "person").glob("*.parquet")
    assert not file.samefile(lake.files(PERSON)[0]) and published.damaged() == []


def test_damage_is_found_by_checksum(lake: Lake, published: Published) -> None:
    folder = published.publish(lake, edition(lake, 1))
    [file] = (folder / "person").glob("*.parquet")
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:-1] + b"x")
    assert published.damaged() == [f"person/{file.name}"]


def test_the_newest_versions_are_kept(lake: Lake, published: Published) -> None:
    for commit in range(1, 10):
        published.publish(lake, edition(lake, commit))
    assert published.commits() == [3, 4, 5, 6, 7, 8, 9] and published.current() == 9
    with pytest.raises(LakeError, match="no published version 1"):
        published.manifest(1)


def test_publishing_twice_is_once(lake: Lake, published: Published) -> None:
    published.publish(lake, edition(lake, 1))
    before = (published.folder / "1" / "manifest.json").stat().st_mtime_ns
    published.publish(lake, edition(lake, 1))
    assert (published.folder / "1" / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("point", ["building", "rename", "pointer"])
def test_repair_finishes_what_a_kill_interrupted(
    lake: Lake, published: Published, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    published.publish(lake, edition(lake, 1))
    with monkeypatch.context() as patch:
        method = {"building": "warehouse.published._sha256", "rename": "pathlib.Path.rename"}
        patch.setattr(method.get(point, "pathlib.Path.symlink_to"), _killed)
        with pytest.raises(KeyboardInterrupt):
            published.publish(lake, edition(lake, 2))
    assert published.current() == 1 and published.manifest()["commit"] == 1
    assert published.repair(lake, edition(lake, 2)) is True
    assert published.current() == 2 and published.damaged() == []
    assert published.repair(lake, edition(lake, 2)) is False
    assert [path.name for path in published.folder.iterdir() if path.name.startswith(".")] == []


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_nothing_published_yet(lake: Lake, published: Published) -> None:
    assert published.current() is None and published.commits() == []
    with pytest.raises(LakeError):
        published.manifest()

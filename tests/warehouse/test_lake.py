"""The lake: append, merge, partitions, growth, retries, leftovers and killed writers."""

from __future__ import annotations

import os
import threading
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.errors import LakeConflict, LakeError
from warehouse.lake import Lake
from warehouse.lake_commits import commit_properties
from warehouse.table_names import table_folder

T = "current/police/person"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def people(**names: str | None) -> pa.Table:
    return pa.table({"record_id": list(names), "name": pa.array(list(names.values()), pa.string())})


def landed(batch: int, *names: str) -> pa.Table:
    return pa.table({"XM": pa.array(names, pa.string()), "batch": pa.array([batch] * len(names), pa.int64())})


def stored(lake: Lake, name: str = T) -> dict[str, str | None]:
    table = lake.read(name)
    return dict(zip(table["record_id"].to_pylist(), table["name"].to_pylist(), strict=True))


def test_append_streams_and_numbers_versions(lake: Lake) -> None:
    table = landed(1, "张伟", "王芳")
    reader = pa.RecordBatchReader.from_batches(table.schema, iter(table.to_batches(max_chunksize=1)))
    assert lake.append("raw/police/T", reader, metadata={"run": "r1"}) == 0
    assert lake.append("raw/police/T", landed(2, "李娜")) == 1
    assert lake.version("raw/police/T") == 1 and lake.version("raw/police/U") is None
    assert sorted(lake.read("raw/police/T", version=0)["XM"].to_pylist()) == sorted(["张伟", "王芳"])
    assert lake.tables() == ["raw/police/T"] and lake.tables("current") == []


def test_a_reader_that_fails_leaves_nothing(lake: Lake) -> None:
    def broken():
        yield landed(1, "张伟").to_batches()[0]
        raise OSError("source went away")

    reader = pa.RecordBatchReader.from_batches(landed(1).schema, broken())
    with pytest.raises(Exception, match="went away"):
        lake.append("raw/police/T", reader)
    assert not lake.exists("raw/police/T") and lake.files("raw/police/T") == []


def test_the_partition_column_is_int64_in_the_files_whatever_the_reader_assumes(lake: Lake) -> None:
    for batch in (7, 8):
        lake.append("raw/police/T", landed(batch, f"n{batch}"), partition=("batch",))
    files = lake.files("raw/police/T")
    assert all(Path(file).is_absolute() for file in files) and len(files) == 2
    with duckdb.connect() as connection:
        for options in ("", ", hive_partitioning=false", ", hive_partitioning=true, hive_types_autocast=false"):
            query = f"select batch, typeof(batch) from read_parquet(?{options}) order by 1"
            assert connection.execute(query, [files]).fetchall() == [(7, "BIGINT"), (8, "BIGINT")]
    assert lake.schema("raw/police/T").equals(landed(1).schema)
    assert lake.files("raw/police/T", batch=8) == [file for file in files if "=8/" in file]
    assert lake.files("raw/police/T", batch=[7, 8]) == files and lake.files("raw/police/T", batch=[]) == []


def test_new_columns_grow_the_table(lake: Lake) -> None:
    lake.append("raw/police/T", landed(1, "张伟"), partition=("batch",))
    lake.append("raw/police/T", landed(2, "王芳").append_column("XB", pa.array(["2"])), partition=("batch",))
    assert lake.schema("raw/police/T").names == ["XM", "batch", "XB"]
    rows = lake.read("raw/police/T").sort_by("batch").to_pylist()
    assert [row["XB"] for row in rows] == [None, "2"]


def test_odd_text_survives(lake: Lake) -> None:
    texts = ["a\x00b", "䶮", "", " ", "\u200b", "=1+1", "𠮷"]
    lake.append("raw/纸质/表 1", pa.table({"列": texts}))
    assert lake.read("raw/纸质/表 1")["列"].to_pylist() == texts
    assert lake.tables() == ["raw/纸质/表 1"]


def test_an_append_with_a_number_happens_once(lake: Lake) -> None:
    for _ in range(2):
        assert lake.append("raw/police/T", landed(1, "张伟"), idempotency=("land", 1)) == 0
    assert lake.append("raw/police/T", landed(2, "王芳"), idempotency=("land", 2)) == 1
    assert lake.append("raw/police/T", landed(1, "张伟"), idempotency=("land", 1)) == 0
    assert lake.read("raw/police/T").num_rows == 2
    assert lake.append("raw/police/T", landed(4, "d"), idempotency=("land", 4)) == 2
    with pytest.raises(LakeError, match="has taken 4"):
        lake.append("raw/police/T", landed(3, "c"), idempotency=("land", 3))


def test_dropping_a_partition_takes_only_its_rows(lake: Lake) -> None:
    for batch in (1, 2):
        lake.append("raw/police/T", landed(batch, f"n{batch}"), partition=("batch",))
    assert lake.drop_partition("raw/police/T", batch=2)
    assert lake.read("raw/police/T")["batch"].to_pylist() == [1]
    assert not lake.drop_partition("raw/police/T", batch=2) and not lake.drop_partition("raw/x/Y", batch=2)


def test_tables_do_not_nest(lake: Lake) -> None:
    lake.append("raw/police", landed(1, "a"))
    with pytest.raises(LakeError, match="inside another"):
        lake.append("raw/police/T", landed(1, "a"))
    with pytest.raises(LakeError, match="inside another"):
        lake.merge("raw", people(a="x"), None, "record_id")


def test_merge_inserts_updates_and_deletes_in_one_commit(lake: Lake) -> None:
    first = lake.merge(T, people(a="张伟", b="王芳", c="李娜"), None, "record_id")
    assert (first.version, first.inserted) == (0, 3)
    second = lake.merge(T, people(b="王方", d="赵敏"), pa.array(["c", "absent", "c"]), "record_id")
    assert (second.version, second.inserted, second.updated, second.deleted) == (1, 1, 1, 1)
    assert stored(lake) == {"a": "张伟", "b": "王方", "d": "赵敏"}


def test_the_same_merge_twice_leaves_the_same_rows(lake: Lake) -> None:
    lake.merge(T, people(a="x", b="y"), None, "record_id")
    for _ in range(2):
        lake.merge(T, people(b=None, c="z"), pa.array(["a"]), "record_id")
    assert stored(lake) == {"b": None, "c": "z"}
    before = lake.version(T)
    lake.merge(T, people(q="q"), None, "record_id", idempotency=("hub", 1))
    again = lake.merge(T, people(q="other"), None, "record_id", idempotency=("hub", 1))
    assert again.version == before + 1 and stored(lake)["q"] == "q"


def test_merge_takes_readers_and_grows_columns(lake: Lake) -> None:
    lake.merge(T, people(a="x").to_reader(), None, "record_id")
    grown = people(a="y", b="z").append_column("phone", pa.array(["1", None], pa.string()))
    assert lake.merge(T, grown.to_reader(), None, "record_id").updated == 1
    lake.merge(T, people(a="w"), None, "record_id")  # an upsert is the whole row: its phone is gone
    assert sorted(lake.read(T).to_pylist(), key=str) == [
        {"record_id": "a", "name": "w", "phone": None},
        {"record_id": "b", "name": "z", "phone": None},
    ]


def test_nothing_to_merge_writes_no_version(lake: Lake) -> None:
    empty = people()
    assert lake.merge(T, None, None, "record_id", schema=empty.schema).version == 0
    assert lake.merge(T, empty, pa.array([], pa.string()), "record_id").version == 0
    assert lake.read(T).num_rows == 0
    with pytest.raises(LakeError, match="no such table"):
        lake.merge("current/x/person", None, pa.array(["a"]), "record_id")


@pytest.mark.parametrize("existing", [False, True])
@pytest.mark.parametrize(
    ("ids", "gone"), [(["a", "a"], []), (["a", None], []), (["a"], ["a"])], ids=["repeated", "null", "put and deleted"]
)
def test_bad_keys_commit_nothing(lake: Lake, existing: bool, ids: list[str | None], gone: list[str]) -> None:
    if existing:
        lake.merge(T, people(a="old"), None, "record_id")
    bad = pa.table({"record_id": pa.array(ids, pa.string()), "name": pa.array(["n"] * len(ids))})
    with pytest.raises(Exception, match="null or repeated"):
        lake.merge(T, bad, pa.array(gone, pa.string()), "record_id")
    assert (stored(lake) == {"a": "old"}) if existing else not lake.exists(T)


def test_nested_issue_lists_merge(lake: Lake) -> None:
    issues = pa.list_(pa.struct([("field", pa.string()), ("reason", pa.string())]))
    table = people(a="x", b="y").append_column(
        "issues", pa.array([[{"field": "name", "reason": "masked"}], []], issues)
    )
    lake.merge(T, table, None, "record_id")
    lake.merge(T, table.slice(0, 1), pa.array(["b"]), "record_id")
    assert lake.schema(T).field("issues").type.value_type == issues.value_type
    assert lake.read(T)["issues"].to_pylist() == [[{"field": "name", "reason": "masked"}]]


def test_two_writers_do_not_lose_each_others_merges(lake: Lake) -> None:
    lake.merge(T, people(seed="s"), None, "record_id")

    def write(who: str) -> None:
        for number in range(3):
            while True:
                try:
                    lake.merge(T, people(**{f"{who}{number}": who}), None, "record_id")
                    break
                except LakeConflict:
                    continue

    threads = [threading.Thread(target=write, args=(who,)) for who in "xy"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(stored(lake)) == {"seed"} | {f"{who}{number}" for who in "xy" for number in range(3)}


def test_a_conflict_is_transient() -> None:
    from schemas.errors import Transient

    assert issubclass(LakeConflict, Transient)


def test_compact_joins_files_and_keeps_rows(lake: Lake) -> None:
    for batch in range(5):
        lake.append("raw/police/T", landed(batch, f"n{batch}"))
    before = lake.read("raw/police/T").sort_by("batch")
    lake.compact("raw/police/T")
    assert len(lake.files("raw/police/T")) == 1 and lake.read("raw/police/T").sort_by("batch").equals(before)


def test_vacuum_keeps_the_versions_of_manifests(lake: Lake) -> None:
    for text in ("one", "two", "three"):
        lake.merge(T, people(a=text), None, "record_id")
    assert lake.vacuum(T, keep_versions=[1], retention_hours=0) >= 1
    assert lake.read(T, version=1)["name"].to_pylist() == ["two"] and stored(lake) == {"a": "three"}
    assert not Path(lake.files(T, version=0)[0]).exists()


def test_sweep_takes_old_leavings_only(lake: Lake) -> None:
    lake.append("raw/police/T", landed(1, "a"), partition=("batch",))
    folder = table_folder(lake.root, "raw/police/T") / "partition_batch=1"
    stale, fresh = folder / "part-0.parquet#1", folder / "part-1.parquet#1"
    orphan = table_folder(lake.root, "raw/police/NEVER") / "part-0.parquet"
    orphan.parent.mkdir(parents=True)
    for path in (stale, fresh, orphan):
        path.write_bytes(b"half")
    for path in (stale, orphan, *map(Path, lake.files("raw/police/T"))):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert lake.sweep(datetime(2020, 1, 1)) == 2
    assert not stale.exists() and not orphan.exists() and fresh.exists()
    assert lake.read("raw/police/T").num_rows == 1


def test_files_are_small_row_groups_of_zstandard(lake: Lake) -> None:
    lake.append("raw/police/T", landed(1, "a"))
    [file] = lake.files("raw/police/T")
    assert pq.ParquetFile(file).metadata.row_group(0).column(0).compression == "ZSTD"
    assert commit_properties({"a": "b"}, ("x", 1)).app_transactions[0].version == 1

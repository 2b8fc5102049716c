"""A SQLite file as a source: every cell as text, one snapshot, read-only."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from connectors.opening import open_source
from connectors.source import ReadRequest, ReadSettings, Source
from schemas.contract import TableContract
from schemas.errors import SourceBusy, SourceDamaged, SourceDrift, SourceUnreachable
from tests.connectors.contracts import contract, rows, table

PATHS = pytest.mark.parametrize("fast", [True, False], ids=["adbc", "driver"])


def database(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def source(path: Path, *tables: TableContract, fast: bool = True, **settings: int) -> Source:
    return open_source(contract(*tables), f"sqlite:///{path}", ReadSettings(fast=fast, **settings))


PEOPLE = "CREATE TABLE RKXX (RYID INTEGER PRIMARY KEY, XM VARCHAR(50), GXSJ TEXT)"


@PATHS
def test_every_cell_is_text_as_the_source_has_it(tmp_path: Path, fast: bool) -> None:
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE RKXX (RYID INTEGER PRIMARY KEY, XM, GXSJ NUMERIC)",
        "INSERT INTO RKXX VALUES (1, '张' || char(0) || '三', 01), (2, NULL, 1.5), (3, x'00ff', 'late text')",
        "INSERT INTO RKXX VALUES (4, '', '𠮷%:x')",
    )
    extraction = source(path, table(), fast=fast).stream(ReadRequest(table()))
    assert rows(extraction) == [
        {"RYID": "1", "XM": "张\0三", "GXSJ": "1"},
        {"RYID": "2", "XM": None, "GXSJ": "1.5"},
        {"RYID": "3", "XM": "\\x00ff", "GXSJ": "late text"},
        {"RYID": "4", "XM": "", "GXSJ": "𠮷%:x"},
    ]
    assert (extraction.source_rows, extraction.mode, extraction.high_water) == (4, "full", None)


@PATHS
def test_a_column_that_begins_with_nulls_and_numbers_still_carries_text(tmp_path: Path, fast: bool) -> None:
    # ADBC's driver types a column from its first rows and dies on a later text
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE RKXX (RYID INTEGER PRIMARY KEY, XM, GXSJ)",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
        "INSERT INTO RKXX SELECT i, NULL, i FROM n",
        "INSERT INTO RKXX VALUES (9999, '张三', '二〇二六')",
    )
    extraction = source(path, table(), fast=fast).stream(ReadRequest(table(), batch_rows=1000))
    batches = list(extraction)
    assert max(batch.num_rows for batch in batches) <= 1000
    assert pa.Table.from_batches(batches).slice(5000).to_pylist() == [
        {"RYID": "9999", "XM": "张三", "GXSJ": "二〇二六"}
    ]


@PATHS
@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_declared_text_is_believed_of_a_table_and_not_of_a_view(tmp_path: Path, fast: bool, kind: str) -> None:
    # a table's text column stores text, or bytes as given; a view's declared type binds nothing
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE STORED (RYID TEXT, XM VARCHAR(9), GXSJ CLOB)",
        "INSERT INTO STORED VALUES (1, CAST('张三' AS BLOB), 1.5), (2.0, NULL, 3000000000000000000000)",
        "CREATE TABLE LOOSE (RYID, XM, GXSJ)",
        "INSERT INTO LOOSE VALUES (1, CAST('张三' AS BLOB), 1.5), (2.0, NULL, 3000000000000000000000)",
        "CREATE VIEW BOTH AS SELECT * FROM STORED WHERE 0 UNION ALL SELECT * FROM LOOSE",
    )
    one = table("STORED" if kind == "table" else "BOTH")
    assert rows(source(path, one, fast=fast).stream(ReadRequest(one))) == [
        {"RYID": "1", "XM": "张三", "GXSJ": "1.5"},
        {"RYID": "2.0", "XM": None, "GXSJ": "3.0e+21"},
    ]


LAST = {"row number": 9_223_372_036_854_775_807, "its own index": "late", "no row numbers": 1.5, "two columns": "late"}
DECLARED = {
    "row number": "(RYID integer PRIMARY KEY, XM TEXT, GXSJ INTEGER)",
    "its own index": "(RYID INTEGER PRIMARY KEY DESC, XM TEXT, GXSJ INTEGER)",
    "no row numbers": "(RYID INTEGER PRIMARY KEY, XM TEXT, GXSJ INTEGER) WITHOUT ROWID",
    "two columns": "(RYID INTEGER, XM TEXT, GXSJ INTEGER, PRIMARY KEY (RYID, XM))",
}


@PATHS
@pytest.mark.parametrize("kind", DECLARED)
def test_only_the_number_of_the_row_is_read_as_a_number(tmp_path: Path, fast: bool, kind: str) -> None:
    # whatever else is declared INTEGER takes a text or a fraction in its last row
    path = database(
        tmp_path / "a.db",
        f"CREATE TABLE RKXX {DECLARED[kind]}",
        "WITH RECURSIVE n(i) AS (SELECT -3 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) "
        "INSERT INTO RKXX SELECT i, 'a' || i, i FROM n",
    )
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO RKXX VALUES (?, 'last', '二〇二六')", (LAST[kind],))
    one = table()
    found = {row["XM"]: row for row in rows(source(path, one, fast=fast).stream(ReadRequest(one, batch_rows=500)))}
    assert len(found) == 3005
    assert found["a-3"] == {"RYID": "-3", "XM": "a-3", "GXSJ": "-3"}
    assert found["last"] == {"RYID": str(LAST[kind]), "XM": "last", "GXSJ": "二〇二六"}


@PATHS
def test_damaged_bytes_arrive_marked_and_noted(tmp_path: Path, fast: bool) -> None:
    path = database(
        tmp_path / "a.db", PEOPLE, "INSERT INTO RKXX VALUES (1, CAST(x'b9fa' AS TEXT), NULL), (2, '李四', NULL)"
    )
    extraction = source(path, table(), fast=fast).stream(ReadRequest(table()))
    assert [row["XM"] for row in rows(extraction)] == ["\ufffd\ufffd", "李四"]
    assert extraction.notes == ("XM: 1 个值不是 UTF-8 values are not UTF-8 (row 1 first); bad bytes became U+FFFD",)


@PATHS
def test_an_increment_reads_from_the_bound_and_rows_without_a_time(tmp_path: Path, fast: bool) -> None:
    path = database(
        tmp_path / "a.db",
        PEOPLE,
        "INSERT INTO RKXX VALUES (1, 'a', '2026-01-01 00:00:00'), (2, 'b', '2026-01-02 00:00:00'), "
        "(3, 'c', '2026-01-03 00:00:00'), (4, 'd', NULL)",
    )
    moved = table(cursor="GXSJ")
    first = source(path, moved, fast=fast).stream(ReadRequest(moved))
    assert (len(rows(first)), first.high_water, first.mode) == (4, "2026-01-03 00:00:00", "full")
    second = source(path, moved, fast=fast).stream(ReadRequest(moved, since="2026-01-02 00:00:00"))
    assert [row["RYID"] for row in rows(second)] == ["2", "3", "4"]
    assert (second.high_water, second.mode, second.source_rows) == ("2026-01-03 00:00:00", "increment", 3)


@PATHS
@pytest.mark.parametrize(
    ("future", "below"),
    [
        ("2099-12-31 00:00:00", "2026-01-01 00:00:00"),
        ("20991231000000", "20260101000000"),
        ("无", "2026-01-01 00:00:00"),
    ],
)
def test_a_row_from_the_future_does_not_carry_the_watermark_away(
    tmp_path: Path, fast: bool, future: str, below: str
) -> None:
    path = database(tmp_path / "a.db", PEOPLE, f"INSERT INTO RKXX VALUES (1, 'a', '{below}'), (2, 'b', '{future}')")
    moved = table(cursor="GXSJ")
    extraction = source(path, moved, fast=fast).stream(ReadRequest(moved, ceiling=datetime(2026, 6, 1)))
    assert len(rows(extraction)) == 2
    assert extraction.high_water == below


def test_without_a_ceiling_the_sources_own_clock_is_one(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        PEOPLE,
        "INSERT INTO RKXX VALUES (1, 'a', '2001-01-01 00:00:00'), (2, 'b', '9999-12-31 00:00:00')",
    )
    moved = table(cursor="GXSJ")
    extraction = source(path, moved).stream(ReadRequest(moved))
    rows(extraction)
    assert extraction.high_water == "2001-01-01 00:00:00"


def test_a_number_may_be_a_cursor(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.db",
        "CREATE TABLE RKXX (RYID TEXT, XM TEXT, GXSJ INTEGER)",
        "INSERT INTO RKXX VALUES ('a', 'a', 9), ('b', 'b', 10), ('c', 'c', 100)",
    )
    moved = table(cursor="GXSJ")
    extraction = source(path, moved).stream(ReadRequest(moved, since="10"))
    assert [row["RYID"] for row in rows(extraction)] == ["b", "c"]
    assert extraction.high_water == "100"


@PATHS
def test_rows_written_while_streaming_are_not_seen(tmp_path: Path, fast: bool) -> None:
    path = database(
        tmp_path / "a.db",
        PEOPLE,
        "PRAGMA journal_mode = WAL",
        *(f"INSERT INTO RKXX VALUES ({number}, 'a', NULL)" for number in range(100)),
    )
    extraction = source(path, table(), fast=fast).stream(ReadRequest(table(), batch_rows=10))
    batches = iter(extraction)
    seen = next(batches).num_rows
    # another process: two SQLite libraries in one do not see each other's locks
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('DELETE FROM RKXX WHERE RYID > 5'); "
        "c.commit()"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    assert seen + sum(batch.num_rows for batch in batches) == 100


def test_an_awkward_name_is_quoted(tmp_path: Path) -> None:
    awkward = table('人口 "x"; --', ("RY ID", 'na"me', "select", "a:b%c"))
    path = database(
        tmp_path / "a.db",
        'CREATE TABLE "人口 ""x""; --" ("RY ID" TEXT, "na""me" TEXT, "select" TEXT, "a:b%c" TEXT)',
        """INSERT INTO "人口 ""x""; --" VALUES ('1', '2', '3', '4')""",
    )
    for fast in (True, False):
        found = rows(source(path, awkward, fast=fast).stream(ReadRequest(awkward)))
        assert found == [{"RY ID": "1", 'na"me': "2", "select": "3", "a:b%c": "4"}]


def test_new_columns_are_named_and_ignored_ones_not_read(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "CREATE TABLE RKXX (RYID TEXT, XM TEXT, GXSJ TEXT, BZ TEXT, SJHM TEXT)")
    known = table(ignore=("BZ",))
    extraction = source(path, known).stream(ReadRequest(known))
    assert rows(extraction) == []
    assert extraction.new_columns == ("SJHM",)
    assert extraction.schema.names == ["RYID", "XM", "GXSJ"]


def test_a_missing_column_or_table_is_drift_before_any_row(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", "CREATE TABLE RKXX (RYID TEXT, XINGMING TEXT, GXSJ TEXT)")
    with pytest.raises(SourceDrift) as drift:
        source(path, table()).stream(ReadRequest(table()))
    assert drift.value.diff == ("- XM", "+ XINGMING")
    with pytest.raises(SourceDrift) as missing:
        source(path, table("RKX")).stream(ReadRequest(table("RKX")))
    assert missing.value.diff == ("- RKX  (最像 nearest: RKXX)",)


def test_a_missing_file_is_unreachable_and_not_created(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreachable):
        source(tmp_path / "none.db", table()).describe()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "empty", "encrypted"])
def test_what_is_no_database_is_damaged(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.db"
    if kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"" if kind == "empty" else bytes(range(256)) * 64)
    with pytest.raises(SourceDamaged):
        source(path, table()).describe()


@PATHS
def test_a_torn_file_is_damaged_and_says_nothing_of_its_content(tmp_path: Path, fast: bool) -> None:
    path = database(
        tmp_path / "a.db",
        PEOPLE,
        *(f"INSERT INTO RKXX VALUES ({number}, '{'张三' * 200}', NULL)" for number in range(400)),
    )
    whole = path.read_bytes()
    path.write_bytes(whole[:20_000] + b"\xff" * 60_000 + whole[80_000 : len(whole) // 2])
    with pytest.raises(SourceDamaged) as damaged:
        rows(source(path, table(), fast=fast).stream(ReadRequest(table())))
    assert "张" not in str(damaged.value)


def test_a_locked_file_is_busy_and_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", PEOPLE)
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN EXCLUSIVE'); "
        "print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None and holder.stdin is not None
        holder.stdout.readline()
        with pytest.raises(SourceBusy):
            source(path, table(), lock_seconds=1).stream(ReadRequest(table()))
        holder.stdin.close()


@PATHS
def test_a_value_beyond_the_limit_is_refused_with_its_place(tmp_path: Path, fast: bool) -> None:
    path = database(tmp_path / "a.db", PEOPLE, f"INSERT INTO RKXX VALUES (1, 'a', NULL), (2, '{'x' * 2000}', NULL)")
    with pytest.raises(SourceDamaged, match="row 2, column XM is 2,000 bytes"):
        rows(source(path, table(), fast=fast, value_bytes=1000).stream(ReadRequest(table())))


def test_nothing_is_proven_before_the_end(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", PEOPLE, "INSERT INTO RKXX VALUES (1, 'a', NULL)")
    with source(path, table()).stream(ReadRequest(table())) as extraction, pytest.raises(RuntimeError):
        _ = extraction.high_water


def test_the_file_is_untouched(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db", PEOPLE, "INSERT INTO RKXX VALUES (1, 'a', NULL)")
    before = path.read_bytes()
    for fast in (True, False):
        rows(source(path, table(), fast=fast).stream(ReadRequest(table())))
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.db"]

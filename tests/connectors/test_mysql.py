"""MariaDB as a source, on a real server."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import make_url

from connectors.opening import open_source
from connectors.source import ReadRequest, ReadSettings, Source
from schemas.contract import TableContract
from schemas.errors import SourceBusy, SourceDrift, SourceRefused, SourceUnreachable
from tests.connectors.contracts import contract, rows, table
from tests.mariadb import PASSWORD, connect

PEOPLE = (
    "CREATE TABLE RKXX (RYID INT PRIMARY KEY, XM VARCHAR(300), GXSJ DATETIME)",
    "INSERT INTO RKXX SELECT seq, REPEAT('x', 300), '2026-01-01' + INTERVAL seq SECOND FROM seq_1_to_20000",
)


def run(url: str, *statements: str) -> list[Any]:
    with connect(url) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())


def source(url: str, one: TableContract, **settings: int) -> Source:
    return open_source(contract(one), url, ReadSettings(**settings))


def test_every_kind_of_column_arrives_as_text(mariadb_url: str) -> None:
    columns = {
        "id": ("BIGINT PRIMARY KEY", "1", "1"),
        "文本": ("VARCHAR(50)", "'张%三𠮷\\0x'", "张%三𠮷\0x"),
        "old": ("VARCHAR(9) CHARACTER SET gbk", "'李'", "李"),
        "number": ("DECIMAL(20,4)", "1.5", "1.5000"),
        "double": ("DOUBLE", "0.1", "0.1"),
        "day": ("DATE", "'0000-00-00'", "0000-00-00"),
        "stamp": ("TIMESTAMP(3) NULL", "'2026-01-01 00:00:00.123'", "2026-01-01 08:00:00.123"),
        "bytes": ("BLOB", "x'dead'", "\\xdead"),
        "bits": ("BIT(4)", "b'101'", "5"),
        "one": ("ENUM('x','y')", "'x'", "x"),
        "some": ("SET('p','q')", "'p,q'", "p,q"),
        "json": ("JSON", "'{\"a\":1}'", '{"a":1}'),
        "select": ("TIME", "'12:00:00'", "12:00:00"),
        "nothing": ("VARCHAR(9)", "NULL", None),
    }
    declared = ", ".join(f"`{name}` {kind}" for name, (kind, _, _) in columns.items())
    values = ", ".join(value for _, value, _ in columns.values())
    run(
        mariadb_url,
        "SET sql_mode = ''",
        "SET time_zone = '+00:00'",
        f"CREATE TABLE RKXX ({declared})",
        f"INSERT INTO RKXX VALUES ({values})",
    )
    one = table("RKXX", tuple(columns), cursor="stamp")
    extraction = source(mariadb_url, one).stream(ReadRequest(one))
    assert rows(extraction) == [{name: text for name, (_, _, text) in columns.items()}]
    assert extraction.high_water == "2026-01-01 08:00:00.123"


def test_an_increment_reads_from_the_bound_and_rows_without_a_time(mariadb_url: str) -> None:
    run(mariadb_url, *PEOPLE, "INSERT INTO RKXX VALUES (0, 'a', NULL), (-1, 'a', '2099-01-01')")
    one = table(cursor="GXSJ")
    extraction = source(mariadb_url, one).stream(ReadRequest(one, since="2026-01-01 05:33:19"))
    assert sorted(int(row["RYID"]) for row in rows(extraction)) == [-1, 0, 19_999, 20_000]
    assert (extraction.high_water, extraction.mode) == ("2026-01-01 05:33:20", "increment")


def test_rows_written_while_streaming_are_not_seen(mariadb_url: str) -> None:
    run(mariadb_url, *PEOPLE)
    extraction = source(mariadb_url, table()).stream(ReadRequest(table(), batch_rows=500))
    batches = iter(extraction)
    seen = next(batches).num_rows
    run(mariadb_url, "DELETE FROM RKXX WHERE RYID > 100")
    assert seen + sum(batch.num_rows for batch in batches) == 20_000


def test_a_connection_cut_in_mid_stream_is_tried_again_later(mariadb_url: str) -> None:
    run(mariadb_url, *PEOPLE)
    batches = iter(source(mariadb_url, table()).stream(ReadRequest(table(), batch_rows=500)))
    next(batches)
    listed = "SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND db = DATABASE()"
    for (number,) in run(mariadb_url, listed):
        run(mariadb_url, f"KILL {number}")
    with pytest.raises(SourceUnreachable):
        list(batches)


def test_a_stream_given_up_early_lets_go_at_once(mariadb_url: str) -> None:
    run(mariadb_url, *PEOPLE)
    extraction = source(mariadb_url, table()).stream(ReadRequest(table(), batch_rows=100))
    next(iter(extraction))
    begin = time.monotonic()
    extraction.close()
    assert time.monotonic() - begin < 1


def test_a_locked_table_is_busy(mariadb_url: str) -> None:
    run(mariadb_url, *PEOPLE)
    with connect(mariadb_url) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES RKXX WRITE")
        with pytest.raises(SourceBusy):
            source(mariadb_url, table(), lock_seconds=1).stream(ReadRequest(table()))


def test_a_hung_statement_is_given_up_on(mariadb_url: str) -> None:
    run(mariadb_url, "CREATE VIEW RKXX AS SELECT seq AS RYID, 'a' AS XM, SLEEP(1) AS GXSJ FROM seq_1_to_60")
    one = table(cursor="GXSJ")
    with pytest.raises(SourceBusy, match="timeout"):
        source(mariadb_url, one, statement_seconds=1).stream(ReadRequest(one))


@pytest.mark.parametrize("what", ["password", "database"])
def test_who_is_refused_is_told_so_without_the_secret(mariadb_url: str, what: str) -> None:
    url = make_url(mariadb_url)
    url = url.set(password="s3cret-wrong") if what == "password" else url.set(database="nowhere")
    with pytest.raises(SourceRefused) as refused:
        source(url.render_as_string(hide_password=False), table()).describe()
    assert "s3cret-wrong" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_missing_column_is_drift(mariadb_url: str) -> None:
    run(mariadb_url, "CREATE TABLE RKXX (RYID INT, XINGMING TEXT, GXSJ TEXT)")
    with pytest.raises(SourceDrift) as drift:
        source(mariadb_url, table()).stream(ReadRequest(table()))
    assert drift.value.diff == ("- XM", "+ XINGMING")

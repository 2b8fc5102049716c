"""PostgreSQL as a source, on a real server: the same text by both ways, one snapshot, and its bad days."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from connectors.opening import open_source
from connectors.source import ReadRequest, ReadSettings, Source
from schemas.contract import TableContract
from schemas.errors import SourceBusy, SourceDrift, SourceError, SourceRefused, SourceUnreachable
from tests.connectors.contracts import contract, rows, table
from tests.postgres import PASSWORD, plain

PATHS = pytest.mark.parametrize("fast", [True, False], ids=["adbc", "driver"])
KINDS = ("id", "文本", "varying", "number", "real", "day", "moment", "zoned", "bytes", "flag", "json", "list", "fixed")
MANY = """
CREATE TABLE "RKXX" (id bigint PRIMARY KEY, "文本" text, varying varchar(9), number numeric(20, 4), real float8,
  day date, moment timestamp, zoned timestamptz, bytes bytea, flag boolean, json jsonb, list int[], fixed char(5));
INSERT INTO "RKXX" SELECT i, '张%三𠮷' || i, null, i / 3.0, i / 7.0::float8, date '1980-01-01' + i,
  timestamp '2026-01-01 00:00:00' + i * interval '0.5 s', timestamptz '2026-01-01 00:00:00+00' + i * interval '1 min',
  '\\xdead', true, '{"a": 1}', '{1,2}', 'ab' FROM generate_series(1, 200) i;
INSERT INTO "RKXX" (id) VALUES (999);
"""
PEOPLE = """
CREATE TABLE "RKXX" ("RYID" int PRIMARY KEY, "XM" text, "GXSJ" timestamp);
INSERT INTO "RKXX" SELECT i, repeat('x', 300), timestamp '2026-01-01' + i * interval '1 s' FROM
  generate_series(1, 40000) i;
"""


@contextmanager
def connected(url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(plain(make_url(url)), autocommit=True) as connection:
        yield connection


def run(url: str, statements: str) -> None:
    with connected(url) as connection:
        connection.execute(statements)  # type: ignore[arg-type]


def source(url: str, one: TableContract, fast: bool = True, **settings: int) -> Source:
    return open_source(contract(one), url, ReadSettings(fast=fast, **settings))


@pytest.mark.parametrize(
    ("cursor", "high_water"),
    [("moment", "2026-01-01 00:01:40"), ("zoned", "2026-01-01 11:20:00+08"), ("day", "1980-07-19"), ("id", "999")],
)
def test_both_ways_give_the_same_text_and_watermark(postgres_url: str, cursor: str, high_water: str) -> None:
    run(postgres_url, MANY)
    run(postgres_url, "ALTER ROLE postgres SET DateStyle = 'German'; ALTER ROLE postgres SET TimeZone = 'America/Lima'")
    one = table("RKXX", KINDS, cursor=cursor)
    answers = []
    for fast in (True, False):
        whole = source(postgres_url, one, fast).stream(ReadRequest(one))
        found = sorted(rows(whole), key=lambda row: int(row["id"]))
        assert whole.high_water == high_water
        part = source(postgres_url, one, fast).stream(ReadRequest(one, since=whole.high_water))
        answers.append((found, sorted(row["id"] for row in rows(part)), part.high_water, part.mode))
    run(postgres_url, "ALTER ROLE postgres RESET ALL")
    assert answers[0] == answers[1]
    assert answers[0][1] == (["999"] if cursor == "id" else ["200", "999"])
    first = answers[0][0][0]
    assert tuple(first[name] for name in KINDS) == (
        "1", "张%三𠮷1", None, "0.3333", "0.14285714285714285", "1980-01-02", "2026-01-01 00:00:00.5",
        "2026-01-01 08:01:00+08", "\\xdead", "true", '{"a": 1}', "{1,2}", "ab",
    )  # fmt: skip


def test_the_shape_is_the_sources_own(postgres_url: str) -> None:
    run(postgres_url, MANY + 'ANALYZE "RKXX"')
    shape = source(postgres_url, table("RKXX", KINDS)).describe()["RKXX"]
    types = {column.name: column.type for column in shape.columns}
    assert (types["zoned"], types["number"]) == ("TIMESTAMP WITH TIME ZONE", "NUMERIC(20, 4)")
    assert (shape.rows, shape.key) == (201, ("id",))


@PATHS
def test_rows_written_while_streaming_are_not_seen(postgres_url: str, fast: bool) -> None:
    run(postgres_url, PEOPLE)
    extraction = source(postgres_url, table(), fast).stream(ReadRequest(table(), batch_rows=500))
    batches = iter(extraction)
    seen = next(batches).num_rows
    run(postgres_url, 'DELETE FROM "RKXX" WHERE "RYID" > 100')
    assert seen + sum(batch.num_rows for batch in batches) == 40_000 == extraction.source_rows


@PATHS
def test_a_connection_cut_in_mid_stream_is_tried_again_later(postgres_url: str, fast: bool) -> None:
    run(postgres_url, PEOPLE)
    extraction = source(postgres_url, table(), fast).stream(ReadRequest(table(), batch_rows=500))
    batches = iter(extraction)
    next(batches)
    run(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'cityhub' AND datname = current_database()",
    )
    with pytest.raises(SourceUnreachable) as unreachable:
        list(batches)
    assert extraction.failure is unreachable.value
    assert not extraction.exhausted


@PATHS
def test_a_locked_table_is_busy_and_waited_for_no_longer_than_asked(postgres_url: str, fast: bool) -> None:
    run(postgres_url, PEOPLE)
    with connected(postgres_url) as holder, holder.transaction():
        holder.execute('LOCK TABLE "RKXX" IN ACCESS EXCLUSIVE MODE')
        begin = time.monotonic()
        with pytest.raises(SourceBusy, match="locked"):
            source(postgres_url, table(), fast, lock_seconds=1).stream(ReadRequest(table()))
        assert time.monotonic() - begin < 5


@PATHS
def test_a_hung_statement_is_given_up_on(postgres_url: str, fast: bool) -> None:
    run(postgres_url, 'CREATE VIEW "RKXX" AS SELECT 1 AS "RYID", \'a\' AS "XM", pg_sleep(60)::text AS "GXSJ"')
    one = table(cursor="GXSJ")
    with pytest.raises(SourceBusy, match="timeout"):
        source(postgres_url, one, fast, statement_seconds=1).stream(ReadRequest(one))


def test_nothing_can_be_written(postgres_url: str) -> None:
    run(postgres_url, "CREATE SEQUENCE s")
    run(postgres_url, """CREATE VIEW "RKXX" AS SELECT nextval('s') AS "RYID", 'a' AS "XM", 'b' AS "GXSJ" """)
    for fast in (True, False):
        with pytest.raises(SourceError):
            rows(source(postgres_url, table(), fast).stream(ReadRequest(table())))


def test_one_connection_at_a_time_and_none_left(postgres_url: str) -> None:
    run(postgres_url, PEOPLE)
    count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cityhub' AND datname = current_database()"
    with connected(postgres_url) as watch:
        for fast in (True, False):
            opened = source(postgres_url, table(), fast)
            extraction = opened.stream(ReadRequest(table(), batch_rows=500))
            batches = iter(extraction)
            next(batches)
            assert watch.execute(count).fetchone() == (1,)
            extraction.close()
            time.sleep(0.2)
            assert watch.execute(count).fetchone() == (0,)


def test_a_row_from_the_future_does_not_carry_the_watermark_away(postgres_url: str) -> None:
    run(postgres_url, PEOPLE + "INSERT INTO \"RKXX\" VALUES (0, 'a', '2099-12-31')")
    one = table(cursor="GXSJ")
    extraction = source(postgres_url, one).stream(ReadRequest(one, ceiling=datetime(2026, 1, 1, 1)))
    rows(extraction)
    assert extraction.high_water == "2026-01-01 01:00:00"


@pytest.mark.parametrize("what", ["password", "database", "permission"])
def test_who_is_refused_is_told_so_without_the_secret(postgres_url: str, what: str) -> None:
    run(postgres_url, PEOPLE)
    url = make_url(postgres_url)
    if what == "password":
        url = url.set(password="s3cret-wrong")
    elif what == "database":
        url = url.set(database="nowhere")
    else:
        run(postgres_url, "DROP ROLE IF EXISTS guest")
        run(postgres_url, f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
        url = url.set(username="guest")
    with pytest.raises(SourceRefused) as refused:
        source(url.render_as_string(hide_password=False), table()).stream(ReadRequest(table()))
    assert "s3cret-wrong" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_server_that_is_down_is_unreachable(postgres_url: str) -> None:
    url = make_url(postgres_url).set(port=1).render_as_string(hide_password=False)
    with pytest.raises(SourceUnreachable) as down:
        source(url, table()).describe()
    assert PASSWORD not in str(down.value)


def test_a_cursor_that_changed_its_type_is_drift(postgres_url: str) -> None:
    run(postgres_url, PEOPLE)
    one = table(cursor="RYID")
    with pytest.raises(SourceDrift):
        source(postgres_url, one).stream(ReadRequest(one, since="2026-01-01 00:00:00"))

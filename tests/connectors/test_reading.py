"""A whole read of PostgreSQL is proven by the server's own books of that read, or by counting where it has none."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import make_url

from connectors.opening import open_source
from connectors.postgres import Postgres
from connectors.reading import Reading
from connectors.reflection import outline
from connectors.sessions import AdbcSession, DriverSession, Session, open_session
from connectors.source import Outcome, ReadRequest, ReadSettings
from tests.connectors.contracts import contract, rows, table
from tests.postgres import plain

PEOPLE = """CREATE TABLE "RKXX" ("RYID" bigint, "XM" text, "GXSJ" text);
INSERT INTO "RKXX" SELECT i, 'x', 'y' FROM generate_series(1, 100) i;"""
HEIRS = PEOPLE + """CREATE TABLE heir () INHERITS ("RKXX"); INSERT INTO heir VALUES (101, 'x', 'y');"""
PARTS = """CREATE TABLE "RKXX" ("RYID" bigint, "XM" text, "GXSJ" text) PARTITION BY RANGE ("RYID");
CREATE TABLE low PARTITION OF "RKXX" FOR VALUES FROM (0) TO (51);
CREATE TABLE high PARTITION OF "RKXX" FOR VALUES FROM (51) TO (999);
INSERT INTO "RKXX" SELECT i, 'x', 'y' FROM generate_series(1, 100) i;"""
VIEW = PEOPLE.replace('"RKXX"', "hidden") + 'CREATE VIEW "RKXX" AS SELECT * FROM hidden;'
OPENED = {"adbc": open_session, "driver": DriverSession}


def run(url: str, statements: str) -> None:
    with psycopg.connect(plain(make_url(url)), autocommit=True) as connection:
        connection.execute(statements)  # type: ignore[arg-type]


def began(url: str, way: str) -> tuple[Session, Reading, Outcome, sa.Select[Any] | None]:
    """Return the session of a whole read, its statements, its beginning and the question to the server's books."""
    database = Postgres(make_url(url), ReadSettings())
    session: Session = OPENED[way](database)
    assert isinstance(session, AdbcSession if way == "adbc" else DriverSession)
    found = outline(database, session, ("RKXX",))
    assert found is not None
    reading = Reading(database, ReadRequest(table()), found.tables["RKXX"])
    return session, reading, reading.summary(session), database.tally(found.tables["RKXX"].named)


@pytest.mark.parametrize("way", OPENED)
def test_the_servers_books_prove_a_whole_table_without_reading_it_again(postgres_url: str, way: str) -> None:
    run(postgres_url, PEOPLE)
    session, reading, outcome, books = began(postgres_url, way)
    assert books is not None
    assert sum(batch.num_rows for batch in session.stream(reading.rows(), ("RYID", "XM", "GXSJ"), 64)) == 100
    # every counting shows in the books: what arrived whole is not counted again, what did not is
    for arrived, booked in ((100, 100), (99, 200), (0, 300)):
        outcome.rows = arrived
        assert reading.recount(session, outcome) == 100
        assert session.row(books) == (booked,)
    session.close()


@pytest.mark.parametrize("made", [HEIRS, PARTS, VIEW], ids=["heirs", "partitions", "view"])
def test_what_has_no_books_of_its_own_is_counted(postgres_url: str, made: str) -> None:
    run(postgres_url, made)
    session, reading, outcome, _ = began(postgres_url, "adbc")
    assert outcome.source_rows == reading.recount(session, outcome) == (101 if made == HEIRS else 100)
    session.close()


@pytest.mark.parametrize("fast", [True, False], ids=OPENED)
def test_whole_numbers_arrive_as_the_servers_own_digits(postgres_url: str, fast: bool) -> None:
    run(
        postgres_url,
        """CREATE TABLE "RKXX" ("RYID" bigint, "XM" smallint, "GXSJ" integer);
        INSERT INTO "RKXX" VALUES (-9223372036854775808, -32768, -2147483648), (0, NULL, 7), (NULL, 32767, NULL),
          (9223372036854775807, 0, 2147483647)""",
    )
    found = rows(open_source(contract(table()), postgres_url, ReadSettings(fast=fast)).stream(ReadRequest(table())))
    with psycopg.connect(plain(make_url(postgres_url))) as connection:
        texts = connection.execute('SELECT "RYID"::text, "XM"::text, "GXSJ"::text FROM "RKXX"').fetchall()
    assert [tuple(row.values()) for row in found] == texts

"""Sessions share one closed database and see nothing of each other, nor of what is outside."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from engine.databases import own_database, shared_database

SETTINGS = {"memory_limit": "100MB", "threads": "1"}


def test_what_a_session_makes_goes_with_it() -> None:
    with shared_database(SETTINGS) as first, shared_database(SETTINGS) as second:
        for number, connection in enumerate((first, second)):
            connection.execute(f"CREATE TABLE t AS SELECT {number} AS n")
        assert [one.execute("FROM t").fetchall() for one in (first, second)] == [[(0,)], [(1,)]]
    with shared_database(SETTINGS) as third:
        assert third.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
        assert third.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchall() == [(2,)]


def test_a_session_that_fails_leaves_nothing() -> None:
    with pytest.raises(duckdb.Error), shared_database(SETTINGS) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n")
        connection.execute("SELECT CAST('x' AS DATE)")
    with shared_database(SETTINGS) as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("FROM t")


@pytest.mark.parametrize("statement", ["SET threads = 2", "ATTACH '{folder}/x.db'", "COPY (SELECT 1) TO '{folder}/x'"])
def test_both_kinds_are_closed(tmp_path: Path, statement: str) -> None:
    asked = statement.format(folder=tmp_path)
    for opened in (shared_database(SETTINGS), own_database(SETTINGS, [])):
        with opened as connection, pytest.raises(duckdb.Error):
            connection.execute(asked)

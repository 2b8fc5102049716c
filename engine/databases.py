"""Databases for sessions: one of its own where files must be read, else a room in one that is shared and closed.

Opening DuckDB costs 11 ms of processor time, for it enters all of its functions in a new catalog; a run over one
city opens hundreds of sessions. An attached in-memory database costs half a millisecond.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache

import duckdb

from engine.quoting import literals, quote

Settings = Mapping[str, str]
_NUMBERS = itertools.count()


@contextmanager
def own_database(settings: Settings, files: list[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database that can read `files` and nothing else outside, and whose settings are locked."""
    connection = _opened(settings, files)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def shared_database(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open an empty database inside one that this process keeps, which can read nothing outside at all.

    What is registered is seen by this connection alone; what is created goes with it. `memory_limit` holds for all
    that are open at a time together.
    """
    connection = _kept(tuple(settings.items()), os.getpid()).cursor()
    name = quote(f"session {next(_NUMBERS)}")
    connection.execute(f"ATTACH ':memory:' AS {name}")
    try:
        connection.execute(f"USE {name}")
        yield connection
    finally:
        connection.execute("USE memory")
        connection.execute(f"DETACH {name}")
        connection.close()


@lru_cache(maxsize=2)
def _kept(settings: tuple[tuple[str, str], ...], process: int) -> duckdb.DuckDBPyConnection:
    """Keep the latest databases. The threads of one do not survive a fork, hence one for each process."""
    return _opened(dict(settings), [])


def _opened(settings: Settings, files: list[str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=dict(settings))
    if files:
        connection.execute(f"SET allowed_paths = [{literals(files)[1:-1]}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection

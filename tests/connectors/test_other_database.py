"""Databases known by their dialect alone: what Oracle and SQL Server are asked, and a real read by a strange name.

No Oracle and no SQL Server runs here: their statements are compared word by word, their drivers only knock at a closed
door. The standard path reads a real PostgreSQL under the name of a dialect that the house has never heard of.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, oracle, registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from connectors.failures import classify
from connectors.opening import open_source
from connectors.other_database import Oracle, SqlServer
from connectors.source import ReadRequest, ReadSettings
from schemas.errors import SourceRefused, SourceUnreachable
from tests.connectors.contracts import contract, rows, table


class Kingly(PGDialect_psycopg):
    """A dialect as makers of databases publish it: PostgreSQL's, under another name."""

    name = "kingly"
    supports_statement_cache = True


registry.register("kingly", __name__, "Kingly")


CURSORS = [
    ("timestamp", ("2026-01-01 08:00:00", "2026-01-02 08:00:00")),
    ("integer", ("1", "2")),
    ("varchar(20)", ("20260101", "20260102")),
]


@pytest.mark.parametrize("kind", CURSORS, ids=lambda kind: kind[0])
def test_a_database_nobody_here_knows_is_read_by_its_dialect(
    postgres_url: str, kind: tuple[str, tuple[str, str]]
) -> None:
    declared, values = kind
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f'CREATE TABLE "RKXX" ("RYID" int, "XM" text, "GXSJ" {declared}, "B" bytea)')
        for number, value in enumerate(values):
            connection.exec_driver_sql(
                f"""INSERT INTO "RKXX" VALUES ({number}, '张%%三𠮷', '{value}', '\\xdead')"""
            )
    engine.dispose()
    one = table("RKXX", ("RYID", "XM", "GXSJ"), cursor="GXSJ")
    url = postgres_url.replace("postgresql+psycopg://", "kingly://")
    whole = open_source(contract(one), url).stream(ReadRequest(one))
    assert sorted(row["RYID"] for row in rows(whole)) == ["0", "1"]
    assert whole.high_water == values[1]
    part = open_source(contract(one), url).stream(ReadRequest(one, since=whole.high_water))
    assert rows(part) == [{"RYID": "1", "XM": "张%三𠮷", "GXSJ": values[1]}]
    assert part.mode == "increment"


@pytest.mark.parametrize(
    ("declared", "kind", "text"),
    [
        ("VARCHAR2(20 CHAR)", sa.String(), '"C"'),
        ("NUMBER(10, 2)", sa.Numeric(), """to_char("C", 'TM9')"""),
        ("DATE", oracle.DATE(), 'to_char("C")'),
        ("TIMESTAMP", sa.DateTime(), 'to_char("C")'),
        ("RAW(16)", oracle.RAW(16), """'\\x' || lower(rawtohex("C"))"""),
        ("CLOB", sa.Text(), '"C"'),
    ],
)
def test_what_oracle_is_asked(declared: str, kind: Any, text: str) -> None:
    asked = Oracle(sa.make_url("oracle+oracledb://h"), ReadSettings()).text_of(
        sa.column("C", kind, _selectable=None), declared
    )
    assert written(asked, oracle.dialect()) == text.replace('"C"', written(sa.column("C"), oracle.dialect()))


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ("NVARCHAR(20)", "convert(NVARCHAR(MAX), [C])"),
        ("DATETIME2", "convert(NVARCHAR(MAX), [C], 121)"),
        ("FLOAT", "convert(NVARCHAR(MAX), [C], 3)"),
        ("VARBINARY(8)", "'\\x' + lower(convert(VARCHAR(MAX), [C], 2))"),
    ],
)
def test_what_sql_server_is_asked(declared: str, text: str) -> None:
    asked = SqlServer(sa.make_url("mssql+pymssql://h"), ReadSettings()).text_of(sa.column("C"), declared)
    dialect = mssql.dialect()
    assert written(asked, dialect).replace("[C]", "C") == text.replace("[C]", "C")


def written(element: sa.ColumnElement[Any], dialect: sa.Dialect) -> str:
    return str(element.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


@pytest.mark.parametrize("start", ["oracle", "mssql"])
def test_a_closed_door_is_unreachable_and_the_password_stays_here(start: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    url = f"{start}://reader:s3cret@127.0.0.1:{port}/{'?service_name=x' if start == 'oracle' else 'x'}"
    with pytest.raises(SourceUnreachable) as down:
        open_source(contract(table()), url, ReadSettings(connect_seconds=3)).describe()
    assert "s3cret" not in str(down.value)


class OracleError:
    def __init__(self, full_code: str) -> None:
        self.full_code = full_code


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (Exception(OracleError("ORA-01017")), "refused"),
        (Exception(OracleError("ORA-00942")), "drift"),
        (Exception(OracleError("ORA-01555")), "busy"),
        (Exception(OracleError("DPY-6005")), "unreachable"),
    ],
)
def test_what_oracle_says_has_its_kind(error: Exception, kind: str) -> None:
    assert classify(error)[0] == kind


@pytest.mark.parametrize(("number", "kind"), [(18456, "refused"), (208, "drift"), (1222, "busy"), (3952, "refused")])
def test_what_sql_server_says_has_its_kind(number: int, kind: str) -> None:
    import pymssql

    assert classify(pymssql.OperationalError(number, b"words that are never passed on"))[0] == kind


def test_a_driver_that_is_not_installed_is_named_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="psycopg2") as refused:
        open_source(contract(table()), "postgresql+psycopg2://u:hunter2@h/d")
    assert "hunter2" not in str(refused.value)
    with pytest.raises(SourceRefused, match="unknown kind of source: dm"):
        open_source(contract(table()), "dm://u:hunter2@h/d")

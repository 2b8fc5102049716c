"""A log of changes as the increment of a table, on each kind of database: what it names, forgets, and has lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, ReadSettings
from schemas.contract import ChangeLog, TableContract
from schemas.errors import SourceDrift
from tests.connectors.contracts import contract, rows, table

LOG = ChangeLog("RKXX_LOG", ("RYID",), "CZ", "BH", overlap=0)
PEOPLE = replace(table("RKXX", ("RYID", "XM")), changes=LOG)
KINDS = ("SQLite", "PostgreSQL", "MariaDB")


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with three people; its log says how they came."""
    fixtures = {"PostgreSQL": "postgres_url", "MariaDB": "mariadb_url"}
    named = fixtures.get(request.param)
    found = request.getfixturevalue(named) if named else f"sqlite:///{tmp_path / 'a.db'}"
    do(
        found,
        "CREATE TABLE RKXX (RYID VARCHAR(20), XM VARCHAR(20))",
        "CREATE TABLE RKXX_LOG (BH BIGINT, RYID VARCHAR(20), CZ VARCHAR(6))",
        *(f"INSERT INTO RKXX VALUES ('{key}', '{key}0')" for key in "abc"),
        *(f"INSERT INTO RKXX_LOG VALUES ({number}, '{key}', 'I')" for number, key in enumerate("abc", start=1)),
    )
    return str(found)


def do(url: str, *statements: str) -> None:
    """Run statements written with bare capital names, which every database here is told to keep."""
    engine = sa.create_engine(url)
    quote = engine.dialect.identifier_preparer.quote_identifier
    with engine.begin() as connection:
        for statement in statements:
            words = (
                quote(word) if word.rstrip("(,)") in NAMES else word
                for word in statement.replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split()
            )
            connection.exec_driver_sql(" ".join(words))
    engine.dispose()


NAMES = {"RKXX", "RKXX_LOG", "RYID", "XM", "BH", "CZ", "JZD"}


def read(url: str, since: str | None = None, one: TableContract = PEOPLE, **more: object) -> Extraction:
    settings = ReadSettings(**more)  # type: ignore[arg-type]
    return open_source(contract(one), url, settings).stream(ReadRequest(one, since=since))


def keys(extraction: Extraction) -> tuple[list[str], list[str]]:
    """Return the keys of rows that came, and of those that are known to have gone."""
    came = sorted(row["RYID"] for row in rows(extraction))
    return came, sorted(key for part in extraction.gone for key in part.column("RYID").to_pylist())


def test_the_first_read_is_whole_and_remembers_how_far_the_log_reached(url: str) -> None:
    extraction = read(url)
    assert keys(extraction) == (["a", "b", "c"], [])
    assert (extraction.mode, extraction.high_water) == ("full", "3")


@pytest.mark.parametrize("fast", [True, False], ids=["adbc", "driver"])
def test_an_increment_reads_what_the_log_names_once_each(url: str, fast: bool) -> None:
    do(
        url,
        "UPDATE RKXX SET XM = 'b1' WHERE RYID = 'b'",
        "DELETE FROM RKXX WHERE RYID = 'c'",
        "INSERT INTO RKXX VALUES ('d', 'd0')",
        *(f"INSERT INTO RKXX_LOG VALUES ({n}, '{k}', '{o}')" for n, k, o in
          ((4, "b", "U"), (5, "b", "U"), (6, "c", "D"), (7, "d", "I"))),
    )  # fmt: skip
    extraction = read(url, "3", fast=fast)
    assert keys(extraction) == (["b", "d"], ["c"])
    assert (extraction.mode, extraction.high_water, extraction.source_rows) == ("increment", "7", 2)


def test_nothing_new_in_the_log_is_an_empty_increment(url: str) -> None:
    extraction = read(url, "3")
    assert keys(extraction) == ([], [])
    assert (extraction.mode, extraction.high_water) == ("increment", "3")


def test_what_a_row_is_now_is_asked_of_the_table_not_of_the_log(url: str) -> None:
    """Deleted and written again, and a deletion that the log calls an update: both are as the table says."""
    do(
        url,
        "DELETE FROM RKXX WHERE RYID = 'b'",
        "INSERT INTO RKXX_LOG VALUES (4, 'a', 'D')",
        "INSERT INTO RKXX_LOG VALUES (5, 'b', 'U')",
    )
    assert keys(read(url, "3")) == (["a"], ["b"])


def test_a_number_that_shows_up_late_lies_within_the_overlap(url: str) -> None:
    do(url, "INSERT INTO RKXX_LOG VALUES (5, 'b', 'U')")
    assert keys(read(url, "3")) == (["b"], [])
    do(url, "INSERT INTO RKXX_LOG VALUES (4, 'c', 'U')")  # drawn earlier, committed later
    late = replace(PEOPLE, changes=replace(LOG, overlap=2))
    assert keys(read(url, "5", late)) == (["b", "c"], [])


@pytest.mark.parametrize("left", ["emptied", "begun anew", "cut"])
def test_a_log_that_no_longer_reaches_back_makes_the_read_whole(url: str, left: str) -> None:
    numbers = {"emptied": (), "begun anew": (1, 2), "cut": (9, 10)}[left]
    do(url, "DELETE FROM RKXX_LOG", *(f"INSERT INTO RKXX_LOG VALUES ({number}, 'a', 'U')" for number in numbers))
    extraction = read(url, "3")
    assert keys(extraction) == (["a", "b", "c"], [])
    assert (extraction.mode, extraction.high_water) == ("full", str(max(numbers, default=3)))
    assert "no longer reaches back" in extraction.notes[0]


def test_key_and_log_may_declare_the_key_differently(url: str) -> None:
    do(
        url,
        "DROP TABLE RKXX_LOG",
        "CREATE TABLE RKXX_LOG (BH VARCHAR(12), JZD INTEGER, CZ VARCHAR(6))",
        "INSERT INTO RKXX VALUES ('17', 'x')",
        "INSERT INTO RKXX_LOG VALUES ('000000000002', 17, 'I')",
        "INSERT INTO RKXX_LOG VALUES ('000000000003', 18, 'D')",
        "INSERT INTO RKXX_LOG VALUES ('000000000001', 16, 'D')",
    )
    one = replace(PEOPLE, changes=replace(LOG, key=("JZD",)))
    extraction = read(url, "1", one)
    assert [row["RYID"] for row in rows(extraction)] == ["17"]
    assert [key for part in extraction.gone for key in part.column(0).to_pylist()] == ["18"]
    assert extraction.high_water == "3"


@pytest.mark.parametrize("lost", ["table", "column"])
def test_a_log_that_changed_its_form_is_drift(url: str, lost: str) -> None:
    do(url, "DROP TABLE RKXX_LOG")
    if lost == "column":
        do(url, "CREATE TABLE RKXX_LOG (BH BIGINT, RYID VARCHAR(9))")
    with pytest.raises(SourceDrift) as drift:
        read(url, "3")
    assert drift.value.diff[0].startswith("- CZ" if lost == "column" else "- RKXX_LOG")

"""The hub database: transactions, snapshots, migrations, bulk loading, and what its errors do not say."""

from __future__ import annotations

import threading
import traceback
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import BigInteger, Boolean, Column, Date, MetaData, Table, Text, func, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

import warehouse.resolve_index  # their tables belong to the same metadata
import warehouse.serving_feeds  # noqa: F401
from schemas.errors import LedgerBusy, LedgerError
from tests.warehouse.conftest import Hub
from warehouse.database import Database
from warehouse.ledger_tables import metadata

resident = Table(
    "resident",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    Column("name", Text),
    Column("born", Date),
    Column("anchored", Boolean),
)


@pytest.fixture
def table(hub: Hub) -> Table:
    with hub.database.write() as connection:
        resident.create(connection)
    return resident


def test_migrating_twice_is_harmless_and_matches_the_declared_tables(hub: Hub) -> None:
    hub.database.migrate()
    with hub.database.write() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, *_: name != "alembic_version"}
        )
        assert compare_metadata(context, metadata) == []


def test_the_password_is_not_shown() -> None:
    database = Database("postgresql://clerk:s3cret@localhost/hub")
    assert "s3cret" not in repr(database) and "clerk" in repr(database)
    assert database.url.drivername == "postgresql+psycopg"


def test_other_databases_are_refused() -> None:
    with pytest.raises(LedgerError, match="oracle"):
        Database("oracle://u:pw@h/d")


def test_an_unreachable_server_is_an_error_without_its_password() -> None:
    with pytest.raises(LedgerError) as caught, Database("postgresql://u:s3cret@127.0.0.1:1/d").read():
        pass
    assert "s3cret" not in str(caught.value)


def test_a_failed_write_leaves_nothing(hub: Hub, table: Table) -> None:
    with pytest.raises(RuntimeError), hub.database.write() as connection:
        connection.execute(insert(table).values(id=1))
        raise RuntimeError
    with hub.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 0


def test_a_reader_cannot_write(hub: Hub, table: Table) -> None:
    with pytest.raises((SQLAlchemyError, LedgerError)), hub.database.read() as connection:
        connection.execute(insert(table).values(id=1))
    with hub.database.write() as connection:  # and its connection can write again afterwards
        connection.execute(insert(table).values(id=1))


def test_a_reader_sees_one_snapshot(hub: Hub, table: Table) -> None:
    count = select(func.count()).select_from(table)
    with hub.database.read() as connection:
        assert connection.execute(count).scalar_one() == 0
        with hub.database.write() as writer:
            writer.execute(insert(table).values(id=1))
        assert connection.execute(count).scalar_one() == 0
    with hub.database.read() as connection:
        assert connection.execute(count).scalar_one() == 1


def test_writers_queue_up(hub: Hub, table: Table) -> None:
    def add(number: int) -> None:
        with hub.database.write() as connection:
            if not hub.database.is_sqlite:
                connection.execute(text("LOCK TABLE resident"))
            highest = connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
            connection.execute(insert(table).values(id=highest + 1, name=str(number)))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with hub.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 8


def test_a_locked_database_is_a_transient_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.database.BUSY_SECONDS", 0.05)
    url = f"sqlite:///{tmp_path}/hub.sqlite"
    with Database(url).write(), pytest.raises(LedgerBusy), Database(url).write():
        pass


def test_bulk_loading_keeps_types_nulls_and_odd_text(hub: Hub, table: Table) -> None:
    names = ["张伟", None, "", 'a"b,c\nd', "䶮\\N", "\\.", "nul\x00here", "  "]
    rows = pa.table(
        {
            "id": pa.array(range(len(names)), pa.int64()),
            "name": pa.array(names, pa.string()),
            "born": pa.array([date(1980, 1, 2), None] * 4, pa.date32()),
            "anchored": pa.array([True, False, None, True] * 2, pa.bool_()),
        }
    )
    with hub.database.write() as connection:
        assert hub.database.load(connection, table, rows.slice(0, 3)) == 3
        assert hub.database.load(connection, table, rows.slice(3).to_reader(max_chunksize=2)) == 5
    with hub.database.read() as connection:
        found = connection.execute(select(table).order_by(table.c.id)).all()
    assert [row.name for row in found] == [name and name.replace("\x00", "␀") for name in names]
    assert [row.born for row in found] == rows["born"].to_pylist()
    assert [row.anchored for row in found] == rows["anchored"].to_pylist()


@pytest.mark.parametrize("way", ["statement", "bulk"])
def test_errors_do_not_show_values(hub: Hub, table: Table, way: str) -> None:
    rows = pa.table({"id": [130302, 130302], "name": ["张伟", "王芳"]})
    with pytest.raises(LedgerError) as caught, hub.database.write() as connection:
        if way == "bulk":
            hub.database.load(connection, table, rows)
        else:
            connection.execute(insert(table), rows.to_pylist())
    shown = "".join(traceback.format_exception(caught.value))
    assert "Unique" in shown or "UNIQUE" in shown
    assert not any(value in shown.split("LedgerError")[-1] for value in ("张伟", "王芳", "130302"))
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_question_is_answered_outside_a_transaction_and_its_errors_tell_no_values(hub: Hub, table: Table) -> None:
    with hub.database.write() as connection:
        connection.execute(insert(table), [{"id": 1, "name": "王伟"}, {"id": 2, "name": "李娜"}])
    question = text("SELECT id, name FROM resident WHERE name = :name OR id = :id ORDER BY id")
    columns = question.columns(table.c.id, table.c.name)
    for _ in range(7):
        assert hub.database.ask(columns, {"name": "王伟", "id": 2}) == [(1, "王伟"), (2, "李娜")]
    with pytest.raises(LedgerError) as caught:
        hub.database.ask(text("SELECT id FROM nowhere WHERE id = :id").columns(table.c.id), {"id": 130302})
    assert "130302" not in str(caught.value)
    with hub.database.write() as connection:  # the connection that was asked is fit for a transaction again
        connection.execute(insert(table), [{"id": 3}])
        connection.rollback()
    assert len(hub.database.ask(text("SELECT id FROM resident").columns(table.c.id), {})) == 2

"""Building a table's next state beside the live one, and renaming it into the live one's place."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, MetaData, Select, Table, exists, func, insert, literal_column, select

from warehouse.database import Database
from warehouse.fences import Fence, check_fence
from warehouse.serving_tables import Generation, ServedTable
from warehouse.staged_tables import staged_gone
from warehouse.staging import CHUNK_ROWS, Staged


def build_beside(database: Database, fence: Fence, served: ServedTable, part: Staged) -> Generation:
    """Build `next_<table>`: the live rows that stay plus the staged ones, then its indexes; return their generation.

    Short transactions on SQLite, so that other writers get their turn; the caller holds the fence throughout.
    """
    with database.write() as connection:
        check_fence(connection, fence)
        generation: Generation = "a" if served.generation(connection) == "b" else "b"
        drop_if_there(connection, served.next_name)
        drop_if_there(connection, served.old_name)
        following = served.keyed(served.next_name, generation)
        following.create(connection)
    sources = [select(*served.staged.c)]
    if not part.whole:
        sources.append(_staying(served))
    for source in sources:
        for query in _parts(database, source):
            with database.write() as connection:
                check_fence(connection, fence)
                connection.execute(insert(following).from_select(served.schema.names, query))
    for index in served.indexes(following, generation):
        with database.write() as connection:
            check_fence(connection, fence)
            index.create(connection)
    if not database.is_sqlite:
        with database.write() as connection:
            connection.exec_driver_sql(f"ANALYZE {_quoted(connection, served.next_name)}")
    return generation


def rename_into_place(connection: Connection, served: ServedTable) -> None:
    """Make `next_<table>` the live table and the live one `old_<table>`, inside the caller's transaction."""
    for before, after in ((served.name, served.old_name), (served.next_name, served.name)):
        connection.exec_driver_sql(f"ALTER TABLE {_quoted(connection, before)} RENAME TO {_quoted(connection, after)}")


def drop_if_there(connection: Connection, name: str) -> None:
    """Drop the table if it exists."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_quoted(connection, name)}")


def _staying(served: ServedTable) -> Select[tuple[object, ...]]:
    """Return the live rows that are neither replaced nor removed."""
    live, staged = served.live, served.staged
    key = live.c[served.key]
    replaced = exists().where(staged.c[served.key] == key)
    removed = exists().where(staged_gone.c.label == served.label, staged_gone.c.id == key)
    return select(*live.c).where(~replaced, ~removed)


def _parts(database: Database, query: Select[tuple[object, ...]]) -> Iterator[Select[tuple[object, ...]]]:
    """Yield the query in parts by SQLite's rowid; PostgreSQL's readers and writers do not mind it whole."""
    if not database.is_sqlite:
        yield query
        return
    table = query.get_final_froms()[0]
    assert isinstance(table, Table)
    rowid: ColumnElement[int] = literal_column(f'"{table.name}".rowid')
    with database.read() as connection:
        last = connection.execute(select(func.max(rowid)).select_from(table)).scalar_one() or 0
    for start in range(1, last + 1, CHUNK_ROWS):
        yield query.where(rowid.between(start, start + CHUNK_ROWS - 1))


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.format_table(Table(name, MetaData()))

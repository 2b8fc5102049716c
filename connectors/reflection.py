"""What tables a database has and how it declares their columns, asked of its catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from connectors.database_kind import Database
from connectors.reading import ReflectedTable
from connectors.sessions import Session
from connectors.source import ColumnShape, TableShape


@dataclass(frozen=True)
class Reflection:
    """Tables by the name the contract gives them; `names` are all the database has, asked only where it matters."""

    shapes: dict[str, TableShape] = field(default_factory=dict)
    tables: dict[str, ReflectedTable] = field(default_factory=dict)
    names: tuple[str, ...] = ()


class NamedType(sa.types.UserDefinedType[Any]):
    """A type known by the name the database gives it: enough to cast to."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name

    def literal_processor(self, dialect: sa.Dialect) -> Any:
        text = sa.String().literal_processor(dialect)
        return lambda value: str(value) if isinstance(value, int) else text(value) if text else repr(value)


def outline(database: Database, session: Session, wanted: Iterable[str]) -> Reflection | None:
    """Return the wanted tables with their columns, asked in the session itself; None where one is not there, or where
    the database has no short way to ask."""
    found = Reflection()
    for one in wanted:
        query = database.outline(one)
        names, kinds, own = (session.row(query) or (None, None, None)) if query is not None else (None, None, None)
        if not names:
            return None
        schema, _, name = ("", "", one) if own else one.partition(".")
        declared = dict(zip(names, kinds, strict=True))
        types = {column: NamedType(kind) for column, kind in declared.items()}
        named = sa.table(name, *(sa.column(column, kind) for column, kind in types.items()), schema=schema or None)
        plain = database.plain_columns(None, named, declared)
        found.tables[one] = ReflectedTable(named, dict(types), declared, plain)
        found.shapes[one] = TableShape(one, tuple(ColumnShape(column, kind) for column, kind in declared.items()))
    return found


def reflect(database: Database, wanted: Iterable[str], outline: bool = False) -> Reflection:
    """Return those of the wanted tables that exist. `outline`: columns alone, without key and estimate of rows."""
    database.examine()
    engine = database.engine()
    try:
        with engine.connect() as connection:
            database.begin(connection)
            return _reflected(database, connection, tuple(wanted), outline)
    finally:
        engine.dispose()


def _reflected(database: Database, connection: sa.Connection, wanted: tuple[str, ...], outline: bool) -> Reflection:
    inspector, found, names = sa.inspect(connection), Reflection(), _Names(connection)
    for one in wanted:
        name, schema = _split(one, names)
        columns = _columns(inspector, name, schema)
        if columns is None:
            continue
        types = {column["name"]: column["type"] for column in columns}
        named = sa.table(name, *(sa.column(column, kind) for column, kind in types.items()), schema=schema)
        declared = {column: _declared(kind, connection.dialect) for column, kind in types.items()}
        plain = database.plain_columns(connection, named, declared)
        found.tables[one] = ReflectedTable(named, types, declared, plain)
        shapes = tuple(ColumnShape(c["name"], declared[c["name"]], bool(c.get("nullable", True))) for c in columns)
        if outline:
            found.shapes[one] = TableShape(one, shapes)
            continue
        key = inspector.get_pk_constraint(name, schema=schema).get("constrained_columns") or ()
        found.shapes[one] = TableShape(one, shapes, _estimate(database, connection, named), tuple(key))
    missing = any(one not in found.shapes for one in wanted)
    return Reflection(found.shapes, found.tables, names.all if missing else ())


class _Names:
    """The names of all tables and views, asked once and only where something depends on them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._inspector = sa.inspect(connection)
        self._found: tuple[str, ...] | None = None

    @property
    def all(self) -> tuple[str, ...]:
        if self._found is None:
            self._found = tuple(sorted({*self._inspector.get_table_names(), *self._inspector.get_view_names()}))
        return self._found


def _columns(inspector: sa.Inspector, name: str, schema: str | None) -> list[Any] | None:
    """Return the columns of a table or view; None where it does not exist."""
    try:
        columns: list[Any] = list(inspector.get_columns(name, schema=schema))
    except sa.exc.NoSuchTableError:
        return None
    return columns if columns or inspector.has_table(name, schema=schema) else None


def _split(name: str, names: _Names) -> tuple[str, str | None]:
    """Return (table, schema) of a contract's table name; a dot may also be part of a plain name."""
    schema, dot, table = name.partition(".")
    return (table, schema) if dot and name not in names.all else (name, None)


def _declared(kind: Any, dialect: sa.Dialect) -> str:
    try:
        return str(kind.compile(dialect=dialect))
    except sa.exc.CompileError:
        return "" if isinstance(kind, sa.types.NullType) else type(kind).__name__


def _estimate(database: Database, connection: sa.Connection, table: sa.TableClause) -> int | None:
    query = database.estimate(table)
    if query is None:
        return None
    try:
        with connection.begin_nested():
            found = connection.execute(query).scalar()
    except sa.exc.DBAPIError:
        return None  # a view has no such number; an estimate is a courtesy
    return int(found) if isinstance(found, int) and found >= 0 else None

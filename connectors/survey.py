"""What a source that no contract describes yet has to offer: its tables, or its files, with their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from connectors.database import DatabaseSource
from connectors.failures import Place, source_error
from connectors.opening import open_source
from connectors.source import ReadSettings, Source, TableShape
from schemas.contract import Contract, Schedule, TableContract
from schemas.errors import SourceDamaged

_SYSTEM = ("information_schema", "pg_")


@dataclass(frozen=True)
class Offered:
    """One table on offer; `contract` reads all of its columns, whatever they mean."""

    shape: TableShape
    contract: TableContract


@dataclass
class Survey:
    """A source open for looking: `tables` by name; `unread`, files that could not be opened, each with the reason."""

    url: str
    tables: dict[str, Offered] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)

    def open(self, settings: ReadSettings | None = None) -> Source:
        """Return the source that streams the tables on offer."""
        return open_source(probe(tuple(one.contract for one in self.tables.values())), self.url, settings)


def survey_database(url: str, settings: ReadSettings | None = None) -> Survey:
    """Return the tables and views of the database at `url`. Raises a SourceError when it cannot be reached or read."""
    source = open_source(probe(()), url, settings)
    assert isinstance(source, DatabaseSource)
    try:
        names = _table_names(source)
    except Exception as error:
        raise source_error(error, PLACE) from None
    listed = probe(tuple(TableContract(name, (), ()) for name in names))
    shapes = open_source(listed, url, settings).describe()
    found = {name: Offered(shape, all_columns(shape)) for name, shape in shapes.items() if shape.columns}
    if not found:
        detail = "库里没有可读的表 the database has no table that we may read"
        raise SourceDamaged(
            PLACE.department,
            PLACE.connection,
            detail,
            next_step="检查库名和权限 check the database's name and the rights",
        )
    return Survey(url, found)


def _table_names(source: DatabaseSource) -> list[str]:
    """Return tables and views: of the default schema by their name, of other schemas as `schema.table`."""
    database = source._database  # the survey is of the same room as the source
    database.examine()
    engine = database.engine()
    try:
        with engine.connect() as connection:
            database.begin(connection)
            inspector = sa.inspect(connection)
            names = {*inspector.get_table_names(), *inspector.get_view_names()}
            if engine.dialect.name == "postgresql":  # elsewhere a schema is another database, or does not exist
                others = set(inspector.get_schema_names()) - {inspector.default_schema_name}
                for schema in (one for one in others if not one.startswith(_SYSTEM)):
                    inside = {*inspector.get_table_names(schema), *inspector.get_view_names(schema)}
                    names |= {f"{schema}.{name}" for name in inside}
            return sorted(names)
    finally:
        engine.dispose()


def all_columns(shape: TableShape) -> TableContract:
    """Return a contract that reads every named column of a table."""
    return TableContract(shape.name, tuple(column.name for column in shape.columns if column.name), ())


def probe(tables: tuple[TableContract, ...]) -> Contract:
    """Return the contract of a department that does not exist yet, for looking at these tables."""
    return Contract("new", "new", "source", "", "", Schedule("0 2 * * *"), tables, {}, Path("new.yaml"), "")


PLACE = Place("new", "source")


def declared_types(shape: TableShape) -> Mapping[str, str]:
    """Return each column's own type name; nothing where a file declares none."""
    return {column.name: column.type for column in shape.columns}

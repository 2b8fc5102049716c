"""The serving tables whose columns follow the standard: golden tables and `hub_member`, live, staged and next.

A table that is rebuilt beside the live one and then renamed into its place needs other index names than the live one
while both exist. So names of indexes end in a generation, `_a` or `_b`, which change places at every rename.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    inspect,
)
from sqlalchemy.types import TypeEngine

from schemas.arrow import golden_schema
from schemas.standard import Entity, Standard

Generation = Literal["a", "b"]

MEMBERS = "hub_member"
MEMBER_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("record_id", "hub_id", "entity", "department", "source_table", "statement")]
    + [("source_key", pa.string())]
)
# What an approval system or a clerk looks up by.
LOOKED_UP = ("name", "citizen_id", "document_number", "uscc", "registration_number", "phone")


@dataclass(frozen=True)
class ServedTable:
    """One table of the serving side: its columns, key, columns that may not be null, and indexed columns."""

    name: str  # the live table
    label: str  # what `stage` calls it: the entity's name, or hub_member
    schema: pa.Schema
    key: str
    required: tuple[str, ...]
    indexed: tuple[str, ...]

    @property
    def staged_name(self) -> str:
        return f"staged_{self.name}"

    @property
    def next_name(self) -> str:
        return f"next_{self.name}"

    @property
    def old_name(self) -> str:
        return f"old_{self.name}"

    @cached_property
    def live(self) -> Table:
        """The live table, for queries: one object, so that compiled statements are found again."""
        return self.keyed(self.name, "a")

    @cached_property
    def staged(self) -> Table:
        """The staging table: same columns, no key (the audit checks it), unlogged on PostgreSQL."""
        columns = [Column(field.name, _sql_type(field.type)) for field in self.schema]
        return Table(self.staged_name, MetaData(), *columns)

    def indexes(self, table: Table, generation: Generation) -> list[Index]:
        """Return the indexes of one generation on `table`, not yet created."""
        return [Index(f"ix_{self.name}_{column}_{generation}", table.c[column]) for column in self.indexed]

    def generation(self, connection: Connection) -> Generation:
        """Return the generation of the live table's index names as the database has them."""
        names = [index["name"] or "" for index in inspect(connection).get_indexes(self.name)]
        return "b" if any(name.endswith("_b") for name in names) else "a"

    def keyed(self, name: str, generation: Generation) -> Table:
        """Return a new table object of this shape called `name`, its key named for the generation."""
        key = PrimaryKeyConstraint(self.key, name=f"pk_{self.name}_{generation}")
        columns = [Column(field.name, _sql_type(field.type), nullable=field.name != self.key) for field in self.schema]
        return Table(name, MetaData(), *columns, key)


def served_tables(standard: Standard) -> Mapping[str, ServedTable]:
    """Return every served table by its label: one golden table an entity or fact, and `hub_member`."""
    golden = {entity.name: _golden_table(entity) for entity in standard.entities.values()}
    members = ServedTable(MEMBERS, MEMBERS, MEMBER_SCHEMA, "record_id", ("hub_id", "entity"), ("hub_id", "source_key"))
    return {**golden, MEMBERS: members}


def ensure_live(connection: Connection, served: ServedTable) -> None:
    """Create the live table if it is missing, otherwise the columns and indexes that it lacks."""
    inspector = inspect(connection)
    live = served.keyed(served.name, "a")
    if not inspector.has_table(served.name):
        live.create(connection)
        for index in served.indexes(live, "a"):
            index.create(connection)
        return
    quote = connection.dialect.identifier_preparer
    have = {column["name"] for column in inspector.get_columns(served.name)}
    for column in live.c:
        if column.name not in have:
            kind = column.type.compile(connection.dialect)
            connection.exec_driver_sql(
                f"ALTER TABLE {quote.format_table(live)} ADD COLUMN {quote.quote(column.name)} {kind}"
            )
    indexed = {index["name"] for index in inspector.get_indexes(served.name)}
    for index in served.indexes(live, served.generation(connection)):
        if index.name not in indexed:
            index.create(connection)


def _golden_table(entity: Entity) -> ServedTable:
    schema = golden_schema(entity)
    roles = tuple(party.role for party in entity.parties)
    required = tuple(party.role for party in entity.parties if party.required)
    found_by = tuple(name for name in LOOKED_UP if name in schema.names)
    key = "fact_id" if entity.is_fact else "hub_id"
    return ServedTable(f"golden_{entity.name}", entity.name, schema, key, (*required, "commit"), (*roles, *found_by))


def _sql_type(kind: pa.DataType) -> TypeEngine[Any]:
    if pa.types.is_date(kind):
        return Date()
    if pa.types.is_boolean(kind):
        return Boolean()
    if pa.types.is_integer(kind):
        return BigInteger()
    return Text()

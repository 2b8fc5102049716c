"""The index for resolving one record at once: block keys and values of the rows it may be the same as.

Rows are register rows and records of provisional entities; `rule` -1 is an identifier, others are block rules in the
order of the model. The whole index of an entity says which version and model it is of: it is used for no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    and_,
    delete,
    select,
    text,
)
from sqlalchemy import insert as sql_insert
from sqlalchemy.sql.selectable import TextualSelect

from warehouse.database import Database
from warehouse.fences import Fence, check_fence
from warehouse.ledger_tables import metadata

IDENTIFIER = -1
CHUNK_ROWS = 100_000
PART = 500
_TOLD = ("record_id", "hub_id", "unit", "anchor", "content")
ROWS = pa.schema(
    [
        ("row", pa.int64()),
        ("record_id", pa.string()),
        ("hub_id", pa.string()),
        ("unit", pa.string()),
        ("anchor", pa.bool_()),
        ("content", pa.string()),
    ]
)
KEYS = pa.schema([("rule", pa.int32()), ("key", pa.int64()), ("row", pa.int64())])


class ResolveRowColumns(TypedColumns):
    """A row that a record may be the same as, with the values it is compared by, as JSON."""

    entity: Named[str] = Column(String(20), primary_key=True)
    row: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    record_id: Named[str] = Column(String(64))
    hub_id: Named[str] = Column(String(64))
    unit: Named[str] = Column(Text)
    anchor: Named[bool] = Column(Boolean)
    content: Named[str] = Column(Text)


class ResolveKeyColumns(TypedColumns):
    """One block key of a row."""

    entity: Named[str] = Column(String(20), primary_key=True)
    rule: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    key: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False)
    row: Named[int] = Column(BigInteger, primary_key=True, autoincrement=False, index=True)


class ResolveStateColumns(TypedColumns):
    """Which version and model the index of an entity is of; no row while it is being built."""

    entity: Named[str] = Column(String(20), primary_key=True)
    version: Named[int] = Column(BigInteger)
    model: Named[str] = Column(String(80))


resolve_row = Table("resolve_row", metadata, ResolveRowColumns, sqlite_with_rowid=False)
resolve_key = Table("resolve_key", metadata, ResolveKeyColumns, sqlite_with_rowid=False)
resolve_state = Table("resolve_state", metadata, ResolveStateColumns)


@dataclass(frozen=True)
class IndexState:
    """The version and model that an index is of."""

    version: int
    model: str


class ResolveIndex:
    """Writing and asking the index."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def state(self, entity: str) -> IndexState | None:
        """Return what the index of an entity is of, None where there is none."""
        with self.database.read() as connection:
            row = connection.execute(select(resolve_state).where(resolve_state.c.entity == entity)).one_or_none()
        return IndexState(row.version, row.model) if row else None

    def replace(
        self, fence: Fence, entity: str, gone: Sequence[int] | None, parts: Iterable[tuple[pa.Table, pa.Table]],
        state: IndexState,
    ) -> int:  # fmt: skip
        """Take rows `gone` (None: all) out, put `parts` (ROWS, KEYS) in, and stamp the index; return the rows put in.

        Nobody is answered from an index half changed: its stamp goes first and comes back last.
        """
        with self.database.write() as connection:
            check_fence(connection, fence)
            connection.execute(delete(resolve_state).where(resolve_state.c.entity == entity))
            for table in (resolve_key, resolve_row):
                for part in [None] if gone is None else _parts(gone):
                    test = table.c.entity == entity if part is None else and_(
                        table.c.entity == entity, table.c.row.in_(part)
                    )  # fmt: skip
                    connection.execute(delete(table).where(test))
        count = 0
        for rows, keys in parts:
            with self.database.write() as connection:
                check_fence(connection, fence)
                self.database.load(connection, resolve_row, _of(entity, rows))
                self.database.load(connection, resolve_key, _of(entity, keys))
            count += rows.num_rows
        with self.database.write() as connection:
            check_fence(connection, fence)
            connection.execute(sql_insert(resolve_state).values(entity=entity, **state.__dict__))
        return count

    def candidates(self, entity: str, keys: Sequence[tuple[int, int]], at_most: int) -> list[dict[str, Any]]:
        """Return the rows that share any of the keys (rule, key), each once, in the order of their record ids."""
        if not keys:
            return []
        values: dict[str, Any] = {"entity": entity, "most": at_most}
        for place, (rule, key) in enumerate(keys):
            values |= {f"rule{place}": rule, f"key{place}": key}
        found = [dict(zip(_TOLD, row, strict=True)) for row in self.database.ask(_question(len(keys)), values)]
        return sorted((row | {"anchor": bool(row["anchor"])} for row in found), key=lambda row: str(row["record_id"]))

    def row_of(self, entity: str, record_id: str) -> list[dict[str, Any]]:
        """Return the row of one record, none where it is not in the index."""
        columns = (resolve_row.c[name] for name in _TOLD)
        of = and_(resolve_row.c.entity == entity, resolve_row.c.row == row_number(record_id))
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(*columns).where(of))]


@cache
def _question(keys: int) -> TextualSelect:
    """Return the query for so many keys: a look-up in the index each, for an OR of them would read the whole index."""
    lookup = 'SELECT "row" FROM resolve_key WHERE entity = :entity AND rule = :rule{0} AND key = :key{0}'
    found = " UNION ".join(lookup.format(place) for place in range(keys))
    columns = (resolve_row.c[name] for name in _TOLD)
    return text(
        f"SELECT {', '.join(_TOLD)} FROM resolve_row "  # noqa: S608 - numbers only
        f'WHERE entity = :entity AND "row" IN (SELECT "row" FROM ({found}) AS found LIMIT :most)'
    ).columns(*columns)


def row_number(record_id: str) -> int:
    """Return the number of a record's row: the first 60 bits of its id, which is a keyed hash."""
    return int(record_id[:15], 16)


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    return (numbers[start : start + PART] for start in range(0, len(numbers), PART))


def _of(entity: str, rows: pa.Table) -> pa.Table:
    return rows.append_column("entity", pa.repeat(pa.scalar(entity), rows.num_rows))

"""What a failing row held in its source, masked: the department finds the cell again, nobody else learns it."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from engine.quoting import quote
from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.hub import Hub
from pipeline.lake_tables import raw_table
from pipeline.masking import masked_cells, strictest_fields
from quality.problems import FOUND
from schemas.contract import Contract, TableContract
from schemas.standard import Field
from standardise.plan import mapping_of, source_columns

BETWEEN_COLUMNS, BETWEEN_CELLS = " + ", " ¦ "
LONGEST = 200  # characters of a cell that are looked at


def with_masked_cells(hub: Hub, contract: Contract, found: pa.Table) -> pa.Table:
    """Return `found` (quality.problems.FOUND) with `column` (source columns) and `masked` (their cells) filled in.

    Rows whose raw cells are no longer kept have an empty `masked`.
    """
    if not found.num_rows:
        return found
    found = found.append_column("origin", _origins(hub, contract, found.column("batch")))
    parts = [
        _of_table(hub, contract, contract.table(name), found.filter(pc.equal(found.column("source_table"), name)))
        for name in sorted(pc.unique(found.column("source_table")).to_pylist())
    ]
    return pa.concat_tables(parts).select(FOUND.names).cast(FOUND)


def _origins(hub: Hub, contract: Contract, batches: pa.ChunkedArray) -> pa.Array:
    """Return the batch that extracted each row: a replay's rows lie under the one it took again."""
    origins = {one.id: one.origin for one in hub.ledger.batches(department=contract.department)}
    return pa.array([origins.get(number, number) for number in batches.to_pylist()], pa.int64())


def _of_table(hub: Hub, contract: Contract, table: TableContract, found: pa.Table) -> pa.Table:
    """Fill in one table's rows: their raw cells are read once, then masked place by place."""
    places = sorted(
        found.group_by(["statement", "field"]).aggregate([]).to_pylist(), key=lambda one: tuple(one.values())
    )
    columns = {tuple(one.values()): _columns(table, one["statement"], one["field"]) for one in places}
    wanted = list(dict.fromkeys(name for names in columns.values() for name in names))
    cells = _cells(hub, contract, table, found, wanted)
    strictest = strictest_fields(table, hub.city.standard)
    parts = []
    for (statement, field), names in columns.items():
        own = pc.and_(pc.equal(found.column("statement"), statement), pc.equal(found.column("field"), field))
        parts.append(_filled(found.filter(own), cells.filter(own), names, strictest))
    return pa.concat_tables(parts)


def _columns(table: TableContract, statement: str, field: str) -> tuple[str, ...]:
    if not statement:
        return table.key
    emit = next(emit for emit in table.emit if emit.name == statement.partition("#")[0])
    mapping = mapping_of(emit, field) if field else None
    if mapping is not None:
        return source_columns(mapping, field)
    return next((party.key for party in emit.parties if party.role == field), ())


def _filled(own: pa.Table, cells: pa.Table, columns: tuple[str, ...], strictest: Mapping[str, Field]) -> pa.Table:
    masked = [masked_cells(strictest.get(name), cells.column(name).combine_chunks()) for name in columns]
    if len(masked) > 1:
        joined = pc.binary_join_element_wise(*masked, BETWEEN_CELLS)
    else:
        joined = masked[0] if masked else pa.array([""] * own.num_rows)
    told = pa.array([BETWEEN_COLUMNS.join(columns)] * own.num_rows, pa.string())
    own = own.set_column(own.column_names.index("column"), "column", told)
    return own.set_column(own.column_names.index("masked"), "masked", joined)


def _cells(hub: Hub, contract: Contract, table: TableContract, found: pa.Table, columns: list[str]) -> pa.Table:
    """Return the raw cells of the rows, one column a source column, in the order of `found`."""
    numbers = pa.array(range(found.num_rows), pa.int64())
    places = found.select(["origin", "row_number"]).append_column("place", numbers)
    schema = pa.schema([("batch", pa.int64()), ("row_number", pa.int64()), *((name, pa.string()) for name in columns)])
    files = ParquetFiles(tuple(hub.lake.files(raw_table(contract.department, table.name))), schema)
    # A source may call a column anything, also what this step calls its own.
    chosen = "".join(f", left(raw.{quote(name)}, {LONGEST}) AS c{number}" for number, name in enumerate(columns))
    sql = f"""
        SELECT places.place AS n{chosen} FROM places
        LEFT JOIN raw ON raw.batch = places.origin AND raw.row_number = places.row_number ORDER BY n"""
    found = hub.engine.run([Step("cells", sql)], {"places": places, "raw": files}, "cells")
    return pa.table({name: found.column(f"c{number}") for number, name in enumerate(columns)})

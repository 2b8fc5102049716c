"""The rows of plain files as records to link: ids proven distinct, every field in its kind's clean form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from connectors.plain_file import PlainFile, read_plain_file
from schemas.errors import UnusableIds
from schemas.linkage_spec import LinkageField, LinkageSpec
from values.day_order import day_order, year_first
from values.kinds import KINDS

_BLANKS = " \t\r\n\u3000\u00a0"


@dataclass(frozen=True)
class FileRecords:
    """`table`: the id column and one column a field, under the field's own name. `facts`: what a person should know
    of the file, by name: rows, ragged lines, fields without any value, values that are none of their kind, and how days
    that do not begin with the year were read."""

    path: Path
    table: pa.Table
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_file(path: Path, role: str, encoding: str = "") -> PlainFile:
    """Return the file's rows with trimmed cells, blank ones null. Raises SourceDamaged."""
    found = read_plain_file(path, role, encoding)
    columns = [_trimmed(column) for column in found.rows.columns]
    rows = pa.table(columns, schema=found.rows.schema) if columns else found.rows
    return PlainFile(path, rows, found.ragged, found.notes)


def file_records(file: PlainFile, spec: LinkageSpec, side: int, context: Mapping[str, Any]) -> FileRecords:
    """Return the file's records; `side` is 0 for left, 1 for right. Raises UnusableIds."""
    id_column = (spec.id or ("id", "id"))[side]
    ids = file.rows[id_column]
    _check_ids(ids, id_column, file.path)
    columns, empty, refused, orders = {id_name(spec): ids}, [], {}, {}
    for one in spec.fields:
        texts = file.rows[(one.left, one.right)[side]]
        if one.kind == "date" and (order := day_order(pc.unique(texts))):
            texts, orders[one.name] = pa.chunked_array([year_first(texts.combine_chunks(), order)]), order
        columns[one.name] = clean = _clean(texts, one, context)
        lost = len(texts) - texts.null_count - (len(clean) - clean.null_count)
        if len(texts) and texts.null_count == len(texts):
            empty.append(one.name)
        if lost:
            refused[one.name] = lost
    facts = {"file": file.path.name, "rows": len(ids), "ragged": file.ragged, "notes": list(file.notes)}
    facts |= {"empty_fields": empty, "refused": refused, "day_orders": orders}
    return FileRecords(file.path, pa.table(columns), facts)


def at_home(spec: LinkageSpec) -> LinkageSpec:
    """Return the specification for tables of `file_records`, whose columns are the fields themselves."""
    own = tuple(LinkageField(one.name, one.kind, one.name, one.name) for one in spec.fields)
    return replace(spec, fields=own, id=(id_name(spec),) * 2)


def id_name(spec: LinkageSpec) -> str:
    """Return a name for the id column that no field has."""
    taken = {one.name for one in spec.fields}
    return next(name for name in ("id", "record id", "id of the record") if name not in taken)


def _clean(texts: pa.ChunkedArray, one: LinkageField, context: Mapping[str, Any]) -> pa.ChunkedArray:
    """Return the values in clean form, each distinct one cleaned once."""
    if one.kind not in KINDS:
        return texts
    encoded = texts.combine_chunks().dictionary_encode()
    clean = KINDS[one.kind].clean_with(encoded.dictionary, context).values
    return pa.chunked_array([clean.take(encoded.indices)])


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = pc.utf8_trim(column.cast(pa.string()), characters=_BLANKS)
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _check_ids(ids: pa.ChunkedArray, column: str, path: Path) -> None:
    repeated = len(ids) - ids.null_count - len(pc.unique(ids.drop_null()))
    if repeated or ids.null_count:
        raise UnusableIds(path.name, column, repeated=repeated, empty=ids.null_count)

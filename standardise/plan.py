"""Everything that standardising one table needs to know, in one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from schemas.city import Locality
from schemas.code_table import CodeTable
from schemas.contract import Contract, Emit, FieldMapping, TableContract
from schemas.standard import Entity, Field, Severity, Standard

# table, statement name, source keys → one record id a key; the department and the city key are bound by the caller.
RecordIds = Callable[[str, str, pa.Array], pa.Array]


@dataclass(frozen=True)
class TablePlan:
    """How one table of one contract becomes statements.

    `standing` (`source_key`, `row_hash`) holds the rows accepted before under the same contract fingerprint.
    `known_keys` gives the source keys of each table that others refer to; a table that is not in it is not checked.
    """

    contract: Contract
    table: TableContract
    standard: Standard
    code_tables: Mapping[str, CodeTable]
    as_of: date
    record_ids: RecordIds
    locality: Locality
    timezone: str = "Asia/Shanghai"
    known_keys: Mapping[str, pa.Array] | None = None
    standing: pa.Table | None = None
    custom: Mapping[str, object] = field(default_factory=dict)  # extra context for kinds of value, by parameter name

    def entity(self, emit: Emit) -> Entity:
        return self.standard.entities[emit.entity]

    def severity(self, emit: Emit, field_name: str) -> Severity:
        """Return what an unusable value of a field does: the contract's word, else the standard's."""
        mapping = mapping_of(emit, field_name)
        if mapping is not None and mapping.on_fail and field_name != "document_type":  # it speaks of the number
            return mapping.on_fail
        return self.entity(emit).field(field_name).severity

    def standard_field(self, emit: Emit, field_name: str) -> Field:
        return self.entity(emit).field(field_name)

    def crosswalk(self, name: str) -> Mapping[str, str]:
        """Return the contract's crosswalk called `name`; empty for no name. Raises `KeyError` for an unknown one."""
        return self.contract.codes[name].entries if name else {}

    def allowed(self, table: str) -> frozenset[str]:
        """Return every code of a code table of the standard."""
        return frozenset(self.code_tables[table].entries)


IDENTIFIER = "identifier"  # a number column with a type column fills these three fields, as the type says
ROUTED = ("citizen_id", "document_type", "document_number")


def fields_of(mapping: FieldMapping) -> tuple[str, ...]:
    """Return the standard fields that a mapping fills."""
    return ROUTED if mapping.field == IDENTIFIER else (mapping.field,)


def mapping_of(emit: Emit, field_name: str) -> FieldMapping | None:
    """Return the mapping that fills a field; None if none does."""
    return next((one for one in emit.fields if field_name in (one.field, *fields_of(one))), None)


def source_columns(mapping: FieldMapping, field_name: str) -> tuple[str, ...]:
    """Return the source columns a field's value comes from; a document type's is the type column, if there is one."""
    if mapping.field == IDENTIFIER and field_name == "document_type" and mapping.type_column:
        return (mapping.type_column,)
    return mapping.columns

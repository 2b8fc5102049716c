"""Lookups: of each large relation that linking reads, the columns it needs and by which values it asks for rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from engine.indexed import IndexedRows, Shape
from matching.anchors import ladder_columns
from matching.evidence_steps import INDEX, PROVISIONAL_RUNGS
from matching.ladder import LinkInputs
from matching.rules import LadderRules
from matching.tables import IDENTITY, LINKS
from schemas.linkage_spec import LinkageSpec

RECORDS, LINKED, IDENTITIES, KEYS = "records", "links", "identity", "block_keys"
Found = Mapping[str, IndexedRows]


def shapes(rules: LadderRules, spec: LinkageSpec | None, statements: pa.Schema) -> dict[str, Shape]:
    """Return the shape of each relation; `statements` are all columns that records have."""
    wanted = set(ladder_columns(rules))
    if spec is not None:
        wanted |= {name for field in spec.fields for name in (field.left, field.right)}
    columns = pa.schema([field for field in statements if field.name in wanted])
    numbers: dict[str, tuple[str, ...]] = {key.number: () for key in rules.keys}
    return {
        RECORDS: Shape(columns, "record_id", {"record_id": (), **numbers}),
        LINKED: Shape(LINKS, "record_id", {"record_id": (), "hub_id": (), "rung": PROVISIONAL_RUNGS}),
        IDENTITIES: Shape(IDENTITY, "hub_id", {"hub_id": (), "unit": ()}),
        KEYS: Shape(INDEX, "record_id", {"record_id": (), "keys": ()}),
    }


def looked_up(inputs: LinkInputs, found: Found) -> LinkInputs:
    """Return the same to read, its large relations found by value; records are those before `inputs.arriving` came.

    Only for a run that has the changed records apart: one that decides everything anew reads everything.
    """
    changed, arriving = inputs.changed, inputs.arriving
    if not isinstance(changed, pa.Table) or not isinstance(arriving, pa.Table):
        return inputs
    earlier, ids = found[RECORDS], changed.column("record_id")
    records = earlier.after(arriving.select(earlier.schema.names), ids)
    return replace(
        inputs,
        records=records,
        register=records,
        before=earlier.near({"record_id": ids}),
        links=found[LINKED],
        identity=found[IDENTITIES],
        evidence=inputs.evidence and replace(inputs.evidence, index=found[KEYS]),
    )

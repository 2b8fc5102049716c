"""Prepared: two tables made ready to link by a specification, encoded, with comparers and block keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from matching.blocks import Blocks, blocks
from matching.comparing import FieldComparer
from matching.fields import Fields, encoded_fields
from matching.model import Model, fingerprint
from matching.workers import both
from schemas.errors import ModelError
from schemas.linkage_spec import LinkageSpec


@dataclass(frozen=True)
class Prepared:
    """Two tables made ready: fields, comparers, and the block keys of a model or of the tables themselves."""

    fields: Fields
    comparers: tuple[FieldComparer, ...]
    blocks: Blocks

    @property
    def records(self) -> int:
        return len(self.comparers[0].column.record)


def specification_of(spec: LinkageSpec) -> str:
    """Return the fingerprint of what a model is trained for: how fields are compared and blocked."""
    return fingerprint(
        [
            [[one.field, one.kind, one.term_frequency, one.instead_of, one.distinct] for one in spec.compare],
            spec.block,
            spec.household,
            spec.namesake,
        ]
    )


def prepare(
    records: pa.Table, base: pa.Table | None, spec: LinkageSpec, context: Mapping[str, Any], model: Model | None
) -> Prepared:
    """Return both tables ready to compare. Raises ModelError if the model is of another specification."""
    return made_ready(encoded_fields(records, base, spec, context), model)


def made_ready(fields: Fields, model: Model | None) -> Prepared:
    """Return encoded fields ready to compare. Raises ModelError if the model is of another specification, or of levels
    that comparing no longer has."""
    if model is not None and model.specification != specification_of(fields.spec):
        raise ModelError("model", "trained for another specification", model.specification)
    crowded = None if model is None else model.crowded
    comparers, keys = both(fields.comparers, lambda: blocks(fields, crowded))
    for one in comparers:
        if model is not None and model.field(one.column.name).levels != one.levels:
            raise ModelError("model", f"trained for other levels of {one.column.name}", "train again")
    return Prepared(fields, comparers, keys)

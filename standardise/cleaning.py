"""Cleans one field's texts by its kind of value, with the context that this kind asks for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pyarrow as pa

from schemas.contract import Emit, FieldMapping
from standardise.plan import TablePlan
from values.cleaned import Cleaned
from values.kinds import KINDS


def recipe(emit: Emit, mapping: FieldMapping, plan: TablePlan) -> Hashable:
    """Return all that `clean_field` depends on beside the rows: equal recipes make the same of the same rows."""
    standard = plan.standard_field(emit, mapping.field)
    past = any(rule.code == "not_future" for rule in standard.rules)
    cells = (mapping.columns, mapping.joiner, mapping.formats, mapping.codes)
    return (*cells, standard.kind, standard.length, standard.codes, past)


def clean_field(texts: pa.Array, emit: Emit, mapping: FieldMapping, plan: TablePlan) -> Cleaned:
    """Return the standard values of one field and what was found on the way. Never raises on any text."""
    standard = plan.standard_field(emit, mapping.field)
    context: dict[str, Any] = {"length": standard.length, "formats": mapping.formats}
    if standard.kind == "code":
        context["allowed"] = plan.allowed(standard.codes)
        context["crosswalk"] = plan.crosswalk(mapping.codes) if mapping.codes else None
    if standard.kind == "date" and not any(rule.code == "not_future" for rule in standard.rules):
        context["as_of"] = None  # an inspection valid until next year is no slip
    return clean_kind(standard.kind, texts, plan, context)


def clean_kind(kind: str, texts: pa.Array, plan: TablePlan, context: Mapping[str, Any] | None = None) -> Cleaned:
    """Clean texts as one kind of value; of the city's context the kind gets the parameters that it names."""
    known: dict[str, Any] = {
        "as_of": plan.as_of,
        "area_code": plan.locality.area_code,
        "local_digits": plan.locality.phone_digits,
        "divisions": plan.locality.divisions,
        **plan.custom,
        **(context or {}),
    }
    return KINDS[kind].clean_with(texts, known)

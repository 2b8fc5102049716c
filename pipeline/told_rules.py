"""The plan of block rules as it may be shown: crowded keys are told with their values masked."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from matching.plan import plan_of
from matching.prepared import Prepared
from pipeline.masking import masked_value
from schemas.linkage_spec import LinkageSpec


def told_rules(prepared: Prepared, spec: LinkageSpec) -> list[dict[str, Any]]:
    """Return, for each block rule, the pairs it makes of two prepared tables and its most crowded keys, masked."""
    kinds = {field.name: field.kind for field in spec.fields}
    rules = [asdict(rule) for rule in plan_of(prepared, spec)]
    for key in (key for rule in rules for key in rule["crowded"]):
        cells = zip(key["fields"], key["values"], strict=True)
        key["values"] = [masked_value(kinds[name], cell) for name, cell in cells]
    return rules

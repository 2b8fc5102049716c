"""The law of conservation: what a batch counts must add up, in rows and in statements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.errors import Unbalanced

ROWS = "extracted"
ROW_PARTS = ("standardised", "rejected", "identical", "superseded", "deleted")
STATEMENTS = "emitted"
STATEMENT_PARTS = ("accepted", "quarantined", "held")


def check_conservation(counts: Mapping[str, Any], what: str = "batch") -> None:
    """Raise `Unbalanced` unless both sums hold; a count that is absent is a zero, other counts are not looked at.

    extracted = standardised + rejected + identical + superseded + deleted (rows that are delete markers);
    emitted = accepted + quarantined + held (statements). A negative count is never in balance.
    """
    for unit, total_name, part_names in (("rows", ROWS, ROW_PARTS), ("statements", STATEMENTS, STATEMENT_PARTS)):
        parts = {name: int(counts.get(name, 0)) for name in part_names}
        total = int(counts.get(total_name, 0))
        if total != sum(parts.values()) or min(total, *parts.values()) < 0:
            raise Unbalanced(what, unit, total, parts)

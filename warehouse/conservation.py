"""The law of conservation: what a batch counts must add up, in rows and in statements."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.errors import Unbalanced

ROWS = "rows_extracted"
ROW_PARTS = ("rows_standardised", "rows_rejected", "rows_identical", "rows_superseded", "rows_deleted")
STATEMENTS = "statements_emitted"
STATEMENT_PARTS = ("statements_accepted", "statements_quarantined", "statements_held")


def check_conservation(counts: Mapping[str, int], what: str = "batch") -> None:
    """Raise `Unbalanced` unless both sums hold; a count that is absent is a zero.

    rows_extracted = rows_standardised + rows_rejected + rows_identical + rows_superseded + rows_deleted (delete
    markers); statements_emitted = statements_accepted + statements_quarantined + statements_held. A negative count
    is never in balance.
    """
    for unit, total_name, part_names in (("rows", ROWS, ROW_PARTS), ("statements", STATEMENTS, STATEMENT_PARTS)):
        parts = {name: int(counts.get(name, 0)) for name in part_names}
        total = int(counts.get(total_name, 0))
        if total != sum(parts.values()) or min(total, *parts.values()) < 0:
            raise Unbalanced(what, unit, total, parts)

"""The law of conservation in both units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Unbalanced
from warehouse.conservation import ROW_PARTS, STATEMENT_PARTS, check_conservation

PARTS = st.integers(0, 1000)


@given(st.fixed_dictionaries(dict.fromkeys((*ROW_PARTS, *STATEMENT_PARTS), PARTS)))
def test_sums_balance_and_any_slip_does_not(parts: dict[str, int]) -> None:
    counts = {
        **parts,
        "extracted": sum(parts[name] for name in ROW_PARTS),
        "emitted": sum(parts[name] for name in STATEMENT_PARTS),
    }
    check_conservation(counts)
    for name in counts:
        with pytest.raises(Unbalanced):
            check_conservation({**counts, name: counts[name] + 1})


def test_the_error_names_unit_and_parts() -> None:
    with pytest.raises(Unbalanced) as caught:
        check_conservation({"extracted": 3, "standardised": 1, "rejected": 1}, "police.RK")
    assert (caught.value.unit, caught.value.total, caught.value.parts["rejected"]) == ("rows", 3, 1)


def test_a_negative_part_is_never_in_balance() -> None:
    with pytest.raises(Unbalanced):
        check_conservation({"emitted": 1, "accepted": 2, "held": -1})


def test_counts_beside_the_law_are_free() -> None:
    check_conservation({"extracted": 1, "standardised": 1, "unchanged": 5, "issues": {"person.name.masked": 2}})

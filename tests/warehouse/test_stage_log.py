"""The log of stages keeps what happened and no person's values."""

from __future__ import annotations

import pytest

from tests.warehouse.conftest import NOON, Hub
from warehouse.stage_log import StageEntry, mask_error


def test_entries_come_back_in_order(hub: Hub) -> None:
    first = StageEntry("r1", "land", "police", NOON, 1.5, "done", {"rows": 3})
    second = StageEntry("r1", "link", "", NOON, 0.5, "failed", {}, "boom")
    for entry in (first, second, StageEntry("r2", "land", "tax", NOON, 0.1, "skipped")):
        hub.ledger.log_stage(entry)
    assert hub.ledger.stages("r1") == [first, second] and len(hub.ledger.stages()) == 3


def test_errors_are_masked_before_they_are_kept(hub: Hub) -> None:
    message = "invalid 13030219800101123X for '张伟', phone 0335-3071234, code 1303"
    hub.ledger.log_stage(StageEntry("r", "land", "police", NOON, 0, "failed", error=message))
    [entry] = hub.ledger.stages("r")
    assert entry.error == "invalid *** for '***', phone ***, code 1303"


@pytest.mark.parametrize("text", ["１３０３０２１９８００１０１１２３Ｘ", "13800138000", "91130302MA0000000X1234567"])
def test_long_numbers_never_stay(text: str) -> None:
    assert "***" in mask_error(f"bad value {text}!")


def test_a_long_text_is_cut() -> None:
    assert len(mask_error("x" * 5000)) == 2000

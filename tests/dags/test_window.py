"""The hours of a department: the end excluded, midnight passed, nothing said = always."""

from __future__ import annotations

from datetime import datetime

import pytest

from dags.window import is_open


@pytest.mark.parametrize(
    ("window", "moment", "expected"),
    [
        ("02:00-05:30", "02:00", True),
        ("02:00-05:30", "05:29", True),
        ("02:00-05:30", "05:30", False),
        ("02:00-05:30", "01:59", False),
        ("22:00-04:00", "23:10", True),
        ("22:00-04:00", "03:59", True),
        ("22:00-04:00", "12:00", False),
        ("", "12:00", True),
    ],
)
def test_a_window_is_open_from_its_first_minute_to_before_its_last(window: str, moment: str, expected: bool) -> None:
    assert is_open(window, datetime.fromisoformat(f"2026-06-30T{moment}")) is expected

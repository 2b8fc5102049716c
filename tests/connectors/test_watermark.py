"""Watermarks keep the form their source writes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.watermark import lower_bound, moment

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("watermark", "expected"),
    [
        ("2026-03-01 12:30:00", "2026-03-01 11:30:00"),
        ("2026-03-01 00:30:00.5", "2026-02-28 23:30:00.5"),
        ("2026-03-01 12:30:00.123456", "2026-03-01 11:30:00.123456"),
        ("2026-03-01 12:30:00.123456789", "2026-03-01 11:30:00.123456000"),
        ("2026-03-01T12:30:00", "2026-03-01T11:30:00"),
        ("2026-03-01T12:30:00Z", "2026-03-01T11:30:00Z"),
        ("2026-03-01 12:30:00+08", "2026-03-01 11:30:00+08"),
        ("2026/03/01 12:30", "2026/03/01 11:30"),
        ("2026-03-01", "2026-02-28"),
        ("20260301123000", "20260301113000"),
        ("20260301123000123", "20260301113000123"),
        ("20260301", "20260228"),
        ("0001-01-01 00:00:00", "0001-01-01 00:00:00"),
    ],
)
def test_an_hour_is_taken_off_in_the_same_form(watermark: str, expected: str) -> None:
    assert lower_bound(watermark, HOUR) == expected


@pytest.mark.parametrize("watermark", ["7", "99999999", "1767225600", "v12", "2026-3-1", "2026-02-30", ""])
def test_what_is_not_a_time_stays_without_overlap_and_is_refused_with_one(watermark: str) -> None:
    assert lower_bound(watermark, timedelta(0)) == watermark
    with pytest.raises(ValueError, match="overlap must be 0"):
        lower_bound(watermark, HOUR)


@given(
    st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d", "%Y%m%d%H%M%S", "%Y/%m/%d %H:%M"]),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_a_lower_bound_never_lies_above_and_sorts_as_text(when: datetime, form: str, overlap: timedelta) -> None:
    watermark = when.strftime(form)
    lower = lower_bound(watermark, overlap)
    assert len(lower) == len(watermark)
    assert lower <= watermark
    found, start = moment(lower), moment(watermark)
    assert found is not None and start is not None
    assert found.when <= start.when - overlap

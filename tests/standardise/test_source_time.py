"""The source's own time, whatever form it is written in."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest

from standardise.source_time import source_times


def read(*texts: str | None) -> list[datetime | None]:
    result: list[datetime | None] = source_times(pa.array(texts, pa.string()), "Asia/Shanghai").to_pylist()
    return result


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-01-02 03:04:05", datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05.25", datetime(2024, 1, 2, 3, 4, 5, 250000)),
        ("2024/1/2 3:04", datetime(2024, 1, 2, 3, 4)),
        ("20240102030405", datetime(2024, 1, 2, 3, 4, 5)),
        ("20240102", datetime(2024, 1, 2)),
        ("2024年1月2日", datetime(2024, 1, 2)),
        ("2024-01-02T03:04:05Z", datetime(2024, 1, 2, 11, 4, 5)),
        ("2024-01-02T03:04:05+08:00", datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-02-30 00:00:00", None),
        ("2024-01-02 25:00:00", None),
        ("99999999", None),
        ("昨天", None),
        ("", None),
        (None, None),
    ],
)
def test_forms(text: str | None, time: datetime | None) -> None:
    assert read(text, "not a time", text) == [time, None, time]  # beside nonsense
    assert read(text) == [time]  # and alone, on the fast path


def test_an_empty_column_has_no_times() -> None:
    assert read() == []

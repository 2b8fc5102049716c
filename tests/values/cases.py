"""Literal cases: a text, the value it becomes, and the reasons; factories for right numbers."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.reasons import Reason
from values.cleaned import Cleaned

TODAY = datetime.date(2026, 1, 1)
Case = tuple[str | None, Any, set[Reason]]


def texts(items: Iterable[str | None]) -> pa.Array:
    return pa.array(list(items), pa.string())


def assert_cases(clean: Callable[..., Cleaned], cases: list[Case], **context: Any) -> None:
    """Clean all cases as one column and compare value and reasons of each."""
    cleaned = clean(texts(case[0] for case in cases), **context)
    assert len(cleaned.values) == len(cases)
    for row, (text, value, reasons) in enumerate(cases):
        shown = (text or "")[:60]
        assert cleaned.values[row].as_py() == value, f"{shown!r}: value"
        assert set(cleaned.reasons_of(row)) == reasons, f"{shown!r}: reasons {cleaned.reasons_of(row)}"


def citizen_number(region: str, birth: str, sequence: str) -> str:
    """Return the 18 characters of a number; the check by the standard's formula, sum of a_i * 2 ** (i - 1) mod 11."""
    body = region + birth + sequence
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def citizen_numbers(count: int, seed: int, regions: list[str]) -> list[str]:
    """Return right numbers of people born from 1937 to 2019."""
    random = np.random.default_rng(seed)
    days = (np.datetime64("1970-01-01") + random.integers(-12_000, 18_000, count)).astype(str)
    births = [day.replace("-", "") for day in days.tolist()]
    places = random.choice(regions, count).tolist()
    sequences = random.integers(1, 995, count).tolist()
    return [
        citizen_number(place, birth, f"{sequence:03d}")
        for place, birth, sequence in zip(places, births, sequences, strict=True)
    ]

"""Hashes of texts: the same in every run, however many are hashed at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matching import text_hashes as hashing
from matching.text_hashes import few_hashes, text_hashes

TEXTS = ["", "王小明", "a", "12345678", "123456789", "阿卜杜拉·买买提", "x" * 100, "𠮷野家"]


def test_hashes_stay_what_stored_models_hold() -> None:
    assert text_hashes(pa.array(TEXTS)).tolist()[:3] == [1760245841805064774, 9093433225680407089, 13950350942979735504]


def test_many_are_hashed_as_few_are() -> None:
    few = text_hashes(pa.array(TEXTS))
    many = text_hashes(pa.array(TEXTS * 1_000).slice(3))
    assert np.array_equal(many, np.tile(few, 1_000)[3:])


def test_hashes_that_are_remembered_are_those_that_would_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again, in another order, with others, and after a full memory was emptied."""
    monkeypatch.setattr(hashing, "_KEPT", 5)
    hashing._kept.clear()
    whole = dict(zip(TEXTS, text_hashes(pa.array(TEXTS)).tolist(), strict=True))
    for asked in (TEXTS[:3], TEXTS[::-1], TEXTS[2:6] * 2, TEXTS):
        assert few_hashes(asked) == [whole[text] for text in asked]
        assert len(hashing._kept) <= max(5, len(set(asked)))

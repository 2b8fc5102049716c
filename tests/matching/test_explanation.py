"""The text of a decision: each pair its own, however many share one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matching.blocks import _heavy
from matching.candidates import Candidates
from matching.choice import rank
from matching.explanation import read, texts
from matching.workers import in_order
from tests.matching.test_households import RECORD, scorer


def test_rows_that_say_the_same_share_a_text_and_others_do_not() -> None:
    records = {name: [*values * 3, None] for name, values in RECORD.items()}
    asked = scorer(records, {"name": ["李明", "王芳"], "phone": ["138", None], "home": ["a", "b"]})
    words = pa.array(["evidence", "evidence", "doubtful", "no_candidate"])
    found = texts(asked, np.arange(4), np.array([0, 1, 0, -1]), words).to_pylist()
    assert found[0] == found[2].replace("doubtful", "evidence")
    assert found[0] != found[1]
    assert found[3] == "no_candidate"
    assert [(part.name, part.level) for part in read(found[1]).parts[:3]] == [
        ("name", "different"), ("phone", "missing"), ("home", "different"),
    ]  # fmt: skip
    assert read(found[1]).parts[1].bits == 0


def test_what_kin_lent_is_told_and_the_sum_is_the_weight() -> None:
    asked = scorer(RECORD, {"name": ["李明", "王芳"], "phone": [None, "138"], "home": ["a", "a"]})
    pairs = Candidates(np.array([0, 0]), np.array([0, 1]), np.array([0, 1], np.int8))
    best = rank(asked, pairs, asked.score(pairs.record, pairs.base), 0, 1)
    told = read(texts(asked, np.array([0]), best.best, pa.array(["evidence"]), best.weight)[0].as_py())
    bits = {part.name: part.bits for part in told.parts}
    assert bits["household"] > 5
    fields = sum(bits[name] for name in ("name", "phone", "home", "household"))
    assert fields == pytest.approx(best.weight[0], abs=0.2)


def test_heavy_keys_are_those_of_many_pairs() -> None:
    random = np.random.default_rng(5)
    own, other = (random.integers(0, 40, size).astype(np.uint64) << np.uint64(40) for size in (300, 900))
    pairs = {key: int((own == key).sum()) * int((other == key).sum()) for key in np.unique(own) if key}
    for at_most in (0, 150, 200, 10_000):
        assert list(_heavy(own, other, at_most)) == [key for key, count in pairs.items() if count > at_most]


def test_parts_are_done_in_their_order_and_errors_come_through() -> None:
    assert list(in_order(lambda part: part * 2, range(7))) == [0, 2, 4, 6, 8, 10, 12]
    assert list(in_order(lambda part: part, [])) == []
    with pytest.raises(ZeroDivisionError):
        list(in_order(lambda part: 1 // part, [1, 0, 1]))

"""Candidates: every pair with a key in common once, by its first rule, in the order of records and base rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.duckdb_engine import DuckDBEngine
from matching.candidates import BlockKeys, Candidates, joined

ROWS = 300


def keys(random: np.random.Generator) -> tuple[np.ndarray, ...]:
    return tuple(random.integers(0, 90, ROWS).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) for _ in range(3))


def pairs(found: Candidates) -> list[tuple[int, int, int]]:
    return list(zip(found.record.tolist(), found.base.tolist(), found.rule.tolist(), strict=True))


def expected(own: BlockKeys, start: int, stop: int) -> list[tuple[int, int, int]]:
    found = []
    for record in range(start, stop):
        for base in range(record + 1 if own.itself else 0, ROWS):
            sides = zip(own.record, own.base, strict=True)
            rules = [rule for rule, (a, b) in enumerate(sides) if a[record] == b[base] != 0]
            found += [(record, base, rules[0])] if rules else []
    return found


def test_every_pair_comes_once_by_its_first_rule(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    one, other = keys(random), keys(random)
    engine = DuckDBEngine("200MB", 2, tmp_path)
    for own in (BlockKeys(one, other), BlockKeys(one, one, itself=True)):
        with joined(engine, own) as candidates:
            whole, later = candidates.between(0, ROWS), candidates.between(120, 200)
        assert pairs(whole) == expected(own, 0, ROWS)
        assert pairs(later) == expected(own, 120, 200) == pairs(whole.between(120, 200))

"""Candidates: which pairs of rows are worth comparing. DuckDB joins the block keys, one rule after another.

A pair that an earlier rule makes does not count again, so every candidate comes once and knows its rule. A key that too
many base rows hold says nothing (a switchboard's phone): it is left out and counted; the list of such keys is frozen
in the model, so that it does not depend on what else is linked tonight.
"""

# ruff: noqa: S608 - every identifier is generated here from numbers

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine, Session
from engine.step import Step
from matching.encoding import NO_KEY
from matching.text_hashes import Hashes

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class BlockKeys:
    """Per rule one array of keys a side, as long as the side (0: none)."""

    record: tuple[Hashes, ...]
    base: tuple[Hashes, ...]
    itself: bool = False  # both sides are one table: each pair once, never a row with itself


@dataclass(frozen=True)
class Candidates:
    """Pairs of row numbers in the order of `record`, and the number of the rule that made each."""

    record: Rows
    base: Rows
    rule: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.record)

    def between(self, start: int, stop: int) -> Candidates:
        """Return those of records `start` to `stop` (not included)."""
        some = slice(*np.searchsorted(self.record, (start, stop)).tolist())
        return Candidates(self.record[some], self.base[some], self.rule[some])


@contextmanager
def joined(engine: DuckDBEngine, keys: BlockKeys) -> Iterator[Joined]:
    """Open a session that makes the candidates of any range of record rows."""
    with engine.session({}) as session:
        yield Joined(session, keys)


class Joined:
    """Makes candidates, a range of record rows at a time."""

    def __init__(self, session: Session, keys: BlockKeys) -> None:
        self._session, self._keys, self._asked = session, keys, 0

    def between(self, start: int, stop: int) -> Candidates:
        """Return the candidates of records `start` to `stop` (not included), ordered by record, then base row."""
        parts = [self._rule(number, start, stop) for number in range(len(self._keys.record))]
        packed = np.concatenate(parts) if parts else np.empty(0, np.int64)
        packed.sort()
        pairs = packed >> _RULE
        first = np.ones(len(packed), bool)
        first[1:] = pairs[1:] != pairs[:-1]  # an earlier rule made the others
        pairs, rule = pairs[first], packed[first].astype(np.int8)
        return Candidates((pairs >> _ROW) + start, pairs & ((1 << _ROW) - 1), rule)

    def _rule(self, number: int, start: int, stop: int) -> Rows:
        """Return the pairs of one rule packed into one number each: record row from `start`, base row, rule."""
        own, base = self._keys.record[number][start:stop], self._keys.base[number]
        records, rows = _meeting(own, base)
        if not len(records) or not len(rows):
            return np.empty(0, np.int64)
        self._asked += 1
        name, other, made = (f"{word}_{self._asked}" for word in ("records", "rows", "pairs"))
        self._session.add(name, _table((records << (_ROW + _RULE)) | number, own[records]))
        self._session.add(other, _table(rows << _RULE, base[rows]))
        once = f"WHERE (l.row >> {_ROW + _RULE}) + {start} < (r.row >> {_RULE})" if self._keys.itself else ""
        self._session.run([Step(made, f"SELECT l.row | r.row AS pair FROM {name} l JOIN {other} r USING (key) {once}")])
        found: Rows = self._session.table(made).column(0).to_numpy()
        return found


_ROW, _RULE = 32, 8  # bits of a base row and of a rule in a packed pair
_BUCKET, _BUCKETS = np.uint64(42), 1 << 22


def _meeting(own: Hashes, other: Hashes) -> tuple[Rows, Rows]:
    """Return the rows of two sides whose key may be on the other side: most of those that are not are left out by the
    highest bits of their keys, before anything is joined."""
    held = np.zeros(_BUCKETS, bool)
    held[own >> _BUCKET] = True
    rows = np.flatnonzero(held[other >> _BUCKET] & (other != NO_KEY))
    held[:] = False
    held[other[rows] >> _BUCKET] = True
    return np.flatnonzero(held[own >> _BUCKET] & (own != NO_KEY)), rows


def _table(rows: Rows, keys: Hashes) -> pa.Table:
    return pa.table({"row": rows, "key": keys.view(np.int64)})


def pair_counts(keys: BlockKeys) -> tuple[int, ...]:
    """Return how many pairs each rule makes by itself, without making them; of one table each pair once."""
    counts = []
    for record, base in zip(keys.record, keys.base, strict=True):
        values, base_counts = np.unique(base[base != NO_KEY], return_counts=True)
        if keys.itself:
            counts.append(int((base_counts * (base_counts - 1) // 2).sum()))
            continue
        own, record_counts = np.unique(record[record != NO_KEY], return_counts=True)
        _, a, b = np.intersect1d(values, own, assume_unique=True, return_indices=True)
        counts.append(int((base_counts[a].astype(np.int64) * record_counts[b]).sum()))
    return tuple(counts)

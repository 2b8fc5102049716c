"""Candidates: which pairs of rows are worth comparing. DuckDB joins the block keys, one rule after another.

A pair that an earlier rule makes is not made again, so every candidate comes once and knows its rule. A key that too
many base rows hold says nothing (a switchboard's phone): it is left out and counted; the list of such keys is frozen
in the model, so that it does not depend on what else is linked tonight.
"""

# ruff: noqa: S608 - every identifier is generated here from numbers

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from engine.duckdb_engine import DuckDBEngine, Session
from engine.step import Step
from matching.encoding import NO_KEY, Hashes

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


@contextmanager
def joined(engine: DuckDBEngine, keys: BlockKeys) -> Iterator[Joined]:
    """Open a session that makes the candidates of any range of record rows."""
    with engine.session({}) as session:
        session.add("base_keys", _table(keys.base))
        session.run([Step("base_rows", "FROM base_keys", materialise=True)])
        yield Joined(session, keys)


class Joined:
    """Makes candidates, a range of record rows at a time."""

    def __init__(self, session: Session, keys: BlockKeys) -> None:
        self._session, self._keys, self._asked = session, keys, 0

    def between(self, start: int, stop: int) -> Candidates:
        """Return the candidates of records `start` to `stop` (not included), ordered by record, then base row."""
        self._asked += 1
        name = f"record_{self._asked}"
        self._session.add(name, _table([column[start:stop] for column in self._keys.record], start))
        sql = " UNION ALL ".join(self._rule(name, number) for number in range(len(self._keys.record)))
        self._session.run([Step(f"pairs_{self._asked}", sql)])
        table = self._session.table(f"pairs_{self._asked}")
        record, base, rule = (table.column(place).to_numpy().astype(np.int64) for place in range(3))
        packed = np.sort(((record - start) << 40) | (base << 8) | rule)  # one sort instead of three columns' order
        return Candidates((packed >> 40) + start, (packed >> 8) & 0xFFFFFFFF, (packed & 0xFF).astype(np.int8))

    def _rule(self, name: str, number: int) -> str:
        earlier = "".join(f" AND (l.k{one} = r.k{one}) IS NOT TRUE" for one in range(number))
        once = " AND l.row_number < r.row_number" if self._keys.itself else ""
        return (
            f"SELECT l.row_number AS l, r.row_number AS r, {number}::TINYINT AS rule "
            f"FROM {name} l JOIN base_rows r ON l.k{number} = r.k{number}{earlier}{once}"
        )


def _table(keys: Sequence[Hashes], first: int = 0) -> pa.Table:
    count = len(keys[0]) if keys else 0
    columns = {"row_number": pa.array(np.arange(first, first + count, dtype=np.int32))}
    for number, column in enumerate(keys):
        columns[f"k{number}"] = pa.array(column.view(np.int64), mask=column == NO_KEY)
    return pa.table(columns)


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

"""Clustering: from pairs that are likely one party to parties, never against what must stay apart.

Pairs are taken from the likeliest down, and two groups become one unless a constraint refuses it: two different values
of a field that parties never share, or a judgement. A refusal is recorded with its reason, not lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Edge:
    """One pair of rows with its weight in bits."""

    first: int
    second: int
    weight: float


@dataclass(frozen=True)
class Refusal:
    """A pair that was not joined: rows, and why (`never_share.<field>` or `judgement`)."""

    first: int
    second: int
    reason: str


@dataclass(frozen=True)
class Constraints:
    """`identities`: per field that parties never share, a code a row (-1 missing). `apart`: pairs judged not same."""

    identities: Mapping[str, Codes] = field(default_factory=dict)
    apart: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class Clusters:
    """`of`: per row the least row of its cluster. `refusals` in the order they were met."""

    of: Rows
    refusals: tuple[Refusal, ...]


def cluster(
    rows: int, first: Rows, second: Rows, weight: npt.NDArray[np.float64], constraints: Constraints
) -> Clusters:
    """Return clusters of `rows` rows joined by pairs, the heaviest pairs first (ties: the lower rows first).

    Components that no constraint touches are joined at once; only the others are walked pair by pair.
    """
    labels = _components(rows, first, second)
    least = _least_rows(labels)
    contested = _contested(labels, constraints)
    open_pairs = np.flatnonzero(contested[labels[first]]) if len(first) else np.empty(0, np.int64)
    if not len(open_pairs):
        return Clusters(least[labels], ())
    order = open_pairs[np.lexsort((second[open_pairs], first[open_pairs], -weight[open_pairs]))]
    edges = [Edge(int(first[one]), int(second[one]), float(weight[one])) for one in order]
    walk = _Walk(constraints)
    for edge in edges:
        walk.join(edge)
    of = least[labels]
    for row in np.flatnonzero(contested[labels]).tolist():
        of[row] = walk.root(row)
    return Clusters(of, tuple(walk.refusals))


def _components(rows: int, first: Rows, second: Rows) -> npt.NDArray[np.int32]:
    graph = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(rows, rows))
    labels: npt.NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels


def _least_rows(labels: npt.NDArray[np.int32]) -> Rows:
    """Return, per component, its least row."""
    least = np.full(int(labels.max(initial=-1)) + 1, len(labels), np.int64)
    np.minimum.at(least, labels, np.arange(len(labels)))
    return least


def _contested(labels: npt.NDArray[np.int32], constraints: Constraints) -> npt.NDArray[np.bool_]:
    """Say of each component whether it holds two values that must not meet, or rows judged apart."""
    found = np.zeros(int(labels.max(initial=-1)) + 1, bool)
    for codes in constraints.identities.values():
        some = np.flatnonzero(codes >= 0)
        pairs = np.unique(np.stack([labels[some].astype(np.int64), codes[some].astype(np.int64)], axis=1), axis=0)
        components, counts = np.unique(pairs[:, 0], return_counts=True)
        found[components[counts > 1]] = True
    for one, other in constraints.apart:
        if labels[one] == labels[other]:
            found[labels[one]] = True
    return found


class _Walk:
    """Union-find that knows what each group holds."""

    def __init__(self, constraints: Constraints) -> None:
        self._constraints = constraints
        self._above: dict[int, int] = {}
        self._held: dict[tuple[int, str], set[int]] = {}
        self._foes: dict[int, set[int]] = {}
        for one, other in constraints.apart:
            self._foes.setdefault(one, set()).add(other)
            self._foes.setdefault(other, set()).add(one)
        self._members: dict[int, list[int]] = {}
        self.refusals: list[Refusal] = []

    def root(self, row: int) -> int:
        """Return the least row of the row's group."""
        above = self._above.get(row, row)
        while above != row:
            self._above[row] = self._above.get(above, above)
            row, above = above, self._above.get(above, above)
        return row

    def join(self, edge: Edge) -> None:
        """Make the groups of both rows one, or record why not."""
        one, other = sorted((self.root(edge.first), self.root(edge.second)))
        if one == other:
            return
        reason = self._against(one, other)
        if reason:
            self.refusals.append(Refusal(edge.first, edge.second, reason))
            return
        self._above[other] = one
        for name in self._constraints.identities:
            self._held[one, name] = self._values(one, name) | self._values(other, name)
        self._members[one] = self._rows(one) + self._rows(other)

    def _against(self, one: int, other: int) -> str:
        members = set(self._rows(other))
        if any(self._foes.get(row, set()) & members for row in self._rows(one) if row in self._foes):
            return "judgement"
        for name in self._constraints.identities:
            if len(self._values(one, name) | self._values(other, name)) > 1:
                return f"never_share.{name}"
        return ""

    def _values(self, root: int, name: str) -> set[int]:
        if (root, name) not in self._held:
            code = int(self._constraints.identities[name][root])
            self._held[root, name] = {code} if code >= 0 else set()
        return self._held[root, name]

    def _rows(self, root: int) -> list[int]:
        return self._members.setdefault(root, [root])

"""Rungs of plain files: pairs with the same identifier, and whether the fields that must agree do.

The city's own ladder works on registers and departments (matching/ladder.py); this one on any two tables.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.comparing import MISSING, FieldComparer
from matching.encoding import NO_KEY
from matching.fields import Fields
from matching.scoring import Rows
from matching.training import Labels

AGREES, DISAGREES, AMBIGUOUS = range(3)


@dataclass(frozen=True)
class RungPairs:
    """Per record that a rung speaks of: its row, the base row (the first of several), what the rung says, and the
    decision where it does not agree."""

    record: Rows
    base: Rows
    state: npt.NDArray[np.int8]
    otherwise: tuple[str, ...]


def rung_pairs(fields: Fields, comparers: tuple[FieldComparer, ...]) -> RungPairs:
    """Return what the ladder says, the first rung that finds a record's identifier among the base rows decides."""
    by_name = {one.column.name: one for one in comparers}
    record, base, state, otherwise = [], [], [], []
    settled: Rows = np.empty(0, np.int64)
    for rung in fields.spec.ladder:
        own, other = fields.rule_keys(rung.same, "record"), fields.rule_keys(rung.same, "base")
        values, firsts, counts = np.unique(other, return_index=True, return_counts=True)
        places = np.minimum(np.searchsorted(values, own), max(len(values) - 1, 0))
        found = (own != NO_KEY) & (values[places] == own) if len(values) else np.zeros(len(own), bool)
        found[settled] = False
        rows = np.flatnonzero(found)
        partners = firsts[places[rows]].astype(np.int64)
        said = np.full(len(rows), AGREES, np.int8)
        for name in rung.agree:
            said[~_agrees(by_name.get(name), fields, name, rows, partners)] = DISAGREES
        said[counts[places[rows]] > 1] = AMBIGUOUS
        record.append(rows)
        base.append(partners)
        state.append(said)
        otherwise += [rung.otherwise] * len(rows)
        settled = np.concatenate((settled, rows))
    if not record:
        return RungPairs(settled, settled, np.empty(0, np.int8), ())
    return RungPairs(np.concatenate(record), np.concatenate(base), np.concatenate(state), tuple(otherwise))


def _agrees(
    comparer: FieldComparer | None, fields: Fields, name: str, rows: Rows, partners: Rows
) -> npt.NDArray[np.bool_]:
    """Say where a field agrees: the same, or in the upper half of its levels; missing does not disagree."""
    if comparer is None:
        column = fields.columns[name]
        a, b = column.record[rows], column.base[partners]
        same: npt.NDArray[np.bool_] = (a == b) | (a < 0) | (b < 0)
        return same
    levels = comparer.between(rows, partners)
    found: npt.NDArray[np.bool_] = (levels == MISSING) | (levels >= comparer.least_agreeing)
    return found


def labels_of(pairs: RungPairs) -> Labels:
    """Return the agreeing pairs as labels."""
    sure = pairs.state == AGREES
    return Labels(pairs.record[sure], pairs.base[sure], "ladder")


def same_identifier(fields: Fields, comparers: tuple[FieldComparer, ...]) -> tuple[Rows, Rows]:
    """Return pairs of rows of one table with the same identifier and agreeing fields, each row with the first of its
    identifier; lower row first."""
    by_name = {one.column.name: one for one in comparers}
    firsts_, seconds_ = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for rung in fields.spec.ladder:
        keys = fields.rule_keys(rung.same, "record")
        _, firsts, places = np.unique(keys, return_index=True, return_inverse=True)
        heads = firsts[places].astype(np.int64)
        rows = np.flatnonzero((keys != NO_KEY) & (heads != np.arange(len(keys))))
        good = np.ones(len(rows), bool)
        for name in rung.agree:
            good &= _agrees(by_name.get(name), fields, name, rows, heads[rows])
        firsts_.append(heads[rows[good]])
        seconds_.append(rows[good])
    return np.concatenate(firsts_), np.concatenate(seconds_)

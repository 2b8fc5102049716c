"""A table in numbers and patterns: its columns, what could be its key, which field each column seems to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from profiling.column_profile import ColumnProfile, Distinct, profile_column
from profiling.likely_field import Knowledge, Likely, likely_fields
from values import citizen_id
from values.kinds import KINDS

PAIRED = 10  # columns tried in pairs
AGREE = 0.9


@dataclass(frozen=True)
class TableProfile:
    """`keys` are candidate keys within the rows looked at, best first; `complete` says that those were all rows."""

    name: str
    rows: int
    complete: bool
    columns: tuple[ColumnProfile, ...]
    keys: tuple[tuple[str, ...], ...]
    likely: Mapping[str, tuple[Likely, ...]]
    distinct: Mapping[str, Distinct]  # holds values: for the draft's crosswalks, never shown whole

    def column(self, name: str) -> ColumnProfile:
        return next(one for one in self.columns if one.name == name)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it but the values, ready for JSON."""
        columns = []
        for one in self.columns:
            facts = {name: value for name, value in vars(one).items() if name != "detected"}
            facts |= {"filled": one.filled, "detected": vars(one.detected)}
            facts["likely"] = [vars(each) for each in self.likely[one.name]]
            columns.append(facts)
        keys = [list(key) for key in self.keys]
        return {"table": self.name, "rows": self.rows, "complete": self.complete, "keys": keys, "columns": columns}


def profile_table(
    name: str, rows: pa.Table, known: Knowledge, declared: Mapping[str, str] | None = None, complete: bool = True
) -> TableProfile:
    """Return the profile of `rows`, whose columns are all text; `declared` are the source's own types."""
    columns, distinct, likely = [], {}, {}
    for column in rows.column_names:
        profile, kept = profile_column(column, rows.column(column), (declared or {}).get(column, ""))
        columns.append(profile)
        distinct[column] = kept
        likely[column] = likely_fields(profile, kept, known)
    likely = _agreeing(rows, columns, likely)
    return TableProfile(name, rows.num_rows, complete, tuple(columns), candidate_keys(rows, columns), likely, distinct)


def candidate_keys(rows: pa.Table, columns: Sequence[ColumnProfile]) -> tuple[tuple[str, ...], ...]:
    """Return the columns that are filled and distinct in every row; where there is none, such pairs of columns."""
    whole = [one for one in columns if one.rows and one.filled == one.rows]
    single = [(one.name,) for one in whole if one.distinct == one.rows]
    if single or rows.num_rows < 2:
        return tuple(single)
    most = sorted(whole, key=lambda one: -one.distinct)[:PAIRED]
    codes = {one.name: rows.column(one.name).combine_chunks().dictionary_encode().indices.to_numpy() for one in most}
    found = []
    for left, right in combinations(sorted(codes, key=rows.column_names.index), 2):
        both = codes[left].astype(np.int64) * (int(codes[right].max()) + 1) + codes[right]
        if len(np.unique(both)) == rows.num_rows:
            found.append((left, right))
    return tuple(found)


def _agreeing(
    rows: pa.Table, columns: Sequence[ColumnProfile], likely: dict[str, tuple[Likely, ...]]
) -> dict[str, tuple[Likely, ...]]:
    """A citizen id says birth and sex: a column that agrees with it row by row is that of the same person."""
    ids = [one.name for one in columns if one.detected.kind == "citizen_id" and (one.detected.sound or 0) > 0.5]
    if not ids:
        return likely
    numbers = KINDS["citizen_id"].clean_with(rows.column(ids[0]).combine_chunks(), {}).values
    births = citizen_id.birth_dates(numbers)
    for one in columns:
        if one.detected.kind != "date":
            continue
        days = KINDS["date"].clean_with(rows.column(one.name).combine_chunks(), {}).values
        equal = pc.equal(days, births).drop_null()
        if len(equal) >= 5 and (share := pc.mean(equal.cast(pa.int8())).as_py()) >= AGREE:
            why = f"{share:.0%} 与 agree with {ids[0]}"
            likely[one.name] = _raised(likely[one.name], Likely("person", "birth_date", "", 0.95, (why,)))
    return likely


def _raised(found: tuple[Likely, ...], proof: Likely) -> tuple[Likely, ...]:
    before = next((one for one in found if (one.entity, one.field) == (proof.entity, proof.field)), None)
    if before is not None:
        proof = replace(before, score=max(before.score, proof.score), reasons=before.reasons + proof.reasons)
    return (proof, *(one for one in found if one != before))

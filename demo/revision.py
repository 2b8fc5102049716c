"""One day's revision of the truth: what was added, dropped, mended and learnt, written row group by row group."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo import truth
from demo.defects import DEFECTS
from demo.dirt import Dirty
from demo.emission import Table
from demo.world import Chunk

Defect = dict[str, Any]


@dataclass
class Revision:
    """What one day does to the truth; `defects` are the errors that stand, as plain rows."""

    day: int
    defects: list[Defect]
    able_people: list[dict[str, Any]]
    records: list[pa.Table] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    facts: list[pa.Table] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)  # `table/key` of rows whose life ended
    dropped: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    learnt: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_key: dict[tuple[str, str | None], list[Defect]] = {}
        self.take(self.defects)

    def take(self, defects: list[Defect]) -> None:
        """Add errors to those that stand."""
        for one in defects:
            self.by_key.setdefault((one["table"], one["key"]), []).append(one)

    def faulty_keys(self, table: Table) -> list[str]:
        """Return the keys of a table's rows that hold an error, in the order in which they were planted."""
        return [key for name, key in self.by_key if name == table.name and key is not None]

    def defects_of(self, table: Table, key: str) -> list[Defect]:
        """Return the errors that stand in one row."""
        return self.by_key.get((table.name, key), [])

    def note(self, table: Table, keys: Iterable[str], change: str, columns: str) -> None:
        """Remember a change of rows for the list of changes."""
        self.changes += [
            {
                "day": self.day,
                "department": table.department,
                "table": table.name,
                "key": key,
                "change": change,
                "columns": columns,
            }
            for key in keys
        ]

    def drop(self, table: Table, keys: list[str]) -> None:
        """Forget rows that were deleted for good, with their errors."""
        self.dropped[table.name] |= set(keys)
        for key in keys:
            self.by_key.pop((table.name, key), None)
        self.note(table, keys, "deleted", "")
        self.end(table, keys)

    def end(self, table: Table, keys: Iterable[str]) -> None:
        """Remember that what these rows proved holds no longer."""
        self.ended |= {f"{table.name}/{key}" for key in keys}

    def mend(self, table: Table, key: str, columns: set[str]) -> None:
        """Forget the errors of cells that are right now."""
        left = [one for one in self.by_key.pop((table.name, key), []) if one["column"] not in columns]
        self.take(left)

    def learn(self, table: Table, key: str, known: dict[str, Any]) -> None:
        """Remember what a leading register now knows about a row's first party."""
        self.learnt.setdefault((table.name, key), {}).update(known)

    def add_rows(self, dirty: Dirty) -> None:
        """Add the truth of new rows."""
        self.records.append(truth.records(dirty, self.day))
        self.facts.append(truth.stated(dirty.emission, self.day))
        self.take(dirty.defects.to_pylist())
        self.note(dirty.table, dirty.columns[dirty.table.key].to_pylist(), "new", "")

    def standing_defects(self) -> pa.Table:
        """Return the errors that stand at the end of the day."""
        return pa.Table.from_pylist([one for rows in self.by_key.values() for one in rows], schema=DEFECTS)


def able_people(folder: Path) -> list[dict[str, Any]]:
    """Return grown-up citizens of the first part of the city (person_id, citizen_id, name): any of them may lead."""
    rows = pq.ParquetFile(folder / "persons.parquet").read_row_group(0)
    fit = pc.and_(pc.and_(rows["alive"], pc.invert(rows["moved_away"])), pc.less(rows["birth_date"], "2004"))
    rows = rows.filter(pc.and_(fit, pc.equal(rows["paper"], "citizen_id")))
    people: list[dict[str, Any]] = rows.select(["person_id", "citizen_id", "name"]).slice(0, 5_000).to_pylist()
    return people


def usable_keys(folder: Path, table: Table) -> list[str]:
    """Return the keys that stand exactly once in a table of the truth, in the order of the rows."""
    file = pq.ParquetFile(folder / "records.parquet")
    found: list[str | None] = []
    statement = table.parties[0].statement
    place = file.schema_arrow.names.index("table")
    for group in range(file.num_row_groups):
        bounds = file.metadata.row_group(group).column(place).statistics
        if bounds is not None and bounds.has_min_max and not bounds.min <= table.name <= bounds.max:
            continue  # a row group holds rows of few tables, mostly of one
        rows = file.read_row_group(group, columns=["table", "statement", "key"])
        mine = pc.and_(pc.equal(rows["table"], table.name), pc.equal(rows["statement"], statement))
        found += rows.filter(mine)["key"].to_pylist() if pc.any(mine).as_py() else []
    seen: dict[str | None, int] = defaultdict(int)
    for key in found:
        seen[key] += 1
    return [key for key in found if key is not None and seen[key] == 1]


def revise_truth(folder: Path, revision: Revision, chunk: Chunk) -> None:
    """Write all six truth files anew with the day's revision."""
    people, firms = resolve(folder, revision)
    rewrite(folder, "records", lambda rows: led_anew(without_dropped(rows, revision), revision), revision.records)
    rewrite(folder, "persons", lambda rows: taught(rows, "person_id", people), [truth.persons(chunk)])
    rewrite(folder, "businesses", lambda rows: taught(rows, "business_id", firms), [truth.businesses(chunk)])
    leaders = {firm: known["representative_id"] for firm, known in firms.items() if "representative_id" in known}
    today = str(np.datetime64(chunk.as_of, "D"))
    rewrite(
        folder,
        "facts",
        lambda rows: ended(handed_over(rows, leaders, today), revision.ended, today),
        [
            pa.Table.from_pylist(
                [
                    {
                        "kind": "legal_representation",
                        "first_id": person,
                        "second_id": firm,
                        "since": today,
                        "until": None,
                        "day": revision.day,
                        "thing": None,
                        "source": None,
                    }
                    for firm, person in leaders.items()
                ],
                schema=truth.FACTS,
            ),
            truth.facts(chunk),
            *revision.facts,
        ],
    )
    truth.write(folder, "defects", revision.standing_defects())
    rewrite(folder, "changes", lambda rows: rows, [pa.Table.from_pylist(revision.changes, schema=truth.CHANGES)])


def rewrite(folder: Path, name: str, revise: Callable[[pa.Table], pa.Table], more: list[pa.Table]) -> None:
    """Write one truth file anew, one row group at a time, with `more` at its end."""
    fresh, file = folder / f".{name}.parquet", pq.ParquetFile(folder / f"{name}.parquet")
    with pq.ParquetWriter(fresh, truth.FILES[name], compression="zstd", compression_level=1) as writer:
        for group in range(file.num_row_groups):
            writer.write_table(revise(file.read_row_group(group)))
        for rows in more:
            if rows.num_rows:
                writer.write_table(rows)
    fresh.replace(folder / f"{name}.parquet")


def without_dropped(rows: pa.Table, revision: Revision) -> pa.Table:
    """Return records without those of deleted rows."""
    for name, keys in sorted(revision.dropped.items()):
        mine = pc.and_(
            pc.equal(rows["table"], name), pc.is_in(rows["key"], value_set=pa.array(sorted(keys), pa.string()))
        )
        rows = rows.filter(pc.invert(pc.fill_null(mine, False)))
    return rows


def led_anew(rows: pa.Table, revision: Revision) -> pa.Table:
    """Return records in which rows with a new representative are the new person's."""
    leaders = {
        place: known["representative_id"] for place, known in revision.learnt.items() if "representative_id" in known
    }
    keys = pa.array(sorted(key for _, key in leaders), pa.string())
    mine = pc.and_(pc.is_in(rows["key"], value_set=keys), pc.equal(rows["statement"], "representative"))
    spots = np.flatnonzero(mine.to_numpy())
    if not len(spots):
        return rows
    ids, found = rows["true_id"].to_pylist(), rows.take(pa.array(spots)).to_pylist()
    for spot, one in zip(spots, found, strict=True):
        ids[spot] = leaders.get((one["table"], one["key"]), ids[spot])
    return rows.set_column(rows.column_names.index("true_id"), "true_id", pa.array(ids, pa.string()))


def handed_over(rows: pa.Table, leaders: dict[str, str], today: str) -> pa.Table:
    """Return facts in which the representations that ended today say so."""
    firms = pc.is_in(rows["second_id"], value_set=pa.array(sorted(leaders), pa.string()))
    ended = pc.and_(pc.and_(firms, pc.equal(rows["kind"], "legal_representation")), pc.is_null(rows["until"]))
    until = pc.if_else(ended, pa.scalar(today), rows["until"])
    return rows.set_column(rows.column_names.index("until"), "until", until)


def ended(rows: pa.Table, sources: set[str], today: str) -> pa.Table:
    """Return facts in which those proved by rows that ended today say so."""
    mine = pc.and_(
        pc.is_in(rows["source"], value_set=pa.array(sorted(sources), pa.string())), pc.is_null(rows["until"])
    )
    until = pc.if_else(mine, pa.scalar(today), rows["until"])
    return rows.set_column(rows.column_names.index("until"), "until", until)


def resolve(folder: Path, revision: Revision) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return what was learnt by person id and by business id."""
    people: dict[str, dict[str, Any]] = {}
    firms: dict[str, dict[str, Any]] = {}
    wanted = pa.array(sorted({key for _, key in revision.learnt}), pa.string())
    file = pq.ParquetFile(folder / "records.parquet")
    for group in range(file.num_row_groups):
        rows = file.read_row_group(group)
        rows = rows.filter(pc.fill_null(pc.is_in(rows["key"], value_set=wanted), False))
        for one in rows.to_pylist():
            known = revision.learnt.get((one["table"], one["key"]))
            if known and one["statement"] in ("person", "business"):
                (people if one["entity"] == "person" else firms).setdefault(one["true_id"], {}).update(known)
    return people, firms


def taught(rows: pa.Table, id_column: str, learnt: dict[str, dict[str, Any]]) -> pa.Table:
    """Return people or businesses with what was learnt; a house number replaces the first one of the address."""
    mine = pc.is_in(rows[id_column], value_set=pa.array(sorted(learnt), pa.string())).to_numpy(zero_copy_only=False)
    spots = np.flatnonzero(mine)
    if not len(spots):
        return rows
    fresh = rows.take(pa.array(spots)).to_pylist()
    for one in fresh:
        known = dict(learnt[one[id_column]])
        number = known.pop("house_number", None)
        if number:
            one["address"] = re.sub(r"[0-9]+号", f"{number}号", one["address"], count=1)
        if "representative_id" in known:
            one["former_representative_id"] = one["representative_id"]
        one.update({key: value for key, value in known.items() if key in one})
    new = pa.Table.from_pylist(fresh, schema=rows.schema)
    mask = pa.chunked_array([pa.array(mine)])
    return pa.table(
        [
            pc.replace_with_mask(rows[name].combine_chunks(), mask.combine_chunks(), new[name].combine_chunks())
            for name in rows.column_names
        ],
        schema=rows.schema,
    )

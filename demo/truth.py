"""The truth as Parquet: who exists, whose each statement is, which facts hold, and every planted error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo import digits
from demo.companies import TYPE_CODES
from demo.defects import DEFECTS
from demo.dirt import Dirty
from demo.emission import NOTHING, Emission
from demo.names import Index
from demo.papers import PAPERS
from demo.world import Chunk

TEXT = pa.string()
PERSONS = pa.schema(
    [
        ("person_id", TEXT),
        ("citizen_id", TEXT),
        ("name", TEXT),
        ("former_name", TEXT),
        ("sex", TEXT),
        ("birth_date", TEXT),
        ("ethnic_group", TEXT),
        ("marital", TEXT),
        ("phone", TEXT),
        ("address", TEXT),
        ("division", TEXT),
        ("paper", TEXT),
        ("paper_number", TEXT),
        ("travel_permit", TEXT),
        ("household", TEXT),
        ("spouse_id", TEXT),
        ("known_to_police", pa.bool_()),
        ("alive", pa.bool_()),
        ("moved_away", pa.bool_()),
        ("death_date", TEXT),
        ("day", pa.int32()),
    ]
)
BUSINESSES = pa.schema(
    [
        ("business_id", TEXT),
        ("uscc", TEXT),
        ("regno", TEXT),
        ("name", TEXT),
        ("entity_type", TEXT),
        ("representative_id", TEXT),
        ("former_representative_id", TEXT),
        ("founded_on", TEXT),
        ("state", TEXT),
        ("sealed", pa.bool_()),
        ("address", TEXT),
        ("day", pa.int32()),
    ]
)
RECORDS = pa.schema(
    [
        ("department", TEXT),
        ("table", TEXT),
        ("key", TEXT),
        ("statement", TEXT),
        ("entity", TEXT),
        ("true_id", TEXT),
        ("day", pa.int32()),
    ]
)
FACTS = pa.schema(
    [
        ("kind", TEXT),
        ("first_id", TEXT),
        ("second_id", TEXT),
        ("since", TEXT),
        ("until", TEXT),
        ("day", pa.int32()),
        ("thing", TEXT),
        ("source", TEXT),
    ]
)
CHANGES = pa.schema(
    [("day", pa.int32()), ("department", TEXT), ("table", TEXT), ("key", TEXT), ("change", TEXT), ("columns", TEXT)]
)
FILES = {
    "persons": PERSONS,
    "businesses": BUSINESSES,
    "records": RECORDS,
    "facts": FACTS,
    "defects": DEFECTS,
    "changes": CHANGES,
}


class TruthFiles:
    """The six files of a truth folder while they are written for the first time, one chunk after another."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.writers = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd", compression_level=1)
            for name, schema in FILES.items()
        }

    def add(self, name: str, rows: pa.Table) -> None:
        """Append rows to one file."""
        if rows.num_rows:
            self.writers[name].write_table(rows)

    def close(self) -> None:
        """Finish all files."""
        for writer in self.writers.values():
            writer.close()


def read(folder: Path, name: str) -> pa.Table:
    """Return one truth file whole."""
    return pq.read_table(folder / f"{name}.parquet", schema=FILES[name])


def write(folder: Path, name: str, rows: pa.Table) -> None:
    """Replace one truth file, whole or not at all."""
    fresh = folder / f".{name}.parquet"
    pq.write_table(rows, fresh, compression="zstd", compression_level=1, row_group_size=200_000)
    fresh.replace(folder / f"{name}.parquet")


def repeat(word: str, count: int) -> pa.Array:
    """Return `count` copies of a text."""
    return pa.repeat(pa.scalar(word, TEXT), count)


def day_column(day: int, count: int) -> pa.Array:
    """Return `count` copies of the day."""
    return pa.repeat(pa.scalar(day, pa.int32()), count)


def dates_or_null(days: Index) -> pa.Array:
    """Return YYYY-MM-DD, null for -1."""
    return pc.if_else(pa.array(days >= 0), digits.dates(np.maximum(days, 0), "-"), NOTHING)


def persons(chunk: Chunk) -> pa.Table:
    """Return the people of a chunk as a table of `PERSONS`."""
    people, count = chunk.people, len(chunk.people)
    home = digits.text(digits.join(digits.constant("H", count), digits.matrix(people.household + people.start, 9)))
    columns = [
        people.ids(np.arange(count)),
        pc.if_else(pa.array(people.paper == 0), people.number, NOTHING),
        people.name,
        people.former_name,
        digits.text(digits.matrix(people.sex, 1)),
        digits.dates(people.birth, "-"),
        digits.text(digits.matrix(people.ethnic, 2)),
        digits.text(digits.matrix(people.marital, 2)),
        people.phone,
        people.address.free_text(np.zeros(count, dtype=np.int64)),
        people.address.code,
        pa.array(PAPERS).take(pa.array(people.paper)),
        people.number,
        people.travel,
        home,
        people.ids(people.spouse),
        pa.array(people.known),
        pa.array(people.state != 3),
        pa.array(people.state == 2),
        dates_or_null(people.death),
        day_column(chunk.day, count),
    ]
    return pa.table(columns, schema=PERSONS)


def businesses(chunk: Chunk) -> pa.Table:
    """Return the businesses of a chunk as a table of `BUSINESSES`."""
    firms, count = chunk.companies, len(chunk.companies)
    columns = [
        firms.ids(np.arange(count)),
        firms.uscc,
        firms.regno,
        firms.name,
        pa.array(TYPE_CODES).take(pa.array(firms.kind)),
        chunk.people.ids(firms.representative),
        chunk.people.ids(firms.previous),
        digits.dates(firms.founded, "-"),
        digits.text(digits.matrix(firms.state, 1)),
        pa.array(firms.sealed),
        firms.address.free_text(np.zeros(count, dtype=np.int64)),
        day_column(chunk.day, count),
    ]
    return pa.table(columns, schema=BUSINESSES)


def facts(chunk: Chunk) -> pa.Table:
    """Return marriages, legal representations (present and former) and jobs of a chunk as a table of `FACTS`.

    First and second party: husband and wife; representative and business; employee and employer.
    """
    people, firms, pairs, jobs = chunk.people, chunk.companies, chunk.marriages, chunk.jobs
    every, led = np.arange(len(firms)), np.flatnonzero(firms.previous >= 0)
    hired = np.flatnonzero(jobs.company >= 0)
    parts = [
        ("marriage", people.ids(pairs.husband), people.ids(pairs.wife), pairs.since, pairs.ended),
        (
            "legal_representation",
            people.ids(firms.representative),
            firms.ids(every),
            firms.since,
            np.full(len(every), -1),
        ),
        ("legal_representation", people.ids(firms.previous[led]), firms.ids(led), firms.founded[led], firms.since[led]),
        (
            "employment",
            people.ids(jobs.person[hired]),
            firms.ids(jobs.company[hired]),
            jobs.since[hired],
            np.full(len(hired), -1),
        ),
    ]
    return pa.concat_tables(
        [
            pa.table(
                [
                    repeat(kind, len(since)),
                    first,
                    second,
                    digits.dates(since, "-"),
                    dates_or_null(until),
                    day_column(chunk.day, len(since)),
                    pa.nulls(len(since), TEXT),
                    pa.nulls(len(since), TEXT),
                ],
                schema=FACTS,
            )
            for kind, first, second, since, until in parts
        ]
    )


def stated(emission: Emission, day: int) -> pa.Table:
    """Return what the rows of one table prove as a table of `FACTS`; `source` is `table/key` of the row."""
    table, count = emission.table, len(emission)
    source = pc.binary_join_element_wise(pa.scalar(table.name), emission.columns[table.key], "/")
    parts = []
    for one in emission.facts:
        rows = pa.table(
            [
                repeat(one.kind, count),
                one.first,
                pa.nulls(count, TEXT) if one.second is None else one.second,
                dates_or_null(one.since),
                pa.nulls(count, TEXT) if one.until is None else dates_or_null(one.until),
                day_column(day, count),
                pa.nulls(count, TEXT) if one.thing is None else one.thing,
                source,
            ],
            schema=FACTS,
        )
        parts.append(rows.filter(pc.is_valid(rows["first_id"])))
    return pa.concat_tables(parts) if parts else FACTS.empty_table()


def records(dirty: Dirty, day: int) -> pa.Table:
    """Return whose every statement of the rows is, as a table of `RECORDS`; keys are as the source has them."""
    table, key = dirty.table, dirty.columns[dirty.table.key]
    count = len(key)
    rows = pa.concat_tables(
        [
            pa.table(
                [
                    repeat(table.department, count),
                    repeat(table.name, count),
                    key,
                    repeat(party.statement, count),
                    repeat(party.entity, count),
                    dirty.truth[party.statement],
                    day_column(day, count),
                ],
                schema=RECORDS,
            )
            for party in table.parties
        ]
    )
    return rows.filter(pc.is_valid(rows["true_id"])) if any(party.optional for party in table.parties) else rows

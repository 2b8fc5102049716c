"""Two files of people with known truth for the measurement of speed: a register and a department half its size.

The people are the demo city's: households, twins, namesakes, shared phones. The register holds those the police know,
with its own gaps; the department one row for a random part of all people, its errors those of the demo's profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from bench.linkage_columns import PLAIN, cleaned, prepared
from demo import digits
from demo.dirt import Store, spoil
from demo.emission import Emission, Party, Table, some, take, written_name
from demo.names import Index
from demo.papers import Slot
from demo.people import People, draw_people
from demo.profile import Profile, load
from demo.world import CHUNKS, FIRST_DAY, Size

COLUMNS = {
    "unique_id": "key",
    "name": "name",
    "former_name": "plain",
    "birth_date": "date10",
    "sex": "code:sex",
    "phone": "phone",
    "address": "address",
}
KNOWN = 0.96  # about this share of people is in the register
FILES = ("records", "register", "truth")


@dataclass(frozen=True)
class Files:
    """The three files: `records` and `register` with prepared columns, `truth` with `record_id` and `register_id`
    (null: the register does not know the person)."""

    records: Path
    register: Path
    truth: Path


def files(size: int, seed: int, folder: Path) -> Files:
    """Return a register of about `size` rows and a department of half as many below `folder`; made once."""
    place = folder / f"people-{size}-{seed}"
    made = Files(*(place / f"{name}.parquet" for name in FILES))
    if not made.truth.is_file():
        place.mkdir(parents=True, exist_ok=True)
        tables = draw(size, seed, load("assumed"))
        for name, table in zip(FILES, tables, strict=True):
            parquet.write_table(table, place / f".{name}", compression="zstd", compression_level=1)
            (place / f".{name}").rename(place / f"{name}.parquet")
    return made


def draw(rows: int, seed: int, profile: Profile) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return records, register and truth, in random order. The same for the same seed."""
    size = Size(round(rows / KNOWN), seed)
    parts = [chunk(size, number, profile) for number in range(size.chunks)]
    records, register, truth = (pa.concat_tables(one) for one in zip(*parts, strict=True))
    random = np.random.default_rng([seed, 1])
    order = random.permutation(records.num_rows)
    records, truth = records.take(pa.array(order)), truth.take(pa.array(order))
    return records, register.take(pa.array(random.permutation(register.num_rows))), truth


def chunk(size: Size, number: int, profile: Profile) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return records, register and truth of one chunk of the city."""
    random = np.random.default_rng([size.seed, number, 0])
    start = number * size.chunk
    count = min(size.chunk, size.residents - start)
    people = draw_people(random, Slot(number, start, count, number, CHUNKS, 7, FIRST_DAY), profile)
    known = np.flatnonzero(people.known)
    register = rows_of("police_population", people, known, (random, profile, FILL_REGISTER))
    seen = np.flatnonzero((people.state == 1) & (random.random(count) < 0.5 / 0.92))
    office = rows_of("health", people, seen, (random, profile, FILL_OFFICE))
    ids = pc.if_else(pa.array(people.known[seen]), named("R", people, seen), pa.scalar(None, pa.string()))
    truth = pa.table({"record_id": named("L", people, seen), "register_id": ids})
    return prepared(cleaned(office)), prepared(cleaned(register)), truth


@dataclass(frozen=True)
class Fill:
    """Shares of rows with a column filled, of old phones, of former names written."""

    letter: str
    birth: float
    phone: float
    address: float
    old_phone: float
    former: float


FILL_REGISTER = Fill("R", 1.0, 0.62, 1.0, 0.0, 0.01)
FILL_OFFICE = Fill("L", 0.95, 0.85, 0.75, 0.08, 0.12)


def named(letter: str, people: People, rows: Index) -> pa.Array:
    """Return ids of rows: the letter and nine digits that do not run."""
    moved = 0 if letter == "L" else 500_000_000
    spread = digits.scramble(rows + people.start + moved, 10)
    return digits.text(digits.join(digits.constant(letter, len(rows)), spread))


def rows_of(department: str, people: People, rows: Index, how: tuple[np.random.Generator, Profile, Fill]) -> pa.Table:
    """Return what a department holds about people at rows, with its errors planted."""
    random, profile, fill = how
    count = len(rows)
    name, planted = written_name(random, people, rows, "name", fill.former)
    old = pa.array(random.random(count) < fill.old_phone)
    phone = pc.if_else(old, take(people.old_phone, rows), take(people.phone, rows))
    home = people.address.take(rows).free_text(np.searchsorted([0.1, 0.5, 0.8], random.random(count)))
    former = some(random, take(people.former_name, rows), 0.7 if fill.letter == "R" else 0.0)
    columns = {
        "unique_id": named(fill.letter, people, rows),
        "name": name,
        "former_name": former,
        "birth_date": some(random, digits.dates(people.birth[rows], "-"), fill.birth),
        "sex": digits.text(digits.matrix(people.sex[rows], 1)),
        "phone": some(random, phone, fill.phone),
        "address": some(random, home, fill.address),
    }
    table = Table(department, "people", "unique_id", "", COLUMNS, (Party("person", "person", birth="birth_date"),))
    quiet = {"null_key": 0.0, "repeated_key": 0.0}  # ids are whole here: the measurement is of linking
    clean_keys = Profile(**{**vars(profile), "rows": {**profile.rows, **quiet}})
    dirty = spoil(Emission(table, columns, {"person": people.ids(rows)}, planted), clean_keys, random, NOWHERE, 0)
    columns = {**dirty.columns, "citizen_id": pa.nulls(count, pa.string())}
    return pa.table({column: columns[column] for column in PLAIN})


NOWHERE = Store(null_characters=False, control_characters=False, repeats_rows=False)

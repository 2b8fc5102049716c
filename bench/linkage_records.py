"""Person records of a demo city whose party no anchored identifier tells, and the register they are looked for in.

A city is built, standardised by its contracts and read from memory. Records are the statements about people of every
department but the register's own; a record is *open* when it has no identifier, or none that the register holds. A
further share of the anchored records can be opened by hiding their identifiers, so that there are more to measure on.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from bench.defects import raw_rows, table_plan
from bench.linkage_columns import CITY, PLAIN, prepared, with_keys
from demo.build import Order
from demo.days import bring_to_day
from demo.profile import load
from demo.world import Size
from schemas.city_file import load_city
from standardise.sift import sift, sift_columns
from standardise.standardised import standardise

REGISTER = "police_population"
IDENTIFIERS = ("citizen_id", "document_number")
ORIGIN = ("department", "source_table", "statement", "source_key")


@dataclass(frozen=True)
class Sample:
    """Which city: residents, seed, error profile, and the share of anchored records opened by hiding their number."""

    residents: int
    seed: int
    profile: str
    hidden: float


@dataclass(frozen=True)
class CityFiles:
    """`records`, `register` and `labelled` (records whose identifier is known) with prepared columns; `truth` with
    `record_id` and `register_id`, a row for each right register row (null: the register does not know the person);
    `about`: a row a record, in the order of `records`, with `record_id`, `department`, `hidden`, and the true person's
    id; `persons`: the truth about people."""

    records: Path
    register: Path
    labelled: Path
    truth: Path
    about: Path
    persons: Path


def files(sample: Sample, folder: Path) -> CityFiles:
    """Return the files of a sample below `folder`, made once."""
    place = folder / f"city-{sample.residents}-{sample.seed}-{sample.profile}-{sample.hidden}"
    made = CityFiles(*(place / f"{name}.parquet" for name in CityFiles.__dataclass_fields__))
    if not made.about.is_file():
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place) as temporary:
            home = Path(temporary)
            order = Order(Size(sample.residents, sample.seed), load(sample.profile), home / "demo", home / "truth")
            bring_to_day(order)
            write(statements(home), home / "truth", sample, made)
    return made


def statements(home: Path) -> pa.Table:
    """Return every accepted statement about a person of the city built below `home`."""
    city = load_city(CITY)
    found = []
    for contract in city.contracts.values():
        for table, raw in raw_rows(city, contract, home):
            people = [emit.name for emit in table.emit if emit.entity == "person"]
            if not people:
                continue
            plan = table_plan(city, contract, table)
            made = standardise(raw, plan, sift(sift_columns(raw, plan.table), None))
            columns = ["record_id", *ORIGIN, "document_number", *PLAIN[1:]]
            found += [made.statements[name].select(columns) for name in people]
    return pa.concat_tables(found)


def write(people: pa.Table, truth: Path, sample: Sample, made: CityFiles) -> None:
    """Divide statements into register and open records and write all files."""
    people = people.append_column("person", true_person(people, truth))
    people = people.filter(pc.is_valid(people["person"]))
    is_register = pc.equal(people["department"], REGISTER)
    register, others = people.filter(is_register), people.filter(pc.invert(is_register))
    numbers = pc.drop_null(register["citizen_id"]).unique()
    anchored = np.zeros(others.num_rows, dtype=bool)
    for name in IDENTIFIERS:
        anchored |= pc.fill_null(pc.is_in(others[name], value_set=numbers), False).to_numpy()
    random = np.random.default_rng([sample.seed, 99])
    hidden = anchored & (random.random(others.num_rows) < sample.hidden)
    kept = np.flatnonzero(~anchored | hidden)
    records = without_numbers(others.take(pa.array(kept)), hidden[kept])
    labelled = others.take(pa.array(np.flatnonzero(anchored & ~hidden))).sort_by("record_id")
    about = records.select(["record_id", "department", "source_table", "statement", "person"])
    about = about.append_column("hidden", pa.array(hidden[kept]))
    owners = register.select(["person", "record_id"]).rename_columns(["person", "register_id"])
    truth_rows = about.select(["record_id", "person"]).join(owners, "person", join_type="left outer")
    for table, path in (
        (with_keys(prepared(as_plain(records))), made.records),
        (with_keys(prepared(as_plain(register))), made.register),
        (with_keys(prepared(as_plain(labelled))), made.labelled),
        (truth_rows.select(["record_id", "register_id"]), made.truth),
        (parquet.read_table(truth / "persons.parquet"), made.persons),
        (about, made.about),
    ):
        parquet.write_table(table, path, compression="zstd", compression_level=1)


def without_numbers(records: pa.Table, hidden: npt.NDArray[np.bool_]) -> pa.Table:
    """Return the records with the identifiers of some hidden."""
    shown = pa.array(~hidden)
    for name in IDENTIFIERS:
        place = records.column_names.index(name)
        records = records.set_column(place, name, pc.if_else(shown, records[name], pa.scalar(None, pa.string())))
    return records


def as_plain(people: pa.Table) -> pa.Table:
    """Return the columns that are compared, under their plain names."""
    columns = {"unique_id": people["record_id"], **{name: people[name] for name in PLAIN[1:]}}
    return pa.table(columns).combine_chunks()


def true_person(people: pa.Table, truth: Path) -> pa.Array:
    """Return the true person of each statement; null where its key stands for more than one."""
    columns = ["department", "table", "key", "statement", "true_id"]
    rows = parquet.read_table(truth / "records.parquet", columns=columns)
    rows = rows.filter(pc.is_valid(rows["key"]))
    rows = rows.rename_columns(["department", "source_table", "source_key", "statement", "person"])
    rows = rows.set_column(2, "source_key", pc.utf8_trim_whitespace(rows["source_key"]))
    one = rows.group_by(list(ORIGIN)).aggregate([("person", "min"), ("person", "max")])
    one = one.filter(pc.equal(one["person_min"], one["person_max"]))
    places = pa.table({**{name: people[name] for name in ORIGIN}, "place": pa.array(np.arange(people.num_rows))})
    found = places.join(one.select([*ORIGIN, "person_min"]), list(ORIGIN), join_type="left outer").sort_by("place")
    return found["person_min"].combine_chunks()

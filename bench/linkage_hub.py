"""The hub's own linkage of a city's open records: its specification, read from the city's YAML, and its training.

As in the hub, the model is trained on the register with records that their identifier linked as labels (identifiers
hidden) and with open records, whose truth nobody tells it; then every open record is decided.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from bench.linkage_columns import CITY
from bench.linkage_product import THREADS, context
from bench.linkage_records import CityFiles
from engine.duckdb_engine import DuckDBEngine
from matching.evidence import LABELS, SAMPLE
from matching.linkage import Given, MatchOutcome, match
from matching.model import Model
from matching.prepared import prepare
from matching.scoring import Rows
from matching.teaching import train
from matching.training import Labels
from pipeline.ladder_rules import ladder_rules
from schemas.city_file import load_city
from schemas.linkage_spec import LinkageSpec

# The prepared columns (bench/linkage_columns.py) that hold the keys of the specification's block rules.
COLUMNS = {
    "name.pinyin": "name_pinyin",
    "name.surname": "surname",
    "birth_date.month": "birth_month",
    "birth_date.day": "birth_day",
    "birth_date.year": "birth_year",
    "phone.last4": "phone_last4",
    "phone.first7": "phone_first7",
    "address.road": "road",
    "address.number": "number",
    "address.house": "house",
}


@cache
def specification() -> LinkageSpec:
    """Return the city's specification for people, over the prepared files."""
    return replace(load_city(CITY).linkage["person"], id=("unique_id", "unique_id"))


def peer_rules() -> list[list[tuple[str, str]]]:
    """Return the specification's block rules as prepared columns of record and register, for a product that knows no
    keys. Raises KeyError for a key that no prepared column holds.
    """
    fields = {field.name: (field.right, field.left) for field in specification().fields}
    return [
        [(COLUMNS[word],) * 2 if "." in word else fields[word] for word in rule] for rule in specification().block
    ]


def linked(made: CityFiles) -> MatchOutcome:
    """Decide the open records of a city as the hub does. The same for the same files."""
    spec, given = specification(), Given(context())
    engine = DuckDBEngine("2GB", THREADS, made.about.parent / "spill")
    columns = ["unique_id", "citizen_id", "name", "former_name"]
    columns = list(dict.fromkeys([*columns, *(name for field in spec.fields for name in (field.left, field.right))]))
    register, records, labelled = (
        parquet.read_table(path, columns=columns) for path in (made.register, made.records, made.labelled)
    )
    model = trained(engine, register, records, labelled)
    return match(engine, register, records, spec, given, model)


def trained(engine: DuckDBEngine, register: pa.Table, records: pa.Table, labelled: pa.Table) -> Model:
    """Return the model as the hub trains it: so many labels, so many open records, both the first by record id."""
    spec, given = specification(), Given(context())
    held, rows = anchored(labelled, register)
    some, base = held[:LABELS], rows[:LABELS]
    hidden = labelled.take(pa.array(some))
    place = hidden.column_names.index("citizen_id")
    hidden = hidden.set_column(place, "citizen_id", pa.nulls(len(hidden), pa.string()))
    others = records.sort_by("unique_id").slice(0, SAMPLE - LABELS)
    taught = pa.concat_tables([hidden, others])
    order = np.argsort(taught["unique_id"].to_numpy(), kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    ready = prepare(taught.take(pa.array(order)), register, spec, given.context, None)
    labels = Labels(places[: len(some)], base, "anchored_identifier", len(held))
    return train(engine, ready, spec, labels, given.today)


def anchored(labelled: pa.Table, register: pa.Table) -> tuple[Rows, Rows]:
    """Return the rows of records that the ladder links, and theirs in the register: one row holds the number, and the
    names agree, now or formerly."""
    numbers = register["citizen_id"].combine_chunks()
    texts = numbers.to_numpy(zero_copy_only=False).astype(str)
    _, first, count = np.unique(texts, return_index=True, return_counts=True)
    single = np.zeros(len(numbers), bool)
    single[first[count == 1]] = True
    held = pc.index_in(labelled["citizen_id"].combine_chunks(), value_set=numbers)
    rows = np.flatnonzero(held.is_valid().to_numpy(zero_copy_only=False))
    base = held.take(pa.array(rows)).to_numpy().astype(np.int64)
    rows, base = rows[single[base]], base[single[base]]
    rule = ladder_rules(load_city(CITY), "person").name
    agreeing = np.array([level in rule.agree for level in rule.levels])
    names = labelled["name"].combine_chunks().take(pa.array(rows))
    agrees = np.zeros(len(rows), bool)
    for column in ("name", "former_name"):
        other = register[column].combine_chunks().take(pa.array(base))
        agrees |= agreeing[rule.compare(names, other)]
    return rows[agrees], base[agrees]

"""The prepared columns that every product of a linkage measurement reads: the same Parquet files for all.

`unique_id`, `citizen_id`, `name`, `former_name`, `name_pinyin`, `surname`, `birth_date` (date32), `birth_month`, `sex`,
`phone`, `address` as text, its keys from coarse to fine, `road` (or village), `number`, `building`, `house`, and its
parts in one text, `address_path`. Empty is null.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.gazetteer import Gazetteer
from schemas.gazetteer_file import load_gazetteer
from values import address, date, person_name, phone
from values.address_parts import parse

CITY = Path(__file__).resolve().parent.parent / "cities" / "qinhuangdao"
PLAIN = ("unique_id", "citizen_id", "name", "former_name", "birth_date", "sex", "phone", "address")
PARTS = ("road", "number", "building", "house")
KEYS = ("birth_day", "birth_year", "phone_last4", "phone_first7")
PATH = ("number", "building", "unit", "room")


def prepared(people: pa.Table) -> pa.Table:
    """Return clean people (PLAIN columns) with their keys as columns."""
    gazetteer = load_gazetteer(CITY / "gazetteer")
    names = person_name.keys(people["name"].combine_chunks())
    parts = address.keys(people["address"].combine_chunks(), gazetteer)
    whole = {name: people[name].combine_chunks() for name in PLAIN}
    whole["name_pinyin"], whole["surname"] = names["pinyin"], names["surname"]
    whole["birth_month"] = date.keys(whole["birth_date"])["month"]
    whole |= {part: parts[part] for part in PARTS}
    whole["address_path"] = path(whole["address"], gazetteer)
    return pa.table(whole)


def with_keys(people: pa.Table) -> pa.Table:
    """Return prepared people with the keys that only the city's block rules need (KEYS)."""
    days, numbers = date.keys(people["birth_date"].combine_chunks()), phone.keys(people["phone"].combine_chunks())
    found = (days["day"], days["year"], numbers["last4"], numbers["first7"])
    for name, key in zip(KEYS, found, strict=True):
        people = people.append_column(name, key)
    return people


def path(addresses: pa.Array, gazetteer: Gazetteer) -> pa.Array:
    """Return addresses as road (or village, or estate), number, building, and unit with room, joined by bars."""
    encoded = addresses.dictionary_encode()
    parts = parse(encoded.dictionary.fill_null(""), gazetteer).parts
    one = {name: pc.fill_null(parts[name].combine_chunks(), "") for name in PATH}
    road = pc.coalesce(*(parts[name].combine_chunks() for name in ("road", "village", "estate")))
    room = pc.binary_join_element_wise(one["unit"], one["room"], "-")
    room = pc.if_else(pc.equal(room, "-"), "", room)
    return pc.binary_join_element_wise(road, one["number"], one["building"], room, "|").take(encoded.indices)


def cleaned(rows: pa.Table) -> pa.Table:
    """Return dirty text columns (PLAIN) as the hub's kinds of values clean them; what cannot be read is null."""
    gazetteer = load_gazetteer(CITY / "gazetteer")
    texts = {name: rows[name].combine_chunks() for name in PLAIN}
    sex = pc.if_else(pc.is_in(texts["sex"], value_set=pa.array(["1", "2"])), texts["sex"], pa.scalar(None, pa.string()))
    return pa.table(
        {
            "unique_id": texts["unique_id"],
            "citizen_id": texts["citizen_id"],
            "name": person_name.clean(texts["name"]).values,
            "former_name": person_name.clean(texts["former_name"]).values,
            "birth_date": date.clean(texts["birth_date"]).values,
            "sex": sex,
            "phone": phone.clean(texts["phone"], area_code="0335").values,
            "address": address.clean(texts["address"], gazetteer=gazetteer).values,
        }
    )

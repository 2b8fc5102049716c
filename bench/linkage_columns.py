"""The prepared columns that every product of a linkage measurement reads: the same Parquet files for all.

`unique_id`, `citizen_id`, `name`, `former_name`, `name_pinyin`, `birth_date` (date32), `birth_month`, `sex`, `phone`, `address` as
text, and its parts from coarse to fine: `road` (or village), `number`, `building`, `house`. Empty is null.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.gazetteer_file import load_gazetteer
from values import address, date, person_name, phone

CITY = Path(__file__).resolve().parent.parent / "cities" / "qinhuangdao"
PLAIN = ("unique_id", "citizen_id", "name", "former_name", "birth_date", "sex", "phone", "address")
PARTS = ("road", "number", "building", "house")


def prepared(people: pa.Table) -> pa.Table:
    """Return clean people (PLAIN columns) with their keys as columns."""
    gazetteer = load_gazetteer(CITY / "gazetteer")
    names = person_name.keys(people["name"].combine_chunks())
    parts = address.keys(people["address"].combine_chunks(), gazetteer)
    whole = {name: people[name].combine_chunks() for name in PLAIN}
    whole["name_pinyin"] = names["pinyin"]
    whole["birth_month"] = date.keys(whole["birth_date"])["month"]
    whole |= {part: parts[part] for part in PARTS}
    return pa.table(whole)


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

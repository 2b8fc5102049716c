"""Makes small plans and raw rows for the tests of this room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa

from schemas.city import Locality
from schemas.code_table import CodeTable
from schemas.contract import (
    CodeMap,
    Contract,
    Cursor,
    Emit,
    FieldMapping,
    PartyMapping,
    Schedule,
    TableContract,
)
from schemas.standard import Text
from schemas.standard_file import load_standard
from standardise.plan import TablePlan

# Numbers made for these tests: right check digits, nobody's.
MAN = "130302198001011233"
WOMAN = "13030219820202222X"
PASSPORT = "E12345678"

CODES = {
    "sex": {"0": "未知的性别", "1": "男", "2": "女", "9": "未说明的性别"},
    "ethnic_group": {"01": "汉族", "03": "回族", "11": "满族"},
    "document_type": {"citizen_id": "居民身份证", "passport": "中国护照", "hk_macao_permit": "港澳居民来往内地通行证"},
    "marriage_kind": {"registered": "结婚", "dissolved": "离婚"},
    "country": {"CHN": "中国", "USA": "美国"},
    "business_type": {"1130": "有限责任公司", "9500": "个体工商户"},
    "business_status": {"operating": "存续", "revoked": "吊销"},
    "employment_status": {"employed": "在职", "retired": "退休"},
}
TABLES = {
    name: CodeTable(name, Text(name, name), "tests", {code: Text(label, label) for code, label in entries.items()})
    for name, entries in CODES.items()
}
ID_TYPE = {"1": "citizen_id", "2": "passport", "3": "hk_macao_permit"}
FOLK = {"汉": "01", "回": "03", "满": "11"}
NATION = {"中国": "CHN", "美国": "USA"}


def record_ids(table: str, statement: str, keys: pa.Array) -> pa.Array:
    """An id that a reader can recompute; null for a null key."""

    def one(key: str | None) -> str | None:
        return None if key is None else blake2b(f"{table} {statement} {key}".encode(), digest_size=16).hexdigest()

    return pa.array([one(key) for key in keys.to_pylist()], pa.string())


def plan(table: TableContract, codes: Mapping[str, Mapping[str, str]] | None = None, **more: object) -> TablePlan:
    maps = {name: CodeMap(name, entries, "") for name, entries in (codes or {}).items()}
    contract = Contract(
        "office", "某局", "office", "", "", Schedule("0 1 * * *"), (table,), maps, Path("office.yaml"), "f"
    )
    locality = Locality("0335", ("130300", "130302"), ("秦皇岛市", "秦皇岛"))
    return TablePlan(contract, table, load_standard(), TABLES, date(2026, 1, 1), record_ids, locality, **more)  # type: ignore[arg-type]


def raw(**columns: list[str | None]) -> pa.Table:
    """Raw rows as landed, numbered from 1, of batch 7."""
    count = len(next(iter(columns.values())))
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    table = table.append_column("batch", pa.array([7] * count, pa.int64()))
    return table.append_column("row_number", pa.array(range(1, count + 1), pa.int64()))


def of(name: str, *columns: str, **more: object) -> FieldMapping:
    return FieldMapping(name, columns, **more)  # type: ignore[arg-type]


PEOPLE = TableContract(
    "PEOPLE",
    ("ID",),
    (
        Emit(
            "person",
            "person",
            (of("name", "XM"), of("citizen_id", "SFZ"), of("sex", "XB"), of("birth_date", "CSRQ"), of("phone", "TEL")),
        ),
    ),
    Cursor("T"),
    deleted_when={"ZT": "9"},
    ignore=("XBMC",),
)


def people(*rows: tuple[str | None, ...], **same: str | None) -> pa.Table:
    """Rows of PEOPLE: key, name, number, sex, birth date, phone; `same` cells stand in every row."""
    names = ("ID", "XM", "SFZ", "XB", "CSRQ", "TEL")
    columns = {name: [row[place] if place < len(row) else None for row in rows] for place, name in enumerate(names)}
    same = {"T": "2024-01-01 00:00:00", "ZT": "1", "XBMC": None} | same
    return raw(**columns, **{name: [cell] * len(rows) for name, cell in same.items()})


def side(statement: str, suffix: str, sex: str) -> Emit:
    fields = (
        of("name", f"NAME_{suffix}"),
        of("identifier", f"NO_{suffix}", type_column=f"TYPE_{suffix}", type_codes="id_type"),
        of("sex", constant=sex),
        of("ethnic_group", f"FOLK_{suffix}", codes="folk"),
        of("nationality", f"NATION_{suffix}", codes="nation"),
    )
    return Emit(statement, "person", fields)


MARRIAGES = TableContract(
    "MARRIAGES",
    ("REG_NO",),
    (
        side("husband", "MAN", "1"),
        side("wife", "WOMAN", "2"),
        Emit(
            "marriage",
            "marriage",
            (of("registered_on", "OP_DATE"), of("registration_number", "REG_NO")),
            (PartyMapping("husband", "husband"), PartyMapping("wife", "wife")),
        ),
    ),
)
MARRIAGE_CODES = {"id_type": ID_TYPE, "folk": FOLK, "nation": NATION}


def marriage(**changed: str | None) -> dict[str, str | None]:
    """One sound row of MARRIAGES, with the cells changed."""
    sound: dict[str, str | None] = {"REG_NO": "M1", "OP_DATE": "20200520"}
    for suffix, name, number in (("MAN", "张伟", MAN), ("WOMAN", "李娜", WOMAN)):
        cells = {"NAME": name, "NO": number, "TYPE": "1", "FOLK": "汉", "NATION": "中国"}
        sound |= {f"{column}_{suffix}": cell for column, cell in cells.items()}
    return sound | changed


def marriages(*rows: dict[str, str | None]) -> pa.Table:
    return raw(**{name: [row[name] for row in rows] for name in marriage()})

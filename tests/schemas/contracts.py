"""A small sound contract and code tables, for tests that break one thing at a time."""

from collections.abc import Mapping
from pathlib import Path

from schemas.code_table import CodeTable
from schemas.contract import Contract
from schemas.contract_file import load_contract
from schemas.standard import Text
from schemas.standard_file import load_standard

SOUND = """\
# 民政局 · one row is two people and one fact.
department: civil
label: 民政局
connection: civil
owner: 民政局 信息科
schedule: {cron: "30 2 * * *", window: "02:00-05:30", fresh_within: 26h}
basis: 共享目录 1 号
tables:
  REG:
    key: [REG_NO]
    cursor: {column: UPDATED, overlap: 1h}
    deleted_when: {STATUS: "9"}
    rows: {at_least: 300, change_at_most: 20%}
    emit:
      husband:
        person:
          name: NAME_MAN
          identifier: {from: NUM_MAN, type: {from: TYPE_MAN, codes: id_type}}
          ethnic_group: {from: FOLK_MAN, codes: folk}
          birth_date: {from: BIRTH_MAN, formats: [minguo, excel], on_fail: critical}
      wife:
        person:
          name: NAME_WOMAN
          citizen_id: NUM_WOMAN
          sex: {constant: "2"}
          ethnic_group: FOLK_WOMAN
          phone: {from: TEL_WOMAN, split: "/"}
          address: {from: [TOWN, ROAD], join: "-"}
        when_present: [NAME_WOMAN]
      marriage:
        fact: {husband: $husband, wife: $wife, registered_on: OP_DATE, kind: {from: OP_TYPE, codes: op_type}}
    ignore: [OPERATOR, PRINT_NO]
  JOB:
    key: [JOB_NO]
    emit:
      employee: {person: {name: WORKER, identifier: WORKER_NO}}
      employment:
        fact:
          employer: {ref: {table: FIRM, key: [FIRM_NO]}, statement: employer}
          employee: $employee
  FIRM:
    key: FIRM_NO
    emit:
      employer: {business: {name: FIRM_NAME, uscc: FIRM_CODE}}
codes:
  folk: {汉: "01", 满: "11"}
  op_type: {"1": registered, "2": dissolved}
  id_type: {"1": "111", "2": "414"}
"""

_TABLES = {
    "sex": {"1": "男性", "2": "女性"},
    "ethnic_group": {"01": "汉族", "03": "回族", "11": "满族"},
    "marriage_kind": {"registered": "结婚", "dissolved": "离婚"},
    "document_type": {"111": "居民身份证", "414": "普通护照"},
}


def code_tables() -> Mapping[str, CodeTable]:
    """Return code tables small enough to read."""
    return {
        name: CodeTable(name, Text(name, name), "", {code: Text(zh, code) for code, zh in entries.items()})
        for name, entries in _TABLES.items()
    }


def load(folder: Path, text: str = SOUND, name: str = "civil") -> Contract:
    """Return the contract written as `text`, against the shipped standard and the small code tables."""
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return load_contract(path, load_standard(), code_tables())


def line_of(text: str, part: str) -> int:
    """Return the line (from 1) on which `part` first stands."""
    return text[: text.index(part)].count("\n") + 1

"""A drift's change of contract: lines as the file has them; the changed file reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.contract_change import ContractChange, proposed
from schemas.code_table import code_table_names, load_code_table
from schemas.contract import Contract
from schemas.contract_file import load_contract
from schemas.standard_file import load_standard

TEXT = """department: office
label: 人社局
connection: office
owner: 信息中心
schedule: {cron: "0 2 * * *", fresh_within: 26h}
basis: 共享目录
tables:
  OTHER:
    key: [ID]
    emit:
      person:
        person: {name: NAME, citizen_id: NUMBER, sex: {from: SEX, codes: sex_word}}
  PEOPLE:
    key: [ID]
    emit:
      person:
        person:
          name: NAME     # NAME as they write it
          citizen_id: NUMBER
          phone: TEL
          sex: {from: SEX, codes: sex_word}
          address: {from: [TOWN, ROAD], join: ""}
        when_present: [NAME, TEL]
    ignore: [NOTE]

codes:
  sex_word: {男: "1"}
"""
STANDARD, TABLES = load_standard(), {name: load_code_table(name) for name in code_table_names()}


def applied(folder: Path, change: ContractChange) -> tuple[list[str], Contract]:
    """Return the changed lines of the proposal, and the contract that they make, read as the city reads it."""
    diff = proposed(TEXT, "office.yaml", change)
    lines, result, at = [line for line in diff if not line.startswith("#")], TEXT.splitlines(), 0
    for line in lines[2:]:
        if line.startswith("@@"):
            at = int(line.split("+")[1].split(",")[0].split(" ")[0]) - 1
        elif line.startswith("-"):
            del result[at]
        else:
            if line.startswith("+"):
                result.insert(at, line[1:])
            at += 1
    (folder / "office.yaml").write_text("\n".join(result) + "\n", "utf-8")
    changed = [line for line in lines[2:] if line[0] in "+-"]
    return changed, load_contract(folder / "office.yaml", STANDARD, TABLES)


def test_a_renamed_column_is_renamed_in_its_table_alone(tmp_path: Path) -> None:
    changed, contract = applied(tmp_path, ContractChange("PEOPLE", renamed={"NAME": "XING MING"}))
    assert changed == [
        "-          name: NAME     # NAME as they write it",
        '+          name: "XING MING"     # NAME as they write it',
        "-        when_present: [NAME, TEL]",
        '+        when_present: ["XING MING", TEL]',
    ]
    assert contract.table("PEOPLE").emit[0].fields[0].columns == ("XING MING",)
    assert contract.table("OTHER").emit[0].fields[0].columns == ("NAME",)


@pytest.mark.parametrize(
    ("column", "line"),
    [
        ("TEL", "+          # phone: TEL"),
        ("SEX", "+          # sex: {from: SEX, codes: sex_word}"),
        ("TOWN", '+          address: {from: [ROAD], join: ""}'),
        ("ROAD", '+          address: {from: [TOWN], join: ""}'),
    ],
)
def test_a_column_that_is_gone_is_taken_out_of_the_mapping(tmp_path: Path, column: str, line: str) -> None:
    changed, contract = applied(tmp_path, ContractChange("PEOPLE", missing=[column]))
    assert line in changed
    assert column not in contract.table("PEOPLE").columns


def test_a_column_of_a_mapping_in_braces_leaves_the_braces(tmp_path: Path) -> None:
    changed, contract = applied(tmp_path, ContractChange("OTHER", missing=["NUMBER", "SEX"]))
    assert changed[1] == "+        person: {name: NAME}"
    assert contract.table("OTHER").columns == ("ID", "NAME")


def test_new_columns_are_ignored_by_name_until_somebody_maps_them(tmp_path: Path) -> None:
    changed, contract = applied(tmp_path, ContractChange("PEOPLE", new=["EMAIL", "a:b"]))
    assert changed == ["-    ignore: [NOTE]", '+    ignore: [NOTE, EMAIL, "a:b"]']
    assert contract.table("PEOPLE").ignore == ("NOTE", "EMAIL", "a:b")
    changed, contract = applied(tmp_path, ContractChange("OTHER", new=["EMAIL"]))
    assert changed == ["+    ignore: [EMAIL]"]
    assert contract.table("OTHER").ignore == ("EMAIL",)


def test_an_ignored_column_that_is_gone_leaves_the_list(tmp_path: Path) -> None:
    changed, _ = applied(tmp_path, ContractChange("PEOPLE", gone=["NOTE"]))
    assert changed == ["-    ignore: [NOTE]", "+    # ignore: [NOTE]"]


def test_unknown_codes_are_added_with_what_their_label_says(tmp_path: Path) -> None:
    changed, contract = applied(tmp_path, ContractChange("PEOPLE", codes={"sex_word": {"女": "2"}}))
    assert changed == ['-  sex_word: {男: "1"}', '+  sex_word: {男: "1", "女": "2"}']
    assert contract.codes["sex_word"].entries == {"男": "1", "女": "2"}


def test_what_no_line_can_say_is_said_as_a_note() -> None:
    change = ContractChange("PEOPLE", retyped={"TEL": "请部门恢复"}, codes={"sex_word": {"9": "?"}})
    told = proposed(TEXT, "office.yaml", change)
    assert [line for line in told if line.startswith("#")] == [
        '# codes.sex_word: 问部门 "?" 的含义 ask the department what "?" is',
        "# PEOPLE.TEL: 请部门恢复",
    ]

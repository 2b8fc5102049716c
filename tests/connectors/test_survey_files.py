"""Looking at dropped files: what each is, whatever it is called, and which of them are one table."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from connectors.survey_files import file_shape, survey
from schemas.contract import FileShape
from schemas.errors import SourceDamaged, SourceUnreachable


@pytest.mark.parametrize(
    ("name", "start", "found"),
    [
        ("a.csv", "编号,姓名\n1,张三\n".encode("gb18030"), ("csv", "gb18030", ",")),
        ("a.csv", "编号;姓名\n".encode(), ("csv", "utf-8", ";")),
        ("a.txt", "编号\t姓名\n".encode("utf-16"), ("tsv", "utf-16", "\t")),
        ("a.csv", b'\xef\xbb\xbf{"a": 1}\n', ("jsonl", "utf-8", ",")),
        ("a.json", b' \n{"a": 1}\n', ("jsonl", "utf-8", ",")),
        ("a.xls", b"PK\x03\x04rest", ("xlsx", "gb18030", ",")),
        ("a.csv", b"\xd0\xcf\x11\xe0rest", ("xls", "gb18030", ",")),
        ("a.csv", b"PAR1rest", ("parquet", "gb18030", ",")),
    ],
)
def test_the_first_bytes_say_what_a_file_is(name: str, start: bytes, found: tuple[str, str, str]) -> None:
    shape = file_shape(start, name)
    assert (shape.format, shape.encoding, shape.delimiter) == found


@pytest.mark.parametrize(("content", "says"), [(b"", "empty"), (b"[1]", "JSON array"), (b"<html>", "HTML")])
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceDamaged, match=says):
        survey(f"files://{tmp_path}")


def test_drops_of_several_days_are_one_table_read_from_the_newest(tmp_path: Path) -> None:
    (tmp_path / "people_20260701.csv").write_text("A,B\n1,2\n")
    (tmp_path / "people_20260702.csv").write_text("A,B,C\n1,2,3\n")
    (tmp_path / "people_20260702.csv.ready").write_text("")
    found = survey(f"files://{tmp_path}")
    assert found.tables["people"].contract.file == FileShape("people*.csv", "csv", "utf-8", ready=True)
    assert found.tables["people"].shape.names == ("A", "B", "C")


def test_each_filled_sheet_of_a_workbook_is_a_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "个人"
    book.active.append(["编号", "姓名"])
    book.create_sheet("单位").append(["编号", "名称"])
    book.create_sheet("空")
    book.save(tmp_path / "list.xlsx")
    found = survey(str(f"files://{tmp_path / 'list.xlsx'}"))
    assert {name: one.contract.file.sheet for name, one in found.tables.items() if one.contract.file} == {
        "个人": "个人",
        "单位": "单位",
    }


def test_an_empty_folder_and_none_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SourceDamaged, match="CSV"):
        survey(f"files://{tmp_path}")
    with pytest.raises(SourceUnreachable):
        survey(f"files://{tmp_path / 'none'}")

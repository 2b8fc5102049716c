"""Workbooks: what a cell becomes, and what is refused before it is unpacked."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, ReadSettings
from connectors.workbook import cell_text
from schemas.contract import FileShape
from schemas.errors import SourceDamaged, SourceDrift
from tests.connectors.contracts import contract, rows, table

HEAD = ["RYID", "XM", "GXSJ"]


def workbook(folder: Path, *lines: list[Any], sheet: str = "Sheet") -> Path:
    book = openpyxl.Workbook()
    book.active.title = sheet
    for line in lines:
        book.active.append(line)
    path = folder / "a.xlsx"
    book.save(path)
    return path


def stream(folder: Path, sheet: str = "", **settings: int) -> Extraction:
    paper = table("PAPER", file=FileShape("*.xlsx", "xlsx", sheet=sheet))
    return open_source(contract(paper), f"files://{folder}", ReadSettings(**settings)).stream(ReadRequest(paper))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("01", "01"),
        (" 张三 ", " 张三 "),
        (7, "7"),
        (7.0, "7"),
        (0.1, "0.1"),
        (-2.50, "-2.5"),
        (True, "TRUE"),
        (130302198001011234, "130302198001011234"),
        (1.30302198001011e17, "1.30302198001011E+17"),
        (datetime(1980, 1, 2), "1980-01-02"),
        (datetime(1980, 1, 2, 3, 4, 5), "1980-01-02 03:04:05"),
        (date(1980, 1, 2), "1980-01-02"),
        (time(3, 4), "03:04:00"),
        ("#N/A", "#N/A"),
    ],
)
def test_a_cell_becomes_text(value: Any, text: str) -> None:
    assert cell_text(value) == text


def test_rows_arrive_by_name_blank_ones_left_out_empty_cells_null(tmp_path: Path) -> None:
    workbook(
        tmp_path, ["", "GXSJ", "XM", "RYID"], [None, datetime(2026, 1, 1), "张三", 1], [None] * 4, [None, None, "李四"]
    )
    extraction = stream(tmp_path)
    assert rows(extraction) == [
        {"RYID": "1", "XM": "张三", "GXSJ": "2026-01-01"},
        {"RYID": None, "XM": "李四", "GXSJ": None},
    ]
    assert extraction.source_rows == 2


def test_a_formula_arrives_as_itself_and_is_noted(tmp_path: Path) -> None:
    workbook(tmp_path, HEAD, ["1", "=CONCATENATE(A1,B1)", "b"])
    extraction = stream(tmp_path)
    assert rows(extraction)[0]["XM"] == "=CONCATENATE(A1,B1)"
    assert extraction.notes == ("1 个公式单元格，首个在 B2 formula cells, delivered as their formula",)


def test_a_number_stored_as_a_float_shows_its_damage(tmp_path: Path) -> None:
    workbook(tmp_path, HEAD, [1.30302198001011e17, "a", "b"])
    assert rows(stream(tmp_path))[0]["RYID"] == "1.30302198001011E+17"


def test_title_rows_above_the_header_are_passed_over(tmp_path: Path) -> None:
    workbook(tmp_path, ["秦皇岛市名册"], [], HEAD, ["1", "a", "b"])
    extraction = stream(tmp_path)
    assert len(rows(extraction)) == 1
    assert extraction.notes == ("表头之上有 2 行标题 2 title rows above the header",)


def test_a_cell_beyond_the_header_makes_a_ragged_row(tmp_path: Path) -> None:
    workbook(tmp_path, HEAD, ["1", "a", "b"], ["2", "a", "b", "c"])
    extraction = stream(tmp_path)
    assert len(rows(extraction)) == 1
    assert [(row.line, row.cells, row.expected) for row in extraction.ragged] == [(3, 4, 3)]
    assert extraction.source_rows == 2


def test_a_missing_column_is_drift_and_a_repeated_one_damage(tmp_path: Path) -> None:
    workbook(tmp_path, ["RYID", "XINGMING", "GXSJ"])
    with pytest.raises(SourceDrift):
        stream(tmp_path)
    workbook(tmp_path, [*HEAD, "XM"])
    with pytest.raises(SourceDamaged, match="repeats XM"):
        stream(tmp_path)


def test_a_wrong_sheet_names_the_nearest(tmp_path: Path) -> None:
    workbook(tmp_path, HEAD, sheet="Data2026")
    with pytest.raises(SourceDamaged, match="nearest Data2026"):
        stream(tmp_path, sheet="Data2025")


def test_an_empty_sheet_is_damaged(tmp_path: Path) -> None:
    workbook(tmp_path)
    with pytest.raises(SourceDamaged, match="without even a header"):
        stream(tmp_path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"<html><table>", "another format"),
        (b"", "empty"),
        (b"PK\x03\x04" + b"\0" * 100, "corrupt or cut off"),
    ],
    ids=["old", "locked", "html", "empty", "torn"],
)
def test_what_is_no_workbook_is_damaged_with_a_way_out(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(SourceDamaged, match=says):
        stream(tmp_path)


def test_a_cut_off_workbook_is_damaged(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD, *(["1", "a", "b"] for _ in range(500)))
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(SourceDamaged):
        rows(stream(tmp_path))


def stuffed(path: Path, part: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(part, content)


def test_a_bomb_is_refused_by_its_directory_alone(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD)
    stuffed(path, "xl/worksheets/sheet2.xml", b"0" * 20_000_000)
    with pytest.raises(SourceDamaged, match="times its size"):
        stream(tmp_path)
    with pytest.raises(SourceDamaged, match="unpack to more"):
        stream(tmp_path, archive_bytes=10_000_000)


def test_a_directory_that_lies_gains_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD, *([str(number), "a" * 50, "b"] for number in range(3000)))
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    raw = path.read_bytes()
    assert raw.count(size.to_bytes(4, "little")) >= 1
    path.write_bytes(raw.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with pytest.raises(SourceDamaged):
        rows(stream(tmp_path))


def test_entities_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEAD)
    stuffed(path, "xl/extra.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    with pytest.raises(SourceDamaged, match="entities"):
        stream(tmp_path)

"""What leaves the hub: no cell is a formula, and equal content is equal bytes."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest

from quality.workbook import Sheet, csv_bytes, defused, workbook_bytes

NASTY = ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "|x", "\u200b=1", "﻿=2"]


@pytest.mark.parametrize("text", NASTY)
def test_what_a_spreadsheet_would_run_is_a_text(text: str) -> None:
    assert str(defused(text)).startswith("'")


@pytest.mark.parametrize("value", ["张*", "", "1990-01-01", 5, 0.5, None, date(2026, 6, 30), "a=b"])
def test_all_else_stays_what_it_is(value: object) -> None:
    assert defused(value) == value  # type: ignore[arg-type]


def test_a_workbook_read_back_holds_texts_only() -> None:
    data = workbook_bytes("t", [Sheet("问题", [("内容", 10), ("数", 5)], [[text, 1] for text in [*NASTY, "a\x00b"]])])
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    assert len(cells) == len(NASTY) + 1


def test_the_same_content_is_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> bytes:
        return workbook_bytes("t", [Sheet("s", [("a", 10)], [["x"], [2]])])

    first = made()
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert made() == first


def test_a_list_in_csv_is_defused_and_known_to_spreadsheets() -> None:
    data = csv_bytes(["a", "b"], [["=1", "张,三"]])
    assert data.startswith(b"\xef\xbb\xbf")
    assert list(csv.reader(io.StringIO(data.decode("utf-8-sig")))) == [["a", "b"], ["'=1", "张,三"]]

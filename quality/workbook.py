"""Workbooks and lists that leave the hub: byte for byte the same for the same content, and no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

Cell = str | int | float | date | None
LONGEST_SHEET = 1_000_000  # rows; a sheet holds 1,048,576
_FIXED = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip archive can tell
_MOMENT = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook's moments have no zone
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_HEAD = PatternFill("solid", fgColor="1F3A4D")


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, column heads with their widths in characters, and rows."""

    name: str
    heads: Sequence[tuple[str, int]]
    rows: Iterable[Sequence[Cell]]


def defused(value: Cell) -> Cell:
    """Return a text that a spreadsheet would take for a formula with an apostrophe before it; all else unchanged.

    Control characters, which a workbook cannot hold, become spaces.
    """
    if not isinstance(value, str):
        return value
    text = _FORBIDDEN.sub(" ", value)
    return f"'{text}" if text.lstrip(" \ufeff\u200b").startswith(_FORMULA) else text


def csv_bytes(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a CSV in UTF-8 with the mark by which spreadsheets know it, every cell defused."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([defused(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def workbook_bytes(title: str, sheets: Sequence[Sheet]) -> bytes:
    """Return an XLSX of the sheets, heads frozen and filtered; the same sheets give the same bytes."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        _fill(book.create_sheet(sheet.name[:31]), sheet)
    properties = book.properties
    properties.title, properties.creator = title, "cityhub"
    properties.created = properties.modified = _MOMENT
    raw = io.BytesIO()
    book.save(raw)
    return _with_fixed_moments(raw.getvalue())


def _fill(made: WriteOnlyWorksheet, sheet: Sheet) -> None:
    made.freeze_panes = "A2"
    for number, (_, width) in enumerate(sheet.heads, start=1):
        made.column_dimensions[get_column_letter(number)].width = width
    made.append([_head(made, text) for text, _ in sheet.heads])
    count = 1
    for row in sheet.rows:
        if count > LONGEST_SHEET:
            break
        made.append([_cell(made, value) for value in row])
        count += 1
    made.auto_filter.ref = f"A1:{get_column_letter(len(sheet.heads))}{count}"


def _head(made: WriteOnlyWorksheet, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(made, value=text)
    cell.font, cell.fill = Font(bold=True, color="FFFFFF"), _HEAD
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    return cell


def _cell(made: WriteOnlyWorksheet, value: Cell) -> WriteOnlyCell | Cell:
    safe = defused(value)
    if not isinstance(safe, str):
        return safe
    cell = WriteOnlyCell(made, value=safe)
    cell.data_type = "s"  # a text, whatever it looks like
    return cell


def _with_fixed_moments(raw: bytes) -> bytes:
    """Return the archive with every member's moment fixed and the moment of saving taken out."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in sorted(before.namelist()):
            data = before.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>2000-01-01T00:00:00Z", data)
            info = zipfile.ZipInfo(name, _FIXED)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            after.writestr(info, data)
    return packed.getvalue()

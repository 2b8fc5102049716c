"""One sheet of an .xlsx workbook as Arrow batches of text.

What a cell becomes: text as it is; a date or time as ISO text; a whole number as its digits; any other number as the
shortest text that reads back the same, so that an 18-digit number Excel kept as a float arrives as
`1.30302198001011E+17` and is recognised as damaged, not passed off as sound. A formula arrives as its own text
(`=A1&B1`), never as the value some program last computed for it; the value's kind flags it. Errors arrive as `#N/A`.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, BinaryIO

import pyarrow as pa

from connectors.archive import broken, check_workbook
from connectors.delimited import checked_header
from connectors.failures import Damage
from connectors.source import NO_TYPES, Outcome, RaggedRow, ReadSettings, text_schema
from schemas.contract import FileShape
from schemas.nearest import listed, nearest

TITLE_ROWS = 20  # how far down a header may stand, below a report's title


class Workbook:
    """A workbook's sheet open for reading once: `header` first, then `batches`; `close` lets go of the file."""

    declared: Mapping[str, str] = NO_TYPES

    digest = ""

    def __init__(self, file: BinaryIO, shape: FileShape, settings: ReadSettings, wanted: tuple[str, ...]) -> None:
        from openpyxl import load_workbook  # heavy, and only needed where a department sends workbooks

        check_workbook(file, settings)
        self._settings, self._formulas, self._first_formula = settings, 0, ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions it does not draw
            self._book = _guarded(lambda: load_workbook(file, read_only=True, data_only=False, keep_links=False))
            try:
                self._sheet = self._chosen(shape.sheet)
                # the size a sheet states may be wrong and would cut rows off
                self._sheet.reset_dimensions()
                self._rows = _numbered(self._sheet)
                self.header, self._above = self._find_header(wanted)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        self._book.close()

    def batches(self, columns: tuple[str, ...], rows: int, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Yield the columns as text, an empty cell as null; blank rows are left out. Raises `Damage`."""
        places = [self.header.index(column) for column in columns]
        schema = text_schema(columns)
        if self._above:
            outcome.notes.append(f"表头之上有 {self._above} 行标题 {self._above} title rows above the header")
        waiting: list[list[str | None]] = []
        for line, cells in self._rows:
            texts = [self._text(cell) for cell in cells]
            if not any(texts):
                continue
            outcome.source_rows += 1
            if any(texts[len(self.header) :]):
                self._ragged(line, texts, outcome)
                continue
            texts.extend([None] * (len(self.header) - len(texts)))
            waiting.append([texts[place] for place in places])
            if len(waiting) >= rows:
                yield _batch(waiting, schema)
                waiting = []
        if waiting:
            yield _batch(waiting, schema)
        if self._formulas:
            outcome.notes.append(
                f"{self._formulas} 个公式单元格，首个在 {self._first_formula} formula cells, delivered as their formula"
            )

    def _chosen(self, name: str) -> Any:
        names = self._book.sheetnames
        if not names:
            raise Damage("工作簿没有工作表 the workbook has no sheet")
        if name and name not in names:
            like = nearest(name, names)
            hint = f"，最像 nearest {like}" if like else ""
            detail = f"没有工作表 no sheet {name}{hint}; 现有 there are {listed(names)}"
            raise Damage(detail, "改契约的 sheet mend `sheet` in the contract")
        sheet = self._book[name] if name else self._book[names[0]]
        if not hasattr(sheet, "reset_dimensions"):
            raise Damage("该表是图表 this sheet is a chart", "在契约中写 sheet name the sheet in the contract")
        return sheet

    def _find_header(self, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """Return the first row that holds every wanted name and the rows above it; else the first row of all."""
        first: list[str] = []
        for line, cells in self._rows:
            texts = [self._text(cell) or "" for cell in cells]
            while texts and not texts[-1].strip():
                texts.pop()
            if texts and set(wanted) <= {text.strip() for text in texts}:
                return checked_header(texts), line - 1
            first = first or texts
            if line >= TITLE_ROWS:
                break
        if not first:
            raise Damage(
                "工作表是空的，连表头都没有 the sheet is empty, without even a header",
                "请部门检查文件，或在契约中写 sheet check the file, or name the sheet in the contract",
            )
        return checked_header(first), 0

    def _ragged(self, line: int, texts: list[str | None], outcome: Outcome) -> None:
        filled = max(place for place, text in enumerate(texts, start=1) if text)
        joined = "\t".join(text or "" for text in texts[:filled])
        outcome.ragged.append(RaggedRow(line, filled, len(self.header), joined))
        if len(outcome.ragged) > self._settings.ragged_rows:
            raise Damage("超出表头的行过多 too many rows are wider than the header", "")

    def _text(self, cell: Any) -> str | None:
        value = cell.value
        if value is None:
            return None
        if cell.data_type == "f":
            self._formulas += 1
            self._first_formula = self._first_formula or f"{cell.coordinate}"
            formula = str(getattr(value, "text", value))
            return formula if formula.startswith("=") else f"={formula}"
        return cell_text(value)


def cell_text(value: Any) -> str:
    """Return the text of a cell's value as the module says."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return repr(value).upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)  # a span of time: 1 day, 2:03:04


def _numbered(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield (row number from 1, cells); a workbook broken in the middle raises `Damage`."""
    rows = iter(sheet.iter_rows())
    line = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except (zipfile.BadZipFile, EOFError, KeyError, ValueError, SyntaxError, OSError):
            raise broken() from None
        line += 1
        yield line, cells


def _guarded(opening: Any) -> Any:
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return opening()
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, EOFError):
        raise broken() from None


def _batch(rows: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

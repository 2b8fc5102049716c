"""One sheet of an old .xls workbook as Arrow batches of text.

Cells become text as in an .xlsx, but for formulas: an .xls is read by the value its program last computed, for the
reader has no other. Such a file holds at most 65,536 rows a sheet, so it is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from connectors.delimited import checked_header
from connectors.failures import Damage
from connectors.source import NO_TYPES, Outcome, RaggedRow, ReadSettings, text_schema
from connectors.workbook import TITLE_ROWS, cell_text
from schemas.contract import FileShape
from schemas.nearest import listed, nearest

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST = 256 * 2**20


class OldWorkbook:
    """A workbook's sheet open for reading once: `header` first, then `batches`."""

    declared: Mapping[str, str] = NO_TYPES

    digest = ""

    def __init__(self, file: BinaryIO, shape: FileShape, settings: ReadSettings, wanted: tuple[str, ...]) -> None:
        from python_calamine import CalamineError, CalamineWorkbook, PasswordError

        self._settings = settings
        _is_old(file)
        try:
            book = CalamineWorkbook.from_filelike(file)
            name = _chosen(shape.sheet, book.sheet_names)
            rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        except PasswordError:
            raise Damage(
                "工作簿有打开密码 the workbook is protected by a password",
                "请部门去掉打开密码后重新上传 have the department remove the password and send it again",
            ) from None
        except (CalamineError, OSError, ValueError):
            raise Damage(
                "工作簿损坏或不完整 the workbook is corrupt or cut off",
                "请部门重新上传该文件 have the department send the file again",
            ) from None
        self._rows = [[_text(cell) for cell in row] for row in rows]
        self.header, self._above = self._find_header(wanted)

    def close(self) -> None:
        self._rows = []

    def batches(self, columns: tuple[str, ...], rows: int, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Yield the columns as text, an empty cell as null; blank rows are left out."""
        places = [self.header.index(column) for column in columns]
        schema, width = text_schema(columns), len(self.header)
        if self._above:
            outcome.notes.append(f"表头之上有 {self._above} 行标题 {self._above} title rows above the header")
        outcome.notes.append("旧版 .xls 中公式以其结果送达 formulas of an .xls arrive as their results")
        waiting: list[list[str | None]] = []
        for line, cells in enumerate(self._rows[self._above + 1 :], start=self._above + 2):
            if not any(cells):
                continue
            outcome.source_rows += 1
            if any(cells[width:]):
                outcome.ragged.append(RaggedRow(line, len(cells), width, "\t".join(cell or "" for cell in cells)))
                continue
            padded = cells + [None] * (width - len(cells))
            waiting.append([padded[place] for place in places])
            if len(waiting) >= rows:
                yield _batch(waiting, schema)
                waiting = []
        if waiting:
            yield _batch(waiting, schema)

    def _find_header(self, wanted: tuple[str, ...]) -> tuple[tuple[str, ...], int]:
        """Return the first row that holds every wanted name and the rows above it; else the first row of all."""
        filled: list[tuple[int, list[str]]] = []
        for above, cells in enumerate(self._rows[:TITLE_ROWS]):
            texts = [cell or "" for cell in cells]
            while texts and not texts[-1].strip():
                texts.pop()
            if texts and set(wanted) <= {text.strip() for text in texts}:
                return checked_header(texts), above
            if texts:
                filled.append((above, texts))
        if not filled:
            raise Damage(
                "工作表是空的，连表头都没有 the sheet is empty, without even a header",
                "请部门检查文件，或在契约中写 sheet check the file, or name the sheet in the contract",
            )
        return checked_header(filled[0][1]), filled[0][0]


def _is_old(file: BinaryIO) -> None:
    file.seek(0)
    if file.read(8) != _OLE:
        raise Damage("不是旧版 .xls 文件 not an old .xls file", "若为 .xlsx 或 CSV 请改契约的 format mend `format`")
    if file.seek(0, 2) > _LARGEST:
        raise Damage("文件过大 the file is larger than an .xls can be", "请改交 CSV have it sent as CSV")
    file.seek(0)


def _chosen(name: str, names: list[str]) -> str:
    if not names:
        raise Damage("工作簿没有工作表 the workbook has no sheet")
    if name and name not in names:
        like = nearest(name, names)
        hint = f"，最像 nearest {like}" if like else ""
        detail = f"没有工作表 no sheet {name}{hint}; 现有 there are {listed(names)}"
        raise Damage(detail, "改契约的 sheet mend `sheet` in the contract")
    return name or names[0]


def _text(cell: Any) -> str | None:
    return None if cell is None or cell == "" else cell_text(cell)


def _batch(rows: list[list[str | None]], schema: pa.Schema) -> pa.RecordBatch:
    arrays = [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)

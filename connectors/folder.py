"""A folder that a department drops files into, as a source.

The newest file matching the contract's pattern is the table, whole. A file's watermark is its name, size and SHA-256:
the same file again is recognised and yields nothing. The file is proven unchanged at the end of the stream, not before.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from connectors.arrow_text import sound
from connectors.delimited import DelimitedText
from connectors.drift import compare
from connectors.failures import Damage, Place, Replaced, source_error
from connectors.source import ColumnShape, Extraction, Outcome, ReadRequest, ReadSettings, TableShape, text_schema
from connectors.workbook import Workbook
from schemas.contract import Contract, FileShape, TableContract
from schemas.errors import SourceDrift, SourceUnreachable

_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp", ".ready")


class FolderSource:
    """Files in one local folder, read and never moved or changed."""

    def __init__(self, contract: Contract, folder: str, settings: ReadSettings) -> None:
        self._contract, self._folder, self._settings = contract, Path(folder), settings

    def describe(self) -> dict[str, TableShape]:
        """Return the header of each contract table's newest file; a table without a file is not in it.

        Raises `SourceUnreachable` when the folder is not there, `SourceDamaged` when a header cannot be read.
        """
        shapes: dict[str, TableShape] = {}
        for table in self._contract.tables:
            path = self._newest(table)
            if path is None:
                continue
            try:
                opened = _Opened(path, _file(table), self._settings, _wanted(table))
                opened.close()
            except Exception as error:
                raise source_error(error, self._place(table.name)) from None
            shapes[table.name] = _shape(table.name, opened.header)
        return shapes

    def stream(self, request: ReadRequest) -> Extraction:
        """Return the newest file's rows; none, with `unchanged`, when `request.since` is that very file's watermark.

        Raises `SourceUnreachable` when there is no file, `SourceDrift` for missing columns; in mid stream
        `SourceDamaged`, and `SourceBusy` when the file was replaced while it was read.
        """
        table, place = request.table, self._place(request.table.name)
        path = self._newest(table)
        if path is None:
            raise SourceUnreachable(
                place.department,
                place.connection,
                place.says(f"没有匹配的文件 no file matches {_file(table).pattern}"),
                next_step="请部门放入文件 have the department drop the file, or mend `pattern`",
            )
        schema = text_schema(request.columns)
        try:
            before, mark = _state(path), _mark(path)
        except Exception as error:
            raise source_error(error, place) from None
        if request.since == mark:
            return Extraction(schema, iter(()), Outcome("increment", unchanged=True, high_water=mark))
        try:
            opened = _Opened(path, _file(table), self._settings, request.columns)
        except Exception as error:
            raise source_error(error, place) from None
        drift = compare(table, _shape(table.name, opened.header))
        if drift.fatal:
            opened.close()
            raise SourceDrift(
                place.department,
                place.connection,
                place.says(f"文件表头缺列 columns missing in the header of {path.name}"),
                diff=drift.lines,
            )
        outcome = Outcome("full", new_columns=drift.new, high_water=mark)
        return Extraction(schema, self._batches(opened, request, outcome, before), outcome, opened.close)

    def codes(self, table: TableContract, columns: tuple[str, ...], since: str | None) -> dict[str, list[str]]:
        return {}

    def settle(self, table: TableContract, mark: str, batch: int) -> str:
        return ""

    def close(self) -> None:
        """Nothing stays open between tables."""

    def _batches(
        self, opened: _Opened, request: ReadRequest, outcome: Outcome, before: tuple[int, ...]
    ) -> Iterator[pa.RecordBatch]:
        schema = text_schema(request.columns)
        try:
            for batch in opened.content.batches(request.columns, request.batch_rows, outcome):
                yield sound(batch, schema, outcome, self._settings.value_bytes)
            digest = opened.digest()
            if _state(opened.path) != before or (digest and not str(outcome.high_water).endswith(digest)):
                raise Replaced("文件在读取时被替换 the file was replaced or grew while it was read")
            if outcome.rows + len(outcome.ragged) != outcome.source_rows:
                raise Damage(f"读到 {outcome.rows} 行，计数 {outcome.source_rows} 行 rows read differ from the count")
        except Exception as error:
            raise source_error(error, self._place(request.table.name)) from None

    def _newest(self, table: TableContract) -> Path | None:
        if not self._folder.is_dir():
            raise SourceUnreachable(
                self._contract.department,
                self._contract.connection,
                "文件夹不存在 the folder is not there",
                next_step="检查挂载和连接地址 check the mount and the connection's address",
            )
        found = [
            path
            for path in self._folder.glob(_file(table).pattern)
            if path.is_file() and not path.name.startswith((".", "~$")) and path.suffix.casefold() not in _UNFINISHED
        ]
        return max(found, key=_age, default=None)

    def _place(self, table: str) -> Place:
        return Place(self._contract.department, self._contract.connection, table)


@dataclass
class _Opened:
    """A file open for reading, whatever its format."""

    path: Path

    def __init__(self, path: Path, shape: FileShape, settings: ReadSettings, wanted: tuple[str, ...]) -> None:
        self.path = path
        self._file: BinaryIO = path.open("rb")
        try:
            self.content: DelimitedText | Workbook = (
                Workbook(self._file, shape, settings, wanted)
                if shape.format == "xlsx"
                else DelimitedText(self._file, shape, settings)
            )
        except BaseException:
            self._file.close()
            raise
        self.header = self.content.header

    def digest(self) -> str:
        return self.content.digest if isinstance(self.content, DelimitedText) else ""

    def close(self) -> None:
        if isinstance(self.content, Workbook):
            self.content.close()
        self._file.close()


def _age(path: Path) -> tuple[list[int], int, str]:
    # a date or number in the name says which drop is newer better than a time stamp that copying resets
    return [int(digits) for digits in re.findall(r"[0-9]+", path.stem)], path.stat().st_mtime_ns, path.name


def _state(path: Path) -> tuple[int, ...]:
    state = path.stat()
    return state.st_ino, state.st_size, state.st_mtime_ns


def _mark(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return f"{path.name}|{file.tell()}|{digest}"


def _file(table: TableContract) -> FileShape:
    if table.file is None:
        raise Damage(f"{table.name}: 契约没有 file 一节 the contract has no `file` section", "add `file:` to the table")
    return table.file


def _wanted(table: TableContract) -> tuple[str, ...]:
    return ReadRequest(table).columns


def _shape(name: str, header: tuple[str, ...]) -> TableShape:
    return TableShape(name, tuple(ColumnShape(column) for column in header if column))

"""A folder that a department drops files into, as a source.

The newest file matching the contract's pattern is the table, whole. A file's watermark is its name, size and SHA-256:
the same file again is recognised and yields nothing, and one whose name dates it before the watermark's is not taken.
The file is proven unchanged at the end of the stream, not before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from connectors.arrow_text import sound
from connectors.delimited import DelimitedText
from connectors.drift import compare
from connectors.drop_folder import DropFolder, Dropped, mark_of, numbers_in
from connectors.failures import Damage, Place, Replaced, source_error
from connectors.json_lines import JsonLines
from connectors.old_workbook import OldWorkbook
from connectors.parquet_file import ParquetContent
from connectors.patience import in_time
from connectors.source import (
    CODES,
    ColumnShape,
    Extraction,
    Outcome,
    ReadRequest,
    ReadSettings,
    TableShape,
    text_schema,
)
from connectors.workbook import Workbook
from schemas.contract import Contract, FileShape, TableContract
from schemas.errors import SourceDrift, SourceUnreachable

_LOOK = 16  # batches looked through for codes before the file is landed


class Content(Protocol):
    """A file of any format, open for reading once. `declared`: each column's type where the format has types."""

    header: tuple[str, ...]

    @property
    def declared(self) -> Mapping[str, str]: ...

    @property
    def digest(self) -> str: ...

    def batches(self, columns: tuple[str, ...], rows: int, outcome: Outcome) -> Iterator[pa.RecordBatch]: ...

    def close(self) -> None: ...


class FolderSource:
    """Files in one folder, read where they lie; moved only by `settle`, and only where the contract has an archive."""

    def __init__(self, contract: Contract, connect: Callable[[], DropFolder], settings: ReadSettings) -> None:
        self._contract, self._connect, self._settings = contract, connect, settings
        self._folder: DropFolder | None = None

    def describe(self) -> dict[str, TableShape]:
        """Return the header of each contract table's newest file; a table without a file is not in it.

        Raises `SourceUnreachable` when the folder is not there, `SourceDamaged` when a header cannot be read.
        """
        shapes: dict[str, TableShape] = {}
        for table in self._contract.tables:
            try:
                found = self._newest(table)
                if found is None:
                    continue
                opened = _Opened(*found, _file(table), self._settings, ReadRequest(table).columns)
                opened.close()
            except Exception as error:
                raise source_error(error, self._place(table.name)) from None
            shapes[table.name] = _shape(table.name, opened.content)
        return shapes

    def stream(self, request: ReadRequest) -> Extraction:
        """Return the newest file's rows; none, with `unchanged`, when `request.since` is that very file's watermark,
        or a later one's, or when every file is put away already.

        Raises `SourceUnreachable` when there is no file, `SourceDrift` for missing columns; in mid stream
        `SourceDamaged`, and `SourceBusy` when the file was replaced while it was read.
        """
        table, place = request.table, self._place(request.table.name)
        nothing = Outcome("increment", unchanged=True, high_water=request.since)
        try:
            found = self._newest(table)
            if found is None and request.since is None and _file(table).archive:
                # read anew what was put away: the contract has changed, the department sends nothing twice
                found = self._open_folder().archived(_file(table).archive, _file(table).pattern)
            if found is None and request.since is not None and _file(table).archive:
                return Extraction(text_schema(request.columns), iter(()), nothing)
            if found is None:
                raise self._no_file(table)
            if request.since is not None and is_older(found[1].name, request.since):
                nothing.notes.append(f"{found[1].name} 比已落地的旧，未读 is older than what was landed: not read")
                return Extraction(text_schema(request.columns), iter(()), nothing)
            opened = _Opened(*found, _file(table), self._settings, request.columns)
        except Exception as error:
            raise source_error(error, place) from None
        if request.since == opened.mark:
            opened.close()
            return Extraction(text_schema(request.columns), iter(()), nothing)
        drift = compare(table, _shape(table.name, opened.content))
        if drift.fatal:
            opened.close()
            detail = place.says(f"文件表头缺列 columns missing in the header of {opened.file.name}")
            raise SourceDrift(place.department, place.connection, detail, diff=drift.lines)
        outcome = Outcome("full", new_columns=drift.new, high_water=opened.mark)
        return Extraction(text_schema(request.columns), self._batches(opened, request, outcome), outcome, opened.close)

    def codes(self, table: TableContract, columns: tuple[str, ...], since: str | None) -> dict[str, list[str]]:
        """Return the distinct texts of columns of codes in the first million rows of the newest file."""
        place, texts = self._place(table.name), {column: set[str]() for column in columns}
        try:
            found = self._newest(table)
            if found is None:
                return {}
            opened = _Opened(*found, _file(table), self._settings, columns)
            try:
                if opened.mark == since:
                    return {}
                for batch in islice(opened.content.batches(columns, 65_536, Outcome()), _LOOK):
                    for column in columns:
                        if len(texts[column]) <= CODES:
                            whole = pc.unique(sound(batch, batch.schema, Outcome(), 2**24).column(column))
                            texts[column].update(text for text in whole.to_pylist() if text)
            finally:
                opened.close()
        except Exception as error:
            raise source_error(error, place) from None
        return {column: sorted(found)[: CODES + 1] for column, found in texts.items()}

    def settle(self, table: TableContract, mark: str, batch: int) -> str:
        """Move the landed file, and older ones it made idle, to `<archive>/<batch>/`; return that folder."""
        shape = _file(table)
        if not shape.archive:
            return ""
        target = f"{shape.archive}/{batch}"
        try:
            folder, name = self._open_folder(), mark.split("|", 1)[0]
            landed = folder.find(name)
            if landed is not None:
                with folder.fetch(landed) as file:
                    if mark_of(name, file)[0] != mark:
                        return ""  # another file under the same name: the next landing's
                folder.put_away(name, target)
            elif folder.holds(f"{target}/{name}"):
                folder.put_away(name, target)  # died between file and marker: the marker is left
            for one in folder.matching(shape.pattern, ready=shape.ready):
                if is_older(one.name, mark):
                    folder.put_away(one.name, target)
        except Exception as error:
            raise source_error(error, self._place(table.name)) from None
        return target

    def close(self) -> None:
        """Let go of the folder."""
        self._folder = None

    def _batches(self, opened: _Opened, request: ReadRequest, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        schema = text_schema(request.columns)
        try:
            for batch in opened.content.batches(request.columns, request.batch_rows, outcome):
                yield sound(batch, schema, outcome, self._settings.value_bytes)
            digest = opened.content.digest
            if not opened.is_still() or (digest and not opened.mark.endswith(digest)):
                raise Replaced("文件在读取时被替换 the file was replaced or grew while it was read")
            if outcome.rows + len(outcome.ragged) != outcome.source_rows:
                raise Damage(f"读到 {outcome.rows} 行，计数 {outcome.source_rows} 行 rows read differ from the count")
        except Exception as error:
            raise source_error(error, self._place(request.table.name)) from None

    def _newest(self, table: TableContract) -> tuple[DropFolder, Dropped] | None:
        # a mount whose server is gone blocks the first question for ever
        return in_time(lambda: self._looked_for(table), self._settings.silent_seconds)

    def _looked_for(self, table: TableContract) -> tuple[DropFolder, Dropped] | None:
        folder, shape = self._open_folder(), _file(table)
        found = folder.matching(shape.pattern, ready=shape.ready)
        return (folder, max(found, key=lambda one: one.age)) if found else None

    def _open_folder(self) -> DropFolder:
        if self._folder is None:
            folder = self._connect()
            if not folder.is_there():
                raise SourceUnreachable(
                    self._contract.department,
                    self._contract.connection,
                    "文件夹不存在 the folder is not there",
                    next_step="检查挂载和连接地址 check the mount and the connection's address",
                )
            self._folder = folder
        return self._folder

    def _no_file(self, table: TableContract) -> SourceUnreachable:
        shape = _file(table)
        waiting = self._open_folder().matching(shape.pattern, ready=False) if shape.ready else []
        detail = f"没有匹配的文件 no file matches {shape.pattern}"
        if waiting:
            detail = f"{len(waiting)} 个文件没有 .ready 标记 files without their .ready marker"
        return SourceUnreachable(
            self._contract.department,
            self._contract.connection,
            self._place(table.name).says(detail),
            next_step="请部门放入文件 have the department drop the file, or mend `pattern`",
        )

    def _place(self, table: str) -> Place:
        return Place(self._contract.department, self._contract.connection, table)


class _Opened:
    """A file open for reading, whatever its format; `mark` is its watermark."""

    def __init__(
        self, folder: DropFolder, file: Dropped, shape: FileShape, settings: ReadSettings, wanted: tuple[str, ...]
    ) -> None:
        self.file, self._folder = file, folder
        self._stream = folder.fetch(file)
        try:
            self.mark, size, digest = mark_of(file.name, self._stream)
            if shape.ready and folder.find(file.name + ".ready"):
                folder.check_marker(file, size, digest)
            self.content = _content(self._stream, shape, settings, wanted)
        except BaseException:
            self._stream.close()
            raise

    def is_still(self) -> bool:
        return self._folder.is_still(self.file)

    def close(self) -> None:
        self.content.close()
        self._stream.close()


def _content(file: BinaryIO, shape: FileShape, settings: ReadSettings, wanted: tuple[str, ...]) -> Content:
    if shape.format == "xlsx":
        return Workbook(file, shape, settings, wanted)
    if shape.format == "xls":
        return OldWorkbook(file, shape, settings, wanted)
    if shape.format == "jsonl":
        return JsonLines(file, shape, settings)
    if shape.format == "parquet":
        return ParquetContent(file, settings)
    return DelimitedText(file, shape, settings)


def is_older(name: str, mark: str) -> bool:
    """Return whether the numbers in a file's name date it before the file of the watermark; unsure is no."""
    now, landed = numbers_in(name), numbers_in(mark.split("|", 1)[0])
    return len(now) == len(landed) and now < landed


def _file(table: TableContract) -> FileShape:
    if table.file is None:
        raise Damage(f"{table.name}: 契约没有 file 一节 the contract has no `file` section", "add `file:` to the table")
    return table.file


def _shape(name: str, content: Content) -> TableShape:
    types = content.declared
    return TableShape(name, tuple(ColumnShape(one, types.get(one, "TEXT")) for one in content.header if one))

"""Dropped files that no contract describes yet: how each is to be read, guessed from its name and its first bytes.

Files of one table are those whose names differ in a date at the end; the newest speaks for them. A workbook of several
sheets offers each as a table of its own.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from connectors.drop_folder import READY, DropFolder, Dropped
from connectors.failures import Damage, source_error
from connectors.opening import FOLDERS, SFTP, folder_at, open_source
from connectors.source import ReadSettings
from connectors.survey import PLACE, Offered, Survey, all_columns, probe, survey_database
from schemas.contract import FileFormat, FileShape, TableContract
from schemas.errors import SourceDamaged, SourceError

FOLDER = FOLDERS[0]
_ENDINGS: dict[str, FileFormat] = {
    ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".txt": "csv",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_STARTS: tuple[tuple[bytes, FileFormat], ...] = (
    (b"PK\x03\x04", "xlsx"), (b"\xd0\xcf\x11\xe0", "xls"), (b"PAR1", "parquet"),
)  # fmt: skip
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENCODINGS = ("utf-8", "gb18030")
_DELIMITERS = ",\t;|"
_PEEK = 65_536
_DATED = re.compile(r"[-_. ]*[0-9]{4,}[-_.0-9]*$")


def survey(url: str, settings: ReadSettings | None = None) -> Survey:
    """Return what the source at `url` offers: a database, a folder, or one file (local or across SFTP).

    Raises a SourceError when it cannot be reached, or when nothing in it can be read.
    """
    settings = settings or ReadSettings()
    place, only = _place(url)
    connect = folder_at(place, settings)
    if connect is None:
        return survey_database(url, settings)
    try:
        folder = connect()
        if not folder.is_there() and not only:
            place, only = _above(url)
            folder = (folder_at(place, settings) or connect)()
        if not folder.is_there() or (only and folder.find(only) is None):
            raise FileNotFoundError
        files = sorted(folder.matching("*", ready=False), key=lambda one: one.age, reverse=True)
    except Exception as error:
        raise source_error(error, PLACE) from None
    return _offered(Survey(place), folder, [one for one in files if not only or one.name == only], settings)


def _place(url: str) -> tuple[str, str]:
    """Return (the folder's URL, the one file meant, "" for all)."""
    for start in FOLDERS:
        path = url.removeprefix(start)
        if path != url and Path(path).is_file():
            return FOLDER + str(Path(path).absolute().parent), Path(path).name
        if path != url:
            return FOLDER + str(Path(path).absolute()), ""
    return url, ""


def _above(url: str) -> tuple[str, str]:
    """Return the URL one step up and the name left off; what follows a `?` stays."""
    address, mark, options = url.partition("?")
    start = SFTP if address.startswith(SFTP) else FOLDER
    path = PurePosixPath(address.removeprefix(start))
    return f"{start}{path.parent}{mark}{options}", path.name


def _offered(found: Survey, folder: DropFolder, files: list[Dropped], settings: ReadSettings) -> Survey:
    single = len(files) == 1
    for file in files:
        ending = PurePosixPath(file.name).suffix
        if ending.casefold() not in _ENDINGS:
            if single:
                empty = "文件是空的 the file is empty"
                found.unread[file.name] = f"不认识的后缀 unknown ending: {ending or '—'}" if file.size else empty
            continue
        stem = file.name[: len(file.name) - len(ending)]
        name = _DATED.sub("", stem) or stem
        pattern = file.name if single and name == stem else f"{name}*{ending}"
        if any(one.contract.file and one.contract.file.pattern == pattern for one in found.tables.values()):
            continue  # an older drop of the same table
        try:
            for table in _tables(folder, file, name, pattern):
                shape = open_source(probe((table,)), found.url, settings).describe()[table.name]
                found.tables[table.name] = Offered(shape, replace(all_columns(shape), file=table.file))
        except SourceError as error:
            found.unread[file.name] = error.detail
        except Exception as error:
            found.unread[file.name] = source_error(error, PLACE).detail
    if not found.tables:
        why = "; ".join(f"{name}: {reason}" for name, reason in found.unread.items())
        detail = (
            f"没有可读的文件 no CSV, TSV, JSON Lines, XLSX, XLS or Parquet file can be read{': ' if why else ''}{why}"
        )
        raise SourceDamaged(
            PLACE.department, PLACE.connection, detail, next_step="检查路径和文件 check the path and the file"
        )
    return found


def _tables(folder: DropFolder, file: Dropped, name: str, pattern: str) -> Iterator[TableContract]:
    shape = replace(
        file_shape(folder.start_of(file, _PEEK), pattern), ready=bool(folder.find(file.name + READY))
    )
    sheets: list[str] = []
    if shape.format in _SHEETS:
        with folder.fetch(file) as stream:
            sheets = _SHEETS[shape.format](stream)
    if len(sheets) < 2:
        yield TableContract(name, (), (), file=shape)
        return
    for sheet in sheets:
        yield TableContract(sheet, (), (), file=replace(shape, sheet=sheet))


def _xlsx_sheets(stream: BinaryIO) -> list[str]:
    """Return the names of sheets that hold anything."""
    from openpyxl import load_workbook

    from connectors.archive import check_workbook

    check_workbook(stream, ReadSettings())
    book = load_workbook(stream, read_only=True, keep_links=False)
    try:
        return [one.title for one in book.worksheets if any(any(cells) for cells in one.iter_rows(values_only=True))]
    finally:
        book.close()


def _xls_sheets(stream: BinaryIO) -> list[str]:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(stream.read()))
    return [name for name in book.sheet_names if book.get_sheet_by_name(name).to_python()]


_SHEETS: dict[str, Callable[[BinaryIO], list[str]]] = {"xlsx": _xlsx_sheets, "xls": _xls_sheets}


def file_shape(start: bytes, pattern: str, encoding: str = "") -> FileShape:
    """Return how a file that begins so is to be read; `encoding` is that of a text, where it is known already.

    Raises `Damage` for no table.
    """
    if not start:
        raise Damage("文件是空的 the file is empty")
    for mark, kind in _STARTS:
        if start.startswith(mark):
            return FileShape(pattern, kind)
    encoding = encoding or next((found for mark, found in _MARKS if start.startswith(mark)), "")
    # a cut through the last character is no fault of the encoding
    encoding = encoding or next((one for one in _ENCODINGS if _reads(start, one)), "gb18030")
    text = start.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return FileShape(pattern, "jsonl", encoding)
    if text.startswith("["):
        raise Damage(
            "是 JSON 数组，不是 JSON Lines a JSON array, not JSON Lines", "每行一个对象 have one object a line"
        )
    if text.startswith("<"):
        raise Damage(
            "是 HTML 或 XML an HTML or XML page, not a table", "请另存为 CSV 或 XLSX have it saved as CSV or XLSX"
        )
    head = text.splitlines()[0] if text else ""
    delimiter = max(_DELIMITERS, key=head.count)
    if delimiter == "\t" and "\t" in head:
        return FileShape(pattern, "tsv", encoding, "\t")
    return FileShape(pattern, "csv", encoding, delimiter if delimiter in head else ",")


def _reads(start: bytes, encoding: str) -> bool:
    for cut in range(4):
        try:
            start[: len(start) - cut].decode(encoding)
            return True
        except UnicodeDecodeError:
            continue
    return False

"""The paper department's drop folder: a GB18030 CSV and an .xlsx, the full lists of a day, and `.ready` markers."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from pathlib import Path

import pyarrow as pa

from demo.dirt import Store
from demo.emission import Table
from demo.stores import Row

LONG_AGO = (2026, 6, 30, 18, 0, 0)


class DropTables:
    """Lists kept as files. Rows stay in memory until `close`, which writes the files whole, then their markers."""

    def __init__(self, folder: Path, files: dict[str, str], sheet: str) -> None:
        self.folder, self.files, self.sheet = folder, files, sheet
        self.holds = Store(null_characters=False, control_characters=True, repeats_rows=True)
        self.lists: dict[str, list[list[str]]] = {}
        self.fresh: dict[str, list[pa.Table]] = {}  # appended and not yet spelled out: Arrow is ten times smaller
        self.tables: dict[str, Table] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def create(self, table: Table) -> None:
        """Begin an empty list."""
        self.tables[table.name], self.lists[table.name] = table, []

    def rows(self, table: Table) -> list[list[str]]:
        """Return the list, read from its file when it is not at hand."""
        if table.name not in self.lists:
            self.tables[table.name] = table
            path = self.folder / self.files[table.name]
            self.lists[table.name] = read_csv(path) if path.suffix == ".csv" else read_xlsx(path, self.sheet)
        for rows in self.fresh.pop(table.name, []):
            self.lists[table.name].extend(spelled(rows))
        return self.lists[table.name]

    def append(self, table: Table, rows: pa.Table) -> None:
        """Add lines; null becomes an empty cell."""
        if table.name not in self.lists:
            self.rows(table)
        self.fresh.setdefault(table.name, []).append(rows)

    def finish(self, table: Table) -> None:
        """Nothing to index in a file."""

    def read(self, table: Table, keys: Sequence[str]) -> list[Row]:
        """Return the lines with these keys."""
        place = list(table.columns).index(table.key)
        wanted = {key: number for number, key in enumerate(keys)}
        found = [line for line in self.rows(table) if line[place] in wanted]
        return [
            dict(zip(table.columns, line, strict=True)) for line in sorted(found, key=lambda one: wanted[one[place]])
        ]

    def update(self, table: Table, key: str, cells: Row) -> None:
        """Set cells of the lines with this key."""
        names = list(table.columns)
        for line in self.rows(table):
            if line[names.index(table.key)] == key:
                for column, value in cells.items():
                    line[names.index(column)] = value or ""

    def delete(self, table: Table, keys: Iterable[str]) -> None:
        """Leave lines out of the next list."""
        place, gone = list(table.columns).index(table.key), set(keys)
        self.lists[table.name] = [line for line in self.rows(table) if line[place] not in gone]

    def note(self, table: Table, entries: Sequence[tuple[str, str, str]]) -> None:
        """A list of paper keeps no log."""

    def close(self) -> None:
        """Write the lists, whole, then a marker with length and digest beside each."""
        for name in self.lists:
            path, header = self.folder / self.files[name], list(self.tables[name].columns)
            lines = chain(self.lists[name], *(spelled(rows) for rows in self.fresh.get(name, [])))
            content = csv_bytes(header, lines) if path.suffix == ".csv" else xlsx_bytes(header, lines, self.sheet)
            path.write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            path.with_name(path.name + ".ready").write_text(f"{len(content)} sha256:{digest}\n", encoding="ascii")


def spelled(rows: pa.Table) -> Iterator[list[str]]:
    """Yield the lines of a table as lists of text, a few thousand spelled out at a time."""
    for batch in rows.to_batches(max_chunksize=5_000):
        columns = [[value or "" for value in column.to_pylist()] for column in batch.columns]
        yield from (list(line) for line in zip(*columns, strict=True))


def csv_bytes(header: list[str], lines: Iterable[list[str]]) -> bytes:
    """Return a GB18030 CSV with CRLF."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode("gb18030")


def read_csv(path: Path) -> list[list[str]]:
    """Return the lines of a GB18030 CSV, without its header."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="gb18030", newline="") as file:
        return list(csv.reader(file))[1:]


def xlsx_bytes(header: list[str], lines: Iterable[list[str]], sheet: str) -> bytes:
    """Return an .xlsx whose cells are all text (never formulas) and whose bytes do not depend on the clock."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime(*LONG_AGO)
    page = book.create_sheet(sheet)
    for line in chain([header], lines):
        cells = []
        for value in line:
            cell = WriteOnlyCell(page, value)
            cell.data_type = "s" if value else "n"
            cells.append(cell)
        page.append(cells)
    made = io.BytesIO()
    book.save(made)
    return without_clock(made.getvalue())


def without_clock(content: bytes) -> bytes:
    """Return the same .xlsx with fixed times in the archive and in its properties."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename == "docProps/core.xml":
                head, _, tail = data.partition(b'<dcterms:modified xsi:type="dcterms:W3CDTF">')
                data = (
                    head
                    + b'<dcterms:modified xsi:type="dcterms:W3CDTF">2026-06-30T18:00:00Z'
                    + tail[tail.index(b"<") :]
                )
            fixed = zipfile.ZipInfo(entry.filename, LONG_AGO)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(fixed, data)
    return out.getvalue()


def read_xlsx(path: Path, sheet: str) -> list[list[str]]:
    """Return the lines of a sheet, without its header."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True)
    lines = [
        ["" if value is None else str(value) for value in line] for line in book[sheet].iter_rows(values_only=True)
    ]
    book.close()
    return lines[1:]

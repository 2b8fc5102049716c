"""What a source that no contract describes yet has to offer: its tables, or its files, with their columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from connectors.database import DatabaseSource
from connectors.failures import Damage, Place, source_error
from connectors.opening import open_source
from connectors.source import ColumnShape, ReadSettings, Source, TableShape
from schemas.contract import Contract, FileShape, Schedule, TableContract
from schemas.errors import SourceDamaged

FOLDER = "files://"
_ENCODINGS = ("utf-8", "gb18030")
_DELIMITERS = ",\t;|"
_WORKBOOKS = (".xlsx", ".xlsm")
_TEXTS = (".csv", ".tsv", ".txt")
_PEEK = 65_536


@dataclass(frozen=True)
class Offered:
    """One table on offer; `contract` reads all of its columns, whatever they mean."""

    shape: TableShape
    contract: TableContract


@dataclass
class Survey:
    """A source open for looking: `tables` by name; `open` gives the source that streams them."""

    url: str
    tables: dict[str, Offered] = field(default_factory=dict)

    def open(self, settings: ReadSettings | None = None) -> Source:
        return open_source(_probe(tuple(one.contract for one in self.tables.values())), self.url, settings)


def survey(url: str, settings: ReadSettings | None = None) -> Survey:
    """Return what the source at `url` offers. Raises a SourceError when it cannot be reached or read."""
    if url.startswith(FOLDER):
        return _folder(url)
    source = open_source(_probe(()), url, settings)
    if not isinstance(source, DatabaseSource):
        return Survey(url)
    try:
        names = _table_names(source)
    except Exception as error:
        raise source_error(error, Place("new", "source")) from None
    listed = _probe(tuple(TableContract(name, (), ()) for name in names))
    shapes = open_source(listed, url, settings).describe()
    return Survey(url, {name: Offered(shape, _all_columns(shape)) for name, shape in shapes.items() if shape.columns})


def _table_names(source: DatabaseSource) -> list[str]:
    database = source._database  # the survey is of the same room as the source
    database.examine()
    engine = database.engine()
    try:
        with engine.connect() as connection:
            database.begin(connection)
            inspector = sa.inspect(connection)
            return sorted({*inspector.get_table_names(), *inspector.get_view_names()})
    finally:
        engine.dispose()


def _folder(url: str) -> Survey:
    place = Path(url.removeprefix(FOLDER))
    files = [place] if place.is_file() else sorted(path for path in place.glob("*") if path.is_file())
    found = Survey(FOLDER + str(place.parent if place.is_file() else place))
    for path in files:
        if path.name.startswith((".", "~$")) or path.suffix.casefold() not in (*_WORKBOOKS, *_TEXTS):
            continue
        name = re.sub(r"[-_. ]*[0-9]{4,}[-_.0-9]*$", "", path.stem) or path.stem
        pattern = path.name if place.is_file() and name == path.stem else f"{name}*{path.suffix}"
        if name in found.tables:
            continue  # an older drop of the same table
        table = TableContract(name, (), (), file=file_shape(path, pattern))
        shape = open_source(_probe((table,)), found.url).describe()[name]
        found.tables[name] = Offered(shape, replace(_all_columns(shape), file=table.file))
    if not found.tables:
        detail = "没有可读的文件 no CSV, TSV or XLSX file"
        raise SourceDamaged("new", "source", detail, next_step="检查路径 check the path")
    return found


def file_shape(path: Path, pattern: str) -> FileShape:
    """Return how a file is to be read, guessed from its name and its first bytes."""
    if path.suffix.casefold() in _WORKBOOKS:
        return FileShape(pattern, "xlsx")
    with path.open("rb") as file:
        start = file.read(_PEEK)
    if not start:
        raise source_error(Damage("文件是空的 the file is empty"), Place("new", "source", path.name))
    # a cut through the last character is no fault of the encoding
    readable = [name for name in _ENCODINGS if _reads(start, name)]
    encoding = readable[0] if readable else "gb18030"
    head = start.decode(encoding, "replace").splitlines()[0]
    delimiter = max(_DELIMITERS, key=head.count)
    return FileShape(pattern, "csv", encoding, delimiter if delimiter in head else ",")


def _reads(start: bytes, encoding: str) -> bool:
    for cut in range(4):
        try:
            start[: len(start) - cut].decode(encoding)
            return True
        except UnicodeDecodeError:
            continue
    return False


def _all_columns(shape: TableShape) -> TableContract:
    return TableContract(shape.name, tuple(column.name for column in shape.columns if column.name), ())


def _probe(tables: tuple[TableContract, ...], department: str = "new") -> Contract:
    schedule = Schedule("0 2 * * *")
    return Contract(department, department, "source", "", "", schedule, tables, {}, Path("new.yaml"), "")


Kind = Literal["database", "folder"]


def kind_of(url: str) -> Kind:
    """Return whether a URL leads to a folder of files or to a database."""
    return "folder" if url.startswith(FOLDER) else "database"


def declared_types(shape: TableShape) -> dict[str, str]:
    """Return each column's own type name; nothing where a file declares none."""
    columns: tuple[ColumnShape, ...] = shape.columns
    return {column.name: column.type for column in columns}

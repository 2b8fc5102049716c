"""One file that no contract describes, whole, as a table of text: CSV in any encoding, Parquet, Excel, JSON lines."""

from __future__ import annotations

import codecs
import glob
import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from connectors.failures import Damage, Place, source_error
from connectors.opening import open_source
from connectors.source import ReadRequest, ReadSettings
from connectors.survey_files import file_shape
from schemas.contract import Contract, FileShape, Schedule, TableContract

# What a text file is written in when it is not UTF-8, the likeliest here first: between equals the first one wins.
ENCODINGS = ("gb18030", "big5", "cp1252", "shift_jis", "euc_kr", "cp1251")
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HALF_KANA = re.compile("[\uff61-\uff9f]")  # what Big5 looks like when it is read as Shift JIS
_PEEK = 256 * 1024


@dataclass(frozen=True)
class PlainFile:
    """The rows of a file, every column text; `ragged` lines did not fit the header and are left out; `notes` tell of
    what else a person should know."""

    path: Path
    rows: pa.Table
    ragged: int = 0
    notes: tuple[str, ...] = ()


def read_plain_file(
    path: Path, role: str = "FILE", encoding: str = "", wanted: Collection[str] | None = None
) -> PlainFile:
    """Return the file's rows. `role` is what messages call it; `encoding` is guessed where it is ""; of the columns
    only those `wanted` are read, if there is such a list.

    Raises SourceDamaged for what cannot be read, SourceUnreachable for a file that is not there.
    """
    place = Place(role, path.name)
    try:
        shape = plain_shape(path, encoding)
    except LookupError:
        raise source_error(Damage(f"没有这种编码 no such encoding: {encoding}"), place) from None
    except (OSError, Damage) as error:
        raise source_error(error, place) from None
    table = TableContract(path.name, (), (), file=shape)
    url = f"files://{path.resolve().parent}"
    described = open_source(_contract(table, place), url).describe()
    columns = tuple(name for name in described[path.name].names if name and (wanted is None or name in wanted))
    if not columns and wanted is not None:
        names = ", ".join(described[path.name].names)
        raise source_error(Damage(f"没有所需的列 none of the columns needed is among: {names}"), place)
    table = TableContract(path.name, columns, (), file=shape)
    source = open_source(_contract(table, place), url, ReadSettings())
    try:
        with source.stream(ReadRequest(table, batch_rows=262_144)) as extraction:
            rows = pa.Table.from_batches(list(extraction), schema=extraction.schema)
            return PlainFile(path, rows, len(extraction.ragged), tuple(extraction.notes))
    finally:
        source.close()


def plain_shape(path: Path, encoding: str = "") -> FileShape:
    """Return how to read a file, by its ending and its first bytes. Raises OSError, LookupError for an encoding that
    does not exist, and Damage for no table."""
    with path.open("rb") as file:
        start = file.read(_PEEK)
    pattern = glob.escape(path.name)
    shape = file_shape(start, pattern, encoding)
    if encoding or shape.format not in ("csv", "tsv"):
        return shape
    return file_shape(start, pattern, guessed_encoding(start))


def guessed_encoding(start: bytes) -> str:
    """Return the encoding of a file's first bytes: what a byte order mark says, UTF-8 if valid, else the likeliest."""
    if marked := [encoding for mark, encoding in _MARKS if start.startswith(mark)]:
        return marked[0]
    for cut in range(4):  # a cut through the last character is no fault of the encoding
        try:
            start[: len(start) - cut].decode("utf-8")
            return "utf-8"
        except UnicodeDecodeError:
            continue
    from charset_normalizer import from_bytes

    found = [
        (bool(_HALF_KANA.search(str(one))), one.chaos, -one.coherence, ENCODINGS.index(one.encoding))
        for one in from_bytes(start, cp_isolation=list(ENCODINGS))
    ]
    return ENCODINGS[min(found)[-1]] if found else ENCODINGS[0]


def _contract(table: TableContract, place: Place) -> Contract:
    return Contract(
        place.department, place.department, place.connection, "", "", Schedule("0 2 * * *"), (table,), {},
        Path("plain"), "",
    )  # fmt: skip

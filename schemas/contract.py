"""One department's contract as frozen dataclasses: how its tables map to the city's standard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Schedule:
    """When the department's DAG runs: a cron line, the window it may read in ("HH:MM-HH:MM"), and its freshness."""

    cron: str
    window: str = ""
    fresh_within: timedelta | None = None


@dataclass(frozen=True)
class Cursor:
    """The column that moves when a row changes; `overlap` is read again before the watermark."""

    column: str
    overlap: timedelta = timedelta(0)


@dataclass(frozen=True)
class ChangeLog:
    """A table of the source that names the keys of changed rows, in the order of `sequence` (a whole number).

    `key` are the log's columns that hold the table's key, in the key's order; `operation` says what was done, and
    `deleted` are its words for a deletion. The last `overlap` numbers are read again: a number is drawn before its
    transaction ends, so a smaller one may show up later.
    """

    table: str
    key: tuple[str, ...]
    operation: str
    sequence: str
    deleted: tuple[str, ...] = ("D", "DELETE")
    overlap: int = 1000


@dataclass(frozen=True)
class Reconciliation:
    """What an increment cannot see is looked for in the whole table, at most once in `every`.

    `keys` reads the key columns only: rows that vanished are withdrawn, rows never seen are read. `rows` reads every
    row and compares hashes, so that a change without a trace is found too.
    """

    by: Literal["keys", "rows"]
    every: timedelta = timedelta(0)


Severity = Literal["warn", "hold", "fail"]


@dataclass(frozen=True)
class DriftRules:
    """What a difference between source and contract does: told, the batch held for a person, or nothing read.

    A missing or renamed column always fails: there is nothing to read.
    """

    new: Severity = "warn"
    retyped: Severity = "hold"
    codes: Severity = "warn"


@dataclass(frozen=True)
class RowBounds:
    """Bounds on a full extract; a batch outside is held. `change_at_most` is a share (0.2 = 20 %)."""

    at_least: int = 0
    change_at_most: float | None = None


FileFormat = Literal["csv", "tsv", "xlsx", "xls", "jsonl", "parquet"]
FILE_FORMATS: tuple[FileFormat, ...] = ("csv", "tsv", "xlsx", "xls", "jsonl", "parquet")


@dataclass(frozen=True)
class FileShape:
    """How a dropped file is read; `pattern` is a glob inside the connection's folder.

    `ready`: a file counts only once `<file>.ready` stands beside it, and must be what the marker says, if it says
    anything (`<bytes> sha256:<hex>`). `archive`: the folder inside the connection's that landed files move to.
    """

    pattern: str
    format: FileFormat
    encoding: str = "gb18030"
    delimiter: str = ","
    sheet: str = ""
    ready: bool = False
    archive: str = ""


@dataclass(frozen=True)
class CodeMap:
    """A crosswalk from a department's codes to the city's `table`; the target "" is a code known to mean nothing."""

    name: str
    entries: Mapping[str, str]
    table: str = ""


@dataclass(frozen=True)
class FieldMapping:
    """One standard field and where it comes from.

    `columns` are joined with `joiner` when there are several (an address in parts); none for a `constant`. `codes`
    names a crosswalk of the contract, "" where the department uses the city's own codes. The field `identifier` of a
    person stands for citizen_id or document_type + document_number, as `type_column`/`type_codes` say row by row;
    without a `type_column` the number's own form says which. `split` cuts one cell into several values of one party
    where the standard has many (phones), else into several parties, cell by cell in step (owners and their numbers).
    `on_fail` overrides the standard's severity. `formats` are the date forms this column uses beyond the usual ones
    (`minguo`, `excel`, `words`: 1980年1月15日, `slashes`: 1980/01/15).
    """

    field: str
    columns: tuple[str, ...]
    joiner: str = ""
    codes: str = ""
    type_column: str = ""
    type_codes: str = ""
    split: str = ""
    on_fail: Literal["", "critical", "major", "minor"] = ""
    formats: tuple[str, ...] = ()
    constant: str = ""


@dataclass(frozen=True)
class PartyMapping:
    """A fact's party: either a statement of the same row (`statement`) or the row of another table (`table`, `key`)."""

    role: str
    statement: str
    table: str = ""  # "" = this table
    key: tuple[str, ...] = ()  # this table's columns that hold the other table's key


@dataclass(frozen=True)
class Emit:
    """One statement that each row emits: a party record (`entity` person/business) or a fact (`entity` = fact kind).

    `when_present`: emit only where at least one of these columns holds a value (a shop without a representative). A
    fact is emitted only where all its parties of the same row are.
    """

    name: str
    entity: str
    fields: tuple[FieldMapping, ...]
    parties: tuple[PartyMapping, ...] = ()
    when_present: tuple[str, ...] = ()

    @property
    def is_fact(self) -> bool:
        return bool(self.parties)


@dataclass(frozen=True)
class TableContract:
    """One source table. `deleted_when` maps a column to the value that marks a row as deleted."""

    name: str
    key: tuple[str, ...]
    emit: tuple[Emit, ...]
    cursor: Cursor | None = None
    observed: str = ""  # column of the source's own time of the row; the cursor's column when empty
    deleted_when: Mapping[str, str] = field(default_factory=dict)
    rows: RowBounds = RowBounds()
    ignore: tuple[str, ...] = ()
    file: FileShape | None = None
    changes: ChangeLog | None = None
    reconcile: Reconciliation | None = None
    drift: DriftRules = DriftRules()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every source column the contract names, ignored ones included, in first-mention order."""
        seen: dict[str, None] = dict.fromkeys(self.key)
        if self.cursor:
            seen[self.cursor.column] = None
        if self.observed:
            seen[self.observed] = None
        seen.update(dict.fromkeys(self.deleted_when))
        for emit in self.emit:
            seen.update(dict.fromkeys(emit.when_present))
            for mapping in emit.fields:
                seen.update(dict.fromkeys(mapping.columns))
                if mapping.type_column:
                    seen[mapping.type_column] = None
            for party in emit.parties:
                seen.update(dict.fromkeys(party.key))
        seen.update(dict.fromkeys(self.ignore))
        return tuple(seen)


@dataclass(frozen=True)
class Contract:
    """One department's contract. `connection` is a name, never a URL; `fingerprint` changes when the mapping does."""

    department: str
    label: str  # Chinese name of the department
    connection: str
    owner: str
    basis: str
    schedule: Schedule
    tables: tuple[TableContract, ...]
    codes: Mapping[str, CodeMap]
    path: Path
    fingerprint: str

    def table(self, name: str) -> TableContract:
        """Return the table called `name`; KeyError if the contract has none."""
        for candidate in self.tables:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

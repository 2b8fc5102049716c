"""What a department's program writes: tables, their parties, and one chunk of clean rows with the truth beside it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from demo import digits
from demo.names import Index
from demo.papers import CITIZEN, HONG_KONG, MACAO, PASSPORT, PERMANENT_NEW, PERMANENT_OLD, TAIWAN, Flags
from demo.people import People
from demo.world import Chunk

NOTHING = pa.scalar(None, pa.string())
# how departments write a moment
DASHED, SLASHED, DIGITS, ISO = "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class Party:
    """One statement of a row: whose it is and in which columns its identity stands."""

    statement: str
    entity: str  # person | business
    number: str = ""  # column of the identity number
    paper: str = ""  # column of the id type code; '' means a citizen's number
    papers: dict[str, str] = field(default_factory=dict)  # id type code → pattern name in demo.detect
    birth: str = ""
    sex: str = ""  # column of the sex, or the fixed '1' / '2'
    others: tuple[str, ...] = ()  # further columns that speak of this party
    optional: bool = False  # not every row has this party; `owner#2` is the second one named in the cells of `owner`
    names: str = ""  # column of the names where a cell holds several parties
    joins: tuple[str, str] = ("", "")  # what stands between their names, and between their numbers


@dataclass(frozen=True)
class Table:
    """A department's table. `columns` says the class of every column, which chooses errors and detectors."""

    department: str
    name: str
    key: str
    stamp: str  # update time column; '' for files
    columns: dict[str, str]
    parties: tuple[Party, ...]
    swaps: tuple[tuple[str, str], ...] = ()  # columns that clerks or exports mix up
    crosses: tuple[tuple[str, str], ...] = ()  # numbers of two parties that get crossed
    neighbours: tuple[tuple[str, ...], ...] = ()  # columns copied together from the row above
    unlimited: tuple[str, ...] = ()  # free text columns that can hold overlong values
    clock: str = DASHED  # how the update time is written
    log: str = ""  # table in which the department's program notes each change: number, key, kind, time
    types: dict[str, str] = field(default_factory=dict)  # columns that a server keeps in a type of its own
    printable_only: bool = False  # an .xlsx cannot hold control characters

    def owner(self, column: str) -> str:
        """Return the statement that a column belongs to, '' when it belongs to the whole row."""
        if len(self.parties) == 1:
            return self.parties[0].statement if column not in (self.key, self.stamp) else ""
        for party in self.parties:
            if column in (party.number, party.paper, party.birth, party.sex, *party.others):
                return party.statement
        return ""


@dataclass(frozen=True)
class Planted:
    """Errors that are part of the row's making (a former name written): one column, several rows."""

    column: str
    defect: str
    rows: Index
    original: pa.Array
    planted: pa.Array


@dataclass(frozen=True)
class Facts:
    """What rows of one table prove, one entry a row (null `first`: nothing): parties, the thing, days since 1970."""

    kind: str
    first: pa.Array
    second: pa.Array | None  # the other party, where the fact has one
    thing: pa.Array | None  # the number by which the fact or its object is known: plate, unit, contract, account
    since: Index  # -1: nobody wrote it down
    until: Index | None = None  # -1: still standing


@dataclass(frozen=True)
class Emission:
    """Rows of one table: text columns and, for each statement, the true id of its party (null: no such party)."""

    table: Table
    columns: dict[str, pa.Array]
    parties: dict[str, pa.Array]
    planted: tuple[Planted, ...] = ()
    facts: tuple[Facts, ...] = ()

    def __len__(self) -> int:
        return len(self.columns[self.table.key])


def take(values: pa.Array, rows: Index) -> pa.Array:
    """Return values at rows; a row of -1 gives null."""
    if not len(values):
        return pa.nulls(len(rows), pa.string())
    found = values.take(pa.array(np.maximum(rows, 0)))
    return pc.if_else(pa.array(rows >= 0), found, NOTHING)


def choose(words: list[str] | dict[int, str], codes: Index) -> pa.Array:
    """Return the word of each code: from a list by position, or from a mapping of whole numbers."""
    if isinstance(words, dict):
        keys = np.array(sorted(words))
        return pa.array([words[int(key)] for key in keys]).take(pa.array(np.searchsorted(keys, codes)))
    return pa.array(words).take(pa.array(codes))


def stale_rows(rows: Index, now: pa.Array, named: pa.Array) -> tuple[Planted, ...]:
    """Return the record of rows that name a former representative: person ids now in office and as named."""
    spots = pa.array(rows)
    return (Planted("", "stale_representative", rows, now.take(spots), named.take(spots)),) if len(rows) else ()


def some(random: np.random.Generator, values: pa.Array, share: float) -> pa.Array:
    """Return values with the rest of `share` left empty (null): a column nobody fills in is no error."""
    if share >= 1:
        return values
    return pc.if_else(pa.array(random.random(len(values)) < share), values, NOTHING)


def blank(values: pa.Array) -> pa.Array:
    """Return values with null written as empty text."""
    return pc.fill_null(values, "")


def keys(letter: str, start: int, count: int, width: int = 9) -> pa.Array:
    """Return running keys of a prefix and digits."""
    return digits.text(
        digits.join(digits.constant(letter, count), digits.matrix(np.arange(start, start + count), width))
    )


def paper_codes(people: People, rows: Index, codes: dict[int, str]) -> pa.Array:
    """Return the department's id type code of people at rows."""
    return choose(codes, people.paper[rows])


def shown_number(people: People, rows: Index, travels: bool) -> pa.Array:
    """Return the number people show at a counter; with `travels`, Hong Kong, Macao and Taiwan people show permits."""
    number = take(people.number, rows)
    return pc.coalesce(take(people.travel, rows), number) if travels else number


def codes_of(citizen: str, hong_kong: str, taiwan: str, permanent: str, passport: str) -> dict[int, str]:
    """Return a department's id type codes by kind of paper."""
    return {
        CITIZEN: citizen,
        HONG_KONG: hong_kong,
        MACAO: hong_kong,
        TAIWAN: taiwan,
        PERMANENT_OLD: permanent,
        PERMANENT_NEW: permanent,
        PASSPORT: passport,
    }


def written_name(
    random: np.random.Generator, people: People, rows: Index, column: str, rate: float
) -> tuple[pa.Array, tuple[Planted, ...]]:
    """Return names at rows, a few of them the former name, and those few as planted errors."""
    name, former = take(people.name, rows), take(people.former_name, rows)
    chosen: Flags = (random.random(len(rows)) < rate) & former.is_valid().to_numpy(zero_copy_only=False)
    chosen &= pc.fill_null(pc.not_equal(name, former), False).to_numpy(zero_copy_only=False)
    spots = np.flatnonzero(chosen)
    old = former.take(pa.array(spots))
    planted = Planted(column, "former_name", spots, name.take(pa.array(spots)), old)
    return pc.if_else(pa.array(chosen), former, name), (planted,) if len(spots) else ()


def stamp(random: np.random.Generator, chunk: Chunk, count: int, clock: str = DASHED) -> pa.Array:
    """Return update times: of years past on day 0, of the day itself later; always between 08:30 and 18:00."""
    back = (random.random(count) ** 3 * 2500).astype(np.int64) if chunk.day == 0 else np.zeros(count, dtype=np.int64)
    return digits.stamps(chunk.as_of - back, 30600 + random.random(count) * 34199, clock)


def numbered(prefix: str, values: Index, width: int) -> pa.Array:
    """Return keys of a prefix and digits that do not run, each value its own key."""
    return digits.text(digits.join(digits.constant(prefix, len(values)), digits.scramble(values, width)))


def flags(values: pa.Array) -> Flags:
    """Return truth values as an array to reckon with; null is false."""
    found: Flags = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return found


def joined(*parts: pa.Array | str, between: str = "") -> pa.Array:
    """Return texts joined row by row; null parts are left out, with what would stand before them."""
    # Arrow loses a row whose every part is left out: an empty first part keeps it
    made = pc.binary_join_element_wise(pa.scalar(""), *parts, between, null_handling="skip")
    return pc.utf8_slice_codeunits(made, len(between))

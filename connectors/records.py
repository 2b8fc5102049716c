"""Cutting delimited text into records: where they end, and the slow exact parse for text that bends RFC 4180.

Two readings of one block. `survey` is vectorised and says whether the block keeps RFC 4180 to the letter; only then
may a fast parser have it. `parse` walks the rest: an inch sign inside an unquoted cell is a character, a cell that goes
on after its closing quote makes its record malformed, and a quote that never closes is damage.
"""

# ruff: noqa: N818 - an error is named after what happened, as in schemas/errors.py

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

_QUOTE, _NEWLINE, _RETURN = 34, 10, 13


@dataclass(frozen=True)
class Survey:
    """A block's structure: `cut` bytes hold `records` whole records (blank lines not counted); `lines` newlines in
    them. `strict`: the quoting is RFC 4180, so the numbers are right. `open_at` is the first byte after the cut."""

    cut: int
    records: int
    lines: int
    strict: bool


@dataclass(frozen=True)
class Record:
    """One record: the line it starts on, its cells, or None for cells where the quotes are malformed."""

    line: int
    cells: list[str] | None
    text: str = field(repr=False, default="")
    lines: int = 1


class Unclosed(Exception):
    """The text ended inside quotes opened on `line`."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__(f"quote opened on line {line}")


def survey(block: bytes, delimiter: int, final: bool) -> Survey:
    """Return the structure of a block that starts at a record's start; `final`: nothing follows it."""
    data = np.frombuffer(block, dtype=np.uint8)
    newlines = np.flatnonzero(data == _NEWLINE)
    quotes = np.flatnonzero(data == _QUOTE)
    inside = np.searchsorted(quotes, newlines) % 2 == 1
    ends = newlines[~inside]
    cut = len(block) if final else (int(ends[-1]) + 1 if ends.size else 0)
    if final and (not ends.size or ends[-1] != len(block) - 1) and len(block):
        ends = np.append(ends, len(block))
    strict = _strict(data, quotes, delimiter) and not _lone_returns(data)
    if final and quotes.size % 2:
        strict = False
    starts = np.concatenate(([0], ends[:-1] + 1)) if ends.size else ends
    lengths = ends - starts
    blank = lengths == 0
    ones = lengths == 1
    blank[ones] = data[starts[ones]] == _RETURN
    return Survey(cut, int(ends.size - blank.sum()), int(np.count_nonzero(newlines < cut)), strict)


def _strict(data: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether each opening quote follows a delimiter or line end, and each closing one precedes one (or a quote)."""
    if not quotes.size:
        return True
    around = np.concatenate(([_NEWLINE], data, [_NEWLINE]))  # as if a line ended before and after the block
    allowed = np.zeros(256, dtype=bool)
    allowed[[delimiter, _NEWLINE, _RETURN, _QUOTE]] = True
    opening, closing = quotes[::2], quotes[1::2]
    before, after = around[opening], around[closing + 2]
    # an opening quote right after a quote is the second half of a doubled one only if that quote just closed
    return bool(allowed[before].all() and allowed[after].all())


def _lone_returns(data: np.ndarray) -> bool:
    returns = np.flatnonzero(data == _RETURN)
    if not returns.size:
        return False
    following = returns[returns < data.size - 1] + 1
    return bool((data[following] != _NEWLINE).any())


def parse(text: str, delimiter: str, line: int, final: bool, limit: int | None = None) -> tuple[list[Record], int]:
    """Return the whole records of `text` (blank lines left out, at most `limit`) and how many characters they took.

    `line` is the number of the first line. Raises `Unclosed` when `final` and a quote never closes.
    """
    records: list[Record] = []
    position, length = 0, len(text)
    while position < length and (limit is None or len(records) < limit):
        end = text.find("\n", position)
        stop = length if end < 0 else end
        if text.find('"', position, stop) < 0:
            if end < 0 and not final:
                break
            if raw := text[position:stop].removesuffix("\r"):
                records.append(Record(line, raw.split(delimiter), raw))
            position, line = stop + 1, line + 1
            continue
        record, after = _quoted(text, position, delimiter, line)
        if after < 0 or (after > length and not final):
            if final:
                raise Unclosed(line + text.count("\n", position, -after - 1))
            break
        records.append(record)
        position, line = after, line + record.lines
    return records, min(position, length)


def _quoted(text: str, start: int, delimiter: str, line: int) -> tuple[Record, int]:
    """Return the record at `start` and the position after it; -(opening quote) - 1 when a quote never closes."""
    cells: list[str] = []
    position, length, malformed = start, len(text), False
    while True:
        if position < length and text[position] == '"':
            cell, position = _quoted_cell(text, position)
            if position < 0:
                return Record(line, None), position
        else:
            stops = [found for mark in (delimiter, "\n") if (found := text.find(mark, position)) >= 0]
            stop = min(stops, default=length)
            cell, position = text[position:stop], stop
            if text[position : position + 1] != delimiter:
                cell = cell.removesuffix("\r")
        cells.append(cell)
        following = text[position : position + 2]
        if following[:1] == delimiter:
            position += 1
            continue
        if following == "\r\n":
            position += 1
        elif following[:1] not in ("\n", ""):
            # the cell goes on after its closing quote: give up on this record at the end of its line
            malformed = True
            end = text.find("\n", position)
            position = length if end < 0 else end
        break
    raw = text[start:position]
    record = Record(line, None if malformed else cells, raw.rstrip("\r"), raw.count("\n") + 1)
    return record, position + 1


def _quoted_cell(text: str, opening: int) -> tuple[str, int]:
    """Return the cell that opens at `opening` and the position after its closing quote, or -(opening) - 1."""
    parts: list[str] = []
    position = opening + 1
    while True:
        closing = text.find('"', position)
        if closing < 0:
            return "", -opening - 1
        parts.append(text[position:closing])
        if text[closing + 1 : closing + 2] != '"':
            return '"'.join(parts), closing + 1
        position = closing + 2

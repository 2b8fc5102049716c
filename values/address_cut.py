"""Addresses cut at their first digit or Latin letter: heads, tail templates, and the numbers taken out of the tails.

Heads (places) repeat from row to row; tails differ in their numbers only. With every run of digits as one mark few
distinct heads and templates are left, whatever the number of addresses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.address_numerals import NUMERALS, UNITS, with_digits
from values.part_texts import Texts
from values.shapes import DIGIT, LATIN, code_point_table
from values.text_column import CodePoints, TextColumn
from values.text_forms import FOLD_WIDE

Index = npt.NDArray[np.int64]

_BRACKETS = r"\((?P<inside>[^()]*)\)"
_DROPPED = code_point_table((), more=" ,、;。:·'\"“”‘’?!~\t\n\r")
_NUMERAL = code_point_table((), more=NUMERALS)
_UNIT = code_point_table((), more=UNITS)
_INSIDE, _RUN, _TAIL = re.compile(_BRACKETS), re.compile("[0-9]+"), re.compile("[0-9A-Za-z]")
_SPELT = re.compile(f"[{re.escape(NUMERALS)}][{re.escape(UNITS)}]")
_LONGEST = 200  # characters: the longest address the standard knows; what is longer is not looked into


@dataclass(frozen=True)
class CutAddresses:
    """`heads` and `tails` have a text a row (of few rows lists); row i's runs of digits begin at `runs[first_run[i]]`.

    `asides` is what stood in brackets, null for nothing; `blank` marks rows that were empty or null.
    """

    heads: Texts
    tails: Texts
    runs: Texts
    first_run: Index
    asides: Texts
    blank: npt.NDArray[np.bool_]


def cut_addresses(texts: pa.Array) -> CutAddresses:
    """Return the heads, templates and numbers of addresses. Null reads as blank; more than 200 characters too."""
    column, asides = _plain(texts)
    points = column.points
    digit = DIGIT[points.points]
    follows = np.zeros(len(digit), dtype=bool)
    follows[1:] = digit[:-1] & digit[1:]
    follows[points.starts[:-1][points.lengths > 0]] = False
    begins = digit & ~follows
    before = np.concatenate(([0], np.cumsum(begins)))
    first_run: Index = before[points.starts[:-1]]
    plain = np.concatenate(([0], np.cumsum(digit | LATIN[points.points])))
    in_head = plain[1:] == np.repeat(plain[points.starts[:-1]], points.lengths)
    marked = np.where(digit, np.uint32(ord("0")), points.points).astype(np.uint32)
    numbers = points.points[digit]
    starts = np.append(np.flatnonzero(begins[digit]), len(numbers)).astype(np.int64)
    runs = pc.utf8_ltrim(CodePoints(numbers, starts).texts(), "0")
    return CutAddresses(
        points.kept(in_head).texts(),
        CodePoints(marked, points.starts).kept(~in_head & ~follows).texts(),
        pc.if_else(pc.equal(runs, ""), "0", runs),
        first_run,
        asides,
        TextColumn(texts).empty,
    )


def cut_few(texts: Sequence[str | None]) -> CutAddresses:
    """Return the same of a few texts, cut one by one: for an address alone that costs a tenth of the calls."""
    heads, tails, runs = list[str](), list[str](), list[str]()
    first_run, asides = list[int](), list[str | None]()
    for text in texts:
        plain = (text or "").translate(_folded())
        brackets = _INSIDE.search(plain)
        asides.append(brackets["inside"] if brackets else None)
        plain = _INSIDE.sub("", plain) if brackets else plain
        if len(plain) > _LONGEST or _SPELT.search(plain):
            plain = _judge(plain)[0] or ""
        start = begin.start() if (begin := _TAIL.search(plain)) else len(plain)
        heads.append(plain[:start])
        tails.append(_RUN.sub("0", plain[start:]))
        first_run.append(len(runs))
        runs += [run.lstrip("0") or "0" for run in _RUN.findall(plain)]
    blank = np.array([not text for text in texts], dtype=bool)
    return CutAddresses(heads, tails, runs, np.array(first_run, np.int64), asides, blank)


def _plain(texts: pa.Array) -> tuple[TextColumn, pa.StringArray]:
    """Return the texts half-width, in capitals and without marks, brackets aside, 十二号 as 12号."""
    column = TextColumn(texts)
    points = column.points
    folded = CodePoints(_folds()[points.points], points.starts)
    kept = folded.kept(~_DROPPED[folded.points])
    if kept is not folded or bool((folded.points != points.points).any()):
        column = TextColumn(kept.texts())
    asides = pa.nulls(len(column), pa.string())
    if bool((column.points.points == ord("(")).any()):
        asides = pc.struct_field(pc.extract_regex(column.texts, _BRACKETS), "inside")
        column = TextColumn(pc.replace_substring_regex(column.texts, _BRACKETS, ""))
    points = column.points
    spelt = np.zeros(len(points.points), dtype=bool)
    spelt[:-1] = _NUMERAL[points.points[:-1]] & _UNIT[points.points[1:]]
    odd = (points.count(spelt) > 0) | (points.lengths > _LONGEST)
    if bool(odd.any()):
        column = TextColumn(column.judged(odd, _judge)[0])
    return column, asides


def _judge(text: str) -> tuple[str | None, int]:
    return with_digits(text) if len(text) <= _LONGEST else "", 0


@cache
def _folded() -> dict[int, str | None]:
    """Return what `str.translate` needs to do the same with one text: `_folds`, and what is dropped."""
    table = _folds()
    return {
        int(code): None if _DROPPED[table[code]] else chr(table[code])
        for code in np.flatnonzero((table != np.arange(len(table))) | _DROPPED)
    }


@cache
def _folds() -> npt.NDArray[np.uint32]:
    """Return the table from each code point to its half-width capital form; dashes and slashes become hyphens."""
    table = np.arange(0x110000, dtype=np.uint32)
    table[list(FOLD_WIDE)] = list(FOLD_WIDE.values())
    small = np.arange(ord("a"), ord("z") + 1)
    table[small] = table[small + 0xFEE0] = small - 32
    table[[ord(dash) for dash in "—–－‐‑−―─_/\\"]] = ord("-")
    table[[ord(mark) for mark in "【〔[｛{"]] = ord("(")
    table[[ord(mark) for mark in "】〕]｝}"]] = ord(")")
    return table

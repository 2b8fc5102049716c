"""Addresses as a table of parts: each distinct head and tail template is read once and taken for all its rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.gazetteer import Gazetteer
from schemas.reasons import Reason
from values.address_cut import CutAddresses, cut_addresses, cut_few
from values.address_head import Head, read_head
from values.address_tail import DIGITS, Part, Tail, read_tail
from values.cleaned import Flags, Mask, bits, mark
from values.gazetteer_index import index_of
from values.part_texts import FEW, Texts, as_column, first_of, joined, there, where
from values.text_column import as_texts

COLUMNS = (
    "division", "town", "town_name", "village", "road", "number", "lane", "estate", "building", "unit", "floor",
    "room", "rest",
)  # fmt: skip

_FINE = ("number", "lane", "building", "unit", "floor", "room", "rest")


@dataclass(frozen=True)
class ParsedAddresses:
    """Addresses read; what a caller does not ask for is not made."""

    rows: _Rows
    judged: bool

    @cached_property
    def columns(self) -> dict[str, Texts]:
        """COLUMNS (text, null where an address has no such part), as arrays, or of a few rows as lists."""
        return self.rows.parts()

    @cached_property
    def outside(self) -> Mask:
        """Whether an address is another city's."""
        return self.rows.of_head(lambda head: head.outside)

    @cached_property
    def parts(self) -> pa.Table:
        """COLUMNS and `outside` as a table."""
        columns = {name: as_column(column) for name, column in self.columns.items()}
        return pa.table({**columns, "outside": pa.array(self.outside)})

    @cached_property
    def flags(self) -> Flags:
        """The reasons of each row as bits: AMBIGUOUS_PLACE, UNLISTED_PLACE, UNPARSED_ADDRESS."""
        return self.rows.flags(self.columns) if self.judged else np.zeros(len(self.rows.cut.blank), dtype=np.uint64)


def parse(texts: pa.Array, gazetteer: Gazetteer | None) -> ParsedAddresses:
    """Return the parts of addresses, a row each. Null and blank texts give nulls without a reason.

    `division` is a code of GB/T 2260, or a development zone's statistical code; `town` nine digits. Numbers are digits
    without leading zeros. Nothing is guessed: what has no place in the table stands in `rest`. Without a gazetteer
    places are known by their endings only and nothing is flagged. Never raises.
    """
    index = index_of(gazetteer)
    if len(texts) < FEW:
        cut, places = cut_few(as_texts(texts).to_pylist()), np.arange(len(texts), dtype=np.int32)
        heads, tails = [read_head(text, index) for text in cut.heads], [read_tail(text) for text in cut.tails]
        return ParsedAddresses(_Rows(cut, heads, places, tails, places), gazetteer is not None)
    cut = cut_addresses(texts)
    heads, tails = cut.heads.dictionary_encode(), cut.tails.dictionary_encode()
    rows = _Rows(
        cut,
        [read_head(text, index) for text in heads.dictionary.to_pylist()],
        heads.indices.to_numpy(zero_copy_only=False),
        [read_tail(text) for text in tails.dictionary.to_pylist()],
        tails.indices.to_numpy(zero_copy_only=False),
    )
    return ParsedAddresses(rows, gazetteer is not None)


@dataclass(frozen=True)
class _Rows:
    """The rows of a column: which head and which template each has. Of a few rows, whose columns are lists, each has
    its own."""

    cut: CutAddresses
    heads: Sequence[Head]
    head_of: npt.NDArray[np.int32]
    tails: Sequence[Tail]
    tail_of: npt.NDArray[np.int32]

    def parts(self) -> dict[str, Texts]:
        """Return the columns, what head and tail say brought together."""
        parts = {name: self.head_text(name) for name in ("division", "town", "town_name", "village")}
        parts["road"] = first_of(self.head_text("road"), self.tail_text("road"))  # 河北大街; 102国道
        parts["lane"] = joined(self.head_text("lane"), self.tail_text("lane"))
        for name in ("building", "unit", "floor"):
            parts[name] = self.tail_text(name)
        pair = self.tail_text("pair")
        paired = there(pair)
        as_number = self.on_road if bool(paired.any()) else np.zeros(len(paired), dtype=bool)
        number = first_of(self.tail_text("number"), self.tail_text("bare"))
        numbered = there(number)
        parts["number"] = first_of(number, where(as_number & ~numbered, pair))
        parts["room"] = first_of(self.tail_text("room"), where(~as_number | numbered, pair))
        parts |= self._estate()
        return {name: parts[name] for name in COLUMNS}

    def _estate(self) -> dict[str, Texts]:
        """Return `estate` and `rest`: open text is an estate where a building, room or number follows it."""
        open_text = self.head_text("open")
        named = self.follows_estate | self.numbered_only
        before = first_of(self.head_text("estate"), where(named, open_text))
        before = joined(before, where(there(before), self.tail_text("phase")))
        after = self.tail_text("estate")
        left = joined(where(~named, open_text), where(there(after), before))
        second_road = where(there(self.head_text("road")), self.tail_text("road"))
        loose = where(~there(before), self.tail_text("phase"))
        rest = self.head_text("rest")
        for more in (left, second_road, loose, self.tail_text("rest"), self.cut.asides):
            rest = joined(rest, more)
        return {"estate": first_of(after, before), "rest": rest}

    def flags(self, parts: dict[str, Texts]) -> Flags:
        """Return the reasons of each row as bits."""
        flags: Flags = np.array([head.reasons for head in self.heads], dtype=np.uint64)[self.head_of]
        told = {name: there(parts[name]) for name in COLUMNS}
        listed = told["town_name"] | told["village"] | told["road"]
        anchored = listed | told["estate"]
        left = np.logical_or.reduce([told[name] for name in _FINE])
        clear = (flags & np.uint64(bits(Reason.AMBIGUOUS_PLACE))) == 0
        local = ~self.of_head(lambda head: head.outside)
        unread = ~self.cut.blank & ~anchored & ((left & local) | ~told["division"])
        mark(flags, clear & unread, Reason.UNPARSED_ADDRESS)
        nowhere = ~listed & told["estate"] & ~told["division"]
        mark(flags, local & clear & (nowhere | (self.numbered_only & ~listed)), Reason.UNLISTED_PLACE)
        return flags

    @property
    def on_road(self) -> Mask:
        """Rows whose head ends in a road or village, so that 12-3 behind it is a house number."""
        return self.of_head(lambda head: bool(head.road or head.village) and not (head.estate or head.open))

    @property
    def follows_estate(self) -> Mask:
        return self.of_tail(lambda tail: tail.inside or tail.phase is not None)

    @property
    def numbered_only(self) -> Mask:
        """Rows of unknown text with a house number behind it and no road: 某某里12号."""
        unknown = self.of_head(lambda head: bool(head.open) and not (head.road or head.village))
        return unknown & self.of_tail(
            lambda tail: ("number" in tail.parts or tail.bare is not None) and not tail.inside
        )

    def of_head(self, say: Callable[[Head], bool]) -> Mask:
        return np.array([say(head) for head in self.heads], dtype=bool)[self.head_of]

    def of_tail(self, say: Callable[[Tail], bool]) -> Mask:
        return np.array([say(tail) for tail in self.tails], dtype=bool)[self.tail_of]

    def head_text(self, name: str) -> Texts:
        words = [getattr(head, name) or None for head in self.heads]
        few = isinstance(self.cut.heads, list)
        return words if few else pa.array(words, pa.string()).take(pa.array(self.head_of))

    def tail_text(self, name: str) -> Texts:
        """Return one part of the tails with each row's own numbers in it."""
        parts = [_part(tail, name) for tail in self.tails]
        if isinstance(runs := self.cut.runs, list):
            firsts = self.cut.first_run.tolist()
            return [part and part.filled(runs, first) for part, first in zip(parts, firsts, strict=True)]
        if not any(parts):
            return pa.nulls(len(self.tail_of), pa.string())
        plain = [part.run if part and part.text == DIGITS else -1 for part in parts]
        values = self._runs(np.array(plain, dtype=np.int64)[self.tail_of])
        mixed = np.array([part is not None and part.text != DIGITS for part in parts])[self.tail_of]
        if bool(mixed.any()):
            values = pc.replace_with_mask(values, pa.array(mixed), self._filled(parts, np.flatnonzero(mixed)))
        return values

    def _runs(self, wanted: npt.NDArray[np.int64]) -> pa.StringArray:
        places = pa.array(self.cut.first_run + wanted, mask=wanted < 0)
        return self.cut.runs.take(places)

    def _filled(self, parts: Sequence[Part | None], rows: npt.NDArray[np.int64]) -> pa.StringArray:
        """Return texts with words around or between their numbers: 玉龙湾, 12-3, A座."""
        pieces = [part.text.split(DIGITS) if part else [""] for part in parts]
        counts = np.array([len(words) - 1 for words in pieces])
        begins = np.array([part.run if part else 0 for part in parts])
        template = self.tail_of[rows]
        first = self.cut.first_run[rows] + begins[template]
        filled = pa.array([words[0] for words in pieces]).take(pa.array(template))
        for place in range(int(counts[template].max())):
            over = counts[template] <= place
            numbers = pc.fill_null(self.cut.runs.take(pa.array(first + place, mask=over)), "")
            words = pa.array([one[place + 1] if len(one) > place + 1 else "" for one in pieces])
            filled = pc.binary_join_element_wise(filled, numbers, words.take(pa.array(template)), "")
        return filled


def _part(tail: Tail, name: str) -> Part | None:
    found: Part | None = getattr(tail, name) if name in ("pair", "bare", "phase") else tail.parts.get(name)
    return found

"""Classes of code points as look-up tables: what a fast path may take without looking closer."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Mask
from values.text_column import TextColumn

_ALL = 0x110000
_IDEOGRAPHS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2FA1F), (0x30000, 0x3347F))
_COMPATIBILITY = ((0x2F800, 0x2FA1F),)


def code_point_table(ranges: Iterable[tuple[int, int]], more: str = "", less: str = "") -> npt.NDArray[np.bool_]:
    """Return a table over all code points: True inside the ranges (both ends in) and for `more`, False for `less`."""
    table = np.zeros(_ALL, dtype=bool)
    for first, last in ranges:
        table[first : last + 1] = True
    table[[ord(letter) for letter in more]] = True
    table[[ord(letter) for letter in less]] = False
    return table


IDEOGRAPH = code_point_table(_IDEOGRAPHS, more="〇")
DIGIT = code_point_table([(48, 57)])
LATIN = code_point_table([(65, 90), (97, 122)])
# what match keys keep of a text: letters and digits of any script
LETTERS = code_point_table(
    (
        (0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F), (0x370, 0x1FFF), (0x2E80, 0x2FFF), (0x3005, 0x3007),
        (0x3040, 0x318F), (0x3400, 0xD7FF), (0xE000, 0xFAFF), (0x10000, 0x10FFFF),
    )
)  # fmt: skip
# what free text may hold without a second look; formula and markup starts are left out
PLAIN_TEXT = code_point_table(
    (*_IDEOGRAPHS, (48, 57), (65, 90), (97, 122)), more="〇 -_.,/#·、，。；：（）()《》“”‘’—№"
)


def short_texts_among(column: TextColumn, words: Iterable[str], longest_bytes: int = 24) -> Mask:
    """Rows whose text, lower-cased, is one of the words; only short rows are looked up."""
    found = np.zeros(len(column), dtype=bool)
    rows = np.flatnonzero((column.lengths > 0) & (column.lengths <= longest_bytes))
    if len(rows):
        short = column.texts if len(rows) == len(column) else column.texts.take(pa.array(rows))
        lowered = pc.utf8_lower(short) if bool(LATIN[column.points.points].any()) else short
        found[rows] = pc.is_in(lowered, value_set=pa.array(sorted(words))).to_numpy(zero_copy_only=False)
    return found

"""One column in numbers and patterns: how full it is, what forms its values have. Never a value of a person."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from profiling.detection import Detected, detect
from values.text_forms import is_sentinel

SHAPES_SHOWN = 3
SHAPED = 20_000  # distinct values whose shape is taken; the rest is like them
_CLASSES = (("9", "0-9０-９"), ("A", "A-ZＡ-Ｚ"), ("a", "a-zａ-ｚ"), ("汉", "\u3400-\u9fff〇\U00020000-\U000323af"))
_RUNS = [(re.compile(f"[{letters}]+"), mark) for mark, letters in _CLASSES]
_BLANKS = " \t\r\n\u3000"


@dataclass(frozen=True)
class Distinct:
    """The values of a column that say something, each once, with how many rows hold it."""

    values: pa.Array
    counts: npt.NDArray[np.int64]

    @property
    def rows(self) -> int:
        return int(self.counts.sum())


@dataclass(frozen=True)
class ColumnProfile:
    """`nulls` are blank or null cells, `sentinels` those that say "nothing" in words; shares are of the other rows.

    `shapes` are (pattern, share), most frequent first: 9 digit, A a letter, 汉 ideograph, {n} how many.
    """

    name: str
    declared: str
    rows: int
    nulls: int
    sentinels: int
    distinct: int
    shortest: int
    longest: int
    shapes: tuple[tuple[str, float], ...]
    detected: Detected

    @property
    def filled(self) -> int:
        return self.rows - self.nulls - self.sentinels


def profile_column(name: str, texts: pa.ChunkedArray, declared: str = "") -> tuple[ColumnProfile, Distinct]:
    """Return the column's profile and its distinct values, which hold personal data and are not to be shown."""
    trimmed = pc.utf8_trim(texts.combine_chunks().cast(pa.string()), characters=_BLANKS)
    blank = pc.fill_null(pc.equal(pc.utf8_length(trimmed), 0), True)
    encoded = pc.if_else(blank, pa.scalar(None, pa.string()), trimmed).dictionary_encode()
    counts = np.bincount(encoded.indices.drop_null().to_numpy(), minlength=len(encoded.dictionary))
    short = [text for text in encoded.dictionary.to_pylist() if len(text) <= 12 and is_sentinel(text)]
    nothing = pc.is_in(encoded.dictionary, value_set=pa.array(short, pa.string())).to_numpy(zero_copy_only=False)
    kept = Distinct(encoded.dictionary.filter(pa.array(~nothing)), counts[~nothing].astype(np.int64))
    lengths = pc.utf8_length(kept.values)
    profile = ColumnProfile(
        name=name,
        declared=declared,
        rows=len(trimmed),
        nulls=int(pc.sum(blank).as_py() or 0),
        sentinels=int(counts[nothing].sum()),
        distinct=len(kept.values),
        shortest=pc.min(lengths).as_py() or 0,
        longest=pc.max(lengths).as_py() or 0,
        shapes=top_shapes(kept),
        detected=detect(kept.values, kept.counts),
    )
    return profile, kept


def top_shapes(kept: Distinct) -> tuple[tuple[str, float], ...]:
    """Return the most frequent patterns with their share of the rows looked at."""
    tally: Counter[str] = Counter()
    for text, count in zip(kept.values.slice(0, SHAPED).to_pylist(), kept.counts[:SHAPED].tolist(), strict=True):
        tally[shape(text)] += count
    total = sum(tally.values())
    return tuple((pattern, count / total) for pattern, count in tally.most_common(SHAPES_SHOWN))


def shape(text: str) -> str:
    """Return the pattern of a text: `A{1}9{17}`; long patterns are cut, for they say nothing about a column."""
    pattern: list[str] = []
    place = 0
    while place < len(text) and len(pattern) < 8:
        for run, mark in _RUNS:
            if found := run.match(text, place):
                pattern.append(f"{mark}{{{len(found[0])}}}")
                place = found.end()
                break
        else:
            pattern.append(text[place] if text[place] in "-/:. ,;()（）·|_#" else "?")
            place += 1
    return "".join(pattern) + ("…" if place < len(text) else "")

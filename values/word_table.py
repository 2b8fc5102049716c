"""The words of each text of a column as rows of integers: 64-bit fingerprints, lengths, first letters, sounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from values.cleaned import Mask
from values.fingerprints import Fingerprints, Prints, place_weights, row_sums, running, scattered
from values.text_column import CodePoints

MOST_WORDS = 6  # of one text; what comes after is counted but not kept apart

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WordTable:
    """(rows, words) arrays, at most MOST_WORDS wide, 0 where a text has no such word; per row `counts`,
    and fingerprints of all its words whatever their order (`bags`) and in their order (`sequences`)."""

    prints: Prints
    lengths: npt.NDArray[np.int32]
    firsts: npt.NDArray[np.uint32]
    counts: Integers
    bags: Prints
    sequences: Prints


def cut_words(points: CodePoints, letters: npt.NDArray[np.bool_]) -> CodePoints:
    """Return the words of all rows one after the other; a word is a run of code points that are `letters`.

    `letters` is a mask over `points.points`. Use `words_of_rows` with the same arguments for where each row begins.
    """
    starts = _word_starts(points, letters)
    kept = np.concatenate(([0], np.cumsum(letters)))
    begins = kept[np.flatnonzero(starts)]
    return CodePoints(points.points[letters], np.concatenate((begins, [kept[-1]])))


def words_of_rows(points: CodePoints, letters: Mask) -> Integers:
    """Return the number of the first word of each row, and the number of words at the end."""
    before = np.concatenate(([0], np.cumsum(_word_starts(points, letters))))
    return np.asarray(before[points.starts], dtype=np.int64)


def _word_starts(points: CodePoints, letters: Mask) -> Mask:
    starts = letters.copy()
    starts[1:] &= ~letters[:-1]
    firsts = points.starts[:-1][points.lengths > 0]
    starts[firsts] = letters[firsts]
    return starts


def word_table(
    points: CodePoints, letters: Mask, sound: Callable[[CodePoints], CodePoints] | None = None
) -> WordTable:
    """Return the words of each row; with `sound` their fingerprints are those of what `sound` makes of the words."""
    words, rows = cut_words(points, letters), words_of_rows(points, letters)
    prints = Fingerprints(sound(words) if sound else words).rows
    prints[prints == 0] = 1
    counts = np.diff(rows)
    mixed = scattered(prints)
    firsts = words.points[words.starts[:-1]]
    return WordTable(
        _table(prints, rows, counts),
        _table(words.lengths.astype(np.int32), rows, counts),
        _table(firsts, rows, counts),
        counts,
        row_sums(running(mixed), rows),
        row_sums(running(mixed * place_weights(rows)), rows),
    )


def _table(values: npt.NDArray[Any], rows: Integers, counts: Integers) -> npt.NDArray[Any]:
    width = min(MOST_WORDS, int(counts.max(initial=1)))
    table = np.zeros((len(counts), width), dtype=values.dtype)
    for place in range(width):
        there = np.flatnonzero(counts > place)
        table[there, place] = values[rows[there] + place]
    return table

"""How alike two texts of any language are, and the keys that bring likely ones together. Characters, never bytes.

Levels from low to high: `similar` (Jaro-Winkler of the folded letters 0.85 or more), `close` (0.93 or more, or one
letter wrong, lost, added or swapped with its neighbour in texts of four letters or more), `same_words` (the same words
in another order), `same_letters` (case, accents, variant characters, spaces and punctuation aside), `same`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from values.fingerprints import Fingerprints, Prints
from values.levels import DIFFERENT, CompareRows, Levels, Rows
from values.name_keys import LETTERS
from values.pinyin import reading_table
from values.shapes import IDEOGRAPH
from values.sounds import latin_sounds
from values.text_column import CodePoints, TextColumn, with_nulls
from values.variants import fold_table
from values.word_table import WordTable, cut_words, word_table, words_of_rows

LEVELS = ("missing", "different", "similar", "close", "same_words", "same_letters", "same")
SIMILAR, CLOSE, SAME_WORDS, SAME_LETTERS, SAME = range(2, 7)

_SIMILAR, _CLOSE = 0.85, 0.93
_EDITED = 4  # letters: in shorter texts one wrong letter leaves too little
_FIRST = 3
_APOSTROPHES = np.array([ord(mark) for mark in "'’ʻʼ`"], dtype=np.uint32)


@dataclass(frozen=True)
class FoldedTexts:
    """The texts with letters folded, and which of their code points are letters or digits; apostrophes are gone."""

    column: TextColumn
    spaced: CodePoints
    letters: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, values: pa.Array) -> FoldedTexts:
        column = TextColumn(values)
        points = column.points.kept(~np.isin(column.points.points, _APOSTROPHES))
        return cls(column, CodePoints(fold_table()[points.points], points.starts), LETTERS[points.points])

    @cached_property
    def packed(self) -> CodePoints:
        """The letters and digits alone."""
        return self.spaced.kept(self.letters)

    @cached_property
    def words(self) -> WordTable:
        return word_table(self.spaced, self.letters)

    @cached_property
    def prints(self) -> Prints:
        return Fingerprints(self.packed).rows

    @cached_property
    def texts(self) -> npt.NDArray[np.object_]:
        """The letters and digits as Python strings."""
        found: npt.NDArray[np.object_] = self.packed.texts().to_numpy(zero_copy_only=False)
        return found


def likeness(values: pa.Array) -> CompareRows:
    """Return a comparison of rows of `values` that differ and are there; each value is read once."""
    folded = FoldedTexts.of(values)
    lengths = folded.packed.lengths

    def compare_rows(left: Rows, right: Rows) -> Levels:
        levels = np.full(len(left), DIFFERENT, dtype=np.int8)
        filled = (lengths[left] > 0) & (lengths[right] > 0)
        same_words = folded.words.bags[left] == folded.words.bags[right]
        same_letters = folded.prints[left] == folded.prints[right]
        rest = np.flatnonzero(filled & ~same_words & ~same_letters)
        levels[rest] = _edited(folded, left[rest], right[rest], lengths)
        levels[filled & same_words] = SAME_WORDS
        levels[filled & same_letters] = SAME_LETTERS
        return levels

    return compare_rows


def _edited(folded: FoldedTexts, left: Rows, right: Rows, lengths: npt.NDArray[np.int64]) -> Levels:
    """Return the levels of texts whose letters differ."""
    levels = np.full(len(left), DIFFERENT, dtype=np.int8)
    if not len(left):
        return levels
    a, b = folded.texts[left], folded.texts[right]
    likeness = cpdist(a, b, scorer=JaroWinkler.similarity, score_cutoff=_SIMILAR, dtype=np.float32)
    levels[likeness >= _SIMILAR] = SIMILAR
    levels[likeness >= _CLOSE] = CLOSE
    longer, shorter = np.maximum(lengths[left], lengths[right]), np.minimum(lengths[left], lengths[right])
    near = np.flatnonzero((levels < CLOSE) & (longer >= _EDITED) & (longer - shorter <= 1))
    if len(near):
        steps = cpdist(a[near], b[near], scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
        levels[near[steps <= 1]] = CLOSE
    return levels


def text_keys(values: pa.Array) -> dict[str, pa.Array]:
    """Return, per text: `folded` (letters and digits), `words` (folded, in alphabetical order), `first` (the first
    three letters) and `sound` (Soundex of each Latin word, pinyin of ideographs). Null where no letter or digit is."""
    folded = FoldedTexts.of(values)
    nothing = folded.packed.lengths == 0
    packed = with_nulls(folded.packed.texts(), nothing)
    return {
        "folded": packed,
        "words": with_nulls(sorted_words(folded), nothing),
        "first": pc.utf8_slice_codeunits(packed, 0, _FIRST),
        "sound": with_nulls(sounds(folded), nothing),
    }


def sorted_words(folded: FoldedTexts) -> pa.StringArray:
    """Return the words of each text in alphabetical order, a space between."""
    starts = words_of_rows(folded.spaced, folded.letters)
    if len(starts) < 2 or int(np.diff(starts).max()) < 2:
        return folded.packed.texts()
    encoded = cut_words(folded.spaced, folded.letters).texts().dictionary_encode()
    rank = np.empty(len(encoded.dictionary), dtype=np.int64)
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(rank))
    row = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    order = np.argsort(row * len(rank) + rank[encoded.indices.to_numpy()], kind="stable")
    words = encoded.dictionary.take(encoded.indices.take(pa.array(order)))
    return pc.binary_join(pa.ListArray.from_arrays(pa.array(starts.astype(np.int32)), words), " ")


def sounds(folded: FoldedTexts) -> pa.StringArray:
    """Return how each text sounds: the Soundex codes of its words in a row; of texts with ideographs their readings."""
    words = cut_words(folded.spaced, folded.letters)
    starts = words_of_rows(folded.spaced, folded.letters)
    codes = latin_sounds(words)
    marks = np.where(codes.points < 10, codes.points + np.uint32(ord("0")), codes.points)
    coded = CodePoints(marks, codes.starts[starts]).kept(codes.points > 0).texts()
    packed = folded.packed
    han = packed.count(IDEOGRAPH[packed.points]) > 0
    if not bool(han.any()):
        return coded
    syllables = reading_table()[1].take(pa.array(reading_table()[0][packed.points]))
    read = pc.binary_join(pa.ListArray.from_arrays(pa.array(packed.starts.astype(np.int32)), syllables), " ")
    return pc.if_else(pa.array(han), read, coded)

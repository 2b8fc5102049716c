"""Texts with their letters folded: whole, as words, in alphabetical order, and by their sound."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.fingerprints import Fingerprints, Prints
from values.pinyin import reading_table
from values.shapes import IDEOGRAPH, LETTERS
from values.sounds import latin_sounds
from values.text_column import CodePoints, TextColumn
from values.variants import fold_table
from values.word_table import WordTable, cut_words, word_table, words_of_rows

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
    def alphabetic(self) -> npt.NDArray[np.bool_]:
        """Rows with letters or digits and no ideograph."""
        points = self.packed
        return np.asarray((points.count(IDEOGRAPH[points.points]) == 0) & (points.lengths > 0), dtype=bool)

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

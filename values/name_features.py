"""What comparing persons' names needs of each name, as integers: fingerprints of its letters, shape, sound, parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Mask
from values.fingerprints import Fingerprints, Prints, bags, scattered
from values.folded_texts import FoldedTexts
from values.lookalikes import shape_table
from values.name_keys import compound_surnames, folded_points, reading_indices
from values.pinyin import SEVERAL_READINGS, SEVERAL_SURNAMES, reading_numbers, reading_table
from values.shapes import IDEOGRAPH
from values.sounds import latin_sounds
from values.text_column import CodePoints, TextColumn
from values.word_table import WordTable, word_table

SHORT = 4  # characters: names of Han families are no longer
UNREAD = 100_000  # added to a code point that has no reading, so that it sounds like itself only


@dataclass(frozen=True)
class NameFeatures:
    """Features of distinct names, a row each. `points` are the folded letters; all else is made of them.

    `short` names are of one to four ideographs, without any other letter; `alphabetic` ones have no ideograph.
    """

    column: TextColumn
    points: CodePoints
    short: Mask
    alphabetic: Mask
    lengths: npt.NDArray[np.int32]
    letters: npt.NDArray[np.uint32]  # (names, 4): the first folded letters, 0 behind the end
    prints: Fingerprints
    whole: Prints
    bag: Prints
    shape: Prints
    sound: Prints
    near_sound: Prints  # with the sounds as one that many speakers do not tell apart
    surname: Prints  # 0 for names that are not short, or of one character
    given: Prints
    doubtful: Mask  # a character has several readings

    @classmethod
    def of(cls, names: pa.Array) -> NameFeatures:
        """Return the features of the names; a name without any letter has length 0."""
        column = TextColumn(names)
        points = folded_points(column)
        lengths = points.lengths
        ideographs = points.count(IDEOGRAPH[points.points])
        short = (ideographs == lengths) & (lengths <= SHORT) & (lengths > 0)
        numbers = reading_indices(points)
        sounds = np.where(numbers == 0, points.points.astype(np.int64) + UNREAD, numbers)
        letters = first_letters(points)
        prints = Fingerprints(points)
        surname, given = _parts_of(letters, short, lengths)
        return cls(
            column,
            points,
            short,
            (ideographs == 0) & (lengths > 0),
            lengths.astype(np.int32),
            letters,
            prints,
            prints.rows,
            bags(points),
            prints.of(shape_table()[points.points]),
            prints.of(sounds),
            prints.of(near_readings()[sounds]),
            surname,
            given,
            _doubtful(letters) & short,
        )

    @cached_property
    def words(self) -> WordTable:
        """The parts of each name: words of Latin names, what stands between the dots of others."""
        return self._parts.words

    @cached_property
    def word_sounds(self) -> WordTable:
        """The parts by the sound of Latin words; only alphabetic names have a use for it."""
        return word_table(self._parts.spaced, self._parts.letters, latin_sounds)

    @cached_property
    def spelled(self) -> tuple[Prints, Prints]:
        """Fingerprints of the name in Latin letters without spaces: as it stands, and of Han names given name first."""
        kind = self.alphabetic
        folded = pc.replace_substring_regex(self.points.texts(), "([LN])YU", r"\1V")
        indices = reading_indices(self.points)
        forward = pc.if_else(pa.array(kind), folded, self._syllables(indices, self.points.starts[:-1], self.lengths))
        given = self.points.starts[:-1] + self._surname_lengths
        rest = self._syllables(indices, given, self.lengths - self._surname_lengths)
        family = self._syllables(indices, self.points.starts[:-1], self._surname_lengths)
        turned = pc.if_else(pa.array(kind), folded, pc.binary_join_element_wise(rest, family, ""))
        return _text_prints(forward), _text_prints(turned)

    @cached_property
    def folded(self) -> pa.StringArray:
        """The folded letters as texts."""
        return self.points.texts()

    @property
    def _surname_lengths(self) -> npt.NDArray[np.int32]:
        two = compound_surnames(self.letters) & (self.lengths >= 3)
        return np.where(self.short & (self.lengths >= 2), np.where(two, 2, 1), 0).astype(np.int32)

    def _syllables(
        self, indices: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], counts: npt.NDArray[np.int32]
    ) -> pa.StringArray:
        """Return the readings of `counts` characters from `starts` on, of short names, joined and in capitals."""
        table = pc.utf8_upper(reading_table()[1])
        pieces = []
        for place in range(SHORT):
            numbers = np.zeros(len(starts), dtype=np.int32)  # 0 is the empty reading
            there = np.flatnonzero(self.short & (counts > place))
            numbers[there] = indices[starts[there] + place]
            pieces.append(table.take(pa.array(numbers)))
        return pc.binary_join_element_wise(*pieces, "")

    @cached_property
    def _parts(self) -> FoldedTexts:
        """The names with their separators, folded."""
        return FoldedTexts.of(self.column.texts)


def first_letters(points: CodePoints) -> npt.NDArray[np.uint32]:
    """Return the first four code points of each row, 0 behind its end."""
    table = np.zeros((len(points), SHORT), dtype=np.uint32)
    lengths = points.lengths
    for place in range(SHORT):
        there = np.flatnonzero(lengths > place)
        table[there, place] = points.points[points.starts[there] + place]
    return table


def _parts_of(
    letters: npt.NDArray[np.uint32], short: Mask, lengths: npt.NDArray[np.int64]
) -> tuple[Prints, Prints]:
    """Return fingerprints of surname and given name; names of a compound surname are of three characters or more."""
    whole = short & (lengths >= 2)
    two = compound_surnames(letters) & (lengths >= 3)
    first, second, third, fourth = (scattered(letters[:, place]) for place in range(SHORT))
    surname = first + np.where(two, second * np.uint64(3), np.uint64(0))
    given = np.where(
        two,
        third + np.uint64(3) * fourth + np.uint64(5) * scattered(np.zeros(1, np.uint64)),
        second + np.uint64(3) * third + np.uint64(5) * fourth,
    )
    none = np.uint64(0)
    return np.where(whole, surname, none), np.where(whole, given, none)


def whole_as_given(letters: npt.NDArray[np.uint32]) -> Prints:
    """Return the fingerprint that these names of two or three characters have as the given name of a longer one."""
    first, second, third = (scattered(letters[:, place]) for place in range(3))
    return np.asarray(first + np.uint64(3) * second + np.uint64(5) * third, dtype=np.uint64)


def _doubtful(letters: npt.NDArray[np.uint32]) -> Mask:
    found: Mask = (second_readings()[letters[:, 1:]] != 0).any(axis=1)
    return np.asarray(found | (second_readings(surnames=True)[letters[:, 0]] != 0), dtype=bool)


@cache
def second_readings(surnames: bool = False) -> npt.NDArray[np.int32]:
    """Return the table code point -> index of its second reading, as a surname or not, 0 where it has one only."""
    table = np.zeros(0x110000, dtype=np.int32)
    for letter, several in (SEVERAL_SURNAMES if surnames else SEVERAL_READINGS).items():
        table[ord(letter)] = reading_numbers()[several[1]]
    return table


@cache
def near_readings() -> npt.NDArray[np.int32]:
    """Return the table index of a reading -> index of the reading that stands for all that sound nearly like it.

    zh ch sh are z c s; n at the beginning is l, f is h; ang eng ing are an en in. Behind the readings each number is
    itself.
    """
    table = np.arange(UNREAD + 0x110000, dtype=np.int32)
    leaders: dict[str, int] = {}
    for reading, number in reading_numbers().items():
        near = re.sub(r"^([zcs])h", r"\1", reading)
        near = re.sub("^n(?=.)", "l", re.sub("^f", "h", near))
        near = re.sub("([aei]n)g$", r"\1", near)
        table[number] = leaders.setdefault(near, number)
    return table


def _text_prints(texts: pa.StringArray) -> Prints:
    return Fingerprints(TextColumn(texts).points).rows

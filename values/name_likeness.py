"""How alike two names of persons are, in levels ordered by how much they say for one and the same person.

What a level says is the ratio of two shares: of pairs of one person's names that are on it, and of pairs of two
people's. From low to high:

* `same_surname`: the surname alone; parts that are equal of names in parts.
* `same_given`: the given name, with another surname, or a husband's surname before the own (丽华, 王丽华; Jane Doe).
* `one_character`: one character of the given name wrong, lost or added, in a name of three or four. Brothers' names are
  like that too.
* `near_sound`: read alike by those who do not tell zh from z, n from l, in from ing (陈静, 程静).
* `same_sound`: read alike, with every reading a character has (晟 sheng, cheng); Latin words that sound alike; a Han
  name and its pinyin, in either order.
* `shape`: only characters that the eye confuses differ (王冶, 王治). Rarer by far among others' names than one sound.
* `slip`: the same characters, or parts between dots, in another order; in a name in parts or of Latin letters also one
  letter wrong, lost or added. Of others' names not one in a million is like that.
* `subset`: parts of a long name are missing or are initials, or it is cut off (阿卜杜拉·买买提, 阿卜杜拉).
* `variant`: the same once variant and traditional characters, case, accents, marks and the order of Latin words are
  folded.
* `same`: letter for letter.

bench/levels.py measures both shares on the demonstration city.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from values.cleaned import Mask
from values.levels import DIFFERENT, CompareRows, Levels, Rows
from values.name_features import NameFeatures, second_readings, whole_as_given
from values.pinyin import reading_table, surname_table
from values.word_table import MOST_WORDS

LEVELS = (
    "missing", "different", "same_surname", "same_given", "one_character", "near_sound", "same_sound", "shape",
    "slip", "subset", "variant", "same",
)  # fmt: skip
SURNAME, GIVEN, CHARACTER, NEAR_SOUND, SOUND, SHAPE, SLIP, SUBSET, VARIANT, SAME = range(2, 12)

_CUT = (4, 8)  # letters that a name cut off must still have: with ideographs, without
_FEW = 0.25  # share of all names
_PART = 3  # ideographs of a part that alone is enough to be a subset


def likeness(values: pa.Array) -> CompareRows:
    """Return a comparison of rows of `values` that differ and are there; each value is read once."""
    features = NameFeatures.of(values)

    def compare_rows(left: Rows, right: Rows) -> Levels:
        levels = np.full(len(left), DIFFERENT, dtype=np.int8)
        short = features.short[left] & features.short[right]
        _compare_short(features, left, right, short, levels)
        _compare_long(features, left, right, np.flatnonzero(~short), levels)
        levels[left == right] = SAME
        return levels

    return compare_rows


def _compare_short(features: NameFeatures, left: Rows, right: Rows, short: Mask, levels: Levels) -> None:
    """Set the levels of pairs of names of at most four ideographs, in place."""
    if not short.all():
        rows = np.flatnonzero(short)
        if len(rows):
            part = np.full(len(rows), DIFFERENT, dtype=np.int8)
            _compare_short(features, left[rows], right[rows], np.ones(len(rows), dtype=bool), part)
            levels[rows] = part
        return
    surname = features.surname[left]
    family = (surname == features.surname[right]) & (surname != 0)
    levels[family] = SURNAME
    a, b = features.letters.take(left, axis=0), features.letters.take(right, axis=0)
    lengths_a, lengths_b = features.lengths[left], features.lengths[right]
    levels[~family & _same_given(features, left, right)] = GIVEN
    levels[family & _one_character(a, b, lengths_a, lengths_b)] = CHARACTER
    levels[_equal(features.near_sound, left, right)] = NEAR_SOUND
    levels[_equal(features.sound, left, right)] = SOUND
    doubtful = (features.doubtful[left] | features.doubtful[right]) & (lengths_a == lengths_b)
    several = np.flatnonzero(doubtful & (levels < SOUND))
    levels[several[_read_alike(a[several], b[several])]] = SOUND
    levels[_equal(features.shape, left, right)] = SHAPE
    levels[_equal(features.bag, left, right)] = SLIP
    levels[_equal(features.whole, left, right)] = VARIANT


def _equal(column: npt.NDArray[np.uint64], left: Rows, right: Rows) -> Mask:
    found: Mask = column.take(left) == column.take(right)
    return found


def _one_character(
    a: npt.NDArray[np.uint32],
    b: npt.NDArray[np.uint32],
    lengths_a: npt.NDArray[np.int32],
    lengths_b: npt.NDArray[np.int32],
) -> Mask:
    """One character differs in names of three or four, or one of three or four is missing on the other side."""
    unlike = np.bitwise_count((a != b).view(np.uint32)[:, 0])
    found: Mask = (unlike == 1) & (lengths_a == lengths_b) & (lengths_a >= 3)
    rows = np.flatnonzero((np.abs(lengths_a - lengths_b) == 1) & (np.minimum(lengths_a, lengths_b) >= 2))
    if len(rows):
        first_longer = (lengths_a[rows] > lengths_b[rows])[:, None]
        longer, shorter = np.where(first_longer, a[rows], b[rows]), np.where(first_longer, b[rows], a[rows])
        found[rows] = _without_one(longer, shorter)
    return found


def _without_one(longer: npt.NDArray[np.uint32], shorter: npt.NDArray[np.uint32]) -> Mask:
    """Say whether a row without one of its four places is the other row."""
    moved = longer[:, 1:] == shorter[:, :3]
    after = np.logical_and.accumulate(moved[:, ::-1], axis=1)[:, ::-1]  # all places from here on, moved by one
    before = np.ones(len(longer), dtype=bool)
    found = after[:, 0].copy()
    for place in range(3):
        before &= longer[:, place] == shorter[:, place]
        found |= before & (after[:, place + 1] if place < 2 else True)
    return found


def _same_given(features: NameFeatures, left: Rows, right: Rows) -> Mask:
    """The given names are equal, or the one name, of two characters or more, is what follows the other's surname."""
    given_a, given_b = features.given[left], features.given[right]
    found: Mask = (given_a == given_b) & (given_a != 0)
    longer = features.lengths[left] - features.lengths[right]
    for rows, given, whole in (
        (np.flatnonzero(longer == 1), given_a, right),
        (np.flatnonzero(longer == -1), given_b, left),
    ):
        some = whole[rows]
        own = features.lengths[some] >= 2
        found[rows] |= own & (given[rows] == whole_as_given(features.letters.take(some, axis=0)))
    return found


def _read_alike(a: npt.NDArray[np.uint32], b: npt.NDArray[np.uint32]) -> Mask:
    """Say whether names of one length are read alike with any reading of each character, surnames as surnames."""
    found = np.ones(len(a), dtype=bool)
    for place in range(a.shape[1]):
        first = reading_table()[0] if place else surname_table()
        second = second_readings(surnames=place == 0)
        one, other = a[:, place], b[:, place]
        alike = one == other
        for x in (first[one], second[one]):
            for y in (first[other], second[other]):
                alike |= (x == y) & (x != 0)
        found &= alike
    return found


def _compare_long(features: NameFeatures, left: Rows, right: Rows, rows: Rows, levels: Levels) -> None:
    """Set the levels of pairs with a name in parts or of other letters, in place."""
    if not len(rows):
        return
    a, b = left[rows], right[rows]
    filled = (features.lengths[a] > 0) & (features.lengths[b] > 0)
    a, b, rows = a[filled], b[filled], rows[filled]
    features, a, b = _those_of(features, a, b)
    found = np.full(len(a), DIFFERENT, dtype=np.int8)
    alphabetic = features.alphabetic[a] & features.alphabetic[b]
    _compare_parts(features, a, b, alphabetic, found)
    near = _equal(features.near_sound, a, b) & ~alphabetic
    found[near & (found < NEAR_SOUND)] = NEAR_SOUND
    sound = _equal(features.sound, a, b) & ~alphabetic
    sound |= alphabetic & _equal(features.word_sounds.sequences, a, b)  # word by word
    sound |= _spelled_alike(features, a, b)
    found[sound] = SOUND
    found[_equal(features.shape, a, b) & ~alphabetic] = SHAPE
    same_words = _equal(features.words.bags, a, b)
    found[(same_words | _equal(features.bag, a, b)) & ~alphabetic] = SLIP
    _compare_edits(features, a, b, found)
    found[(_subset(features, a, b) & ~same_words) | _cut_off(features, a, b)] = SUBSET
    found[_equal(features.whole, a, b) | (same_words & alphabetic)] = VARIANT
    levels[rows] = found


def _those_of(features: NameFeatures, a: Rows, b: Rows) -> tuple[NameFeatures, Rows, Rows]:
    """Return the features of the names in these pairs alone, and the pairs in their numbers, where these are so few
    that reading them again costs less than words and spellings of all names."""
    names, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    if len(names) > len(features.lengths) * _FEW:
        return features, a, b
    few = NameFeatures.of(features.column.texts.take(pa.array(names)))
    return few, places[: len(a)], places[len(a) :]


def _compare_parts(features: NameFeatures, a: Rows, b: Rows, alphabetic: Mask, found: Levels) -> None:
    """A part in common is a surname's worth; the first part in common the given name's."""
    table = features.words
    least = np.where(alphabetic, 3, 2)
    several = (table.counts[a] > 1) & (table.counts[b] > 1)
    common = np.zeros(len(a), dtype=bool)
    for place in range(table.prints.shape[1]):
        word = table.prints[a, place]
        long = (table.lengths[a, place] >= least) & (word != 0)
        for other in range(table.prints.shape[1]):
            common |= long & (word == table.prints[b, other])
    found[several & common] = SURNAME
    first = (table.prints[a, 0] == table.prints[b, 0]) & (table.lengths[a, 0] >= least)
    found[several & first] = GIVEN


def _compare_edits(features: NameFeatures, a: Rows, b: Rows, found: Levels) -> None:
    """One letter wrong, lost or added, or two neighbours swapped, in names of three letters or more."""
    lengths_a, lengths_b = features.lengths[a], features.lengths[b]
    near = (np.abs(lengths_a - lengths_b) <= 1) & (np.minimum(lengths_a, lengths_b) >= 3)
    rows = np.flatnonzero(near & _near_letters(features, a, b))
    if not len(rows):
        return
    texts = (features.folded.take(pa.array(side[rows])).to_pylist() for side in (a, b))
    steps = cpdist(*texts, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8)
    found[rows[steps == 1]] = SLIP


def _near_letters(features: NameFeatures, a: Rows, b: Rows) -> Mask:
    """Of the first four letters two or more are among the other's first four: true of any two one step apart."""
    letters_a, letters_b = features.letters[a], features.letters[b]
    among = np.zeros(len(a), dtype=np.uint8)
    for place in range(4):
        among += (letters_a[:, place, None] == letters_b).any(axis=1)
    return np.asarray(among >= 2, dtype=bool)


def _spelled_alike(features: NameFeatures, a: Rows, b: Rows) -> Mask:
    """A Han name and its pinyin, surname first or last."""
    found = np.zeros(len(a), dtype=bool)
    rows = np.flatnonzero(
        (features.short[a] & features.alphabetic[b]) | (features.alphabetic[a] & features.short[b])
    )
    if len(rows):
        forward, turned = features.spelled
        one, other = a[rows], b[rows]
        found[rows] = (forward[one] == forward[other]) | (turned[one] == turned[other])
        found[rows] &= (features.lengths[one] > 1) & (features.lengths[other] > 1)
    return found


def _subset(features: NameFeatures, a: Rows, b: Rows) -> Mask:
    """Every part of the name with fewer parts is a part of the other, or an initial of one; enough of it is whole."""
    table = features.words
    swapped = table.counts[a] > table.counts[b]
    fewer, more = np.where(swapped, b, a), np.where(swapped, a, b)
    found: Mask = (table.counts[more] >= 2) & (table.counts[more] <= MOST_WORDS)
    rows = np.flatnonzero(found & _any_shared(table.prints[fewer], table.prints[more]))
    found[:] = False
    if not len(rows):
        return found
    fewer, more = fewer[rows], more[rows]
    alphabetic = features.alphabetic[fewer] & features.alphabetic[more]
    inside = np.ones(len(rows), dtype=bool)
    parts, whole = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    for place in range(table.prints.shape[1]):
        word, length = table.prints[fewer, place], table.lengths[fewer, place]
        there = length > 0
        equal = (word[:, None] == table.prints[more]).any(axis=1)
        initial = alphabetic & _initial_of(table.firsts[fewer, place], length, table.firsts[more], table.lengths[more])
        inside &= ~there | equal | initial
        parts += there & (equal | initial)
        whole += np.where(there & equal & (length > 1), length, 0)
    enough = np.where(alphabetic, (parts >= 2) & (whole >= 2), whole >= _PART)
    found[rows] = inside & enough
    return found


def _any_shared(a: npt.NDArray[np.uint64], b: npt.NDArray[np.uint64]) -> Mask:
    found = np.zeros(len(a), dtype=bool)
    for word in a.T:
        for other in b.T:
            found |= (word == other) & (word != 0)
    return found


def _initial_of(
    first: npt.NDArray[np.uint32],
    length: npt.NDArray[np.int32],
    firsts: npt.NDArray[np.uint32],
    lengths: npt.NDArray[np.int32],
) -> Mask:
    """One of the two is a single letter with which the other begins."""
    one = (length == 1)[:, None] | (lengths == 1)
    return np.asarray(((first[:, None] == firsts) & one & (lengths > 0)).any(axis=1), dtype=bool)


def _cut_off(features: NameFeatures, a: Rows, b: Rows) -> Mask:
    """One name is the beginning of the other, as where a column was too narrow."""
    lengths_a, lengths_b = features.lengths[a], features.lengths[b]
    swapped = lengths_a > lengths_b
    shorter, longer = np.where(swapped, b, a), np.where(swapped, a, b)
    least = np.where(features.alphabetic[shorter], _CUT[1], _CUT[0])
    found: Mask = (features.lengths[shorter] >= least) & (lengths_a != lengths_b)
    rows = np.flatnonzero(found)
    begun = features.prints.beginnings(longer[rows], features.lengths[shorter[rows]].astype(np.int64))
    found[rows] = begun == features.whole[shorter[rows]]
    return found



"""How alike two texts of any language are, and the keys that bring likely ones together. Characters, never bytes.

Levels from low to high: `similar` (Jaro-Winkler of the folded letters 0.85 or more), `close` (0.93 or more, or one
letter wrong, lost, added or swapped with its neighbour in texts of four letters or more), `same_words` (the same words
in another order), `same_letters` (case, accents, variant characters, spaces and punctuation aside), `same`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from values.folded_texts import FoldedTexts, sorted_words, sounds
from values.levels import DIFFERENT, CompareRows, Levels, Rows
from values.text_column import with_nulls

LEVELS = ("missing", "different", "similar", "close", "same_words", "same_letters", "same")
SIMILAR, CLOSE, SAME_WORDS, SAME_LETTERS, SAME = range(2, 7)

_SIMILAR, _CLOSE = 0.85, 0.93
_EDITED = 4  # letters: in shorter texts one wrong letter leaves too little
_FIRST = 3


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

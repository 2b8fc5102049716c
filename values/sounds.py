"""How Latin words sound, as four-letter codes: American Soundex, with the openings that English writes in two ways.

Soundex as the United States census coded it (Knuth, The Art of Computer Programming, 6): the first letter, then classes
of consonants; letters of one class beside each other, or with H or W between, count once. Before that KN, WR, PH, GH
are read as N, R, F, G, so that Knight meets Night and Philip meets Filip.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from values.text_column import CodePoints

_WIDTH = 4
_CLASSES = {"BFPV": 1, "CGJKQSXZ": 2, "DT": 3, "L": 4, "MN": 5, "R": 6, "HW": 8, "AEIOUY": 9}
_OPENINGS = {"KN": "N", "WR": "R", "PH": "F", "GH": "G"}
_PASSED, _VOWEL = 8, 9


def _class_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(0x110000, dtype=np.uint8)
    for letters, number in _CLASSES.items():
        table[[ord(letter) for letter in letters]] = number
    return table


_CLASS = _class_table()


def latin_sounds(words: CodePoints) -> CodePoints:
    """Return the code of each word of capitals as four code points: its first letter, then class numbers, 0 behind.

    Letters that are not of A to Z count as themselves, so that other alphabets keep their words apart.
    """
    points, starts, lengths = words.points, words.starts, words.lengths
    count = len(lengths)
    codes = np.zeros((count, _WIDTH), dtype=np.uint32)
    if not count:
        return CodePoints(codes.reshape(-1), np.zeros(1, dtype=np.int64))
    opened, skipped = _openings(points, starts, lengths)
    filled = np.where(lengths > 0, 1, 0)
    codes[:, 0] = opened
    last = _CLASS[opened].astype(np.uint32)
    for place in range(1, int(lengths.max())):
        rows = np.flatnonzero((lengths > place + skipped) & (filled < _WIDTH))
        if not len(rows):
            break
        letter = points[starts[rows] + place + skipped[rows]]
        kind = _CLASS[letter].astype(np.uint32)
        kind = np.where(kind == 0, letter, kind)  # of another alphabet: itself
        sounding = (kind != _PASSED) & (kind != _VOWEL) & (kind != last[rows])
        taken = rows[sounding]
        codes[taken, filled[taken]] = kind[sounding]
        filled[taken] += 1
        last[rows] = np.where(kind == _PASSED, last[rows], kind)
    return CodePoints(codes.reshape(-1), np.arange(count + 1, dtype=np.int64) * _WIDTH)


def _openings(
    points: npt.NDArray[np.uint32], starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """Return the first letter each word is read with, and how many letters more were spent on it."""
    opened = points[np.minimum(starts[:-1], len(points) - 1)].copy()
    second = points[np.minimum(starts[:-1] + 1, len(points) - 1)]
    skipped = np.zeros(len(lengths), dtype=np.int64)
    first = opened.copy()
    for pair, read in _OPENINGS.items():
        hits = (lengths > 1) & (first == ord(pair[0])) & (second == ord(pair[1]))
        opened[hits] = ord(read)
        skipped[hits] = 1
    return opened, skipped

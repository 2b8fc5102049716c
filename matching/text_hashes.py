"""A 64-bit hash of each text of a column that is the same in every run and on every machine, made in columns.

SipHash-2-4 (Aumasson and Bernstein 2012) of the UTF-8 bytes under a fixed key, then the finaliser of SplitMix64: what
`pandas.util.hash_array` gives, one Python text after the other, which is quicker for a few.
Models and stored indexes of block keys hold these hashes: another function would make them worthless.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from values.text_column import TextColumn

Hashes = npt.NDArray[np.uint64]

_KEY = np.frombuffer(b"0123456789123456", np.uint64)
_START = np.frombuffer(b"uespemosmodnarodarenegylsetybdet", np.uint64) ^ np.tile(_KEY, 2)
_FEW = 2_000
_ROWS = 16_384  # at a time: the working set stays in the processor's cache
_TAILS = np.array([(1 << (8 * count)) - 1 for count in range(8)], np.uint64)


_KEPT = 65_536  # texts: some ten megabytes
_kept: dict[str, int] = {}


def few_hashes(texts: Sequence[str]) -> list[int]:
    """Return the hash of each of a few texts, as `text_hashes` makes them.

    Hashes are remembered, of at most 65,536 texts (when full, all are forgotten): surnames, months and roads come again
    with every record that is resolved alone.
    """
    known = {text: _kept.get(text) for text in texts}
    fresh = [text for text, held in known.items() if held is None]
    if fresh:
        made = pd.util.hash_array(np.array(fresh, dtype=object), categorize=False).tolist()
        known.update(zip(fresh, made, strict=True))
        if len(_kept) + len(fresh) > _KEPT:
            _kept.clear()
        _kept.update(zip(fresh, made, strict=True))
    return [known[text] or 0 for text in texts]


def text_hashes(texts: pa.StringArray) -> Hashes:
    """Return the hash of each text; null is hashed as "" is."""
    column = TextColumn(texts)
    if len(texts) < _FEW:
        plain = column.texts.to_numpy(zero_copy_only=False)
        return pd.util.hash_array(plain, categorize=False).astype(np.uint64)
    hashes = np.empty(len(texts), np.uint64)
    starts, lengths = column.offsets[:-1], column.lengths
    whole = lengths >> 3  # texts of as many whole words are hashed together
    order = np.argsort(whole.astype(np.uint16) if int(whole.max()) < 65_536 else whole, kind="stable")
    for first in range(0, len(texts), _ROWS):
        rows = order[first : first + _ROWS]
        hashes[rows] = _hashed(column.words, starts[rows], lengths[rows])
    hashes ^= hashes >> np.uint64(30)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(27)
    hashes *= np.uint64(0x94D049BB133111EB)
    hashes ^= hashes >> np.uint64(31)
    return hashes


def _hashed(words: Hashes, starts: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Hashes:
    """Return SipHash-2-4 of texts ordered by how many whole words they have."""
    state = np.empty((5, len(starts)), np.uint64)  # four words, and room for a fifth
    state[:4] = _START[:, None]
    whole = lengths >> 3
    for place in range(int(whole.max())):
        some = slice(int(np.searchsorted(whole, place, side="right")), None)
        _absorb(state[:, some], words[starts[some] + 8 * place])
    last = words[starts + 8 * whole] & _TAILS[lengths & 7]
    _absorb(state, last | (lengths.astype(np.uint64) << np.uint64(56)))
    state[2] ^= np.uint64(0xFF)
    _mix(state, 4)
    found: Hashes = state[0] ^ state[1] ^ state[2] ^ state[3]
    return found


def _absorb(state: Hashes, word: Hashes) -> None:
    state[3] ^= word
    _mix(state, 2)
    state[0] ^= word


def _mix(state: Hashes, rounds: int) -> None:
    """Do the rounds of SipHash, in place."""
    a, b, c, d, room = state
    for _ in range(rounds):
        _step(a, b, 13, room)
        _rotate(a, 32, room)
        _step(c, d, 16, room)
        _step(a, d, 21, room)
        _step(c, b, 17, room)
        _rotate(c, 32, room)


def _step(one: Hashes, other: Hashes, bits: int, room: Hashes) -> None:
    one += other
    _rotate(other, bits, room)
    other ^= one


def _rotate(word: Hashes, bits: int, room: Hashes) -> None:
    np.right_shift(word, np.uint64(64 - bits), out=room)
    np.left_shift(word, np.uint64(bits), out=word)
    word |= room

"""Hashes of values: 64 bits that depend on the value alone, the same in every run and on every machine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
_WORD = 8  # bytes read at a time


def value_hashes(values: pa.Array) -> Hashes:
    """Return the hash of each value; of a null nothing sensible. Whole numbers of 64 bits are their own hash."""
    if pa.types.is_int64(values.type):
        numbers: Hashes = values.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64)
        return numbers
    return _text_hashes(values.cast(pa.large_string()))


def _text_hashes(texts: pa.LargeStringArray) -> Hashes:
    """Mix the bytes of each text word by word: a round is one array operation over the texts that have that word."""
    _, ends, content = texts.buffers()
    places = np.frombuffer(ends, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.zeros((content.size if content else 0) + _WORD, np.uint8)
    if content:
        data[:-_WORD] = np.frombuffer(content, np.uint8)
    words = np.ndarray(len(data) - _WORD + 1, "<u8", data, strides=(1,))  # the word that begins at each byte
    starts, sizes = places[:-1], np.diff(places)
    hashes = sizes.astype(np.uint64) * _FIRST
    with np.errstate(over="ignore"):
        for done in range(0, int(sizes.max(initial=0)), _WORD):
            some: npt.NDArray[np.intp] | slice = slice(None)
            if int(sizes.min()) <= done:
                some = np.flatnonzero(sizes > done)
            word = words[starts[some] + done]
            left = np.minimum(sizes[some] - done, _WORD).astype(np.uint64)
            word &= ~np.uint64(0) >> (np.uint64(64) - left * np.uint64(8))
            mixed = (hashes[some] ^ word) * _FIRST
            hashes[some] = (mixed ^ (mixed >> np.uint64(29))) * _SECOND
    return hashes ^ (hashes >> np.uint64(32))

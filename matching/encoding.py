"""Columns of two sides as integer codes: each distinct value once, so that what is dear is done once a value.

A side is an Arrow table whose rows are records; a field's codes point into the distinct values of both sides together
(-1: missing). Block keys are 64-bit hashes that depend on the text alone, so that they are the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]
Keys = Callable[[pa.Array, frozenset[str]], dict[str, pa.Array]]  # of values, those keys that are wanted

NO_KEY = np.uint64(0)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class EncodedField:
    """One field of both sides: `record` and `base` codes into `values` (distinct, no null); -1 is missing.

    `wanted`: the keys that will be asked for, made together.
    """

    name: str
    record: Codes
    base: Codes
    values: pa.Array
    keys: Keys
    wanted: frozenset[str] = frozenset()
    rarities: dict[str, tuple[object, npt.NDArray[np.float64]]] = field(default_factory=dict)  # kept by scorers
    _hashes: dict[str, Hashes] = field(default_factory=dict)

    def key_hashes(self, key: str) -> Hashes:
        """Return the hash of each distinct value's `key` ("" is the value itself); 0 where it has none.

        Raises KeyError naming the key if the kind has none of that name.
        """
        if key not in self._hashes:
            if key:
                wanted = self.wanted | {key}
                for name, made in self.keys(self.values, wanted).items():
                    if name in wanted and not pa.types.is_list(made.type):
                        self._hashes[name] = hash_texts(made)
            else:
                self._hashes[""] = hash_texts(self.values)
        return self._hashes[key]

    def forget(self) -> None:
        """Give back the memory of the hashes; they are made again when one is asked for."""
        self._hashes.clear()

    def base_counts(self) -> npt.NDArray[np.int64]:
        """Return how many base rows hold each distinct value."""
        return np.bincount(self.base[self.base >= 0], minlength=len(self.values)).astype(np.int64)


def encode(
    name: str, record: pa.ChunkedArray | pa.Array, base: pa.ChunkedArray | pa.Array | None, keys: Keys,
    wanted: frozenset[str] = frozenset(),
) -> EncodedField:  # fmt: skip
    """Return one field of both sides as codes; `base` None means the base side is the record one."""
    first = _chunked(record)
    if base is None:
        encoded = _one(first).dictionary_encode()
        codes = _codes(encoded)
        return EncodedField(name, codes, codes, encoded.dictionary, keys, wanted)
    second = _chunked(base).cast(first.type)
    encoded = _one(pa.chunked_array([*first.chunks, *second.chunks], first.type)).dictionary_encode()
    codes = _codes(encoded)
    return EncodedField(name, codes[: len(first)], codes[len(first) :], encoded.dictionary, keys, wanted)


def _chunked(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if pa.types.is_string(chunked.type) or pa.types.is_large_string(chunked.type):
        chunked = chunked.cast(pa.string())
        return pc.if_else(pc.equal(chunked, ""), pa.scalar(None, pa.string()), chunked)
    return chunked


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _codes(encoded: pa.DictionaryArray) -> Codes:
    codes: Codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes


def hash_texts(values: pa.Array | pa.ChunkedArray) -> Hashes:
    """Return a 64-bit hash of each text that is the same in every run and on every machine; 0 for null and ""."""
    texts = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    texts = texts.cast(pa.string()).fill_null("")
    plain = texts.to_numpy(zero_copy_only=False)
    hashes = pd.util.hash_array(plain, categorize=False).astype(np.uint64)
    hashes[hashes == NO_KEY] = np.uint64(1)
    empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    hashes[empty] = NO_KEY
    return hashes


def row_keys(parts: Sequence[tuple[EncodedField, str]], side: str) -> Hashes:
    """Return one block key a row of `side` ("record" or "base"): all parts mixed; 0 where any part is missing."""
    mixed: Hashes | None = None
    missing: npt.NDArray[np.bool_] | None = None
    for column, key in parts:
        codes = column.record if side == "record" else column.base
        hashes = column.key_hashes(key)
        own = hashes[codes] if len(hashes) else np.zeros(len(codes), np.uint64)  # -1 picks the last: masked below
        lacks = (codes < 0) | (own == NO_KEY)
        with np.errstate(over="ignore"):
            mixed = own if mixed is None else _mixed(mixed, own)
        missing = lacks if missing is None else missing | lacks
    if mixed is None or missing is None:
        raise ValueError("a block rule without parts")
    mixed = np.where(mixed == NO_KEY, np.uint64(1), mixed)
    mixed[missing] = NO_KEY
    return mixed


def _mixed(first: Hashes, second: Hashes) -> Hashes:
    rotated = (first << np.uint64(23)) | (first >> np.uint64(41))
    mixed: Hashes = (rotated ^ second) * _MULTIPLIER
    return mixed ^ (mixed >> np.uint64(29))

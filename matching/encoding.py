"""Columns of two sides as integer codes: each distinct value once, so that what is dear is done once a value.

A side is an Arrow table whose rows are records; a field's codes point into the distinct values of both sides together
(-1: missing). Block keys are 64-bit hashes that depend on the text alone, so that they are the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.few_rows import FEW, FewColumn
from matching.text_hashes import Hashes, few_hashes, text_hashes

Codes = npt.NDArray[np.int32]
Keys = Callable[[pa.Array, frozenset[str]], dict[str, pa.Array]]  # of values, those keys that are wanted
Column: TypeAlias = pa.ChunkedArray | pa.Array | FewColumn
Sides = tuple[pa.ChunkedArray, pa.ChunkedArray | None]  # record and base; None: the record side is the base too

NO_KEY = np.uint64(0)
_NO_KEYS = np.zeros(1, np.uint64)
_LOOKED_AT = 10_000  # rows
_NO_TEXTS = pa.chunked_array([pa.array([], pa.string())])
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_ONE, _LEFT, _RIGHT, _DOWN = np.uint64(1), np.uint64(23), np.uint64(41), np.uint64(29)


class EncodedField:
    """One field of both sides: `record` and `base` codes into `values` (distinct, no null); -1 is missing.

    A field of which nothing but block keys is asked, and whose values mostly differ, is never encoded: its rows are
    hashed as they are. `wanted`: the keys that will be asked for, made together. `itself`: both sides are one.
    """

    def __init__(
        self, name: str, sides: Sides, keys: Keys, wanted: frozenset[str] = frozenset(),
        encoded: tuple[Codes, Codes, pa.Array] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.keys, self.wanted = name, keys, wanted
        self.itself = sides[1] is None
        self.rarities: dict[str, tuple[object, npt.NDArray[np.float64]]] = {}  # kept by scorers
        self._sides, self._hashes = sides, dict[str, Hashes]()
        self._encoded, self._few = encoded, encoded is not None

    @property
    def record(self) -> Codes:
        return self.encoded()[0]

    @property
    def base(self) -> Codes:
        return self.encoded()[1]

    @property
    def values(self) -> pa.Array:
        return self.encoded()[2]

    def encoded(self) -> tuple[Codes, Codes, pa.Array]:
        """Return the codes of both sides and the values; made when first asked for, the texts are given back then."""
        if self._encoded is None:
            self._encoded = _encoded(*self._sides)
            self._sides = (self._sides[0].slice(0, 0), None)
        return self._encoded

    def mostly_differs(self) -> bool:
        """Say whether most of the first values differ from one another."""
        first = self._sides[0].slice(0, _LOOKED_AT)
        if pa.types.is_dictionary(first.type):
            return False
        return len(first) == _LOOKED_AT and len(pc.unique(first)) > _LOOKED_AT / 2

    def key_hashes(self, key: str) -> Hashes:
        """Return the hash of each distinct value's `key` ("" is the value itself); 0 where it has none.

        Raises KeyError naming the key if the kind has none of that name; where there is no value, no key is asked for.
        """
        if self._few and not len(self.values):
            return _NO_KEYS[:0]
        if key not in self._hashes:
            self.hold(_hashed(self.key_texts(key)))
        return self._hashes[key]

    def key_texts(self, key: str) -> dict[str, pa.Array]:
        """Return the `key` of each distinct value, and the others that are made with it, where they have no hash."""
        if not key:
            return {"": self.values}
        wanted = self.wanted | {key}
        made = self.keys(self.values, wanted)
        return {name: one for name, one in made.items() if name in wanted and not pa.types.is_list(one.type)}

    def hold(self, hashes: Mapping[str, Hashes]) -> None:
        """Take the hashes of keys that were made elsewhere."""
        self._hashes |= hashes

    def row_hashes(self, key: str, side: str) -> Hashes:
        """Return the hash of the `key` of each row of a side ("record" or "base"); 0 where it has none."""
        if not key and self._encoded is None:
            return self._unencoded(side)
        codes, hashes = self.record if side == "record" else self.base, self.key_hashes(key)
        return np.concatenate((hashes, _NO_KEYS)).take(codes)  # -1 picks the last

    def _unencoded(self, side: str) -> Hashes:
        if side not in self._hashes:
            texts = self._sides[0] if side == "record" or self._sides[1] is None else self._sides[1]
            self._hashes[side] = hash_texts(texts)
        return self._hashes[side]

    def forget(self) -> None:
        """Give back the memory of the hashes; they are made again when one is asked for."""
        self._hashes.clear()

    def base_counts(self) -> npt.NDArray[np.int64]:
        """Return how many base rows hold each distinct value."""
        return np.bincount(self.base[self.base >= 0], minlength=len(self.values)).astype(np.int64)


def encode(
    name: str, record: Column, base: Column | None, keys: Keys,
    wanted: frozenset[str] = frozenset(), *, compared: bool = True,
) -> EncodedField:  # fmt: skip
    """Return one field of both sides; `base` None means the base side is the record one. `compared` False: only block
    keys will be asked for."""
    if len(record) + len(base if base is not None else ()) < FEW and (encoded := _encoded_few(record, base)):
        return EncodedField(name, (_NO_TEXTS, None if base is None else _NO_TEXTS), keys, wanted, encoded)
    first = _chunked(record)
    second = None if base is None else _chunked(base)
    if second is not None and second.type != first.type:
        first, second = _plain(first), _plain(second).cast(_plain(first).type)
    field = EncodedField(name, (first, second), keys, wanted)
    if compared or wanted or not field.mostly_differs():
        field.encoded()
    return field


def _encoded_few(record: Column, base: Column | None) -> tuple[Codes, Codes, pa.Array] | None:
    """Return the codes of few rows and their values; None for columns of other types, or of two."""
    kind = record.type
    if not (kind == pa.string() or kind == pa.date32()) or (base is not None and base.type != kind):
        return None
    try:
        texts = [record.to_pylist(), [] if base is None else base.to_pylist()]
    except (ValueError, OverflowError):  # bytes that are no text, days beyond the calendar: Arrow alone holds them
        return None
    known: dict[Any, int] = {}
    own, other = (
        np.array([-1 if one in (None, "") else known.setdefault(one, len(known)) for one in side], dtype=np.int32)
        for side in texts
    )
    return own, own if base is None else other, pa.array(list(known), kind)


def _encoded(record: pa.ChunkedArray, base: pa.ChunkedArray | None) -> tuple[Codes, Codes, pa.Array]:
    if base is None:
        encoded = _unified(record) if pa.types.is_dictionary(record.type) else _one(record).dictionary_encode()
        codes = _codes(encoded)
        return codes, codes, encoded.dictionary
    whole = pa.chunked_array([*record.chunks, *base.chunks], record.type)
    encoded = _unified(whole) if pa.types.is_dictionary(whole.type) else _one(whole).dictionary_encode()
    codes = _codes(encoded)
    return codes[: len(record)], codes[len(record) :], encoded.dictionary


def _unified(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """Return a column that was read as a dictionary as one array whose values are distinct texts; "" is missing."""
    encoded = _one(column.unify_dictionaries())
    values = _chunked(encoded.dictionary.cast(pa.string())).combine_chunks().dictionary_encode()
    return pa.DictionaryArray.from_arrays(values.indices.take(encoded.indices), values.dictionary)


def _chunked(column: Column) -> pa.ChunkedArray:
    if isinstance(column, FewColumn):
        column = column.array()
    chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if pa.types.is_dictionary(chunked.type):
        return chunked
    if pa.types.is_string(chunked.type) or pa.types.is_large_string(chunked.type):
        chunked = chunked.cast(pa.string())
        empty = pc.equal(chunked, "")
        return pc.if_else(empty, pa.scalar(None, pa.string()), chunked) if pc.any(empty).as_py() else chunked
    return chunked


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column that was read as a dictionary as its values."""
    return _chunked(column.cast(column.type.value_type)) if pa.types.is_dictionary(column.type) else column


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _codes(encoded: pa.DictionaryArray) -> Codes:
    indices = encoded.indices.fill_null(-1) if encoded.indices.null_count else encoded.indices
    codes: Codes = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return codes


def hash_texts(values: pa.Array | pa.ChunkedArray) -> Hashes:
    """Return a 64-bit hash of each text that is the same in every run and on every machine; 0 for null and ""."""
    texts = _texts(values)
    if len(texts) < FEW:
        return _few_hashed(texts.to_pylist())
    texts = texts.fill_null("") if texts.null_count else texts
    hashes = text_hashes(texts)
    hashes[hashes == NO_KEY] = np.uint64(1)
    empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    hashes[empty] = NO_KEY
    return hashes


def _texts(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    texts = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return texts if pa.types.is_string(texts.type) else texts.cast(pa.string())


def _hashed(columns: Mapping[Any, pa.Array]) -> dict[Any, Hashes]:
    """Return the hashes of columns; of few rows all are hashed together."""
    if sum(map(len, columns.values())) >= FEW or len(columns) < 2:
        return {name: hash_texts(texts) for name, texts in columns.items()}
    lists = {name: _texts(column).to_pylist() for name, column in columns.items()}
    whole = _few_hashed([text for texts in lists.values() for text in texts])
    ends = accumulate(map(len, lists.values()))
    return {name: whole[end - len(texts) : end] for (name, texts), end in zip(lists.items(), ends, strict=True)}


def hash_together(asked: Iterable[tuple[EncodedField, str]]) -> None:
    """Make the hashes of keys of several fields of few rows together: a call for hashes costs as much as many texts."""
    made: dict[tuple[EncodedField, str], pa.Array] = {}
    for field, key in asked:
        if (field, key) not in made and len(field.values):
            made |= {(field, name): texts for name, texts in field.key_texts(key).items()}
    for (field, name), hashes in _hashed(made).items():
        field.hold({name: hashes})


def _few_hashed(texts: Sequence[str | None]) -> Hashes:
    told = [one for one in texts if one]
    hashes = dict(zip(told, few_hashes(told), strict=True))
    return np.array([hashes[one] or 1 if one else 0 for one in texts], dtype=np.uint64)


def row_keys(parts: Sequence[tuple[EncodedField, str]], side: str) -> Hashes:
    """Return one block key a row of `side` ("record" or "base"): all parts mixed; 0 where any part is missing."""
    return mixed_keys([column.row_hashes(key, side) for column, key in parts])


def mixed_keys(parts: Sequence[Hashes]) -> Hashes:
    """Return the keys of rows from the hashes of their parts, arrays of one shape; 0 where any part is missing."""
    if not parts:
        raise ValueError("a block rule without parts")
    mixed, missing = parts[0], parts[0] == NO_KEY
    for own in parts[1:]:
        mixed = _mixed(mixed, own)
        missing |= own == NO_KEY
    mixed = np.where(mixed == NO_KEY, _ONE, mixed)
    mixed[missing] = NO_KEY
    return mixed


def _mixed(first: Hashes, second: Hashes) -> Hashes:
    rotated = (first << _LEFT) | (first >> _RIGHT)
    mixed: Hashes = (rotated ^ second) * _MULTIPLIER
    return mixed ^ (mixed >> _DOWN)

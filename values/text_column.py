"""A column of text seen as bytes or as code points, so that a rule about characters is one numpy look-up."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from values.cleaned import Flags, Mask, no_flags

Bytes = npt.NDArray[np.uint8]
Points = npt.NDArray[np.uint32]
Offsets = npt.NDArray[np.int64]

Judge = Callable[[str], tuple[str | None, int]]  # one text -> its clean form or None, and its reasons as bits


def as_texts(texts: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    """Return one plain string array; bytes that are no UTF-8 become U+FFFD, so that later steps can flag them."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if not pa.types.is_string(texts.type):
        texts = texts.cast(pa.string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        raw = texts.cast(pa.binary()).to_pylist()
        texts = pa.array([None if item is None else item.decode("utf-8", "replace") for item in raw], pa.string())
    return texts


class TextColumn:
    """A string column without nulls (null reads as ""), with views on its bytes and code points."""

    def __init__(self, texts: pa.Array | pa.ChunkedArray) -> None:
        plain = as_texts(texts)
        self.texts: pa.StringArray = plain.fill_null("") if plain.null_count else plain
        buffers = self.texts.buffers()
        count = len(self.texts)
        if count and buffers[1] is not None:
            start = self.texts.offset
            offsets = np.frombuffer(buffers[1], dtype=np.int32, count=start + count + 1)[start:].astype(np.int64)
        else:
            offsets = np.zeros(count + 1, dtype=np.int64)
        everything = np.frombuffer(buffers[2], dtype=np.uint8) if buffers[2] is not None else np.empty(0, np.uint8)
        self.data: Bytes = everything[offsets[0] : offsets[-1]]
        self.offsets: Offsets = offsets - offsets[0]
        self.lengths: Offsets = np.diff(self.offsets)  # in bytes

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def empty(self) -> Mask:
        """Rows that hold nothing at all."""
        empty: Mask = self.lengths == 0
        return empty

    @cached_property
    def ascii(self) -> bool:
        """Whether every character is one byte."""
        return not len(self.data) or int(self.data.max()) < 0x80

    def matrix(self, rows: npt.NDArray[np.int64], width: int) -> Bytes:
        """Return the bytes of rows that are all `width` bytes long as (rows, width)."""
        if len(rows) == len(self) and len(self.data) == width * len(rows):
            return self.data.reshape(len(rows), width)
        picked: Bytes = self.data[self.offsets[rows][:, None] + np.arange(width)]
        return picked

    @cached_property
    def words(self) -> npt.NDArray[np.uint64]:
        """The eight bytes from each place on, as one number; behind the end zeros."""
        held = np.zeros(len(self.data) + 8, np.uint8)
        held[:-8] = self.data
        return np.ndarray((len(held) - 7,), np.uint64, held, strides=(1,))

    @cached_property
    def points(self) -> CodePoints:
        """The same column as code points."""
        if self.ascii:
            return CodePoints(self.data.astype(np.uint32), self.offsets)
        leads = np.concatenate(([0], np.cumsum((self.data & 0xC0) != 0x80)))
        points = np.frombuffer(self.data.tobytes().decode("utf-8").encode("utf-32-le"), dtype=np.uint32)
        return CodePoints(points, leads[self.offsets])

    def judged(self, odd: Mask, judge: Judge) -> tuple[pa.StringArray, Flags]:
        """Return the column with each odd row replaced by the judge's answer, and the reasons it gave.

        The judge sees every distinct text once; rows that are not odd stay as they are.
        """
        flags = no_flags(len(self))
        rows = np.flatnonzero(odd)
        if not len(rows):
            return self.texts, flags
        encoded = self.texts.take(pa.array(rows)).dictionary_encode()
        answers = [judge(text) for text in encoded.dictionary.to_pylist()]
        indices = encoded.indices.to_numpy(zero_copy_only=False)
        flags[rows] = np.array([answer[1] for answer in answers], dtype=np.uint64)[indices]
        replaced = pa.array([answer[0] for answer in answers], pa.string()).take(encoded.indices)
        if len(rows) == len(self):
            return replaced, flags
        return pc.replace_with_mask(self.texts, pa.array(odd), replaced), flags


class CodePoints:
    """A column as one array of code points (`points`) and where each row starts (`starts`, one longer than rows)."""

    def __init__(self, points: Points, starts: Offsets) -> None:
        self.points = points
        self.starts = starts

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def lengths(self) -> Offsets:
        """Characters per row."""
        return np.diff(self.starts)

    def count(self, marked: Mask) -> Offsets:
        """Return, per row, how many of its code points are marked."""
        return _count_between(marked, self.starts)

    def kept(self, keep: Mask) -> CodePoints:
        """Return the column without the code points that are not kept."""
        if bool(keep.all()):
            return self
        before = np.concatenate(([0], np.cumsum(keep)))
        return CodePoints(self.points[keep], before[self.starts])

    def of(self, rows: npt.NDArray[np.int64]) -> CodePoints:
        """Return some rows of the column."""
        lengths = self.lengths[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        places = np.arange(starts[-1]) + np.repeat(self.starts[rows] - starts[:-1], lengths)
        return CodePoints(self.points[places], starts)

    def rows(self) -> npt.NDArray[np.int64]:
        """Return the row each code point belongs to."""
        return np.repeat(np.arange(len(self), dtype=np.int64), self.lengths)

    def at(self, position: int, rows: npt.NDArray[np.int64]) -> Points:
        """Return the code point at a position of each given row (all longer than it)."""
        return self.points[self.starts[rows] + position]

    def texts(self) -> pa.StringArray:
        """Return the column as an Arrow string array, without nulls."""
        data = self.points.tobytes().decode("utf-32-le").encode("utf-8")
        widths = 1 + (self.points > 0x7F).astype(np.int64) + (self.points > 0x7FF) + (self.points > 0xFFFF)
        ends = np.concatenate(([0], np.cumsum(widths)))
        return string_array(np.frombuffer(data, dtype=np.uint8), ends[self.starts])


def string_array(data: Bytes, offsets: npt.NDArray[np.integer]) -> pa.StringArray:
    """Return a string array over UTF-8 bytes and offsets, without copying the bytes."""
    starts = np.ascontiguousarray(offsets, dtype=np.int32)
    buffers = [None, pa.py_buffer(starts), pa.py_buffer(np.ascontiguousarray(data))]
    return pa.Array.from_buffers(pa.string(), len(starts) - 1, buffers)


def matrix_texts(matrix: Bytes) -> pa.StringArray:
    """Return the rows of an ASCII byte matrix as strings."""
    count, width = matrix.shape
    return string_array(np.ascontiguousarray(matrix).reshape(-1), np.arange(count + 1) * width)


def with_nulls(texts: pa.Array, nulls: Mask) -> pa.Array:
    """Return the array with more rows set to null."""
    if not bool(nulls.any()):
        return texts
    return pc.if_else(pa.array(nulls), pa.scalar(None, texts.type), texts)


def replaced_rows(texts: pa.Array, rows: npt.NDArray[np.int64], replacements: pa.Array) -> pa.Array:
    """Return the array with the given rows (sorted) replaced, one replacement each."""
    if not len(rows):
        return texts
    mask = np.zeros(len(texts), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(texts, pa.array(mask), replacements)


def _count_between(marked: Mask, starts: Offsets) -> Offsets:
    if not bool(marked.any()):
        return np.zeros(len(starts) - 1, dtype=np.int64)
    before = np.concatenate(([0], np.cumsum(marked)))
    return before[starts[1:]] - before[starts[:-1]]

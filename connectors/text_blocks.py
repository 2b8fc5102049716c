"""A text file of any encoding as blocks of UTF-8 bytes, never more than a block in memory.

A line that the file's encoding cannot read is kept with U+FFFD for its bad bytes: the kinds of values call such a cell
damaged, so that one line written by another program is told of and refused, not the whole file. Delimiters, quotes and
line ends are ASCII and never second bytes in UTF-8 or GB 18030: bad bytes cannot move a cell's border.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from connectors.failures import Damage

BLOCK = 4 * 2**20
# gb18030 is what gb2312 and gbk became: the same bytes, and the rare characters of names too
_GB = {"gbk", "gb2312", "cp936", "936", "ms936", "gb_2312-80", "chinese", "euc-cn", "gb18030", "gb18030-2000"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
UNREADABLE_LINES = 10  # so many lines may be unreadable in any file; beyond them
UNREADABLE_SHARE = 0.1  # at most this share of its lines, else the contract names the wrong encoding
_NEWLINE = 10
_EXPORT_AGAIN = "请部门重新导出，或在契约中改 encoding have it exported again, or correct `encoding` in the contract"
_ENOUGH = 24  # bytes beyond ASCII that are valid UTF-8 throughout: chance in GB18030 text is below one in a million


class TextBlocks:
    """Iterate for UTF-8 blocks of the stream. `digest` is the SHA-256 of the bytes read, once all are read.

    A byte order mark decides over the contract's encoding. Raises `Damage` naming line and byte, never the content: for
    a file cut off inside a character, for a `header` (the first line) that cannot be read, and for a file that as a
    whole is in another encoding (see `_Unreadable`).
    """

    def __init__(self, stream: BinaryIO, encoding: str, header: bool = True) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._first = self._read()
        self.encoding, self._mark = _detected(self._first, encoding)
        self._unreadable = _Unreadable(self.encoding, header)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    @property
    def notes(self) -> list[str]:
        """What a person should know of unreadable lines; complete once all blocks are taken."""
        return self._unreadable.notes()

    def __iter__(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        offset, line, raw = self._mark, 1, self._first[self._mark :]
        while True:
            before, text, damaged = decoder.getstate(), "", False
            try:
                text = decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                if not raw:
                    raise self._cut_off(offset - len(before[0]), line) from None
                self._unreadable.found(line + self._line_of(error), offset - len(before[0]) + error.start)
                tolerant, damaged = codecs.getincrementaldecoder(self.encoding)("replace"), True
                tolerant.setstate(before)
                text = tolerant.decode(raw)
                decoder.setstate(tolerant.getstate())
            if text:
                block = text.encode("utf-8")
                line += block.count(b"\n")
                self._unreadable.count(block, text.isascii(), damaged)
                yield block
            if not raw:
                self._unreadable.judge(ended=True)
                return
            offset += len(raw)
            raw = self._read()

    def _line_of(self, error: UnicodeDecodeError) -> int:
        return error.object[: error.start].decode(self.encoding, "replace").count("\n")

    def _read(self) -> bytes:
        raw = self._stream.read(BLOCK)
        self._hash.update(raw)
        return raw

    def _cut_off(self, offset: int, line: int) -> Damage:
        return Damage(
            f"第 {line} 行，第 {offset} 字节 line {line}, byte {offset}: 文件被截断 the file is cut off", _EXPORT_AGAIN
        )


class _Unreadable:
    """Counts the lines that the encoding cannot read, and refuses the file where they say that the encoding is wrong.

    Wrong are: more than `UNREADABLE_LINES` and more than `UNREADABLE_SHARE` of the lines so far; or at the end every
    second of the lines that hold more than ASCII (a small file wholly in another encoding), unless it is a single line.
    """

    def __init__(self, encoding: str, header: bool) -> None:
        self._encoding, self._header = encoding, header
        self._lines = self._beyond = self._bad = 0
        self._first: tuple[int, int] | None = None  # line from 1, byte from 0

    def found(self, line: int, byte: int) -> None:
        """Hear of unreadable bytes; raises `Damage` where they stand in the file's first line: its header."""
        self._first = self._first or (line, byte)
        if line == 1 and self._header:
            raise self._damage()

    def count(self, block: bytes, plain: bool, damaged: bool) -> None:
        """Count the lines of a decoded block; raises `Damage` when too many were unreadable."""
        self._lines += block.count(b"\n")
        if not plain:
            self._beyond += _lines_with(np.frombuffer(block, np.uint8) > 0x7F, block)
        if damaged:
            self._bad += sum(1 for line in block.split(b"\n") if b"\xef\xbf\xbd" in line)
            self.judge(ended=False)

    def judge(self, ended: bool) -> None:
        """Raise `Damage` where the unreadable lines are more than bad lines of a sound file."""
        many = self._bad > max(UNREADABLE_LINES, UNREADABLE_SHARE * self._lines)
        if many or (ended and self._bad > 1 and 2 * self._bad >= self._beyond):
            raise self._damage()

    def notes(self) -> list[str]:
        if self._first is None or not self._bad:
            return []
        return [
            f"{self._bad} 行不是 {self._encoding} 编码，坏字节记为 U+FFFD lines are not {self._encoding} "
            f"(line {self._first[0]} first); bad bytes became U+FFFD"
        ]

    def _damage(self) -> Damage:
        line, byte = self._first or (1, 0)
        return Damage(
            f"第 {line} 行，第 {byte} 字节起不是 {self._encoding} 编码 from line {line}, byte {byte} on not "
            f"{self._encoding} text ({self._bad or 1} of {max(self._lines, 1)} lines)",
            _EXPORT_AGAIN,
        )


def _lines_with(flags: np.ndarray, block: bytes) -> int:
    """Count the lines of a block in which a flag is set."""
    starts = np.flatnonzero(np.frombuffer(block, np.uint8) == _NEWLINE) + 1
    starts = np.concatenate(([0], starts[starts < len(block)]))
    return int(np.logical_or.reduceat(flags, starts).sum())


def _detected(start: bytes, encoding: str) -> tuple[str, int]:
    """Return (encoding, bytes of the mark to skip); raises `Damage` for what is no text, or UTF-8 called otherwise."""
    _is_text(start)
    for mark, name in _MARKS:
        if start.startswith(mark):
            return name, len(mark)
    lowered = encoding.casefold().replace("_", "-")
    if lowered.replace("-", "_") in _GB or lowered in _GB:
        if _surely_utf8(start):
            raise Damage(
                "契约写 GB18030，文件其实是 UTF-8 the contract says GB18030, the file is UTF-8",
                "在契约的 file 中写 encoding: utf-8 set `encoding: utf-8` under `file` in the contract",
            )
        return "gb18030", 0
    try:
        return codecs.lookup(encoding).name, 0
    except LookupError:
        raise Damage(f"不认识的编码 unknown encoding {encoding!r}", "改契约的 encoding mend `encoding`") from None


def _is_text(start: bytes) -> None:
    if start.startswith(b"PK\x03\x04"):
        raise Damage("是压缩包或 xlsx a zip or an .xlsx, not a text file", "契约中写 format: xlsx set `format: xlsx`")
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Damage("是旧版 Office 文件 an old Office file, not text", "请另存为 CSV have it saved as CSV")
    if not start:
        raise Damage("文件是空的，连表头都没有 the file is empty, without even a header")


def _surely_utf8(start: bytes) -> bool:
    beyond = sum(1 for byte in start[:65_536] if byte > 0x7F)
    if beyond < _ENOUGH:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(start[:65_536], final=False)
    except UnicodeDecodeError:
        return False
    return True

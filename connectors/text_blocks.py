"""A text file of any encoding as blocks of UTF-8 bytes, decoded strictly, never more than a block in memory."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

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
_ENOUGH = 24  # bytes beyond ASCII that are valid UTF-8 throughout: chance in GB18030 text is below one in a million


class TextBlocks:
    """Iterate for UTF-8 blocks of the stream. `digest` is the SHA-256 of the bytes read, once all are read.

    A byte order mark decides over the contract's encoding. Raises `Damage` naming line and byte, never the content.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self._first = self._read()
        self.encoding, self._mark = _detected(self._first, encoding)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        offset, line, raw = self._mark, 1, self._first[self._mark :]
        while True:
            pending = len(decoder.getstate()[0])
            try:
                text = decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                raise self._broken(error, offset - pending, line) from None
            if text:
                line += text.count("\n")
                yield text.encode("utf-8")
            if not raw:
                return
            offset += len(raw)
            raw = self._read()

    def _read(self) -> bytes:
        raw = self._stream.read(BLOCK)
        self._hash.update(raw)
        return raw

    def _broken(self, error: UnicodeDecodeError, start: int, line: int) -> Damage:
        before = error.object[: error.start].decode(self.encoding, "replace")
        at_end = error.reason.startswith(("unexpected end", "incomplete", "truncated"))
        cause = "文件被截断 the file is cut off" if at_end else f"不是 {self.encoding} 编码 not {self.encoding} text"
        return Damage(
            f"第 {line + before.count(chr(10))} 行，第 {start + error.start} 字节 line {line + before.count(chr(10))}, "
            f"byte {start + error.start}: {cause}",
            "请部门重新导出，或在契约中改 encoding have it exported again, or correct `encoding` in the contract",
        )


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

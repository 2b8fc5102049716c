"""JSON Lines as Arrow batches: one object a line, every value as the text that stood in the file.

Numbers are never read as numbers: `130302198001011234` and `1.50` arrive digit by digit. A list or an object inside a
row arrives as its JSON text. What is no object, or names a key twice, is ragged: one bad line is not a bad file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from connectors.failures import Damage
from connectors.source import Outcome, RaggedRow, ReadSettings, text_schema
from connectors.text_blocks import TextBlocks
from schemas.contract import FileShape

_HALF = re.compile("[\ud800-\udfff]")
_LOOK = 1000  # rows looked at to learn which columns there are
Row = dict[str, str | None]


class JsonLines:
    """A JSON Lines file open for reading once: `header` first, then `batches`."""

    def __init__(self, stream: BinaryIO, shape: FileShape, settings: ReadSettings) -> None:
        self._blocks, self._settings = TextBlocks(stream, shape.encoding, header=False), settings
        self._lines = self._numbered()
        self._ahead: list[tuple[int, str, Row | None]] = []
        kinds: dict[str, set[str]] = {}
        for line, text in self._lines:
            raw = _read(text)
            self._ahead.append((line, text, _texts(raw)))
            for name, value in (raw or {}).items():
                kinds.setdefault(name, set()).update(_kind(value))
            if len(self._ahead) >= _LOOK:
                break
        if not kinds:
            raise Damage(
                "没有一行是 JSON 对象 no line is a JSON object", "契约的 format 或文件有误 check `format` and the file"
            )
        self.header = tuple(kinds)
        self.declared = {name: "|".join(sorted(found)) for name, found in kinds.items()}

    @property
    def digest(self) -> str:
        """SHA-256 of the file; complete once `batches` has ended."""
        return self._blocks.digest

    def close(self) -> None:
        """Nothing of its own is open."""

    def batches(self, columns: tuple[str, ...], rows: int, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Yield the columns as text; a key that a row lacks, and null, are null. Raises `Damage`."""
        known, late = set(self.header), dict[str, None]()
        waiting: list[Row] = []
        for line, text, row in self._rows():
            outcome.source_rows += 1
            if row is None:
                self._ragged(line, text, outcome)
                continue
            if not known.issuperset(row):
                late.update(dict.fromkeys(name for name in row if name not in known))
            waiting.append(row)
            if len(waiting) >= rows:
                yield _batch(waiting, columns, outcome)
                waiting = []
        if waiting:
            yield _batch(waiting, columns, outcome)
        outcome.notes.extend(self._blocks.notes)
        if late:
            outcome.new_columns += tuple(late)
            outcome.notes.append(f"后面的行才出现的键 keys that only later rows have: {', '.join(late)}")

    def _rows(self) -> Iterator[tuple[int, str, Row | None]]:
        ahead, self._ahead = self._ahead, []
        yield from ahead
        for line, text in self._lines:
            yield line, text, parsed(text)

    def _numbered(self) -> Iterator[tuple[int, str]]:
        """Yield (line from 1, text) of lines that are not blank; a line is cut at a newline only."""
        carry, line = b"", 0
        for block in self._blocks:
            *whole, carry = (carry + block).split(b"\n")
            for raw in whole:
                line += 1
                if text := raw.decode("utf-8").strip():
                    yield line, text
            if len(carry) > self._settings.record_bytes:
                raise Damage(
                    f"第 {line + 1} 行过长 line {line + 1} is too long", "请部门重新导出 have it exported again"
                )
        if text := carry.decode("utf-8").strip():
            yield line + 1, text

    def _ragged(self, line: int, text: str, outcome: Outcome) -> None:
        outcome.ragged.append(RaggedRow(line, 0, len(self.header), text))
        if len(outcome.ragged) > self._settings.ragged_rows:
            raise Damage(
                "不是 JSON 对象的行过多 too many lines are no JSON objects", "检查文件格式 check the file's format"
            )


def parsed(text: str) -> Row | None:
    """Return the object on a line, its values as text; None for anything else."""
    return _texts(_read(text))


def _read(text: str) -> dict[str, Any] | None:
    try:
        return _DECODER.decode(text)  # type: ignore[no-any-return]
    except (ValueError, RecursionError):
        return None


def _texts(raw: dict[str, Any] | None) -> Row | None:
    return None if raw is None else {name: _text(value) for name, value in raw.items()}


def _kind(value: Any) -> tuple[str, ...]:
    """Return the kind of a value, none for null."""
    if value is None:
        return ()
    if isinstance(value, _Number):
        return ("integer",) if value.lstrip("-").isdigit() else ("decimal",)
    return ({bool: "boolean", dict: "object", list: "array"}.get(type(value), "string"),)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice")
    return row


class _Decoder(json.JSONDecoder):
    def __init__(self) -> None:
        super().__init__(object_pairs_hook=_object, parse_int=_Number, parse_float=_Number, parse_constant=_Number)

    def decode(self, s: str, *rest: Any) -> Any:
        found = super().decode(s, *rest)
        if not isinstance(found, dict):
            raise ValueError("no object")
        return found


class _Number(str):
    """A number as it stood in the file."""


_DECODER = _Decoder()


def _text(value: Any) -> str | None:
    if value is None or type(value) is str:
        return value
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return _json(value)


def _json(value: Any) -> str:
    """Return a list or object as JSON with its numbers as they stood."""
    if isinstance(value, dict):
        inside = (f"{json.dumps(name, ensure_ascii=False)}:{_json(one)}" for name, one in value.items())
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(one) for one in value) + "]"
    return str(value) if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _batch(rows: list[Row], columns: tuple[str, ...], outcome: Outcome) -> pa.RecordBatch:
    arrays = []
    for column in columns:
        cells = [row.get(column) for row in rows]
        try:
            arrays.append(pa.array(cells, pa.string()))
        except UnicodeEncodeError:
            arrays.append(_mended(cells, column, outcome))
    return pa.RecordBatch.from_arrays(arrays, schema=text_schema(columns))


def _mended(cells: list[str | None], column: str, outcome: Outcome) -> pa.Array:
    """Return the cells with U+FFFD for half a pair of surrogates, as only an escape can write it: no character at all.

    The kinds of values call such a cell damaged, as they do with bytes that cannot be read.
    """
    mended = [cell and _HALF.sub("\ufffd", cell) for cell in cells]
    broken = sum(one != other for one, other in zip(mended, cells, strict=True))
    outcome.notes.append(f"{column}: {broken} 个值有残缺的 \\u 转义 values with a broken \\u escape became U+FFFD")
    return pa.array(mended, pa.string())

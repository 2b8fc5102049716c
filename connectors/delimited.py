"""Delimited text (CSV, TSV) as Arrow batches: fast where the text keeps RFC 4180, exact where it does not.

Every block is counted before it is parsed; the parser's rows must equal that count, so no record can vanish in a quote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from connectors.failures import Damage
from connectors.records import Record, Unclosed, parse, survey
from connectors.source import NO_TYPES, Outcome, RaggedRow, ReadSettings, text_schema
from connectors.text_blocks import TextBlocks
from schemas.contract import FileShape


class DelimitedText:
    """A delimited text file open for reading once: `header` first, then `batches`."""

    declared: Mapping[str, str] = NO_TYPES

    def __init__(self, stream: BinaryIO, shape: FileShape, settings: ReadSettings) -> None:
        self._blocks = TextBlocks(stream, shape.encoding)
        self._pieces = iter(self._blocks)
        self._delimiter = shape.delimiter.replace("\\t", "\t") or ","
        self._settings = settings
        self._carry, self._line, self._ended = b"", 1, False
        self.header = self._read_header()

    def close(self) -> None:
        """Nothing of its own is open."""

    @property
    def digest(self) -> str:
        """SHA-256 of the file; complete once `batches` has ended."""
        return self._blocks.digest

    def batches(self, columns: tuple[str, ...], rows: int, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Yield the columns as text, an empty cell as "" (a text file knows no null).

        Ragged records go to `outcome.ragged` one by one and are not among the rows. Raises `Damage`.
        """
        places = [self.header.index(column) for column in columns]
        while not (self._ended and not self._carry):
            self._fill()
            table = self._whole_records(columns, places, outcome)
            if table is None or not table.num_rows:
                continue
            yield from table.combine_chunks().to_batches(max_chunksize=rows)
        outcome.notes.extend(self._blocks.notes)

    def _whole_records(self, columns: tuple[str, ...], places: list[int], outcome: Outcome) -> pa.Table | None:
        found = survey(self._carry, ord(self._delimiter), self._ended)
        if found.strict:
            if not found.cut:
                self._not_endless()
                return None
            block = self._carry[: found.cut]
            table = self._fast(block, columns, places)
            if table is not None and table.num_rows == found.records:
                outcome.source_rows += found.records
                self._line += found.lines
                self._carry = self._carry[found.cut :]
                return table
        return self._exact(columns, places, outcome)

    def _fast(self, block: bytes, columns: tuple[str, ...], places: list[int]) -> pa.Table | None:
        """Return the block parsed by Arrow, or None when a record in it does not fit the header."""
        if not block.strip(b"\r\n"):
            return text_schema(columns).empty_table()
        names = [f"c{place}" for place in range(len(self.header))]
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(block),
                read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(block) + 1),
                parse_options=arrow_csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    include_columns=[names[place] for place in places],
                    strings_can_be_null=False,
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        return table.rename_columns(list(columns))

    def _exact(self, columns: tuple[str, ...], places: list[int], outcome: Outcome) -> pa.Table | None:
        text = self._carry.decode("utf-8")
        try:
            records, used = parse(text, self._delimiter, self._line, self._ended)
        except Unclosed as unclosed:
            raise _unclosed(unclosed.line) from None
        if not used:
            self._not_endless()
            return None
        self._line += text.count("\n", 0, used)
        self._carry = text[used:].encode("utf-8")
        outcome.source_rows += len(records)
        whole = [cells for record in records if (cells := self._fitting(record, outcome)) is not None]
        arrays = [pa.array([cells[place] for cells in whole], pa.string()) for place in places]
        return pa.Table.from_arrays(arrays, schema=text_schema(columns))

    def _fitting(self, record: Record, outcome: Outcome) -> list[str] | None:
        expected = len(self.header)
        if record.cells is not None and len(record.cells) == expected:
            return record.cells
        if record.lines > 1:
            # it has run over other records: not one bad row but a quote that was never closed
            raise _unclosed(record.line)
        outcome.ragged.append(RaggedRow(record.line, len(record.cells or ()), expected, record.text))
        if len(outcome.ragged) > self._settings.ragged_rows:
            raise Damage(
                f"列数不符的行过多 more than {self._settings.ragged_rows} rows do not fit the header",
                "检查契约的 delimiter check `delimiter` in the contract",
            )
        return None

    def _read_header(self) -> tuple[str, ...]:
        while True:
            self._fill()
            text = self._carry.decode("utf-8")
            try:
                records, used = parse(text, self._delimiter, 1, self._ended, limit=1)
            except Unclosed as unclosed:
                raise _unclosed(unclosed.line) from None
            if records:
                break
            if self._ended:
                raise Damage("文件是空的，连表头都没有 the file is empty, without even a header")
            self._not_endless()
        self._line += text.count("\n", 0, used)
        self._carry = text[used:].encode("utf-8")
        return checked_header(records[0].cells or [])

    def _fill(self) -> None:
        """Take the next block behind what is left of the last one."""
        piece = next(self._pieces, None)
        if piece is None:
            self._ended = True
        else:
            self._carry += piece

    def _not_endless(self) -> None:
        if len(self._carry) > self._settings.record_bytes:
            raise _unclosed(self._line)


def checked_header(cells: list[str]) -> tuple[str, ...]:
    """Return the header's names, trimmed; raises `Damage` for a repeated one. Unnamed columns may repeat."""
    names = tuple(cell.strip().lstrip("\ufeff") for cell in cells)
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise Damage(
            f"表头有重复列名 the header repeats {', '.join(repeated)}",
            "请部门改列名后重新导出 have the column renamed and the file exported again",
        )
    return names


def _unclosed(line: int) -> Damage:
    return Damage(
        f"第 {line} 行的引号没有闭合 the quote opened on line {line} is never closed",
        "文件可能被截断，请重新导出 the file may be cut off: have it exported again",
    )

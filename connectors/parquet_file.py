"""A Parquet file as Arrow batches of text, row group by row group.

What a cell becomes: text as it is; a number as its shortest text; a date or time as ISO text (one with a zone in the
city's); a boolean `true` or `false`; bytes `\\x` and hexadecimal digits; a list or structure its JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from connectors.failures import Damage
from connectors.source import Outcome, ReadSettings, text_schema


class ParquetContent:
    """A Parquet file open for reading once: `header` first, then `batches`; the footer counts the rows."""

    digest = ""

    def __init__(self, file: BinaryIO, settings: ReadSettings) -> None:
        self._settings = settings
        try:
            self._file = parquet.ParquetFile(file)
        except (pa.ArrowInvalid, OSError):
            raise _broken() from None
        self.header = tuple(self._file.schema_arrow.names)
        self.declared = {field.name: str(field.type) for field in self._file.schema_arrow}
        if len(set(self.header)) != len(self.header):
            raise Damage("有重复列名 a column's name repeats", "请部门改列名后重新导出 have the column renamed")

    def close(self) -> None:
        self._file.close()

    def batches(self, columns: tuple[str, ...], rows: int, outcome: Outcome) -> Iterator[pa.RecordBatch]:
        """Yield the columns as text. Raises `Damage` when a page cannot be read."""
        outcome.source_rows = self._file.metadata.num_rows
        schema = text_schema(columns)
        try:
            for batch in self._file.iter_batches(rows, columns=list(columns)):
                arrays = [self._texts(batch.column(name)) for name in columns]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        except (pa.ArrowInvalid, OSError):
            raise _broken() from None

    def _texts(self, column: pa.Array) -> pa.Array:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.dictionary_decode(), kind.value_type
        if pa.types.is_string(kind) or pa.types.is_null(kind):
            return column.cast(pa.string())
        if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
            return pa.array([None if raw is None else "\\x" + raw.hex() for raw in column.to_pylist()], pa.string())
        if pa.types.is_timestamp(kind) and kind.tz:
            column = pc.local_timestamp(column.cast(pa.timestamp(kind.unit, self._settings.timezone)))
        if pa.types.is_timestamp(kind):
            return pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
        if pa.types.is_nested(kind):
            texts = (
                None if value is None else json.dumps(value, ensure_ascii=False, default=str)
                for value in column.to_pylist()
            )
            return pa.array(list(texts), pa.string())
        return column.cast(pa.string())


def _broken() -> Damage:
    return Damage(
        "Parquet 文件损坏或不完整 the Parquet file is corrupt or cut off",
        "请部门重新上传该文件 have the department send the file again",
    )

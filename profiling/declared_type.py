"""What a source's own type name says of a column: its family and how much fits, whichever database or file said it.

Type names of SQLite, PostgreSQL, MySQL, Oracle and SQL Server as SQLAlchemy writes them, of Arrow (Parquet), and of the
values in JSON Lines (`string`, `integer`, `decimal`, `boolean`; several joined by `|` where rows differ).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Family = Literal["text", "whole", "decimal", "floating", "boolean", "date", "moment", "time", "bytes", "nested", ""]

_NOISE = re.compile(r"\s*(COLLATE|CHARACTER SET)\s+\S+|\s*\b(UNSIGNED|ZEROFILL|IDENTITY)\b", re.IGNORECASE)
_DICTIONARY = re.compile(r"dictionary<values=([^,]+),.*>", re.IGNORECASE)
_ROOM = re.compile(r"\(\s*(\d+)\s*(?:CHAR|BYTE)?\s*(?:,\s*(\d+)\s*)?\)")
_FIXED = ("CHAR", "CHARACTER", "NCHAR", "BPCHAR")
_WORDS: tuple[tuple[Family, tuple[str, ...]], ...] = (
    ("nested", ("LIST", "LARGE_LIST", "STRUCT", "MAP", "JSON", "JSONB", "XML", "OBJECT", "ARRAY")),
    ("text", (*_FIXED, "VARCHAR", "NVARCHAR", "VARCHAR2", "NVARCHAR2", "TEXT", "TINYTEXT", "MEDIUMTEXT", "LONGTEXT",
              "NTEXT", "CLOB", "NCLOB", "STRING", "LARGE_STRING", "ENUM", "SET", "UUID", "UNIQUEIDENTIFIER")),
    ("decimal", ("NUMERIC", "DECIMAL", "DECIMAL128", "DECIMAL256", "NUMBER", "MONEY", "SMALLMONEY")),
    ("floating", ("FLOAT", "REAL", "DOUBLE", "FLOAT4", "FLOAT8", "HALFFLOAT", "BINARY_FLOAT", "BINARY_DOUBLE")),
    ("boolean", ("BOOLEAN", "BOOL")),
    ("moment", ("TIMESTAMP", "DATETIME", "DATETIME2", "SMALLDATETIME", "DATETIMEOFFSET", "TIMESTAMPTZ")),
    ("date", ("DATE", "DATE32", "DATE64")),
    ("time", ("TIME", "TIME32", "TIME64", "INTERVAL", "YEAR")),
    ("bytes", ("BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BYTEA", "BINARY", "VARBINARY", "LARGE_BINARY", "IMAGE",
               "RAW", "FIXED_SIZE_BINARY")),
)  # fmt: skip
_FAMILIES: dict[str, Family] = {word: family for family, words in _WORDS for word in words}
# digits that surely fit a whole number of these bits
_DIGITS = {"TINYINT": 2, "SMALLINT": 4, "MEDIUMINT": 6, "INT": 9, "INTEGER": 9, "BIGINT": 18, "BIT": 1, "SERIAL": 9,
           "BIGSERIAL": 18, "SMALLSERIAL": 4, "INT8": 2, "INT16": 4, "INT32": 9, "INT64": 18, "UINT8": 2, "UINT16": 4,
           "UINT32": 9, "UINT64": 19}  # fmt: skip


@dataclass(frozen=True)
class DeclaredType:
    """A family ("" where the name says nothing) and its room.

    `size`: characters of a text, digits before the point of a number; None: no limit known. `scale`: digits after the
    point, None where each value has its own. `padded`: shorter texts are filled up with blanks.
    """

    family: Family
    size: int | None = None
    scale: int | None = None
    padded: bool = False


def declared_type(name: str) -> DeclaredType:
    """Return what the type name says; a name nobody knows has no family."""
    plain = _NOISE.sub("", name).strip()
    if found := _DICTIONARY.fullmatch(plain):
        plain = found[1].strip()
    upper = plain.upper()
    if upper.endswith("[]"):
        return DeclaredType("nested")
    word = re.split(r"[\s(<\[]", upper, maxsplit=1)[0]
    room = _ROOM.search(upper)
    first, second = (int(part) if part else None for part in room.groups()) if room else (None, None)
    if word in _DIGITS:
        return DeclaredType("whole", _DIGITS[word], 0)
    family = _FAMILIES.get(word, "")
    if family == "text":
        padded = word in _FIXED and "VARYING" not in upper
        return DeclaredType("text", first if first is not None or not padded else 1, padded=padded)
    if family == "decimal" and first is not None:
        scale = second or 0
        return DeclaredType("decimal", first - scale, scale)
    return DeclaredType(family)

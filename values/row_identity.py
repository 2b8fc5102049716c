"""What makes a source row itself: its key in the source and the hash of its content.

Landing and standardising both need the two, and they must agree to the byte, so they live here.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

SEPARATOR = "\x1f"  # between the columns of one row
NOTHING = "\x1d"  # stands for a null, so that null and empty text hash apart
ESCAPE = "\x1b"
KEY_JOINER = "|"
DIGEST_BYTES = 16
_AT_ONCE = 1024  # rows whose bytes become objects of Python together: as many as a processor's cache holds

# Texts that say "there is no key". Numbers like 999999 are absent on purpose: they may well be somebody's key.
NO_KEY = ("", r"\N", "NULL", "null", "Null", "None", "NaN", "nan", "N/A", "无", "暂无", "不详", "-", "--")
_BLANKS = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"


def row_hashes(table: pa.Table, columns: Sequence[str] = ()) -> pa.Array:
    """Return one BLAKE2b-128 digest a row (32 hex characters, string) over `columns` (all when empty).

    Columns are taken in the order of their names, so a source that reorders its columns changes no hash; null and
    empty text differ; no text can imitate the border between two columns. Values that are not text are cast to it.
    """
    names = sorted(columns or table.column_names)
    texts = [_as_text(table.column(name)) for name in names]
    if not texts:
        empty = blake2b(digest_size=DIGEST_BYTES).hexdigest()
        return pa.array([empty] * table.num_rows, pa.string())
    joined = _join([_escaped(text) if _may_hold_marks(text) else text for text in texts])
    return _digests(joined)


def _digests(rows: pa.Array) -> pa.Array:
    """Return the digest of each row's bytes in hexadecimal; a copied hash and one buffer of digits save a quarter."""
    fresh, digests = blake2b(digest_size=DIGEST_BYTES), []
    for start in range(0, len(rows), _AT_ONCE):
        for row in rows.slice(start, _AT_ONCE).to_numpy(zero_copy_only=False):
            one = fresh.copy()
            one.update(row)
            digests.append(one.digest())
    width = 2 * DIGEST_BYTES
    ends = np.arange(0, (len(rows) + 1) * width, width, dtype=np.int32)
    digits = b"".join(digests).hex().encode("ascii")
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(ends), pa.py_buffer(digits))


def source_keys(table: pa.Table, key: Sequence[str]) -> pa.Array:
    """Return one source key a row (string): the key columns' trimmed texts joined with `|`.

    Null where any of them is missing: null, blank, or one of the texts that mean nothing (`NO_KEY`). A `|` inside a
    part is doubled with a backslash, so that two keys never read alike. Raises `KeyError` for an unknown column.
    """
    parts = [_key_part(table.column(name)) for name in key]
    if len(parts) == 1:
        return parts[0]
    escaped = [_replace(_replace(part, "\\", "\\\\"), KEY_JOINER, "\\" + KEY_JOINER) for part in parts]
    return pc.binary_join_element_wise(*escaped, KEY_JOINER)


def _key_part(column: pa.ChunkedArray) -> pa.Array:
    text = pc.utf8_trim(_as_text(column), characters=_BLANKS)
    missing = pc.is_in(text, value_set=pa.array(NO_KEY, text.type))
    return pc.if_else(missing, pa.scalar(None, text.type), text)


def _as_text(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # combine_chunks keeps chunks where one would pass 2 GB
        array = pa.concat_arrays([chunk.cast(pa.large_string()) for chunk in array.chunks])
    return array if pa.types.is_string(array.type) else array.cast(pa.string())


def _join(texts: list[pa.Array]) -> pa.Array:
    """Return the bytes of each row; offsets of 32 bits where all of them fit."""
    small = sum(text.nbytes for text in texts) + len(texts) * len(texts[0]) < 2**31
    kind = pa.string() if small else pa.large_string()
    parts, separator = [text.cast(kind) for text in texts], pa.scalar(SEPARATOR, kind)
    joined = pc.binary_join_element_wise(*parts, separator, null_handling="replace", null_replacement=NOTHING)
    return joined.cast(pa.binary() if small else pa.large_binary())


def _may_hold_marks(text: pa.Array) -> bool:
    """Whether a control byte used below stands in the data of `text`."""
    data = text.buffers()[2]
    octets = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    if not octets.size or int(octets.min()) >= 0x20:
        return False
    return any(bool((octets == ord(mark)).any()) for mark in (SEPARATOR, NOTHING, ESCAPE))


def _escaped(text: pa.Array) -> pa.Array:
    for mark, letter in ((ESCAPE, "e"), (SEPARATOR, "s"), (NOTHING, "n")):
        text = _replace(text, mark, ESCAPE + letter)
    return text


def _replace(text: pa.Array, old: str, new: str) -> pa.Array:
    return pc.replace_substring(text, old, new)

"""Encoding: codes of distinct values, of columns read as texts or as dictionaries; block keys without any code."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matching.encoding import EncodedField, encode

RECORD = pa.chunked_array([pa.array(["x", "", None]), pa.array(["y", "z"])])
BASE = pa.chunked_array([pa.array(["z", "", "q", "x"])])
READ = pa.chunked_array([chunk.dictionary_encode() for chunk in RECORD.chunks])
BASE_READ = pa.chunked_array([chunk.dictionary_encode() for chunk in BASE.chunks])


def told(field: EncodedField) -> list[list[object]]:
    return [[field.values[code].as_py() if code >= 0 else None for code in side.tolist()] for side in sides(field)]


def sides(field: EncodedField) -> tuple[np.ndarray, np.ndarray]:
    return field.record, field.base


@pytest.mark.parametrize(("record", "base"), [(RECORD, BASE), (READ, BASE_READ), (READ, BASE), (RECORD, BASE_READ)])
def test_codes_tell_the_values_of_both_sides(record: pa.ChunkedArray, base: pa.ChunkedArray) -> None:
    field = encode("word", record, base, lambda *_: {})
    assert told(field) == [["x", None, None, "y", "z"], ["z", None, "q", "x"]]
    assert len(field.values.unique()) == len(field.values)


def test_rows_of_many_values_have_the_keys_that_their_values_have() -> None:
    texts = [f"person {number}" for number in range(12_000)] + [None, ""]
    record, base = pa.array(texts), pa.array(texts[::-1])
    hashed, encoded = (encode("word", record, base, lambda *_: {}, compared=compared) for compared in (False, True))
    for side in ("record", "base"):
        assert np.array_equal(hashed.row_hashes("", side), encoded.row_hashes("", side))
    assert hashed.row_hashes("", "record")[-2:].tolist() == [0, 0]

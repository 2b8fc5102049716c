"""Encoding: codes of distinct values, of columns read as texts or as dictionaries; block keys without any code."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matching.encoding import EncodedField, encode
from matching.few_rows import FEW, FewColumn, FewRows
from matching.fields import encoded_fields
from schemas.linkage_spec import LinkageField, LinkageSpec

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


@pytest.mark.parametrize("kind", [pa.string(), pa.date32()])
def test_few_rows_are_encoded_as_many_are(kind: pa.DataType) -> None:
    words = [None, "1980-01-02", "1980-01-03", "1980-01-02"]
    few = pa.array(words, pa.string()).cast(kind)
    other = pa.array(["1999-12-31"] * FEW + words, pa.string()).cast(kind)
    one, many = (encode("day", side, few, lambda *_: {}) for side in (few, other))
    assert one.record.tolist() == [-1, 0, 1, 0] == one.base.tolist()
    assert [many.values[code] for code in many.base[1:]] == [one.values[code] for code in one.base[1:]]
    for side in ("record", "base"):
        assert one.row_hashes("", side).tolist() == many.row_hashes("", side)[-4:].tolist()
    assert encode("day", few, None, lambda *_: {}).itself
    for column in (FewColumn(few.to_pylist(), kind), FewColumn(other.to_pylist(), kind)):
        listed, plain = (encode("day", side, few, lambda *_: {}) for side in (column, column.array()))
        assert listed.record.tolist() == plain.record.tolist() and listed.values.equals(plain.values)


def test_rules_mixed_together_give_the_keys_that_each_gives_alone() -> None:
    fields = tuple(LinkageField(name, name, name, name) for name in ("person_name", "phone", "date"))
    rules = (("phone",), ("person_name", "date.month"), ("phone.last4",), ("date", "phone", "person_name.surname"))
    spec = LinkageSpec("person", block=rules, fields=fields)
    table = pa.table({
        "person_name": ["王小明", None, "李娜"], "phone": ["13912345678", "13912345678", None],
        "date": ["1980-01-02", "1980-01-03", None],
    })  # fmt: skip
    listed = FewRows({name: FewColumn(table.column(name).to_pylist(), pa.string()) for name in table.column_names}, 3)
    made, others = encoded_fields(table, None, spec, {}), encoded_fields(listed, None, spec, {})
    assert made.few and others.few
    together, again = (one.keys_of_rules(rules, "record") for one in (made, others))
    assert [keys.tolist() for keys in together] == [keys.tolist() for keys in again]
    many = encoded_fields(pa.concat_tables([table] * 100), None, spec, {})
    assert [keys.tolist()[:3] for keys in many.keys_of_rules(rules, "record")] == [keys.tolist() for keys in together]
    made = encoded_fields(table, None, spec, {})
    assert [keys.tolist() for keys in together] == [made.rule_keys(rule, "record").tolist() for rule in rules]
    assert [np.count_nonzero(keys) for keys in together] == [2, 1, 2, 1]

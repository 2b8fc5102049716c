"""Row hashes and source keys: equal rows are equal, different rows differ, whatever the text."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from values.row_identity import row_hashes, source_keys

CELL = st.one_of(st.none(), st.text(alphabet="ab\x1f\x1d\x1bens|\\ ", max_size=4))


def hashes(*rows: tuple[str | None, ...]) -> list[str]:
    columns = {f"c{i}": pa.array([row[i] for row in rows], pa.string()) for i in range(len(rows[0]))}
    return row_hashes(pa.table(columns)).to_pylist()


def test_a_hash_is_32_hex_characters() -> None:
    [digest] = hashes(("130302", "张伟"))
    assert len(digest) == 32
    assert set(digest) <= set("0123456789abcdef")


def test_the_hashes_that_stand_in_the_lake_keep_their_meaning() -> None:
    table = pa.table({"B": pa.array(["张伟", None, ""]), "A": ["1", "a\x1fb", "\x1d"]})
    assert row_hashes(table).to_pylist() == [
        "6458168be8c0875351ea198d01898ffe",
        "47f945ee4f0009cdbebfc1ef3fa32af8",
        "6ad5a989145c1d76f8cf1d9d212b0dce",
    ]


def test_null_and_empty_text_differ() -> None:
    null, empty = hashes((None, "x"), ("", "x"))
    assert null != empty


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=2, max_size=6))
def test_rows_hash_alike_exactly_when_they_are_alike(rows: list[tuple[str | None, str | None]]) -> None:
    digests = hashes(*rows)
    assert len(set(digests)) == len(set(rows))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(CELL, CELL), min_size=2, max_size=6))
def test_a_hash_does_not_depend_on_the_other_rows(rows: list[tuple[str | None, str | None]]) -> None:
    assert hashes(*rows) == [hashes(row)[0] for row in rows]


def test_the_order_of_columns_changes_nothing() -> None:
    table = pa.table({"A": ["1"], "B": ["2"]})
    assert row_hashes(table) == row_hashes(table.select(["B", "A"]))


def test_chosen_columns_only() -> None:
    table = pa.table({"A": ["1", "1"], "B": ["2", "3"]})
    first, second = row_hashes(table, ["A"]).to_pylist()
    assert first == second


def test_chunked_and_sliced_columns_hash_like_whole_ones() -> None:
    table = pa.table({"A": ["1", "2", "3"], "B": ["x", None, "z"]})
    parts = pa.concat_tables([table.slice(0, 1), table.slice(1)])
    assert row_hashes(parts) == row_hashes(table)
    assert row_hashes(table.slice(1)).to_pylist() == row_hashes(table).to_pylist()[1:]


def test_no_rows_no_hashes() -> None:
    assert len(row_hashes(pa.table({"A": pa.array([], pa.string())}))) == 0


@pytest.mark.parametrize("nothing", [None, "", "  ", "　", r"\N", "NULL", "无", "暂无", "nan"])
def test_a_key_that_says_nothing_is_null(nothing: str | None) -> None:
    table = pa.table({"K": pa.array([nothing], pa.string())})
    assert source_keys(table, ["K"]).to_pylist() == [None]


def test_keys_are_trimmed_and_digits_are_never_a_sentinel() -> None:
    assert source_keys(pa.table({"K": [" 007\u3000", "999999"]}), ["K"]).to_pylist() == ["007", "999999"]


def test_several_columns_make_one_key_and_cannot_imitate_each_other() -> None:
    table = pa.table({"A": ["1", "1|2", "1", "1\\"], "B": ["2|3", "3", None, "|2|3"]})
    keys = source_keys(table, ["A", "B"]).to_pylist()
    assert keys[2] is None
    assert len(set(keys)) == 4


def test_an_unknown_key_column_is_an_error() -> None:
    with pytest.raises(KeyError):
        source_keys(pa.table({"A": ["1"]}), ["B"])


def test_rows_beyond_those_taken_at_once_hash_alike() -> None:
    table = pa.table({"A": [str(number) for number in range(2100)], "B": [None, "x"] * 1050})
    assert row_hashes(table).to_pylist() == [row_hashes(table.slice(row, 1))[0].as_py() for row in range(2100)]

"""Every row of an extract has exactly one fate, whatever the order of the rows."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contract import Cursor, TableContract
from standardise.sift import SIFT_SCHEMA, Fate, sift, sift_columns

DAY = {1: datetime(2024, 1, 1), 2: datetime(2024, 1, 2), None: None}


def rows(*cells: tuple[str | None, str, int | None], deleted: tuple[int, ...] = ()) -> pa.Table:
    """Rows (key, content, day observed), numbered from 1."""
    numbers = range(1, len(cells) + 1)
    return pa.table(
        {
            "row_number": list(numbers),
            "source_key": [key for key, _, _ in cells],
            "row_hash": [content for _, content, _ in cells],
            "observed": [DAY[day] for _, _, day in cells],
            "deleted": [number in deleted for number in numbers],
            "ragged": [content == "ragged" for _, content, _ in cells],
        },
        schema=SIFT_SCHEMA,
    )


def fates(table: pa.Table, standing: pa.Table | None = None) -> list[str]:
    verdict = sift(table, standing)
    return [Fate(fate).name for fate in verdict.fates_of(table.column("row_number"))]


def standing(*pairs: tuple[str, str]) -> pa.Table:
    return pa.table({"source_key": [key for key, _ in pairs], "row_hash": [content for _, content in pairs]})


def test_different_keys_are_standardised() -> None:
    assert fates(rows(("1", "a", None), ("2", "a", None))) == ["STANDARDISE", "STANDARDISE"]


def test_a_missing_key_and_a_ragged_row_are_rejected() -> None:
    assert fates(rows((None, "a", 1), ("2", "ragged", 1), (None, "ragged", 1))) == ["NULL_KEY", "RAGGED", "NULL_KEY"]


def test_a_key_with_unreadable_bytes_is_nobodys() -> None:
    assert fates(rows(("1\ufffd", "a", 1), ("1\ufffd", "b", 1), ("1", "a", 1))) == [
        "DAMAGED_KEY",
        "DAMAGED_KEY",
        "STANDARDISE",
    ]


def test_of_identical_rows_the_first_stays() -> None:
    assert fates(rows(("1", "a", 1), ("1", "a", 1), ("1", "a", 1))) == ["STANDARDISE", "IDENTICAL", "IDENTICAL"]


def test_the_later_state_of_a_row_supersedes_the_earlier() -> None:
    assert fates(rows(("1", "a", 2), ("1", "b", 1), ("2", "c", 1))) == ["STANDARDISE", "SUPERSEDED", "STANDARDISE"]


def test_without_a_deciding_time_all_of_a_key_are_rejected() -> None:
    assert fates(rows(("1", "a", 1), ("1", "b", 1))) == ["REPEATED_KEY"] * 2
    assert fates(rows(("1", "a", None), ("1", "b", None))) == ["REPEATED_KEY"] * 2
    assert fates(rows(("1", "a", 2), ("1", "b", None))) == ["REPEATED_KEY"] * 2


def test_two_contents_at_the_latest_time_reject_the_earlier_one_too() -> None:
    assert fates(rows(("1", "a", 1), ("1", "b", 2), ("1", "c", 2))) == ["REPEATED_KEY"] * 3


def test_a_later_marker_deletes_and_an_earlier_one_does_not() -> None:
    assert fates(rows(("1", "a", 1), ("1", "b", 2), deleted=(2,))) == ["SUPERSEDED", "DELETED"]
    assert fates(rows(("1", "a", 2), ("1", "b", 1), deleted=(2,))) == ["STANDARDISE", "SUPERSEDED"]


def test_rows_equal_to_the_accepted_ones_are_skipped_and_absent_ones_named() -> None:
    before = standing(("1", "a"), ("2", "b"), ("3", "c"))
    table = rows(("1", "a", 1), ("2", "changed", 1), ("4", "c", 1))
    assert fates(table, before) == ["UNCHANGED", "STANDARDISE", "STANDARDISE"]
    assert sift(table, before).absent.to_pylist() == ["3"]


def test_a_row_number_that_was_not_sifted_is_an_error() -> None:
    with pytest.raises(KeyError):
        sift(rows(("1", "a", 1))).fates_of(pa.array([7]))


def test_an_empty_extract_has_no_fates() -> None:
    verdict = sift(rows(), standing(("1", "a")))
    assert len(verdict.fates) == 0
    assert verdict.absent.to_pylist() == ["1"]


KEY, CONTENT, DAYS = (st.sampled_from(each) for each in ([None, "1", "2"], ["a", "b", "ragged"], [None, 1, 2]))
CELL = st.tuples(KEY, CONTENT, DAYS)


@settings(max_examples=100, deadline=None)
@given(st.lists(CELL, max_size=7), st.randoms(use_true_random=False))
def test_the_fate_of_a_row_does_not_depend_on_the_order_of_the_table(cells: list, random: object) -> None:
    table = rows(*cells)
    order = list(range(len(cells)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = table.take(pa.array(order, pa.int64()))
    verdict, other = sift(table), sift(shuffled)
    assert verdict.fates.tolist() == other.fates.tolist()
    kept = [cells[i][0] for i, fate in enumerate(verdict.fates) if fate == Fate.STANDARDISE]
    assert len(kept) == len(set(kept))  # never two statements of one key


def test_columns_for_sifting_come_from_the_contract() -> None:
    contract = TableContract("T", ("ID",), (), Cursor("CHANGED"), deleted_when={"STATUS": "9"})
    raw = pa.table(
        {
            "ID": [" 1", None],
            "STATUS": ["9 ", "1"],
            "CHANGED": ["2024-01-02 03:04:05", "soon"],
            "row_number": pa.array([1, 2], pa.int64()),
        }
    )
    columns = sift_columns(raw, contract)
    assert columns.schema == SIFT_SCHEMA
    assert columns.column("source_key").to_pylist() == ["1", None]
    assert columns.column("deleted").to_pylist() == [True, False]
    assert columns.column("observed").to_pylist() == [datetime(2024, 1, 2, 3, 4, 5), None]
    assert columns.column("row_hash").null_count == 0

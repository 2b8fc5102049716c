"""Which table is the log of which: by its words, its numbers, its keys, and at last its name."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from profiling.change_log_draft import LogDraft, find_logs
from profiling.likely_field import Knowledge
from profiling.table_profile import TableProfile, profile_table
from schemas.code_table import code_table_names, load_code_table
from schemas.standard_file import load_standard

KNOWN = Knowledge.of(
    load_standard(), {name: load_code_table(name) for name in code_table_names()}, date(2026, 1, 1)
)


def profiled(name: str, **columns: list[str]) -> TableProfile:
    return profile_table(name, pa.table({one: pa.array(cells, pa.string()) for one, cells in columns.items()}), KNOWN)


PEOPLE = profiled("PEOPLE", ID=["1", "2", "3"], NOTE=["a", "b", "c"])


def test_a_log_is_found_by_its_words_and_keys() -> None:
    log = profiled("TRACE", SEQ=["10", "11", "12"], ID=["1", "2", "2"], WHAT=["I", "U", "D"])
    assert find_logs([PEOPLE, log], {"PEOPLE": ("ID",), "TRACE": ()}) == {
        "PEOPLE": LogDraft("PEOPLE", "TRACE", "SEQ", "WHAT", ("ID",), ("D",))
    }


def test_among_tables_that_count_alike_the_name_decides() -> None:
    firms = profiled("FIRMS", ID=["1", "2", "3"], NOTE=["a", "b", "c"])
    log = profiled("FIRMS_LOG", SEQ=["1", "2"], ID=["1", "9"], WHAT=["U", "删除"])
    found = find_logs([PEOPLE, firms, log], {"PEOPLE": ("ID",), "FIRMS": ("ID",), "FIRMS_LOG": ()})
    assert list(found) == ["FIRMS"] and found["FIRMS"].deleted == ("删除",)
    nameless = profiled("TRACE", SEQ=["1", "2"], ID=["1", "2"], WHAT=["U", "D"])
    assert find_logs([PEOPLE, firms, nameless], {"PEOPLE": ("ID",), "FIRMS": ("ID",), "TRACE": ()}) == {}


def test_a_table_of_other_words_or_keys_is_no_log() -> None:
    orders = profiled("ORDERS", SEQ=["1", "2"], ID=["1", "2"], WHAT=["paid", "open"])
    strangers = profiled("STRANGERS", SEQ=["1", "2"], ID=["77", "78"], WHAT=["U", "D"])
    keys = {"PEOPLE": ("ID",), "ORDERS": (), "STRANGERS": ()}
    assert find_logs([PEOPLE, orders, strangers], keys) == {}

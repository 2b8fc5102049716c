"""Cutting delimited text: the fast survey and the exact parse against the standard library's reader."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.records import Unclosed, parse, survey

COMMA = ord(",")
CELLS = st.text(st.sampled_from(list('ab张,"\n\r ')), max_size=6).filter(
    lambda cell: "\r" not in cell.replace("\r\n", "")
)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=6)


def written(table: list[list[str]], quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=quoting, lineterminator="\r\n").writerows(table)
    return out.getvalue()


@given(TABLES, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
def test_what_a_correct_writer_wrote_is_read_back(table: list[list[str]], quoting: int) -> None:
    text = written(table, quoting)
    records, used = parse(text, ",", 1, final=True)
    assert [record.cells for record in records] == table
    assert used == len(text)
    found = survey(text.encode(), COMMA, final=True)
    assert (found.strict, found.records) == (True, len(table))


@given(TABLES, st.integers(0, 60))
def test_a_block_cut_anywhere_loses_and_repeats_nothing(table: list[list[str]], at: int) -> None:
    text = written(table)
    records, used = parse(text[:at], ",", 1, final=False)
    rest, _ = parse(text[used:], ",", 1, final=True)
    assert [record.cells for record in [*records, *rest]] == table
    found = survey(text[:at].encode(), COMMA, final=False)
    if found.strict:
        left = survey(text[:at].encode()[found.cut :] + text[at:].encode(), COMMA, final=True)
        assert found.records + left.records == len(table)


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ('5" pipe,b\n', ['5" pipe', "b"]),
        ('a,秦皇岛"海韵"酒店\n', ["a", '秦皇岛"海韵"酒店']),
        ('"a""b",c\n', ['a"b', "c"]),
        ('"",""\n', ["", ""]),
        ("a,b\rc\n", ["a", "b\rc"]),
    ],
)
def test_a_quote_inside_an_unquoted_cell_is_a_character(text: str, cells: list[str]) -> None:
    records, _ = parse(text, ",", 1, final=True)
    assert [record.cells for record in records] == [cells]


def test_a_cell_that_goes_on_after_its_quote_is_one_malformed_record() -> None:
    text = 'a,b\n"海韵"酒店,b\nc,d\n'
    assert not survey(text.encode(), COMMA, final=True).strict
    records, _ = parse(text, ",", 1, final=True)
    assert [(record.line, record.cells) for record in records] == [(1, ["a", "b"]), (2, None), (3, ["c", "d"])]


def test_an_unclosed_quote_is_named_by_the_line_it_opens_on() -> None:
    with pytest.raises(Unclosed) as unclosed:
        parse('a,b\nc,"d\ne,f\n', ",", 10, final=True)
    assert unclosed.value.line == 11


def test_blank_lines_are_no_records() -> None:
    text = "\na,b\r\n\r\n\nc,d"
    assert len(parse(text, ",", 1, final=True)[0]) == 2
    assert survey(text.encode(), COMMA, final=True).records == 2

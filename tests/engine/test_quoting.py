"""Quoting: any name and any text, as they are."""

from __future__ import annotations

import duckdb
import pytest

from engine.quoting import literal, quote

NAMES = ["占比%", 'a"b', "select", "a b"]


@pytest.mark.parametrize("name", NAMES)
def test_a_quoted_name_is_that_name(name: str) -> None:
    assert duckdb.sql(f"SELECT {literal(name)} AS {quote(name)}").columns == [name]


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_no_engine_takes_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        quote(name)

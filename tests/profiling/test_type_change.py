"""A declared type changed: what becomes of the texts."""

from __future__ import annotations

import pytest

from profiling.declared_type import DeclaredType, declared_type
from profiling.type_change import alike, type_change


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("VARCHAR(18)", DeclaredType("text", 18)),
        ("character varying(18)", DeclaredType("text", 18)),
        ('VARCHAR(18) COLLATE "utf8mb4_bin"', DeclaredType("text", 18)),
        ("VARCHAR2(18 CHAR)", DeclaredType("text", 18)),
        ("CHAR(15)", DeclaredType("text", 15, padded=True)),
        ("TEXT", DeclaredType("text")),
        ("large_string", DeclaredType("text")),
        ("dictionary<values=string, indices=int32, ordered=0>", DeclaredType("text")),
        ("INTEGER(11) UNSIGNED", DeclaredType("whole", 9, 0)),
        ("int64", DeclaredType("whole", 18, 0)),
        ("NUMERIC(10, 2)", DeclaredType("decimal", 8, 2)),
        ("decimal128(10, 2)", DeclaredType("decimal", 8, 2)),
        ("NUMBER(18)", DeclaredType("decimal", 18, 0)),
        ("TIMESTAMP WITHOUT TIME ZONE", DeclaredType("moment")),
        ("timestamp[us, tz=Asia/Shanghai]", DeclaredType("moment")),
        ("date32[day]", DeclaredType("date")),
        ("DOUBLE PRECISION", DeclaredType("floating")),
        ("INTEGER[]", DeclaredType("nested")),
        ("list<element: string>", DeclaredType("nested")),
        ("HOMEMADE", DeclaredType("")),
    ],
)
def test_a_type_name_says_family_and_room(name: str, found: DeclaredType) -> None:
    assert declared_type(name) == found


@pytest.mark.parametrize(
    ("before", "now", "effect"),
    [
        ("VARCHAR(18)", "CHARACTER VARYING(18)", "same"),
        ("INT", "INTEGER(11)", "same"),
        ("string", "large_string", "same"),
        ("", "INTEGER", "same"),
        ("integer|string", "string", "same"),
        ("VARCHAR(15)", "VARCHAR(18)", "wider"),
        ("VARCHAR(18)", "TEXT", "wider"),
        ("INTEGER", "BIGINT", "wider"),
        ("INTEGER", "NUMERIC(12, 0)", "wider"),
        ("VARCHAR(18)", "CHAR(15)", "narrower"),
        ("TEXT", "VARCHAR(18)", "narrower"),
        ("BIGINT", "INTEGER", "narrower"),
        ("NUMERIC(10, 2)", "NUMERIC(10, 0)", "narrower"),
        ("TEXT", "INTEGER", "narrower"),
        ("string", "double", "narrower"),
        ("BIGINT", "DOUBLE PRECISION", "narrower"),
        ("TIMESTAMP", "DATE", "narrower"),
        ("VARCHAR(18)", "CHAR(18)", "respelled"),
        ("INTEGER", "TEXT", "respelled"),
        ("TEXT", "DATE", "respelled"),
        ("DATE", "TIMESTAMP", "respelled"),
        ("DATE", "VARCHAR(20)", "respelled"),
        ("NUMERIC(10, 2)", "NUMERIC(12, 4)", "respelled"),
        ("INTEGER", "BOOLEAN", "respelled"),
        ("string", "integer|string", "respelled"),
        ("TEXT", "HOMEMADE", "respelled"),
    ],
)
def test_the_effect_of_a_change(before: str, now: str, effect: str) -> None:
    change = type_change(before, now)
    assert change.effect == effect
    assert bool(change.says) == (effect in ("narrower", "respelled"))


def test_spellings_of_one_code_are_alike() -> None:
    assert {alike(text) for text in ("01", "1", "1.0", "true", "T", " 1 ")} == {"1"}
    assert {alike(text) for text in ("00", "0", "false")} == {"0"}
    assert alike("1X") == "1X"

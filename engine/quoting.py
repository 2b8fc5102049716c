"""Identifiers and literals of generated SQL, quoted and never pasted."""

from __future__ import annotations

from collections.abc import Iterable


def quote(name: str) -> str:
    """Return `name` as a quoted SQL identifier (DuckDB, Spark with ANSI identifiers and PostgreSQL agree on it).

    Raises ValueError for an empty name and on NUL, which no engine takes in an identifier.
    """
    if not name or "\0" in name:
        raise ValueError("an SQL identifier cannot be empty or hold NUL")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return `text` as an SQL string literal. Raises ValueError on NUL, which no engine takes in a literal."""
    if "\0" in text:
        raise ValueError("an SQL literal cannot hold NUL")
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Return `(…, …)` for an IN list; an empty list gives `(NULL)`, which nothing is in."""
    return "(" + (", ".join(literal(text) for text in texts) or "NULL") + ")"

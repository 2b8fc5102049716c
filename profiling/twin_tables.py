"""Tables of one source that have the same columns: a view of the register, a yearly copy, a backup somebody made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from profiling.draft import TableDraft
from profiling.table_profile import TableProfile


def with_twins(tables: Sequence[TableDraft], profiles: Sequence[TableProfile]) -> list[TableDraft]:
    """Return the drafts; one with the very columns of a larger table says that it may be a view or copy of it."""
    largest: dict[frozenset[str], TableProfile] = {}
    for one in profiles:
        names = frozenset(column.name for column in one.columns)
        if names not in largest or one.rows > largest[names].rows:
            largest[names] = one
    found = []
    for table, one in zip(tables, profiles, strict=True):
        twin = largest[frozenset(column.name for column in one.columns)].name
        doubt = f"列与 {twin} 相同，像视图或副本，留一个 the columns of {twin}: a view or a copy? keep one"
        found.append(table if twin == table.name else replace(table, unsure=(*table.unsure, doubt)))
    return found

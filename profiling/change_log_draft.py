"""Logs of changes among the tables of a source: which table notes the changes of which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from profiling.table_profile import TableProfile

# What logs call an insert, an update and a deletion; a column that says nothing else tells what was done.
DELETIONS = frozenset({"D", "DEL", "DELETE", "删除", "删"})
OPERATIONS = DELETIONS | {
    "I",
    "U",
    "A",
    "M",
    "INS",
    "ADD",
    "INSERT",
    "UPD",
    "UPDATE",
    "MODIFY",
    "新增",
    "增",
    "修改",
    "改",
}
WITHIN = 0.8  # of the log's keys must be keys of the table; deleted rows are no longer there
_NAMED = ("LOG", "CHANGE", "HIST", "BG", "日志", "变更")


@dataclass(frozen=True)
class LogDraft:
    """`log` notes the changes of `table`: its columns for the running number, what was done, and the table's key."""

    table: str
    log: str
    sequence: str
    operation: str
    key: tuple[str, ...]
    deleted: tuple[str, ...]


def find_logs(profiles: Sequence[TableProfile], keys: Mapping[str, tuple[str, ...]]) -> dict[str, LogDraft]:
    """Return the log of each table that has one, by the table's name; `keys` are the tables' keys by name."""
    found: dict[str, LogDraft] = {}
    for log in profiles:
        operation, sequence = _operation(log), _sequence(log)
        if not operation or not sequence:
            continue
        fitting = [one for one in profiles if one is not log and _notes(log, one, keys[one.name])]
        named = [one for one in fitting if one.name.upper() in log.name.upper()]
        # two tables may well count with the same numbers: then only the name of the log can tell
        owner = max(named, key=lambda one: len(one.name)) if named else fitting[0] if len(fitting) == 1 else None
        if owner is None or owner.name in found:
            continue
        words = tuple(word for word in log.distinct[operation].values.to_pylist() if word.upper() in DELETIONS)
        found[owner.name] = LogDraft(owner.name, log.name, sequence, operation, keys[owner.name], words)
    return found


def _operation(log: TableProfile) -> str:
    for one in log.columns:
        words = log.distinct[one.name].values.to_pylist() if one.filled == one.rows and one.distinct <= 6 else []
        if words and all(str(word).upper() in OPERATIONS for word in words):
            return one.name
    return ""


def _sequence(log: TableProfile) -> str:
    for name, *more in log.keys:
        if not more and log.column(name).detected.kind in ("integer", "text") and _all_digits(log, name):
            return name
    return ""


def _all_digits(log: TableProfile, name: str) -> bool:
    texts = log.distinct[name].values.to_pylist()
    return bool(texts) and all(str(text).isascii() and str(text).isdigit() for text in texts)


def _notes(log: TableProfile, table: TableProfile, key: tuple[str, ...]) -> bool:
    """Whether the log has the table's key columns, and most of what stands in them are keys of the table."""
    if not key or not set(key) <= {one.name for one in log.columns}:
        return False
    if any(sign in log.name.upper() for sign in _NAMED) and table.name.upper() in log.name.upper():
        return True
    known = set(table.distinct[key[0]].values.to_pylist())
    named = log.distinct[key[0]].values.to_pylist()
    return bool(named) and sum(one in known for one in named) >= WITHIN * len(named)

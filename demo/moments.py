"""Moments as departments write them: one text form here, each table's own there."""

from __future__ import annotations

from datetime import datetime, timedelta

from demo.emission import Table


def written(table: Table, moment: str) -> str:
    """Return `YYYY-MM-DD HH:MM:SS` in the form of the table's update time."""
    return datetime.fromisoformat(moment).strftime(table.clock)


def read(table: Table, text: str) -> datetime:
    """Return an update time of the table as a moment."""
    return datetime.strptime(text, table.clock)  # noqa: DTZ007  # a department's local time


def second_later(table: Table, text: str) -> str:
    """Return the update time one second after another one, in the table's form."""
    return (read(table, text) + timedelta(seconds=1)).strftime(table.clock)

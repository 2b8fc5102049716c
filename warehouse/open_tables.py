"""Opened lake tables, kept while they are what the log holds: opening one is reading its log, and a stage asks often.

The newest version stands in the names of the log's files, so no table is opened to see that nothing is new. A version
never changes; a log put in its place from a backup has another commit file, and the table is opened anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeAlias, TypeVar

MOST = 128  # tables kept; each holds the list of its files
_COMMIT = re.compile(r"([0-9]{20})\.(?:json|checkpoint\b.*\.parquet)")
_Stamp: TypeAlias = tuple[int, int, int]
Table = TypeVar("Table")


class OpenTables(Generic[Table]):
    """The tables read last, for reading only: a table that writes moves on to the version it wrote."""

    def __init__(self, opened: Callable[[Path, int | None], Table]) -> None:
        """`opened` opens the table in a folder as of a version (None: the newest); what it raises is passed on."""
        self._opened = opened
        self._kept: dict[tuple[Path, int], tuple[_Stamp, Table]] = {}
        self._lock = Lock()

    def newest(self, folder: Path) -> int | None:
        """Return the newest committed version of the table in `folder`, None where there is no table."""
        try:
            with os.scandir(folder / "_delta_log") as entries:
                found = (_COMMIT.fullmatch(entry.name) for entry in entries)
                return max((int(one.group(1)) for one in found if one), default=None)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def at(self, folder: Path, version: int | None = None) -> Table:
        """Return the table as of a version (None: the newest)."""
        wanted = self.newest(folder) if version is None else version
        stamp = None if wanted is None else _stamp(folder, wanted)
        if wanted is None or stamp is None:
            return self._opened(folder, version)
        with self._lock:
            kept = self._kept.pop((folder, wanted), None)
            if kept is not None and kept[0] == stamp:
                self._kept[folder, wanted] = kept  # the one used last stands last
                return kept[1]
        table = self._opened(folder, wanted)
        with self._lock:
            self._kept[folder, wanted] = (stamp, table)
            while len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]
        return table


def _stamp(folder: Path, version: int) -> _Stamp | None:
    """Return what tells the commit's file from another one of its name, None where only a checkpoint is left of it."""
    try:
        found = (folder / "_delta_log" / f"{version:020}.json").stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size

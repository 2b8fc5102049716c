"""A folder of dropped files, local or across SFTP, through one small interface: list, fetch, recognise, put away.

A local file is read where it lies. A remote one is fetched whole into a temporary file first, so that a slow line
neither holds the file open for long nor serves half of it.
"""

from __future__ import annotations

import fnmatch
import hashlib
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from connectors.failures import Damage, Replaced

READY = ".ready"
_UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp", READY)
_MARKER = re.compile(r"(?P<bytes>[0-9]+)\s+sha256:(?P<digest>[0-9a-fA-F]{64})\s*", re.ASCII)
_CHUNK = 4 * 2**20


@dataclass(frozen=True)
class Dropped:
    """A file in the folder; `state` changes whenever it is written again."""

    name: str
    size: int
    changed: float
    state: tuple[Any, ...]

    @property
    def age(self) -> tuple[list[int], float, str]:
        """Sorts the older before the newer: a date or number in the name says it better than a time that copying
        resets."""
        return numbers_in(self.name), self.changed, self.name


class DropFolder:
    """One folder behind an fsspec filesystem; `root` is its path there."""

    def __init__(self, filesystem: Any, root: str, *, remote: bool) -> None:
        self._files, self._root, self._remote = filesystem, root.rstrip("/") or "/", remote

    def is_there(self) -> bool:
        return bool(self._files.isdir(self._root))

    def matching(self, pattern: str, *, ready: bool) -> list[Dropped]:
        """Return the finished files whose name fits the glob; with `ready`, only those with a marker beside them."""
        listed = {self._name(entry): entry for entry in self._files.ls(self._root, detail=True)}
        return [
            self._dropped(name, entry)
            for name, entry in listed.items()
            if entry["type"] == "file" and fnmatch.fnmatchcase(name, pattern) and _finished(name)
            if not ready or name + READY in listed
        ]

    def find(self, name: str) -> Dropped | None:
        """Return the file as it is now, None when it is gone."""
        try:
            return self._dropped(name, self._files.info(self._path(name)))
        except FileNotFoundError:
            return None

    def start_of(self, file: Dropped, size: int) -> bytes:
        """Return the first bytes of a file, at most `size`."""
        with self._files.open(self._path(file.name), "rb") as stream:
            return bytes(stream.read(size))

    def fetch(self, file: Dropped) -> BinaryIO:
        """Return the file open for reading at its start. Raises `Replaced` when it changed while it was fetched."""
        if not self._remote:
            stream: BinaryIO = Path(self._path(file.name)).open("rb")  # noqa: SIM115 - the caller closes it
            return stream
        local: BinaryIO = tempfile.TemporaryFile(prefix="cityhub-")  # type: ignore[assignment]  # noqa: SIM115 - the caller's
        try:
            with self._files.open(self._path(file.name), "rb", block_size=2**16) as remote:
                while block := remote.read(_CHUNK):
                    local.write(block)
            if not self.is_still(file) or local.tell() != file.size:
                raise Replaced("文件在读取时被替换 the file was replaced or grew while it was read")
        except BaseException:
            local.close()
            raise
        local.seek(0)
        return local

    def is_still(self, file: Dropped) -> bool:
        now = self.find(file.name)
        return now is not None and now.state == file.state

    def check_marker(self, file: Dropped, size: int, digest: str) -> None:
        """Raise `Damage` unless the file is what its marker says; an empty marker says nothing."""
        with self._files.open(self._path(file.name + READY), "rb") as marker:
            told = marker.read(1000).decode("utf-8", "replace").strip()
        if not told:
            return
        found = _MARKER.fullmatch(told)
        if found is None:
            raise Damage(
                f"{file.name}{READY} 内容应为“字节数 sha256:摘要” the marker should say `<bytes> sha256:<hex>`",
                "请部门更正标记文件 have the department correct the marker",
            )
        if int(found["bytes"]) != size or found["digest"].lower() != digest:
            raise Damage(
                f"文件与标记不符：{size:,} 字节，标记 {int(found['bytes']):,} "
                "the file is not the one its marker speaks of",
                "传输不完整，请重传 the transfer broke off: have it sent again",
            )

    def put_away(self, name: str, folder: str) -> None:
        """Move the file, and then its marker, into `folder` below this one; what is gone already is no error."""
        target = self._path(folder)
        self._files.makedirs(target, exist_ok=True)
        for one in (name, name + READY):
            if self._files.exists(self._path(one)):
                self._files.mv(self._path(one), f"{target}/{one}")

    def holds(self, path: str) -> bool:
        """Return whether there is a file at `path` below this folder."""
        return bool(self._files.isfile(self._path(path)))

    def archived(self, folder: str, pattern: str) -> tuple[DropFolder, Dropped] | None:
        """Return the newest file put away below `folder`, with the folder it lies in; None when there is none."""
        if not self._files.isdir(self._path(folder)):
            return None
        batches = [self._name(entry) for entry in self._files.ls(self._path(folder), detail=True)]
        for batch in sorted((name for name in batches if name.isdigit()), key=int, reverse=True):
            inside = DropFolder(self._files, self._path(f"{folder}/{batch}"), remote=self._remote)
            if found := inside.matching(pattern, ready=False):
                return inside, max(found, key=lambda one: one.age)
        return None

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _dropped(self, name: str, entry: dict[str, Any]) -> Dropped:
        moment = entry.get("mtime", 0)
        changed = moment.timestamp() if isinstance(moment, datetime) else float(moment)
        return Dropped(name, int(entry["size"]), changed, (entry.get("ino"), int(entry["size"]), changed))

    @staticmethod
    def _name(entry: dict[str, Any]) -> str:
        return str(entry["name"]).rstrip("/").rpartition("/")[2]


def mark_of(name: str, file: BinaryIO) -> tuple[str, int, str]:
    """Return a file's watermark (`name|bytes|sha256`), its size and its digest; the file is at its start again."""
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(_CHUNK):
        digest.update(block)
    size = file.tell()
    file.seek(0)
    return f"{name}|{size}|{digest.hexdigest()}", size, digest.hexdigest()


def numbers_in(name: str) -> list[int]:
    """Return the numbers in a file's name without its ending: the date of the drop, usually."""
    return [int(digits) for digits in re.findall(r"[0-9]+", name.rpartition(".")[0] or name)]


def _finished(name: str) -> bool:
    return not name.startswith((".", "~$")) and not name.casefold().endswith(_UNFINISHED)

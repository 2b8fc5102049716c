"""The published dataset as Parquet: one folder a version, made of hard links to the lake's files, and `current`.

`published/<commit>/<entity>/*.parquet` and `manifest.json`; `published/current` is a symbolic link that is replaced in
one step. Hard links cost no space and outlive the lake's vacuum; where links are impossible the files are copied.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from schemas.errors import LakeError
from warehouse.lake import Lake

CURRENT, MANIFEST = "current", "manifest.json"
KEEP = 7


@dataclass(frozen=True)
class Edition:
    """What to publish: commit number, as-of date, and the lake version of each entity's golden table."""

    commit: int
    as_of: date
    tables: Mapping[str, tuple[str, int]]  # entity → (lake table, Delta version)


class Published:
    """The folder of published versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def current(self) -> int | None:
        """Return the commit that `current` points to, None before the first."""
        link = self.folder / CURRENT
        return int(link.readlink().name) if link.is_symlink() else None

    def manifest(self, commit: int | None = None) -> Mapping[str, Any]:
        """Return the manifest of a version (of the current one). Raises `LakeError` when it is not there."""
        wanted = commit if commit is not None else self.current()
        file = self.folder / str(wanted) / MANIFEST
        if not file.exists():
            raise LakeError(f"没有已发布的版本 no published version {wanted}")
        found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def commits(self) -> list[int]:
        """Return the versions that are kept, oldest first."""
        if not self.folder.is_dir():
            return []
        return sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdigit())

    def publish(self, lake: Lake, edition: Edition, keep: int = KEEP) -> Path:
        """Build the version's folder, point `current` to it, keep the newest `keep` versions; return the folder.

        Publishing the same version again changes nothing but the pointer.
        """
        final = self.folder / str(edition.commit)
        if not final.exists():
            self._build(lake, edition, final)
        self._point(final)
        self._forget(edition.commit, keep)
        return final

    def repair(self, lake: Lake, edition: Edition, keep: int = KEEP) -> bool:
        """Bring the files up to the version that the ledger calls published; return whether they were behind.

        For a process that died after the database's swap and before `current` was replaced.
        """
        for work in self.folder.glob(".*.building"):
            shutil.rmtree(work, ignore_errors=True)
        if self.current() == edition.commit and (self.folder / str(edition.commit) / MANIFEST).exists():
            return False
        self.publish(lake, edition, keep)
        return True

    def damaged(self, commit: int | None = None) -> list[str]:
        """Return the files of a version that are missing or no longer have the checksum of its manifest."""
        manifest = self.manifest(commit)
        base = self.folder / str(manifest["commit"])
        return [
            entry["path"]
            for table in manifest["tables"].values()
            for entry in table["files"]
            if not (base / entry["path"]).exists() or _sha256(base / entry["path"]) != entry["sha256"]
        ]

    def _build(self, lake: Lake, edition: Edition, final: Path) -> None:
        work = self.folder / f".{edition.commit}.building"
        shutil.rmtree(work, ignore_errors=True)
        tables = {}
        for entity, (table, version) in sorted(edition.tables.items()):
            if not re.fullmatch(r"\w+", entity):
                raise LakeError(f"实体名不能作文件夹名 {entity!r} cannot be a folder")
            place = work / entity
            place.mkdir(parents=True)
            files = [_link(Path(file), place / Path(file).name) for file in lake.files(table, version)]
            tables[entity] = {
                "lake_table": table,
                "lake_version": version,
                "rows": sum(pq.ParquetFile(file).metadata.num_rows for file in files),
                "files": [
                    {"path": f"{entity}/{file.name}", "bytes": file.stat().st_size, "sha256": _sha256(file)}
                    for file in files
                ],
            }
        manifest = {"commit": edition.commit, "as_of": edition.as_of.isoformat(), "tables": tables}
        work.mkdir(parents=True, exist_ok=True)
        _write_safely(work / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        work.rename(final)

    def _point(self, final: Path) -> None:
        work = self.folder / f".{CURRENT}.{os.getpid()}"
        work.unlink(missing_ok=True)
        work.symlink_to(final.name)
        work.replace(self.folder / CURRENT)

    def _forget(self, newest: int, keep: int) -> None:
        """Remove the oldest versions; never the one just published, which after a roll-back is not the highest."""
        for commit in self.commits()[:-keep] if keep else []:
            if commit != newest:
                shutil.rmtree(self.folder / str(commit))


def _link(source: Path, place: Path) -> Path:
    try:
        os.link(source, place)
    except OSError:  # another file system, or one without links
        shutil.copyfile(source, place)
    return place


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_safely(file: Path, content: str) -> None:
    with file.open("w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())

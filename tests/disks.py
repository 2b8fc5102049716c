"""A disk of a test's own that can be filled to the last byte: a small one in memory where this user may mount it.

Elsewhere a limit on the size of files stands in for it: a write beyond it fails as well, though with another word.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTES = 48
Fill = Callable[[int | None], None]


@contextmanager
def small_disk(folder: Path) -> Iterator[Fill]:
    """Mount a small disk on `folder` and yield what fills it but for so many bytes, or (None) makes room again."""
    folder.mkdir(exist_ok=True)
    if _mounted(folder):
        try:
            yield lambda left: _fill(folder / "filler", left)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        yield lambda left: resource.setrlimit(resource.RLIMIT_FSIZE, (soft if left is None else 4096, hard))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _mounted(folder: Path) -> bool:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _fill(filler: Path, left: int | None) -> None:
    filler.unlink(missing_ok=True)
    if left is None:
        return
    room = os.statvfs(filler.parent)
    with filler.open("wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, max(room.f_bavail * room.f_frsize - left, 1))

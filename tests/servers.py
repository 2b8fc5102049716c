"""What the tests' own database servers have in common: a short folder, a free port, another user, a sure end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

UNPRIVILEGED = "nobody"
MEMORY_BYTES = 4 * 2**30


@contextlib.contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """Yield a new folder that the unprivileged user owns; its path is short enough for a socket's name."""
    path = Path(tempfile.mkdtemp(prefix=prefix, dir=_place()))
    try:
        if os.geteuid() == 0:
            shutil.chown(path, UNPRIVILEGED)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _place() -> Path | None:
    """Return the memory disk where there is one with room, None for the usual place: a database has hundreds of files,
    and to delete those of all tests from a disk takes longer than many a test."""
    memory = Path("/dev/shm")
    if not (memory.is_dir() and os.access(memory, os.W_OK | os.X_OK)):
        return None
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return memory if min(free, shutil.disk_usage(memory).free) > MEMORY_BYTES else None


def as_unprivileged(command: Sequence[str]) -> list[str]:
    """Return the command so that it does not run as root: servers refuse to."""
    if os.geteuid() != 0:
        return list(command)
    if setpriv := shutil.which("setpriv"):
        return [setpriv, f"--reuid={UNPRIVILEGED}", "--regid=nogroup", "--clear-groups", *command]
    return [shutil.which("runuser") or "runuser", "-u", UNPRIVILEGED, "--", *command]


def free_port() -> int:
    """Return a loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find(program: str, *patterns: str) -> str | None:
    """Return the program's path: on PATH, or the newest match of the glob patterns from the root."""
    if found := shutil.which(program):
        return found
    matches = sorted(match for pattern in patterns for match in Path("/").glob(pattern))
    return str(matches[-1]) if matches else None


@contextlib.contextmanager
def running(command: Sequence[str], log: Path, answers: Callable[[], bool], end_by: signal.Signals) -> Iterator[int]:
    """Run a server until it answers, yield its process id, end it by the signal; else RuntimeError with its log."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            as_unprivileged(command), stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=log.parent
        )
    try:
        end = time.monotonic() + 60
        while not answers():
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(end_by)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

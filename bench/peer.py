"""Peers that must not be among the product's requirements: an environment of their own, and a measured process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ENVIRONMENTS = FOLDER.parent / "build" / "peers"


@dataclass(frozen=True)
class Measured:
    """What one process took: seconds by the clock and of the processor, its peak memory, and what it told (JSON)."""

    seconds: float
    cpu: float
    peak_mb: float
    told: dict[str, Any]


def environment(peer: str, home: Path = ENVIRONMENTS) -> Path:
    """Return the Python of the peer's environment; made from peers/PEER.txt where it does not stand.

    Needs a package index the first time. Raises CalledProcessError when pip fails.
    """
    wanted = FOLDER / "peers" / f"{peer}.txt"
    folder = home / peer
    python, mark = folder / "bin" / "python", folder / "installed.txt"
    if not mark.is_file() or mark.read_bytes() != wanted.read_bytes():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(wanted)]
        subprocess.run(install, check=True)
        mark.write_bytes(wanted.read_bytes())
    return python


def measure(command: list[str]) -> Measured:
    """Run a command whose last line is JSON with `cpu` and `peak_mb` of its own process. Raises when it fails."""
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{command[:3]} failed:\n{done.stderr[-4000:]}")
    told = json.loads(done.stdout.splitlines()[-1])
    return Measured(seconds, told["cpu"], told["peak_mb"], told)

"""Every measurement at a size that ends within minutes: `make bench`, or one by name: `python -m bench NAME`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ABOUT = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.py")) if not path.stem.startswith("_")}


def runnable() -> list[str]:
    """Return the measurements of this folder: modules that can be run."""
    return [name for name, path in ABOUT.items() if '__name__ == "__main__"' in path.read_text("utf-8")]


def main(names: list[str]) -> int:
    """Run the measurements named, or all; return how many failed."""
    known, failed = runnable(), 0
    for name in names:
        if name not in known:
            print(f"没有这项测量 no measurement {name}: {', '.join(known)}", file=sys.stderr)
            return 2
    for name in names or known:
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

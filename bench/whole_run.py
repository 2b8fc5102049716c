"""The whole way on a demo city: seconds a stage, rows a second, peak memory; then a second run and one changed cell.

    python -m bench.whole_run [--residents N] [--keep FOLDER]

Each of the three runs is a process of its own (started warm of nothing), so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def one_run() -> None:
    """Run every stage below CITYHUB_HOME and print what it took as one line of JSON."""
    from pipeline.hub import open_hub
    from pipeline.settings import Settings
    from pipeline.summary import stages_logged, summarise
    from pipeline.whole_run import run_all

    started = time.monotonic()
    with open_hub(Settings.from_environment()) as hub:
        mark = stages_logged(hub)
        failures = run_all(hub, hub.city.contracts)
        summary = summarise(hub, mark)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows = sum(one["rows"] for one in summary["departments"])
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "rows": rows,
                "seconds": round(time.monotonic() - started, 1),
                "cpu": round(used.ru_utime + used.ru_stime, 1),
                "peak_mb": round(peak),
                "stages": summary["seconds"],
                "golden": {name: count for name, count in summary["golden"].items() if count},
                "failed": len(failures),
            }
        )
    )


def measured(home: Path) -> dict[str, object]:
    """Return the figures of one run in a process of its own."""
    environment = {**os.environ, "CITYHUB_HOME": str(home)}
    command = [sys.executable, "-m", "bench.whole_run", "--one"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="use and keep this folder instead of a temporary one")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        one_run()
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.keep or Path(temporary)
        build = [sys.executable, "-m", "demo", "build", "--residents", str(chosen.residents)]
        build += ["--out", str(home / "demo"), "--truth", str(home / "truth")]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        for name in ("first run", "second run"):
            print(name, json.dumps(measured(home), ensure_ascii=False), flush=True)
        touch = [sys.executable, "-m", "demo", "touch", "--department", "police_population"]
        touch += ["--out", str(home / "demo")]
        subprocess.run(touch, check=True, stdout=subprocess.DEVNULL)
        print("one cell ", json.dumps(measured(home), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

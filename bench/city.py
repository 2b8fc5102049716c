"""A whole city landed and standardised, department by department: rows a second, and the peak memory of each.

    python -m bench.city [--residents N] [--keep FOLDER] [--department D]...

Each stage of each department is a process of its own, so that its peak memory is its own and says what one Airflow task
needs. 3,000,000 residents are about 15 million rows, 4 GB of sources and as much again of lake.
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

STAGES = ("land", "standardise")
SHOWN = f"{'department':20}{'stage':13}{'rows':>12}{'seconds':>9}{'cpu s':>8}{'rows/s':>10}{'peak MB':>9}"


def one_stage(stage: str, department: str) -> None:
    """Run one stage of one department below CITYHUB_HOME and print what it took as one line of JSON."""
    from pipeline.hub import open_hub
    from pipeline.land import land
    from pipeline.settings import Settings
    from pipeline.standardise import standardise

    started = time.monotonic()
    with open_hub(Settings.from_environment()) as hub:
        {"land": land, "standardise": standardise}[stage](hub, department)
        rows = sum(batch.rows_extracted or 0 for batch in hub.ledger.batches(department=department))
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024
    told = {"rows": rows, "seconds": time.monotonic() - started, "cpu": used.ru_utime + used.ru_stime, "peak": peak}
    print(json.dumps(told))


def measured(home: Path, stage: str, department: str) -> dict[str, float]:
    """Return the figures of one stage in a process of its own."""
    environment = {**os.environ, "CITYHUB_HOME": str(home)}
    command = [sys.executable, "-m", "bench.city", "--one", stage, department]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{department} {stage}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def departments(home: Path) -> list[str]:
    """Return the departments of the city that has just been built."""
    from pipeline.settings import DEFAULT_CITY
    from schemas.city_file import load_city

    return sorted(load_city(DEFAULT_CITY).contracts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residents", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="use and keep this folder instead of a temporary one")
    parser.add_argument("--department", action="append", help="only these")
    parser.add_argument("--one", nargs=2, metavar=("STAGE", "DEPARTMENT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        one_stage(*chosen.one)
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = chosen.keep or Path(temporary)
        build = [sys.executable, "-m", "demo", "build", "--residents", str(chosen.residents)]
        build += ["--out", str(home / "demo"), "--truth", str(home / "truth")]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        print(SHOWN, flush=True)
        totals = {stage: dict.fromkeys(("rows", "seconds", "cpu", "peak"), 0.0) for stage in STAGES}
        for department in chosen.department or departments(home):
            for stage in STAGES:
                found = measured(home, stage, department)
                show(department, stage, found)
                peak = max(totals[stage]["peak"], found["peak"])
                totals[stage] = {name: totals[stage][name] + found[name] for name in found} | {"peak": peak}
        for stage in STAGES:
            show("all", stage, totals[stage])


def show(department: str, stage: str, found: dict[str, float]) -> None:
    speed = found["rows"] / max(found["seconds"], 0.001)
    print(
        f"{department:20}{stage:13}{found['rows']:>12,.0f}{found['seconds']:>9.1f}{found['cpu']:>8.1f}{speed:>10,.0f}"
        f"{found['peak']:>9,.0f}",
        flush=True,
    )


if __name__ == "__main__":
    main()

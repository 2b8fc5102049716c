"""This product and Splink 5 on the same prepared columns: people of a register and of a department half its size.

    python -m bench.linkage [--rows N ...] [--seed S] [--pairs N] [--folder FOLDER] [--times N]

Each product runs in a process of its own, from the two Parquet files to the written links; answers are compared with
the truth. Splink 5 is installed into an environment of its own below build/ the first time (bench/peers/splink.txt; it
must not be among the product's requirements). Both have the same blocking rules. Splink's F1 is that of its best
threshold on the truth; the product's is that of the links it decides by itself. Files are kept in FOLDER.

Splink estimates u from `--pairs` random pairs: its own default of a million warns that it may be too small, and its
text calls ten million adequate for a test; ten million is the default here, and docs/benchmarks.md has both.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from bench.linkage_people import Files, files
from bench.linkage_product import RULES, command
from bench.linkage_scores import Answers, Score, answers
from bench.peer import FOLDER, Measured, environment, measure

Rules = Sequence[Sequence[tuple[str, str]]]
PLAIN_RULES: Rules = [[(column, column) for column in rule] for rule in RULES]
KEPT = FOLDER.parent / "build" / "linkage"


@dataclass(frozen=True)
class Run:
    """One run of one product: what it took, its best score on the truth, and that of its own decisions, if any."""

    took: Measured
    best: Score
    decided: Score | None

    @property
    def score(self) -> Score:
        return self.decided or self.best


def product(records: Path, register: Path, truth: pa.Table, out: Path) -> Run:
    """Run this product."""
    took = measure(command(records, register, out))
    said = parquet.read_table(out)
    linked = said.filter(pc.equal(said["decision"], "link"))
    return Run(took, scored(said, truth).best()[1], scored(linked, truth).at(0.0))


def splink(made: Files, truth: pa.Table, out: Path, pairs: float, rules: Rules = PLAIN_RULES) -> Run:
    """Run Splink 5 in its own environment, with these blocking rules: columns of record and register."""
    script = str(FOLDER / "peers" / "splink_match.py")
    paths = [str(path) for path in (made.records, made.register, out)]
    took = measure([str(environment("splink")), script, *paths, json.dumps(rules), str(pairs)])
    return Run(took, scored(parquet.read_table(out), truth).best()[1], None)


def scored(said: pa.Table, truth: pa.Table) -> Answers:
    return answers(said.select(["record_id", "register_id", "probability"]), truth)


def line(name: str, rows: int, run: Run) -> str:
    """Return one line of the table."""
    took, score = run.took, run.score
    return (
        f"{name:<10}{rows:>11,}{took.told['pairs']:>12,}{took.seconds:>8.1f}{took.cpu:>8.1f}{took.peak_mb:>8,.0f}"
        f"{score.precision:>10.5f}{score.recall:>9.5f}{score.f1:>9.5f}"
    )


def compare(made: Files, rows: int, pairs: float, times: int) -> None:
    """Print both products on one pair of files: every run, then the medians of the ratios."""
    truth, ratios = parquet.read_table(made.truth), []
    for _ in range(times):
        own = product(made.records, made.register, truth, made.truth.with_name("own.parquet"))
        print(line("cityhub", rows, own), flush=True)
        peer = splink(made, truth, made.truth.with_name("splink.parquet"), pairs)
        print(line("splink", rows, peer), flush=True)
        phases = {name: round(value, 1) for name, value in peer.took.told["phases"].items()}
        print(f"  splink's seconds by phase {phases}; cityhub's {own.took.told['phases']}")
        one, other = own.took, peer.took
        ratios.append((other.seconds / one.seconds, other.cpu / one.cpu, other.peak_mb / one.peak_mb))
    seconds, cpu, memory = (statistics.median(column) for column in zip(*ratios, strict=True))
    print(f"  splink / cityhub: seconds {seconds:.1f}, processor {cpu:.1f}, memory {memory:.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000], help="rows of the register")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--pairs", type=float, default=1e7, help="random pairs that Splink estimates u from")
    parser.add_argument("--times", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=KEPT)
    chosen = parser.parse_args()
    titles = ("candidates", "seconds", "cpu", "MB", "precision", "recall", "F1")
    widths = (12, 8, 8, 8, 10, 9, 9)
    heads = [f"{title:>{width}}" for title, width in zip(titles, widths, strict=True)]
    print(f"{'':<10}{'register':>11}" + "".join(heads))
    for rows in chosen.rows:
        compare(files(rows, chosen.seed, chosen.folder), rows, chosen.pairs, chosen.times)


if __name__ == "__main__":
    main()

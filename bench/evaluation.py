"""How long measuring takes, and how much memory, for millions of records in clusters and as many pairs.

Run: python -m bench.evaluation [RECORDS]. Each measure runs in a process of its own; seconds are of the processor.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time

import numpy as np
import pyarrow as pa

from matching.evaluation import evaluate_clusters, evaluate_pairs
from matching.threshold_curve import pair_curve

MEASURES = ("clusters", "pairs", "curve")


def measure(name: str, records: int) -> None:
    """Measure once and print one line."""
    random = np.random.default_rng(7)
    ids = pa.array(np.arange(records)).cast(pa.string())
    labels = [pa.array(random.integers(0, records // 2, records)).cast(pa.string()) for _ in range(2)]
    clusters = [pa.table({"id": ids, "cluster_id": label}) for label in labels]
    columns = {"left_id": ids, "right_id": labels[0], "probability": random.random(records)}
    pairs = pa.table(columns)
    before, started = _peak(), time.process_time()
    if name == "clusters":
        evaluate_clusters(clusters[0], clusters[1])
    elif name == "pairs":
        evaluate_pairs(pairs, pairs.slice(0, records // 2))
    else:
        pair_curve(pairs, pairs.slice(0, records // 2))
    spent = time.process_time() - started
    print(f"{name:9} {records:12,} {spent:8.1f} s {_peak() - before:8,.0f} MB above the tables", flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for each in MEASURES:
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(each, size))
        process.start()
        process.join()

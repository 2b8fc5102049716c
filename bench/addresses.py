"""How fast addresses are cut into parts, on one core, with the share of distinct addresses stated.

Run: python -m bench.addresses [ROWS]. One batch of addresses is drawn from the demonstration city with a fixed seed and
repeats are added until about 60 % of them are distinct. The first parse of a process also makes its look-up tables.
Nothing is remembered from one call to the next. Times are of the processor; the best of three, but for the first.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from demo.places import draw_addresses, draw_divisions
from schemas.gazetteer_file import load_gazetteer
from values import address

GAZETTEER = Path(__file__).parents[1] / "cities" / "qinhuangdao" / "gazetteer"
DISTINCT = 0.6


def addresses(count: int, random: np.random.Generator) -> pa.Array:
    """Return addresses in the four ways that departments write them, the share DISTINCT of them different."""
    fresh = int(count * DISTINCT * 1.05)  # some are drawn twice
    drawn = draw_addresses(random, draw_divisions(random, fresh)).free_text(random.integers(0, 4, fresh))
    rows = np.concatenate([np.arange(fresh), random.integers(0, fresh, count - fresh)])
    random.shuffle(rows)
    texts = drawn.take(pa.array(rows))
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def seconds(run: Callable[[], object]) -> float:
    """Return the processor time of one run."""
    started = time.process_time()
    run()
    return time.process_time() - started


def main(rows: int) -> None:
    texts = addresses(rows, np.random.default_rng(20_260_101))
    others = texts.take(pa.array(np.arange(rows)[::-1]))
    gazetteer = load_gazetteer(GAZETTEER)
    distinct = len(texts.unique())
    print(f"{rows:,} rows; {distinct / rows:.1%} distinct")
    runs: dict[str, Callable[[], object]] = {
        "parse": lambda: address.parse(texts, gazetteer),
        "clean, no gazetteer": lambda: address.clean(texts),
        "clean, gazetteer": lambda: address.clean(texts, gazetteer=gazetteer),
        "keys": lambda: address.keys(texts, gazetteer),
        "compare": lambda: address.compare(texts, others, gazetteer),
    }
    show("parse, first of all", seconds(runs["parse"]), rows, distinct)
    for name, run in runs.items():
        show(name, min(seconds(run) for _ in range(3)), rows, distinct)


def show(name: str, spent: float, rows: int, distinct: int) -> None:
    """Print one line of figures."""
    print(f"{name:20s} {rows / spent:12,.0f} rows/s {distinct / spent:12,.0f} distinct addresses/s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 65_536)

"""How much each level of likeness says, on the demonstration city: is a higher level stronger evidence?

Run: python -m bench.levels [RESIDENTS]. A city is made in a temporary folder with a seed of its own. For names, birth
dates and business names, printed are the share of mistaken cells of one party on each level (the cells the generator
spoiled, before and after), the share of pairs of two parties drawn at random, and the weight: log2 of their ratio.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from values.kinds import KINDS

SEED = 4_711
PAIRS = 4_000_000
NAMES = ("XM", "NAME_MAN", "NAME_WOMAN", "AAC003", "PSN_NAME", "xingming", "WS02_01_039_01", "MSRXM", "FRXM", "NAME")
FIELDS = {
    "person_name": ("persons", "name", NAMES),
    "date": ("persons", "birth_date", ("CSRQ", "AAC006", "BRDY", "WS02_01_005_01_01", "BIRTH_MAN", "BIRTH_WOMAN")),
    "company_name": ("businesses", "name", ("ENTNAME", "NSRMC", "AAB004", "EMP_NAME", "dwmc", "SYDWMC")),
}


def shares(levels: npt.NDArray[np.int8], count: int) -> npt.NDArray[np.float64]:
    """Return the share of each level among pairs where both are there."""
    there = levels[levels > 0]
    return np.bincount(there, minlength=count) / max(len(there), 1)


def measure(truth: Path, kind: str) -> None:
    """Print the shares and weights of one kind's levels."""
    table, column, source = FIELDS[kind]
    known = KINDS[kind]
    defects = pq.read_table(truth / "defects.parquet")
    spoiled = defects.filter(pc.is_in(defects["column"], value_set=pa.array(source)))
    cells = [spoiled[side].combine_chunks() for side in ("original", "planted")]
    one, other = (known.clean_with(side, {}).values for side in cells)
    kept = pc.fill_null(pc.not_equal(*(side.cast(pa.string()) for side in (one, other))), False)
    own = shares(known.compare(one.filter(kept), other.filter(kept)), len(known.levels))
    values = known.clean_with(pq.read_table(truth / f"{table}.parquet")[column].combine_chunks(), {}).values
    random = np.random.default_rng(SEED)
    left, right = (pa.array(random.integers(0, len(values), PAIRS)) for _ in range(2))
    others = shares(known.compare(values.take(left), values.take(right)), len(known.levels))
    print(f"\n{kind}: {pc.sum(kept).as_py():,} mistaken cells; {PAIRS:,} random pairs")
    for level in range(1, len(known.levels)):
        weight = np.log2(max(own[level], 1e-9) / max(others[level], 1 / PAIRS))
        shown = f"{weight:6.1f}" if own[level] else "     –"
        print(f"{known.levels[level]:24s} {own[level]:9.4f} {others[level]:12.7f} {shown}")


def main(residents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out, truth = Path(folder) / "sources", Path(folder) / "truth"
        command = [sys.executable, "-m", "demo", "build", "--residents", str(residents), "--seed", str(SEED)]
        subprocess.run([*command, "--out", str(out), "--truth", str(truth)], check=True, stdout=subprocess.DEVNULL)
        for kind in FIELDS:
            measure(truth, kind)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)

"""How fast whole person records become statements, beside the obvious loop over libraries, on one core.

Run: python -m bench.standardise [RESIDENTS]. The records are the demo's population register by the city's own contract:
15 fields, the address of four columns cut by the gazetteer; beside them the rate at which a row becomes its household
fact, too. Cold is the first batch of a fresh process, look-up tables and all; warm is the best of three. The loop does
for a row what a script would: python-stdnum for the number, datetime.strptime for the date, a regular expression for
the phone, unicodedata for the name. Times are of the processor; memory is the most that a process of its own holds
above what the look-up tables take.
"""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
from stdnum.cn import ric

from bench.defects import CITY, raw_rows, table_plan
from demo.build import Order
from demo.days import bring_to_day
from demo.profile import load
from demo.world import Size
from schemas.city_file import load_city
from standardise.plan import TablePlan
from standardise.sift import sift, sift_columns
from standardise.standardised import standardise
from values import citizen_id, person_name

DEPARTMENT, TABLE = "police_population", "RK_CZRK"
BATCH = 65_536
LOOP_ROWS = 5_000
PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-\d{7,8}")


def seconds(run: Callable[[], object]) -> float:
    """Return the processor seconds of one call."""
    started = time.process_time()
    run()
    return time.process_time() - started


def best(rows: int, run: Callable[[], object], times: int = 3) -> float:
    """Return rows per second, the best of several runs."""
    return rows / min(seconds(run) for _ in range(times))


def plan_of_register() -> TablePlan:
    """The register by the city's contract: a row is a person and a member of a household."""
    city = load_city(CITY)
    contract = city.contracts[DEPARTMENT]
    return table_plan(city, contract, contract.table(TABLE))


def people_only(plan: TablePlan) -> TablePlan:
    """The same plan, whose rows are persons only."""
    people = tuple(emit for emit in plan.table.emit if emit.name == "person")
    return replace(plan, table=replace(plan.table, emit=people))


def whole(raw: pa.Table, plan: TablePlan, batch: int) -> None:
    """Standardise every batch of the table, as the stage does."""
    verdict = sift(sift_columns(raw, plan.table), None)
    for start in range(0, raw.num_rows, batch):
        standardise(raw.slice(start, batch), plan, verdict)


def loop(rows: list[dict[str, str | None]]) -> int:
    """Do what the obvious script does with each row; return how many were right in every part."""
    right = 0
    for row in rows:
        try:
            good = ric.is_valid(row["GMSFHM"] or "")
            datetime.strptime(row["CSRQ"] or "", "%Y%m%d")  # noqa: DTZ007  # a day has no zone
        except (ValueError, KeyError):
            continue
        name = unicodedata.normalize("NFKC", row["XM"] or "").strip()
        phone = PHONE.fullmatch((row["LXDH"] or "").replace(" ", ""))
        address = "".join((row[column] or "").strip() for column in ("XZJD", "JLX", "MLPH", "MLXZ"))
        right += bool(good and name and address and phone)
    return right


def built(residents: int, folder: Path) -> Path:
    """Build the demo city and return its register as one Parquet file of raw rows."""
    bring_to_day(Order(Size(residents, 4242), load("assumed"), folder / "demo", folder / "truth"))
    city = load_city(CITY)
    _, raw = next(iter(raw_rows(city, city.contracts[DEPARTMENT], folder)))
    parquet.write_table(raw, folder / "register.parquet")
    return folder / "register.parquet"


def measure(path: Path) -> None:
    """Print the rates; runs in a fresh process, so that its first batch is cold."""
    raw, both = parquet.read_table(path), plan_of_register()
    plan = people_only(both)
    first = raw.slice(0, BATCH)
    cold = first.num_rows / seconds(lambda: whole(first, plan, BATCH))
    warm = best(raw.num_rows, lambda: whole(raw, plan, BATCH))
    names, homes = raw.column("XM").combine_chunks(), raw.select(["XZJD", "JLX", "MLPH", "MLXZ"])
    distinct = homes.group_by(homes.column_names).aggregate([]).num_rows
    print(f"{raw.num_rows:,} rows of {len(plan.table.emit[0].fields)} fields, batches of {BATCH:,}")
    shares = len(names.unique()) / len(names), distinct / raw.num_rows
    print(f"{shares[0]:.0%} of the names distinct, {shares[1]:.0%} of the addresses")
    sample = raw.slice(0, LOOP_ROWS).to_pylist()
    slow = best(LOOP_ROWS, lambda: loop(sample))
    numbers = raw.column("GMSFHM").combine_chunks()
    figures = {
        "whole record, cold": cold,
        "whole record, warm": warm,
        "and its household": best(raw.num_rows, lambda: whole(raw, both, BATCH)),
        "library loop": slow,
        "id check": best(len(numbers), lambda: citizen_id.check(numbers), 9),
        "name keys": best(len(names), lambda: person_name.keys(names), 5),
    }
    for name, figure in figures.items():
        print(f"{name:20s} {figure:12,.0f} rows/s")
    print(f"warm is {warm / slow:.1f} times the loop, which checks four of the fields")


def memory(path: Path, batch: int) -> None:
    """Print the most this process held while it standardised, above what it held before, in MiB."""
    file, plan = parquet.ParquetFile(path), plan_of_register()
    standardise(pa.Table.from_batches([next(file.iter_batches(1_000))]), plan)  # the look-up tables
    before, most, done = held(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], held())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for rows in parquet.ParquetFile(path).iter_batches(batch):
        standardise(pa.Table.from_batches([rows]), plan)
    done.set()
    watcher.join()
    above, tables = (most[0] - before) / 2**20, before / 2**20
    print(f"batches of {batch:7,d} rows: {above:5.0f} MiB above {tables:.0f} MiB of tables")


def held() -> int:
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def main(residents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = built(residents, Path(folder))
        for arguments in (["--measure"], *(["--memory", str(batch)] for batch in (8_192, 32_768, 131_072))):
            subprocess.run([sys.executable, "-m", "bench.standardise", *arguments, str(path)], check=True)


if __name__ == "__main__":
    if "--measure" in sys.argv:
        measure(Path(sys.argv[-1]))
    elif "--memory" in sys.argv:
        memory(Path(sys.argv[-1]), int(sys.argv[-2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 150_000)

"""This product's side of a linkage measurement: one process that reads, trains, links, writes and says what it took."""

from __future__ import annotations

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from engine.memory import keep_freed_memory
from schemas.linkage_spec import Comparison, Decide, LinkageField, LinkageSpec

RULES = (
    ("name", "birth_date"),
    ("phone",),
    ("name_pinyin", "birth_month"),
    ("birth_date", "road"),
    ("name", "road"),
)
KINDS = {
    "name": "person_name",
    "birth_date": "date",
    "sex": "exact",
    "phone": "phone",
    "address_path": "path",
    "name_pinyin": "exact",
    "birth_month": "exact",
    "road": "exact",
    "citizen_id": "citizen_id",
}
COMPARED = ("name", "birth_date", "sex", "phone", "address_path")
FREQUENT = ("name",)
FEW = ["sex", "birth_month", "road"]  # columns of few distinct values are read as what they are stored as
THREADS = 2
DECIDE = Decide(link=0.99)


def specification(rules: tuple[tuple[str, ...], ...], numbers: bool) -> LinkageSpec:
    """Return the specification over the prepared columns, with the same blocking rules as the peer has.

    `numbers`: records have citizens' numbers.
    """
    compared = (*COMPARED, "citizen_id") if numbers else COMPARED
    used = {*compared, *(name for rule in rules for name in rule)}
    return LinkageSpec(
        entity="person",
        block=rules,
        compare=tuple(Comparison(name, KINDS[name], name in FREQUENT) for name in compared),
        decide=DECIDE,
        fields=tuple(LinkageField(name, kind, name, name) for name, kind in KINDS.items() if name in used),
        household=(("phone",), ("address_path",)),
        id=("unique_id", "unique_id"),
    )


def context() -> dict[str, Any]:
    """Return what the kinds of values need of the city."""
    from bench.linkage_columns import CITY
    from schemas.gazetteer_file import load_gazetteer

    return {"gazetteer": load_gazetteer(CITY / "gazetteer"), "area_code": "0335"}


def peak_mb() -> float:
    """Return the most memory this process held; `ru_maxrss` would also tell of the process that started it."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def table_of(path: Path) -> pa.Table:
    return parquet.read_table(path, columns=["unique_id", *KINDS], read_dictionary=FEW)


def run(records: Path, register: Path, out: Path) -> None:
    """Link two files, write `record_id`, `register_id`, `probability`, `decision`; print one line of JSON."""
    keep_freed_memory()
    started = time.perf_counter()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: [table_of(path) for path in (register, records)])
        from engine.duckdb_engine import DuckDBEngine  # what links is loaded while the files are read
        from matching.linkage import match

        tables = reading.result()
        del reading
    loaded = time.perf_counter()
    engine = DuckDBEngine("2GB", THREADS, out.parent / "spill")
    numbers = tables[1]["citizen_id"].null_count < tables[1].num_rows
    outcome = match(engine, tables.pop(0), tables.pop(0), specification(RULES, numbers))
    linked = time.perf_counter()
    links = outcome.links
    said = pa.table(
        {
            "record_id": links["right_id"],
            "register_id": links["left_id"],
            "probability": links["probability"],
            "decision": links["decision"],
            "reason": links["reason"],
        }
    )
    parquet.write_table(said.filter(pc.is_valid(said["register_id"])), out, use_dictionary=["decision", "reason"])
    phases = {"load": loaded - started, "link": linked - loaded, "write": time.perf_counter() - linked}
    used = resource.getrusage(resource.RUSAGE_SELF)
    facts = {"phases": phases, "cpu": used.ru_utime + used.ru_stime, "peak_mb": peak_mb(), "facts": outcome.facts}
    print(json.dumps(facts | {"pairs": outcome.facts["candidates"], "report": dict(outcome.model.report)}))


def command(records: Path, register: Path, out: Path) -> list[str]:
    """Return the command of a fresh process that does it."""
    paths = ", ".join(f"Path({str(path)!r})" for path in (records, register, out))
    code = f"from pathlib import Path; from bench.linkage_product import run; run({paths})"
    return [sys.executable, "-c", code]

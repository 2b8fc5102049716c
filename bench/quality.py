"""How fast a department is judged and the report is drawn.

Run: python -m bench.quality [ROWS]. The quality stage: ROWS statements of people with fifteen fields in a Delta-like
Parquet file, one in fifty with a doubt, through the gate (predicates in DuckDB, verdicts by Great Expectations) and
through every rule of the assessment, with the failing rows. The import of Great Expectations is timed apart. The
report: a made-up history of thirteen departments over twenty-four periods, drawn as page, workbook and proof.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet

from bench.report_bodies import PROOF, body
from engine.duckdb_engine import DuckDBEngine
from engine.relation import ParquetFiles
from quality.assessment import assess
from quality.evidence import Measures, answers_of
from quality.gate import gate
from quality.judged import REFUSED, judged_step
from quality.report.document import document
from quality.report.page import html_page
from quality.report.period import trend
from quality.report.summary_workbook import summary_workbook
from quality.rule import Rule
from quality.rulebook import places_of, row_rules
from quality.ruleset import statement_rules, table_rules
from schemas.arrow import statement_schema
from schemas.city_file import load_city
from schemas.evidence import canonical_json

CITY = Path(__file__).resolve().parent.parent / "cities" / "qinhuangdao"
DAY = date(2026, 6, 30)
DEPARTMENT, TABLE = "police_population", "RK_CZRK"
RUNS = 3
LEFT = 12_000  # record ids that stand refused
QUARANTINE_COLUMNS = ("record_id", "source_table", "statement", "source_key", "field", "reason", "state")


def statements(rows: int, path: Path) -> None:
    """Write people of the police register: fifteen mapped fields, doubts on one in fifty."""
    schema = statement_schema(load_city(CITY).standard.entities["person"])
    random = np.random.default_rng(7)
    numbers = np.arange(rows)
    text = np.char.add("P", numbers.astype(str))
    marked = random.random(rows) < 0.02
    issue = [{"field": "birth_date", "reason": "impossible_date"}]
    issues = pa.array([issue if one else [] for one in marked.tolist()], schema.field("issues").type)
    days = pa.array(random.integers(-7000, 18000, rows).astype("int32"), pa.int32()).cast(pa.date32())
    codes = {name: pa.array(random.integers(1, 3, rows).astype(str)) for name in ("sex", "education", "marital_status")}
    columns: dict[str, Any] = {
        "record_id": pa.array(np.char.mod("%032x", numbers)),
        "source_table": pa.array([TABLE] * rows),
        "department": pa.array([DEPARTMENT] * rows),
        "statement": pa.array(["person"] * rows),
        "source_key": pa.array(text),
        "batch": pa.array(np.ones(rows, np.int64)),
        "row_number": pa.array(numbers + 1),
        "observed_at": pa.array(np.full(rows, np.datetime64("2024-05-01T00:00:00", "us"))),
        "issues": issues,
        "birth_date": days,
        "citizen_id": pa.array(np.char.mod("13030219%010d", numbers)),
        **codes,
    }
    for field in schema:
        if field.name not in columns:
            filled = field.name in ("name", "ethnic_group", "phone", "address", "division", "household_number")
            columns[field.name] = pa.array(text) if filled else pa.nulls(rows, field.type)
    parquet.write_table(pa.table(columns).select(schema.names).cast(schema), path, compression="zstd")


def judge(engine: DuckDBEngine, path: Path) -> dict[str, float]:
    """Gate and assess once; return seconds by part."""
    city = load_city(CITY)
    contract = city.contracts[DEPARTMENT]
    table, entity = contract.table(TABLE), city.standard.entities["person"]
    place = places_of(contract, city.standard)[0]
    rows = parquet.read_metadata(path).num_rows
    people = ParquetFiles((str(path),), statement_schema(entity))
    seconds = {}
    started = time.perf_counter()
    own = statement_rules(place.emit, city.standard)
    lines = pa.schema([*((name, pa.string()) for name in QUARANTINE_COLUMNS), ("batch", pa.int64()),
                       ("row_number", pa.int64()), ("observed_at", pa.timestamp("us"))]).empty_table()  # fmt: skip
    with engine.session({"accepted person": people, "quarantine person": lines}) as session:
        answers = answers_of(session, table, place.emit, entity, own, DAY)
    seconds["gate columns"] = time.perf_counter() - started
    started = time.perf_counter()
    rules: list[Rule] = [*table_rules(table), *(one.rule for one in own)]
    verdict = gate(table, rules, answers, Measures(rows, True, 0, rows, 0, rows))
    seconds["gate verdict"] = time.perf_counter() - started
    assert verdict.tested > 20
    started = time.perf_counter()
    asked = [one for one in row_rules(contract, place, city.quality) if not one.check]
    with engine.session({"accepted": people, "refused": REFUSED.empty_table()}) as session:
        session.run([judged_step("judged", "accepted", "refused", (TABLE, "person", entity), DAY)])
        found = assess(session, "judged", asked)
    seconds["every rule"] = time.perf_counter() - started
    seconds["rules"] = len(asked)
    seconds["failing rows"] = found.failing.num_rows
    return seconds


def quality_stage(rows: int) -> None:
    """Time the stage in a process of its own, where the memory is its own too."""
    started = time.perf_counter()
    import great_expectations  # noqa: F401

    imported, base = time.perf_counter() - started, _peak()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.parquet"
        subprocess.run(
            [sys.executable, "-c", f"from bench.quality import *; statements({rows}, Path({str(path)!r}))"], check=True
        )
        engine = DuckDBEngine("1GB", 2, Path(folder) / "spill")
        runs = []
        for _ in range(RUNS):
            cpu = time.process_time()
            runs.append(judge(engine, path) | {"cpu": time.process_time() - cpu})
    print(f"{rows:,} 行 rows × 15 字段 fields，{int(runs[0]['rules'])} 条规则 rules，中位数 median of {RUNS}")
    print(f"  import great_expectations  {imported:6.2f} s  {base:6.0f} MB (with the rest of the program)")
    names = ("gate columns", "gate verdict", "every rule")
    for name in names:
        print(f"  {name:26s} {median(one[name] for one in runs):6.2f} s")
    print(f"  together                   {median(sum(one[name] for name in names) for one in runs):6.2f} s", end="")
    print(f"  cpu {median(one['cpu'] for one in runs):.2f} s", end="")
    print(f"  peak {_peak():.0f} MB ({_peak() - base:.0f} above the import)")


def report_drawn() -> None:
    """Time the drawing of a report of thirteen departments over twenty-four periods: page, workbook, proof."""
    months = [f"{2024 + number // 12}-{number % 12 + 1:02d}" for number in range(24)]
    bodies = [body(number + 1, month, departments=13, rules=120) for number, month in enumerate(months)]
    ledger = [canonical_json(one) for one in bodies]
    seconds: dict[str, list[float]] = {"page": [], "workbook": [], "together": [], "cpu": []}
    for _ in range(RUNS):
        started, cpu = time.perf_counter(), time.process_time()
        made = document(trend([json.loads(one) for one in ledger[:-1]], json.loads(ledger[-1])), PROOF)
        page = html_page(made).encode()
        seconds["page"].append(time.perf_counter() - started)
        book = summary_workbook(made)
        seconds["workbook"].append(time.perf_counter() - started - seconds["page"][-1])
        seconds["together"].append(time.perf_counter() - started)
        seconds["cpu"].append(time.process_time() - cpu)
    told = "  ".join(f"{name} {median(runs):.2f} s" for name, runs in seconds.items())
    print(f"13 部门 departments × 24 期 periods × 120 规则 rules: {told}")
    print(f"  page {len(page) / 1e6:.2f} MB, workbook {len(book) / 1e6:.2f} MB, body {len(ledger[-1]) / 1e6:.2f} MB")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    report_drawn()
    quality_stage(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

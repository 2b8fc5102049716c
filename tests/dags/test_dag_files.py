"""The folder as Airflow's DAG processor reads it: every DAG, no error, nothing heavy imported on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.house.tree import ROOT

# What a stage needs and a DAG file must not: each would be paid on every parse and for every task.
HEAVY = [
    "pandas", "numpy", "pyarrow", "duckdb", "deltalake", "great_expectations", "recordlinkage", "rapidfuzz",
    "openpyxl", "opencc", "pypinyin", "pipeline.hub", "warehouse", "connectors", "engine",
]  # fmt: skip

PARSE = f"""
import json, sys
from airflow.dag_processing.dagbag import DagBag
before = set(sys.modules)
bag = DagBag({str(ROOT / "dags")!r})
print("ANSWER", json.dumps({{
    "dags": sorted(bag.dags), "errors": bag.import_errors, "files": sorted(stat.file for stat in bag.dagbag_stats),
    "heavy": sorted(name for name in {HEAVY!r} if name in set(sys.modules) - before),
}}))
"""


def test_the_folder_parses_into_every_dag_without_anything_heavy(city_folder: Path) -> None:
    answer = subprocess.run([sys.executable, "-c", PARSE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    (line,) = [line for line in answer.stdout.splitlines() if line.startswith("ANSWER ")]
    found = json.loads(line.removeprefix("ANSWER "))
    departments = [f"department_{path.stem}" for path in (city_folder / "departments").glob("*.yaml")]
    assert found["errors"] == {}
    assert found["dags"] == sorted([*departments, "hub"])
    assert [Path(file).name for file in found["files"]] == ["department.py", "hub.py"]
    assert found["heavy"] == []

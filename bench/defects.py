"""How many of the demo city's visible errors are found by the right reason, and whether any is invented.

Run: python -m bench.defects [RESIDENTS] [SEED ...]. Cities of unseen seeds in both error profiles are built in a
temporary folder, read through the connectors and standardised in memory, table by table. Of the planted errors that
`demo/detect.py` calls visible in columns that the contract maps, recall counts those with a finding of an accepted
reason (bench/defect_reasons.py) on that cell; an error that only two cells together show may be found on either.
Precision counts, of all findings, those that an error in their row explains; what a contract declares (codes of a
crosswalk, the usual form of a column's dates) is no finding. Rows refused whole for their key tell of nothing else;
errors in other cells of theirs are counted apart.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from bench.defect_reasons import ACCEPTED, CONTRADICTIONS
from connectors.opening import open_source
from connectors.source import ReadRequest
from demo.build import Order
from demo.days import bring_to_day
from demo.profile import load
from demo.world import Size
from schemas.city import City
from schemas.city_file import load_city
from schemas.code_table import code_table_names, load_code_table
from schemas.contract import Contract, TableContract
from schemas.reasons import Reason
from standardise.findings import findings
from standardise.plan import TablePlan
from standardise.sift import Fate, Verdict, sift, sift_columns
from values.row_identity import source_keys

AS_OF = date(2026, 6, 30)
ROW = (Reason.NULL_KEY.value, Reason.REPEATED_KEY.value)
CITY = Path(__file__).resolve().parent.parent / "cities" / "qinhuangdao"
Found = dict[str, Any]
Planted = dict[str, Any]


@dataclass
class Score:
    """Counts of one city, and examples of what went wrong."""

    visible: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    apart: int = 0
    alarms: int = 0
    right: int = 0
    missed: list[Planted] = field(default_factory=list)
    invented: list[tuple[Found, list[Planted]]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found.total() / max(self.visible.total(), 1)

    @property
    def precision(self) -> float:
        return self.right / max(self.alarms, 1)


def record_ids(table: str, statement: str, keys: pa.Array) -> pa.Array:
    """Ids of no meaning: nothing is stored here."""
    names = [key and f"{table} {statement} {key}".encode() for key in keys.to_pylist()]
    return pa.array([name and blake2b(name, digest_size=16).hexdigest() for name in names], pa.string())


def table_plan(city: City, contract: Contract, table: TableContract) -> TablePlan:
    tables = {name: load_code_table(name) for name in code_table_names()}
    return TablePlan(contract, table, city.standard, tables, AS_OF, record_ids, city.locality, city.timezone)


def raw_rows(city: City, contract: Contract, home: Path) -> Iterator[tuple[TableContract, pa.Table]]:
    """Yield each table of a department as it would land."""
    url = city.connections[contract.connection].replace("${CITYHUB_HOME}", str(home))
    source = open_source(contract, url)
    for table in contract.tables:
        extraction = source.stream(ReadRequest(table))
        rows = pa.Table.from_batches(list(extraction), extraction.schema)
        numbers = pa.array(range(1, rows.num_rows + 1), pa.int64())
        rows = rows.append_column("batch", pa.array([1] * rows.num_rows, pa.int64()))
        yield table, rows.append_column("row_number", numbers)
    source.close()


def score_table(plan: TablePlan, raw: pa.Table, planted: list[Planted], score: Score) -> None:
    """Compare what was found in one table with what was planted there."""
    verdict = sift(sift_columns(raw, plan.table))
    by_row: dict[int, list[Found]] = defaultdict(list)
    for one in findings(raw, plan, verdict).to_pylist():
        by_row[one["row_number"]].append(one)
    places = _places(plan.table, raw)
    at_row: dict[int, list[Planted]] = defaultdict(list)
    for defect in planted:
        rows = _holding(raw, places.get(defect["key"] and defect["key"].strip(), []), defect)
        for row in rows:
            at_row[row].append(defect)
        if not defect["detectable"] or not _mapped(plan.table, defect):
            continue
        if _read_nowhere(plan.table, raw, verdict, rows, defect["column"]):
            score.apart += 1
        else:
            _count_defect(defect, [one for row in rows for one in by_row[row]], score)
    _count_copies(verdict, planted, score)
    for row, several in by_row.items():
        _count_alarms(several, at_row[row], score)


def _places(table: TableContract, raw: pa.Table) -> dict[str | None, list[int]]:
    places: dict[str | None, list[int]] = defaultdict(list)
    for place, key in enumerate(source_keys(raw, table.key).to_pylist(), start=1):
        places[key].append(place)
    return places


def _holding(raw: pa.Table, rows: list[int], defect: Planted) -> list[int]:
    """Return, of several rows of one key, those that hold the planted text."""
    if len(rows) < 2 or defect["column"] not in raw.column_names or defect["defect"] in ROW:
        return rows
    return [row for row in rows if raw.column(defect["column"])[row - 1].as_py() == defect["planted"]] or rows


def _mapped(table: TableContract, defect: Planted) -> bool:
    """Columns that the contract ignores are never taken from the source; identical rows are counted by fate."""
    return defect["column"] not in (*table.ignore, "") and defect["defect"] != "identical_row"


def _read_nowhere(table: TableContract, raw: pa.Table, verdict: Verdict, rows: list[int], column: str) -> bool:
    """Say whether no statement reads the cell: a row deleted or replaced, or one that does not emit its column."""
    kept = [row for row in rows if verdict.fates[row - 1] not in (Fate.DELETED, Fate.SUPERSEDED)]
    if rows and not kept and column not in table.key:
        return True
    readers = [emit for emit in table.emit if any(column in (*one.columns, one.type_column) for one in emit.fields)]
    return bool(readers) and not any(
        not emit.when_present or any((raw.column(name)[row - 1].as_py() or "").strip() for name in emit.when_present)
        for emit in readers
        for row in kept
    )


def _count_defect(defect: Planted, several: list[Found], score: Score) -> None:
    refused = [one for one in several if one["reason"] in ROW and one["state"] == "rejected"]
    kind = defect["defect"]
    if refused and kind not in ROW:
        score.apart += 1
        return
    score.visible[kind] += 1
    if any(_answers(one, defect) for one in several):
        score.found[kind] += 1
    else:
        score.missed.append(defect | {"findings": [(one["column"], one["reason"]) for one in several]})


def _answers(one: Found, defect: Planted) -> bool:
    """Say whether a finding is a right answer to an error."""
    reason = Reason(one["reason"])
    if defect["column"] in one["column"].split(" + "):
        return reason in ACCEPTED[defect["defect"]] or reason in CONTRADICTIONS
    return defect["evidence"] == "row" and reason in CONTRADICTIONS


def _count_copies(verdict: Verdict, planted: list[Planted], score: Score) -> None:
    """Identical rows leave no reason but their fate; they are found when as many were set aside as were planted."""
    copies = sum(one["defect"] == "identical_row" for one in planted)
    if copies:
        score.visible["identical_row"] += copies
        score.found["identical_row"] += min(copies, verdict.count(Fate.IDENTICAL))


def _count_alarms(several: list[Found], planted: list[Planted], score: Score) -> None:
    for one in several:
        if one["reason"] in (Reason.CODE_TRANSLATED.value, Reason.PARTY_QUARANTINED.value):
            continue
        score.alarms += 1
        if any(_explains(defect, one) for defect in planted):
            score.right += 1
        else:
            score.invented.append((one, planted))


def _explains(defect: Planted, one: Found) -> bool:
    reason = Reason(one["reason"])
    if reason in CONTRADICTIONS and defect["column"]:
        return True
    return defect["column"] in one["column"].split(" + ") and reason in ACCEPTED.get(defect["defect"], set())


def score_city(city: City, residents: int, seed: int, profile: str) -> Score:
    """Build one demo city and return what was found of its errors."""
    score = Score()
    with tempfile.TemporaryDirectory() as folder:
        home, truth = Path(folder) / "home", Path(folder) / "truth"
        bring_to_day(Order(Size(residents, seed), load(profile), home / "demo", truth))
        defects = parquet.read_table(truth / "defects.parquet").to_pylist()
        for contract in city.contracts.values():
            for table, raw in raw_rows(city, contract, home):
                own = [one for one in defects if (one["department"], one["table"]) == (contract.department, table.name)]
                score_table(table_plan(city, contract, table), raw, own, score)
    return score


def main(residents: int, seeds: list[int], show: int = 0) -> None:
    city = load_city(CITY)
    total = Score()
    print(f"{'profile':10s}{'seed':>6s}{'visible':>9s}{'recall':>9s}{'findings':>10s}{'precision':>11s}{'apart':>7s}")
    for profile in ("assumed", "second"):
        for seed in seeds:
            score = score_city(city, residents, seed, profile)
            print(
                f"{profile:10s}{seed:6d}{score.visible.total():9,d}{score.recall:9.5f}{score.alarms:10,d}"
                f"{score.precision:11.5f}{score.apart:7d}"
            )
            total.visible += score.visible
            total.found += score.found
            total.missed += score.missed
            total.invented += score.invented
    print("\nmissed, by kind of error (visible, found)")
    for kind, number in sorted(total.visible.items()):
        if total.found[kind] != number:
            print(f"  {kind:24s}{number:8,d}{total.found[kind]:8,d}")
    reasons = Counter(one["reason"] for one, _ in total.invented)
    print("\nfindings that no planted error explains, by reason", dict(reasons))
    for missed in total.missed[:show]:
        print(missed)
    for invented in total.invented[:show]:
        print(invented)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, [int(one) for one in sys.argv[2:]] or [7101, 7202, 7303])

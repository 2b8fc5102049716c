"""Evaluate links or clusters in a file against a file of truth, or against the verdicts of a clerical sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from connectors.plain_file import read_plain_file
from matching.clerical import draw, estimate
from matching.evaluation import as_dict, clusters_of_pairs, evaluate_clusters, evaluate_pairs, measures_dict
from matching.record_groups import evidence_classes, name_kinds
from matching.threshold_curve import Curve, cluster_curve, pair_curve
from schemas.errors import ConfigurationError
from schemas.nearest import listed, nearest

PAIR, CLUSTER, VERDICT = ("left_id", "right_id"), ("id", "cluster_id"), ("left_id", "right_id", "band", "verdict")
EVIDENCE, SCRIPT = "evidence", "script:"
_READ = {*PAIR, *CLUSTER, *VERDICT, "decision", "probability", "band_pairs"}


@dataclass(frozen=True)
class EvaluationWish:
    """What to evaluate against what. `by` is a column of either file or of `records` (whose ids are in `records_id`),
    `evidence`, or `script:COLUMN`; `one_file`: both ids of a pair are of one file."""

    result: Path
    truth: Path
    threshold: float | None = None
    by: str = ""
    records: Path | None = None
    records_id: str = "id"
    one_file: bool = False


def evaluate_files(wish: EvaluationWish) -> dict[str, Any]:
    """Return measures, groups and the threshold curve, ready for JSON.

    Raises ConfigurationError for columns that say neither links nor clusters, SourceDamaged, UnusableIds.
    """
    truth = _read(wish.truth, "TRUTH", wish.by)
    if set(VERDICT) <= set(truth.column_names):
        return {"kind": "clerical", **_judged(truth)}
    result = _read(wish.result, "RESULT", wish.by)
    for name, table, path in (("RESULT", result, wish.result), ("TRUTH", truth, wish.truth)):
        if not set(PAIR) <= set(table.column_names) and not set(CLUSTER) <= set(table.column_names):
            expected = "columns left_id, right_id, or id, cluster_id"
            raise ConfigurationError(path, 1, name, listed(table.column_names), expected)
    return _evaluated(wish, result, truth, _groups(wish, result, truth))


def _evaluated(wish: EvaluationWish, result: pa.Table, truth: pa.Table, groups: pa.Table | None) -> dict[str, Any]:
    true_clusters = set(CLUSTER) <= set(truth.column_names)
    if set(CLUSTER) <= set(result.column_names):
        if wish.threshold is not None:
            raise ConfigurationError("command line", 0, "--threshold", str(wish.threshold), "links: clusters have none")
        truth = truth if true_clusters else clusters_of_pairs(truth, result["id"])
        return {"kind": "clusters", **as_dict(evaluate_clusters(result, truth, groups))}
    found = _chosen(result, wish.threshold)
    if true_clusters:
        measured = evaluate_clusters(clusters_of_pairs(found, truth["id"]), truth, groups)
    else:
        measured = evaluate_pairs(found, truth, groups, one_file=wish.one_file)
    told: dict[str, Any] = {"kind": "links", **as_dict(measured)}
    if "probability" in result.column_names:
        curve = cluster_curve(result, truth) if true_clusters else pair_curve(result, truth, one_file=wish.one_file)
        told["curve"] = _curve(curve)
    if "decision" in result.column_names:
        told["decisions"] = _decisions(result, groups)
    return told


def _read(path: Path, role: str, by: str = "") -> pa.Table:
    table = read_plain_file(path, role, wanted=_READ | {by}).rows
    if "probability" in table.column_names:
        try:
            numbers = pc.if_else(pc.equal(table["probability"], ""), pa.scalar(None, pa.string()), table["probability"])
            place = table.column_names.index("probability")
            table = table.set_column(place, "probability", numbers.cast(pa.float64()))
        except pa.ArrowInvalid:
            raise ConfigurationError(path, 1, role, "probability", "a column of numbers") from None
    for place, name in enumerate(table.column_names):
        if name in (*PAIR, *CLUSTER):
            texts = pc.if_else(pc.equal(table[name], ""), pa.scalar(None, pa.string()), table[name])
            table = table.set_column(place, name, texts)
    return table


def _chosen(links: pa.Table, threshold: float | None) -> pa.Table:
    """Return the pairs that count as found: at the threshold, else those decided `link`, else all."""
    if threshold is not None:
        if "probability" not in links.column_names:
            raise ConfigurationError("command line", 0, "--threshold", str(threshold), "links with a probability")
        return links.filter(pc.fill_null(pc.greater_equal(links["probability"], threshold), False))
    return links.filter(pc.equal(links["decision"], "link")) if "decision" in links.column_names else links


def _groups(wish: EvaluationWish, result: pa.Table, truth: pa.Table) -> pa.Table | None:
    """Return (`id`, `group`) of the records that are decided: right ids of pairs, ids of clusters."""
    if not wish.by:
        return None
    if wish.records is not None:
        records = read_plain_file(wish.records, "RECORDS").rows
        return _named_groups(wish, records)
    for table in (result, truth):
        if wish.by in table.column_names:
            ids = table["id"] if "id" in table.column_names else table["right_id"]
            return pa.table({"id": ids, "group": table[wish.by].cast(pa.string())})
    known = sorted({*result.column_names, *truth.column_names})
    expected = f"a column of either file ({listed(known)}), or --records FILE with {EVIDENCE} or {SCRIPT}COLUMN"
    raise ConfigurationError("command line", 0, "--by", wish.by, expected, nearest(wish.by, known))


def _named_groups(wish: EvaluationWish, records: pa.Table) -> pa.Table:
    known = records.column_names
    column = wish.by.removeprefix(SCRIPT)
    for option, name in (("--id", wish.records_id), ("--by", column)):
        if name not in known and name != EVIDENCE:
            expected = f"a column of the records ({listed(known)})"
            raise ConfigurationError("command line", 0, option, name, expected, nearest(name, known))
    if column == EVIDENCE and EVIDENCE not in known:
        groups = evidence_classes(records, [name for name in known if name != wish.records_id])
    elif wish.by.startswith(SCRIPT):
        groups = name_kinds(records[column].combine_chunks())
    else:
        groups = records[column]
    return pa.table({"id": records[wish.records_id], "group": groups})


def _curve(curve: Curve) -> dict[str, Any]:
    points = [{"threshold": one.threshold, **measures_dict(one.measures)} for one in curve.points]
    best = {"threshold": curve.best.threshold, **measures_dict(curve.best.measures)} if curve.best else None
    return {"points": points, "best": best}


def _decisions(links: pa.Table, groups: pa.Table | None) -> dict[str, dict[str, int]]:
    """Return how many records got each decision, whole ("") and by group."""
    decisions = links["decision"].cast(pa.string())
    counts = {"": {row["values"]: row["counts"] for row in decisions.value_counts().to_pylist()}}
    if groups is None:
        return counts
    places = pc.index_in(links["right_id"], value_set=groups["id"].combine_chunks())
    named = pa.table({"group": pc.fill_null(groups["group"].take(places), "—"), "decision": decisions})
    counted = named.group_by(["group", "decision"]).aggregate([([], "count_all")]).sort_by("group")
    for row in counted.to_pylist():
        counts.setdefault(row["group"], {})[row["decision"]] = row["count_all"]
    return counts


def _judged(sample: pa.Table) -> Mapping[str, Any]:
    bands, whole = estimate(sample)
    return {"bands": [asdict(one) for one in bands], "whole": asdict(whole)}


def draw_sample(result: Path, size: int, out: Path, seed: int = 0) -> dict[str, Any]:
    """Write a clerical sample of the links in `result` to `out` (CSV or Parquet), for people to fill in `verdict`."""
    links = _read(result, "RESULT")
    for name in (*PAIR, "probability"):
        if name not in links.column_names:
            raise ConfigurationError(result, 1, "RESULT", listed(links.column_names), f"links with the column {name}")
    sample = draw(links, size, seed)
    if out.suffix.casefold() in (".parquet", ".pq"):
        parquet.write_table(sample, out)
    else:
        arrow_csv.write_csv(sample, out)
    return {"kind": "sample", "pairs": sample.num_rows, "out": str(out)}

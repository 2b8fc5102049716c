"""Match two plain files, or deduplicate one: read, clean, decide, write links, clusters and the model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.duckdb_engine import DuckDBEngine
from matching.deduplication import dedupe
from matching.linkage import LINK_COLUMNS, Given, match
from matching.model import Model, from_json
from matching.plan import specification_words
from matching.prepared import prepare
from pipeline.file_records import FileRecords, at_home, file_records, read_file
from pipeline.settings import Settings
from pipeline.told_rules import told_rules
from schemas.linkage_of_files import load_file_spec
from schemas.linkage_spec import LinkageSpec

LINKS, CLUSTERS, REFUSALS = "links.parquet", "clusters.parquet", "refusals.parquet"
MODEL, SUMMARY = "model.json", "summary.json"
TIMEZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class FileWish:
    """What to link: one file (deduplicate) or two (match), by which specification, where to write; `model` is a
    saved one to use instead of training, `encodings` those of the files where they are not to be guessed."""

    files: tuple[Path, ...]
    spec: Path
    out: Path | None = None
    model: Path | None = None
    encoding: str = ""


@dataclass(frozen=True)
class Opened:
    """Everything read and clean, ready to decide."""

    spec: LinkageSpec
    sides: tuple[FileRecords, ...]
    given: Given
    model: Model | None

    @property
    def tables(self) -> tuple[pa.Table, ...]:
        return tuple(side.table for side in self.sides)


def opened(wish: FileWish, settings: Settings) -> Opened:
    """Return the files read and cleaned. Raises ConfigurationError, SourceDamaged, UnusableIds, ModelError."""
    roles = ("LEFT", "RIGHT") if len(wish.files) == 2 else ("FILE",)
    files = [read_file(path, role, wish.encoding) for path, role in zip(wish.files, roles, strict=True)]
    columns = (files[0].rows.column_names, files[-1].rows.column_names)
    spec = load_file_spec(wish.spec, columns)
    today = settings.today(TIMEZONE)
    context: Mapping[str, Any] = {"as_of": today}
    sides = tuple(file_records(file, spec, side, context) for side, file in enumerate(files))
    model = None if wish.model is None else from_json(wish.model.read_text(encoding="utf-8"), wish.model.name)
    return Opened(at_home(spec), sides, Given(context=context, today=today.isoformat()), model)


def match_files(wish: FileWish, settings: Settings) -> dict[str, Any]:
    """Decide every row of the right file, write `links.parquet` and `model.json`, and return the summary.

    Raises ConfigurationError, SourceError, LinkageError.
    """
    ready = opened(wish, settings)
    left, right = ready.tables
    if not (left.num_rows and right.num_rows):
        links = _nothing_to_meet(right[ready.spec.id[1] if ready.spec.id else "id"])
        return _written(wish, ready, {LINKS: links}, None, {"empty_side": True, **_decisions(links)})
    with engine_of(settings) as engine:
        outcome = match(engine, left, right, ready.spec, ready.given, ready.model)
    return _written(wish, ready, {LINKS: outcome.links}, outcome.model, outcome.facts)


def dedupe_file(wish: FileWish, settings: Settings) -> dict[str, Any]:
    """Give every row of the file a cluster, write clusters, links, refusals and the model, and return the summary.

    Raises ConfigurationError, SourceError, LinkageError.
    """
    ready = opened(wish, settings)
    (rows,) = ready.tables
    if rows.num_rows < 2:
        ids = rows[ready.spec.id[0] if ready.spec.id else "id"]
        clusters = pa.table({"id": ids, "cluster_id": ids})
        tables = {CLUSTERS: clusters, LINKS: LINK_COLUMNS.empty_table()}
        return _written(wish, ready, tables, None, {"clusters": len(ids), "one_row": True})
    with engine_of(settings) as engine:
        outcome = dedupe(engine, rows, ready.spec, ready.given, ready.model)
    tables = {CLUSTERS: outcome.clusters, LINKS: outcome.links, REFUSALS: outcome.refusals}
    return _written(wish, ready, tables, outcome.model, outcome.facts)


def plan_files(wish: FileWish, settings: Settings) -> dict[str, Any]:
    """Return what the specification will do, in `words`, and for each of its `rules` the candidate pairs it makes of
    these files, with the keys (masked) that are so common that they are set apart. Nothing is compared or written.

    Raises ConfigurationError, SourceError, LinkageError.
    """
    ready = opened(wish, settings)
    left, right = ready.tables[0], ready.tables[-1]
    prepared = prepare(right, left if len(ready.tables) == 2 else None, ready.spec, ready.given.context, ready.model)
    words, rules = specification_words(ready.spec), told_rules(prepared, ready.spec)
    return {"files": [dict(side.facts) for side in ready.sides], "words": words, "rules": rules}


def _nothing_to_meet(ids: pa.ChunkedArray) -> pa.Table:
    """Return every right row as new: there was nothing to compare it with."""
    count = len(ids)
    zeros, reason = [0.0] * count, ["no_candidate"] * count
    return pa.table([pa.nulls(count, pa.string()), ids, ["new"] * count, zeros, zeros, reason], schema=LINK_COLUMNS)


def _decisions(links: pa.Table) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in links["decision"].value_counts().to_pylist()}


def _written(
    wish: FileWish, ready: Opened, tables: Mapping[str, pa.Table], model: Model | None, facts: Mapping[str, Any]
) -> dict[str, Any]:
    told = None if model is None else {"version": model.version, "known": model.known, "report": dict(model.report)}
    summary: dict[str, Any] = {
        "files": [dict(side.facts) for side in ready.sides],
        "facts": dict(facts),
        "model": told,
        "out": None if wish.out is None else str(wish.out),
    }
    if wish.out is not None:
        wish.out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            _whole(wish.out / name, lambda path, table=table: parquet.write_table(table, path, compression="zstd"))
        if model is not None:
            text = model.to_json()
            _whole(wish.out / MODEL, lambda path: path.write_text(text, encoding="utf-8"))
        summary_text = json.dumps(summary, ensure_ascii=False, indent=1, default=str) + "\n"
        _whole(wish.out / SUMMARY, lambda path: path.write_text(summary_text, encoding="utf-8"))
    return summary


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def engine_of(settings: Settings) -> Iterator[DuckDBEngine]:
    """Open an engine that spills to a folder of its own, which goes when it closes."""
    with tempfile.TemporaryDirectory(prefix="cityhub-") as spill:
        yield DuckDBEngine(settings.memory_limit, settings.threads, Path(spill))

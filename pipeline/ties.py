"""Ties of businesses, staged with a version: which is a branch of which, whose each sole trader is."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet

from engine.quoting import literal, quote
from engine.relation import ParquetFiles, Relation
from engine.step import Step
from golden.representatives import DOUBTS
from golden.ties import COLUMNS, TIE_DOUBTS, TIES, branch_types, ties
from pipeline.hub import Hub
from pipeline.lake_tables import golden_table, ties_table
from pipeline.representatives import BUSINESS, is_represented
from pipeline.staging import staged, version_folder
from pipeline.standing_links import staged_rows
from schemas.arrow import golden_schema
from schemas.code_table import load_code_table
from schemas.standard import Entity
from warehouse.versions import Version

PUBLISHED_TIES = "business_tie"  # the table's name for consumers
UPSERTS, REMOVALS = f"ties-{BUSINESS}", f"tie_removals-{BUSINESS}"
GONE = pa.schema([("hub_id", pa.string())])


def tied(hub: Hub) -> Entity | None:
    """Return the kind of party that has ties: businesses, where the standard knows them and who represents them."""
    entity = hub.city.standard.entities.get(BUSINESS)
    return entity if entity is not None and is_represented(hub, entity) else None


def stage_ties(hub: Hub, version: Version) -> dict[str, int]:
    """Stage what changes in the ties, from the golden businesses as this version leaves them; return counts.

    Ties hang on the names of other businesses: all are found again whenever any golden business changes.
    """
    entity, folder = tied(hub), version_folder(hub, version.number)
    if entity is None:
        return {}
    upserts, removals = TIES.empty_table(), GONE.empty_table()
    stored = ParquetFiles(tuple(hub.lake.files(ties_table(BUSINESS))), TIES)
    names = [folder / f"golden_{what}-{BUSINESS}.parquet" for what in ("upserts", "removals")]
    if any(staged_rows(path) for path in names) or not stored.paths:
        labels = [(code, label.zh) for code, label in load_code_table("business_type").entries.items()]
        steps = ties(*branch_types(labels), version.number, tuple(hub.city.locality.company_prefixes))
        relations: dict[str, Relation] = {
            "golden": ParquetFiles(tuple(hub.lake.files(golden_table(BUSINESS))), golden_schema(entity)),
            "upserts": staged(names[0], golden_schema(entity)),
            "removals": staged(names[1], pa.schema([("id", pa.string())])),
            "stored": stored,
        }
        found = hub.engine.collect([_businesses(), *steps], relations, ("tie_upserts", "tie_removals"))
        upserts, removals = found["tie_upserts"].cast(TIES), found["tie_removals"].cast(GONE)
    parquet.write_table(upserts, folder / f"{UPSERTS}.parquet", compression="zstd")
    parquet.write_table(removals, folder / f"{REMOVALS}.parquet", compression="zstd")
    return {"ties_written": upserts.num_rows, "ties_removed": removals.num_rows}


def _businesses() -> Step:
    columns = ", ".join(map(quote, COLUMNS))
    return Step(
        "businesses",
        f"SELECT {columns} FROM golden WHERE hub_id NOT IN (SELECT hub_id FROM upserts) "  # noqa: S608 - quoted
        f"AND hub_id NOT IN (SELECT id FROM removals) UNION ALL SELECT {columns} FROM upserts",
        materialise=True,
    )


def ties_of(hub: Hub, hub_id: str) -> list[dict[str, Any]]:
    """Return the ties that an entity has in the published version, as the one tied (`of`) or the one tied to (`has`):
    {"tie", "kind", "hub_id", "basis", "doubt"} with the other one's hub id (None where unknown)."""
    published = hub.ledger.published_version()
    version = published.manifest.get(ties_table(BUSINESS)) if published else None
    if version is None:
        return []
    relation = ParquetFiles(tuple(hub.lake.files(ties_table(BUSINESS), version)), TIES)
    wanted = literal(hub_id)
    step = Step("found", f"SELECT * FROM ties WHERE hub_id = {wanted} OR belongs_to = {wanted} ORDER BY hub_id")  # noqa: S608
    rows = hub.engine.run([step], {"ties": relation}, "found").to_pylist()
    return [
        {
            "tie": "of" if row["hub_id"] == hub_id else "has", "kind": row["kind"],
            "hub_id": row["belongs_to"] if row["hub_id"] == hub_id else row["hub_id"],
            "basis": row["basis"], "doubt": _doubt(row["doubt"]),
        }
        for row in rows
    ]  # fmt: skip


def _doubt(code: str | None) -> dict[str, str] | None:
    if code is None:
        return None
    zh, en = {**TIE_DOUBTS, **DOUBTS}.get(code, ("", ""))
    return {"code": code, "zh": zh, "en": en}


def tie_text(tie: dict[str, Any]) -> str:
    """Return one tie for a person to read."""
    words = {
        ("of", "branch"): "分支机构，总公司 a branch of business",
        ("has", "branch"): "其分支机构 it has the branch",
        ("of", "sole_trader"): "个体工商户，经营者 a sole trader operated by person",
        ("has", "sole_trader"): "其经营的个体工商户 operates the sole trader",
    }
    doubt = f"  存疑 doubt: {tie['doubt']['zh']} {tie['doubt']['en']}" if tie["doubt"] else ""
    basis = f"  ({tie['basis']})" if tie["basis"] else ""
    return f"{words[tie['tie'], tie['kind']]} {tie['hub_id'] or '∅'}{basis}{doubt}"

"""The summary of a run: per department what came in and what became of it, the golden dataset, the time it took."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet

from engine.relation import ParquetFiles
from engine.step import Step
from matching.tables import LINKS
from pipeline.hub import Hub
from pipeline.lake_tables import current_table, golden_table, links_table
from pipeline.next_steps import next_step
from pipeline.text_table import text_table
from schemas.arrow import golden_schema, statement_schema
from schemas.standard import Entity
from warehouse.serving_tables import MEMBERS
from warehouse.stage_log import StageEntry

DEPARTMENT_STAGES = ("land", "standardise", "validate", "commit")
CITY_STAGES = ("link", "survive", "publish", "report")


def stages_logged(hub: Hub) -> int:
    """Return how many stages the ledger has logged: the mark from which a run's summary counts."""
    return len(hub.ledger.stages())


def summarise(hub: Hub, since: int = 0) -> dict[str, Any]:
    """Return the summary of every stage logged after the mark `since`, and of the dataset as it stands now.

    {"departments": [...], "city": {...}, "waiting": [held batches], "golden": {entity: rows}, "seconds": {stage: s},
    "nothing_changed": bool, "version", "dataset", "database"}.
    """
    stages = hub.ledger.stages()[since:]
    links = decisions_by_department(hub)
    standing = statements_by_department(hub)
    departments = [
        {"department": name, "label": _label(hub, name), **_department(stages, name)}
        | {"current": standing.get(name, 0)}
        | links.get(name, {"linked": 0, "review": 0, "insufficient": 0})
        for name in hub.city.departments
    ]
    published = hub.ledger.published_version()
    return {
        "departments": departments,
        "failed": [
            {"stage": one.stage, "department": one.department, "error": one.error}
            for one in stages
            if one.outcome == "failed"
        ],
        "waiting": [
            {"batch": one.id, "department": one.department, "table": one.source_table, "reason": one.held_reason}
            | {"next": next_step(one)}
            for one in hub.ledger.batches("held")
        ],
        "golden": dict(hub.reader.counts().items()) if published else {},
        "facts_waiting": published.counts.get("survive", {}) if published else {},
        "seconds": _seconds(stages),
        "nothing_changed": not any(_sum(stages, "commit", name) for name in ("new", "changed", "withdrawn")),
        "version": published.number if published else None,
        "as_of": published.as_of.isoformat() if published else None,
        "city": _city(stages),
        "dataset": _from_here(hub.settings.home / "published" / "current"),
        "database": _database(hub),
        "try": things_to_try(hub) if published else [],
        "report": _report(hub),
    }


def things_to_try(hub: Hub) -> list[str]:
    """Return commands that work on the dataset just published: a query, and the way of one value to its raw cell."""
    shown = _from_here(Path(sys.prefix) / "bin" / "cityhub")
    sql = "SELECT division, count(*) AS people FROM person GROUP BY division ORDER BY people DESC LIMIT 5"
    lines = [f'{shown} query "{sql}"']
    person = hub.lake.files(golden_table("person"))
    if person:
        entity = hub.city.standard.entities["person"]
        relation = {"person": ParquetFiles(tuple(person), golden_schema(entity))}
        one = Step("one", "SELECT min(hub_id) AS id FROM person WHERE anchored AND phone IS NOT NULL AND records > 2")
        [found] = hub.engine.run([one], relation, "one").to_pylist()
        if found["id"]:
            lines.append(f"{shown} show person {found['id']} --field phone")
    return lines


def _report(hub: Hub) -> str | None:
    """Return where the newest report lies; None before there is one."""
    page = hub.settings.home / "report" / "latest" / "report.html"
    return _from_here(page) if page.exists() else None


def _from_here(path: Path) -> str:
    """Return the path as a person standing in the working directory would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _database(hub: Hub) -> str:
    url = hub.database.url
    if hub.database.is_sqlite and url.database:
        return _from_here(Path(url.database))
    return url.render_as_string(hide_password=True)


def _label(hub: Hub, name: str) -> str:
    return hub.city.contracts[name].label if name in hub.city.contracts else "契约有误 broken contract"


def _department(stages: Sequence[StageEntry], name: str) -> dict[str, Any]:
    own = [one for one in stages if one.department == name]
    rows = _sum(own, "land", "rows")
    taken = {key: _sum(own, "standardise", key) for key in ("emitted", "quarantined", "held")}
    failed = next((one.stage for one in own if one.outcome == "failed"), "")
    return {
        "consulted": any(one.stage == "land" and one.outcome == "done" for one in own),
        "failed": failed,
        "rows": rows,
        "unchanged": _sum(own, "land", "identical") + _sum(own, "standardise", "identical"),
        "rejected": _sum(own, "standardise", "rejected"),
        "statements": taken["emitted"],
        "accepted": _sum(own, "standardise", "accepted"),
        "quarantined": taken["quarantined"],
        "held": taken["held"],
        "batches_held": _sum(own, "validate", "held"),
        "new": _sum(own, "commit", "new"),
        "changed": _sum(own, "commit", "changed"),
        "withdrawn": _sum(own, "commit", "withdrawn"),
    }


def _city(stages: Sequence[StageEntry]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for one in stages:
        if one.stage in CITY_STAGES:
            merged[one.stage] = dict(one.counts)
    return merged


def _sum(stages: Sequence[StageEntry], stage: str, name: str) -> int:
    return sum(int(one.counts.get(name, 0)) for one in stages if one.stage == stage)


def _seconds(stages: Sequence[StageEntry]) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for one in stages:
        seconds[one.stage] = round(seconds.get(one.stage, 0.0) + one.seconds, 2)
    order = [*DEPARTMENT_STAGES, *CITY_STAGES]
    return {name: seconds[name] for name in order if name in seconds}


def decisions_by_department(hub: Hub) -> dict[str, dict[str, int]]:
    """Return, for each department, how many of its person and business records are linked, in review, insufficient."""
    result: dict[str, dict[str, int]] = {}
    step = Step(
        "decisions",
        """
        SELECT department, decision, count(*) AS count FROM links JOIN records USING (record_id)
        GROUP BY department, decision ORDER BY department, decision""",
    )
    for entity in hub.city.standard.parties:
        paths = [
            path
            for name in hub.city.departments
            for path in published_files(hub, name, entity)
        ]
        relations = {
            "links": ParquetFiles(tuple(hub.lake.files(links_table(entity.name))), LINKS),
            "records": ParquetFiles(tuple(paths), statement_schema(entity)),
        }
        for row in hub.engine.run([step], relations, "decisions").to_pylist():
            counts = result.setdefault(row["department"], {"linked": 0, "review": 0, "insufficient": 0})
            counts["linked" if row["decision"] == "link" else row["decision"]] += row["count"]
    return result


def party_statements(hub: Hub) -> dict[str, int]:
    """Return the number of person and business records of each department, as the published version pinned them."""
    return _statements(hub, list(hub.city.standard.parties))


def statements_by_department(hub: Hub) -> dict[str, int]:
    """Return the number of current statements of each department, facts included."""
    return _statements(hub, list(hub.city.standard.entities.values()))


def _statements(hub: Hub, entities: list[Entity]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in hub.city.departments:
        for entity in entities:
            for path in published_files(hub, name, entity):
                rows = parquet.read_metadata(path.removeprefix("file://")).num_rows
                counts[name] = counts.get(name, 0) + rows
    return counts


def published_files(hub: Hub, department: str, entity: Entity) -> list[str]:
    """Return the files of a current table as the published version pinned it; none where it was not pinned."""
    name, published = current_table(department, entity.name), hub.ledger.published_version()
    if published is None:
        return hub.lake.files(name)
    return hub.lake.files(name, published.manifest[name]) if name in published.manifest else []


def summary_text(summary: dict[str, Any]) -> str:
    """Return the summary for a person to read, Chinese first."""
    parts = [_departments_text(summary["departments"])]
    for failure in summary["failed"]:
        where = failure["department"] or "全市 city"
        parts.append(f"失败 failed: {where} {failure['stage']}: {failure['error']}")
    parts += [
        f"暂挂 held: 批次 batch {one['batch']} {one['department']}.{one['table']}: {one['reason']} "
        f"▸ 下一步 next: {one['next']}"
        for one in summary["waiting"]
    ]
    parts.append(_changes_text(summary))
    if summary["golden"]:
        golden = ", ".join(f"{name} {rows:,}" for name, rows in summary["golden"].items() if rows and name != MEMBERS)
        parts.append(f"黄金数据 golden: {golden}")
    timing = "  ".join(f"{name} {seconds:.1f}" for name, seconds in summary["seconds"].items())
    parts.append(f"耗时 seconds: {timing}")
    if summary["version"]:
        parts.append(f"版本 version {summary['version']}，截至 as of {summary['as_of']}")
        parts.append(f"数据集 dataset: {summary['dataset']}\n服务库 database: {summary['database']}")
        parts += ["试试 try:", *(f"  {line}" for line in summary["try"])]
    if summary["report"]:
        parts.append(f"质量报告 quality report: {summary['report']}")
    return "\n".join(parts)


def _departments_text(departments: list[dict[str, Any]]) -> str:
    heads = (
        "部门 department", "行 rows", "未变 same", "陈述 statements", "接受 accepted", "隔离 quarantined", "暂挂 held",
        "已关联 linked", "复核 review", "不足 insufficient",
    )  # fmt: skip
    keys = ("rows", "unchanged", "statements", "accepted", "quarantined", "held", "linked", "review", "insufficient")
    lines = [[f"{one['label']} {one['department']}", *(f"{one[key]:,}" for key in keys)] for one in departments]
    totals = ["合计 total", *(f"{sum(one[key] for one in departments):,}" for key in keys)]
    return text_table([list(heads), *lines, totals])


def _changes_text(summary: dict[str, Any]) -> str:
    departments = summary["departments"]
    asked = sum(one["consulted"] for one in departments)
    if summary["nothing_changed"]:
        return f"没有变化 nothing changed: 已查询 {asked} 个部门 departments consulted，未写入陈述 nothing written"
    new, changed, withdrawn = (sum(one[key] for one in departments) for key in ("new", "changed", "withdrawn"))
    link, survive = summary["city"].get("link", {}), summary["city"].get("survive", {})
    decided = sum(value for name, value in link.items() if "_decided." in name)
    return (
        f"本次变化 this run: 陈述 statements 新增 new {new:,} 变更 changed {changed:,} 撤回 withdrawn {withdrawn:,}；"
        f"重新判定 records decided {decided:,}；黄金 golden 写入 written {survive.get('written', 0):,} "
        f"删除 removed {survive.get('removed', 0):,}"
    )


def outcome_line(stage: str, result: dict[str, Any]) -> str:
    """Return one line about a stage's result: its plain counts that are not 0."""
    subject = result.get("department") or "全市 city"
    plain = {name: value for name, value in result.items() if isinstance(value, int) and value}
    told = ", ".join(f"{name} {value:,}" for name, value in plain.items())
    return f"{stage} {subject}: {told or '无变化 nothing'}"

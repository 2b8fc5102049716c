"""Clerical samples of links: drawn by class of evidence, judged by people, recorded for good as evidence."""

# ruff: noqa: S608 - every identifier and literal is quoted by engine.quoting or a constant

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.quoting import literal, quote
from engine.relation import ParquetFiles
from engine.step import Step
from pipeline.evidence_records import record
from pipeline.hub import Hub
from pipeline.lake_tables import golden_table
from pipeline.linkage_facts import EVIDENCE, links_files, strata
from pipeline.masking import masked
from pipeline.summary import published_files
from pipeline.trace import Shown, record_reveal
from quality.linkage_quality import LINKED, VERDICTS, Stratum, allotted
from quality.workbook import defused
from schemas.arrow import golden_schema, statement_schema
from schemas.errors import ConfigurationError
from schemas.evidence import EvidenceEntry
from schemas.nearest import nearest
from schemas.standard import Entity

DRAWN, JUDGED = "linkage_sample_drawn", "linkage_sample"
# What a clerk compares, where the entity has it: the record beside the entity it was linked to, or nearly.
COMPARED = ("name", "citizen_id", "uscc", "document_number", "birth_date", "sex", "phone", "address")
_OPENING = ("sample", "item", "stratum", "department", "table", "statement", "source_key", "hub_id")
_CLOSING = ("verdict", "note")
VERDICT, ITEM, SAMPLE = "verdict", "item", "sample"


@dataclass(frozen=True)
class Order:
    """A sample to draw: of which `entity`, how many, and the word that the draw hangs on (same word, same sample)."""

    entity: str
    size: int = 300
    word: str = "1"


def draw_sample(hub: Hub, order: Order, path: Path, shown: Shown) -> dict[str, Any]:
    """Draw a sample of decisions, write it as CSV for clerks and record what was drawn; return its name and counts.

    Values are masked unless `shown` has a purpose, which is recorded. Raises ConfigurationError for a path that exists.
    """
    if path.exists():
        raise ConfigurationError(
            path, 0, "", path.name, "a file that is not there yet: a judged sample is never overwritten"
        )
    entity = hub.city.standard.entities[order.entity]
    groups = [one for one in strata(hub, order.entity) if _can_be_judged(one)]
    wanted = allotted(groups, order.size)
    rows = _drawn(hub, entity, order, wanted)
    published = hub.ledger.published_version()
    name = f"{order.entity}-v{published.number if published else 0}-{order.word}"
    if shown.revealed:
        record_reveal(hub, f"sample {name}", shown)
    items = {row["item"]: row["stratum"] for row in rows}
    told = Counter(items.values())
    body = {
        "sample": name, "entity": order.entity, "items": items, "sizes": {one.name: one.size for one in groups},
        "departments": {row["item"]: row["department"] for row in rows},
    }  # fmt: skip
    record(hub, DRAWN, name, body)
    _write(path, entity, name, rows, shown)
    return {"sample": name, "path": str(path), "items": len(items), "strata": dict(sorted(told.items()))}


def record_sample(hub: Hub, path: Path, judge: str) -> dict[str, Any]:
    """Record a judged sample; return its counts by stratum and verdict.

    Every line must be one that was drawn, once, with a verdict (同一 same, 非同一 different, 不确定 unsure, or empty
    for not judged). Raises ConfigurationError naming file, line and what was expected.
    """
    lines = _read(path)
    name = lines[0][SAMPLE] if lines else ""
    drawn = hub.ledger.evidence(DRAWN, name) if name else []
    if not drawn:
        raise ConfigurationError(path, 2, SAMPLE, name, "the name of a sample that cityhub sample draw wrote")
    items: Mapping[str, str] = drawn[-1].content["items"]
    verdicts: dict[str, str] = {}
    for number, line in enumerate(lines, start=2):
        if line[SAMPLE] != name or line[ITEM] not in items or line[ITEM] in verdicts:
            raise ConfigurationError(path, number, ITEM, line[ITEM], f"an item of the sample {name}, once")
        word = line[VERDICT].strip()
        if word and word not in VERDICTS:
            raise ConfigurationError(path, number, VERDICT, word, " / ".join(VERDICTS), nearest(word, VERDICTS))
        if word:
            verdicts[line[ITEM]] = VERDICTS[word]
    if not verdicts:
        raise ConfigurationError(path, 2, VERDICT, "", "at least one verdict in the file")
    counts: dict[str, Counter[str]] = {}
    for item, verdict in verdicts.items():
        counts.setdefault(items[item], Counter())[verdict] += 1
    told = {stratum: dict(sorted(found.items())) for stratum, found in sorted(counts.items())}
    body = {
        "sample": name, "entity": drawn[-1].content["entity"], "judge": judge, "counts": told,
        "links": _of_links(verdicts, items, drawn[-1].content["departments"]),
        "verdicts": dict(sorted(verdicts.items())), "drawn": len(items),
    }  # fmt: skip
    entry = record(hub, JUDGED, name, body)
    return {"sample": name, "entry": entry.seq, "judged": len(verdicts), "drawn": len(items), "counts": told}


def _of_links(
    verdicts: Mapping[str, str], items: Mapping[str, str], departments: Mapping[str, str]
) -> dict[str, dict[str, int]]:
    """Return, by department, what was found of its links: the subgroups a city asks about."""
    counts: dict[str, Counter[str]] = {}
    for item, verdict in verdicts.items():
        if items[item].split("/")[1] == LINKED:
            counts.setdefault(departments[item], Counter())[verdict] += 1
    return {name: dict(sorted(found.items())) for name, found in sorted(counts.items())}


def judged_links(entity: str, samples: Sequence[EvidenceEntry]) -> dict[str, dict[str, int]]:
    """Return the verdicts on links by department over every recorded sample of an entity."""
    latest = {one.subject: one.content for one in samples if one.content["entity"] == entity}
    sums: dict[str, Counter[str]] = {}
    for body in latest.values():
        for name, counts in body["links"].items():
            sums.setdefault(name, Counter()).update(counts)
    return {name: dict(found) for name, found in sums.items()}


def judged_strata(groups: Sequence[Stratum], samples: Sequence[EvidenceEntry]) -> list[Stratum]:
    """Return the strata with the verdicts of every recorded sample; of a sample recorded twice the later one counts."""
    latest = {one.subject: one.content for one in samples}
    sums: dict[str, Counter[str]] = {}
    for body in latest.values():
        for name, counts in body["counts"].items():
            sums.setdefault(name, Counter()).update(counts)
    return [
        replace(one, **{verdict: sums[one.name][verdict] for verdict in ("same", "different", "unsure")})
        if one.name in sums
        else one
        for one in groups
    ]


def samples_told(entity: str, samples: Sequence[EvidenceEntry]) -> list[dict[str, Any]]:
    """Return who judged which samples of an entity, and how much of them."""
    latest = {one.subject: one for one in samples if one.content["entity"] == entity}
    return [
        {
            "sample": name, "judge": one.content["judge"], "judged": len(one.content["verdicts"]),
            "drawn": one.content["drawn"], "recorded_at": one.recorded_at, "entry": one.seq,
        }
        for name, one in latest.items()
    ]  # fmt: skip


def _can_be_judged(one: Stratum) -> bool:
    """A register's own rows are what others are compared with: there is nothing to compare them with."""
    return "register" not in one.evidence.split("/")


def _drawn(hub: Hub, entity: Entity, order: Order, wanted: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the records drawn, each beside the entity it was linked to or nearly."""
    files = [path for name in hub.city.departments for path in published_files(hub, name, entity)]
    fields = [name for name in COMPARED if any(field.name == name for field in entity.fields)]
    limits = " ".join(f"WHEN {literal(name)} THEN {int(count)}" for name, count in wanted.items())
    own = ", ".join(f"records.{quote(name)} AS {quote(f'record {name}')}" for name in fields)
    theirs = ", ".join(f"golden.{quote(name)} AS {quote(f'entity {name}')}" for name in fields)
    drawn_by = f"sha256(record_id || {literal('/' + order.word)})"
    sql = f"""
        SELECT item, stratum, records.department, records.source_table AS "table", records.statement,
            records.source_key, chosen.compared AS hub_id, {own}, {theirs}
        FROM (
            SELECT *, left({drawn_by}, 20) AS item,
                row_number() OVER (PARTITION BY stratum ORDER BY {drawn_by}) AS place
            FROM (
                SELECT record_id, {literal(entity.name + "/")} || decision || '/' || {EVIDENCE} AS stratum,
                    coalesce(hub_id, candidate_hub_id) AS compared
                FROM links WHERE coalesce(hub_id, candidate_hub_id) IS NOT NULL
            )
        ) AS chosen
        JOIN records USING (record_id) LEFT JOIN golden ON golden.hub_id = chosen.compared
        WHERE place <= CASE stratum {limits or "WHEN '' THEN 0"} ELSE 0 END ORDER BY stratum, item"""
    golden = golden_table(entity.name)
    relations = {
        "links": links_files(hub, entity.name),
        "records": ParquetFiles(tuple(files), statement_schema(entity)),
        "golden": ParquetFiles(tuple(hub.lake.files(golden)), golden_schema(entity)),
    }
    return hub.engine.run([Step("drawn", sql)], relations, "drawn").to_pylist()


def _write(path: Path, entity: Entity, name: str, rows: Sequence[Mapping[str, Any]], shown: Shown) -> None:
    compared = [column for column in (rows[0] if rows else {}) if column.startswith(("record ", "entity "))]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*_OPENING, *compared, *_CLOSING])
        for row in rows:
            opening = [name, *(str(row[column] or "") for column in _OPENING[1:])]
            values = [_value(entity, column, row[column], shown) for column in compared]
            writer.writerow([defused(cell) for cell in (*opening, *values, "", "")])


def _value(entity: Entity, column: str, value: Any, shown: Shown) -> str:
    if value is None:
        return ""
    return str(value) if shown.revealed else masked(entity.field(column.partition(" ")[2]), value)


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in (SAMPLE, ITEM, VERDICT) if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigurationError(path, 1, "", ", ".join(missing), "the columns that cityhub sample draw wrote")
            return [{key: value or "" for key, value in row.items() if key is not None} for row in reader]
    except UnicodeDecodeError:
        raise ConfigurationError(path, 1, "", path.name, "a CSV file in UTF-8") from None
    except (OSError, csv.Error) as error:
        raise ConfigurationError(path, 1, "", path.name, f"a readable CSV file ({type(error).__name__})") from None

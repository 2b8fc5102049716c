"""Profile and onboard: look at a source nobody has described, draft its contract, try it on some rows in memory."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.source import ReadRequest
from connectors.survey import Offered, Survey, declared_types
from connectors.survey_files import FOLDER, survey
from pipeline.hub import expanded
from pipeline.masking import masked, masked_cell
from pipeline.settings import Settings
from profiling.crosswalk_draft import CrosswalkDraft
from profiling.draft import draft_table, with_logs
from profiling.draft_text import UNSURE, contract_text
from profiling.likely_field import Knowledge
from profiling.table_profile import TableProfile, profile_table
from profiling.twin_tables import with_twins
from schemas.city import City
from schemas.code_table import CodeTable, code_table_names, load_code_table
from schemas.contract import Contract, TableContract
from schemas.contract_file import load_contract
from schemas.errors import ConfigurationError
from schemas.nearest import listed, nearest
from standardise.explanation import explain
from standardise.plan import TablePlan
from standardise.standardised import standardise

TRIED, SHOWN = 1_000, 3
_DEPARTMENT = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True)
class Desk:
    """What looking at a source needs: settings and city; nothing of the hub is opened or written."""

    settings: Settings
    city: City

    @property
    def as_of(self) -> date:
        return self.settings.today(self.city.timezone)

    def tables(self) -> dict[str, CodeTable]:
        return {name: load_code_table(name) for name in code_table_names()}

    def known(self) -> Knowledge:
        return Knowledge.of(self.city.standard, self.tables(), self.as_of)


def source_url(desk: Desk, source: str) -> str:
    """Return the URL of a URL, a path, or a connection's name. Raises ConfigurationError with the nearest name."""
    if "://" in source:
        return source
    path = Path(source)
    if source and path.is_dir():  # an empty name is no folder, though a path makes "." of it
        return FOLDER + str(path.resolve())
    if path.is_file():
        with path.open("rb") as file:
            is_sqlite = file.read(16) == b"SQLite format 3\0"
        return f"sqlite:///{path.resolve()}" if is_sqlite else FOLDER + str(path.resolve())
    names = sorted({*desk.city.connections, *desk.settings.connections})
    if source in names:
        named = desk.settings.connections.get(source) or desk.city.connections[source]
        return expanded(named, desk.settings, desk.city, source)
    expected = f"a URL, a path that exists, or a connection of the city ({listed(names)})"
    raise ConfigurationError("command line", 0, "SOURCE", source, expected, nearest(source, names))


def profiles(
    desk: Desk, source: str, tables: tuple[str, ...] = (), rows: int = 100_000
) -> tuple[list[TableProfile], dict[str, str]]:
    """Return the profile of each table of the source (or of those named), from at most `rows` rows of each, and the
    files that could not be opened, each with the reason."""
    found = survey(source_url(desk, source), desk.settings.reading(desk.city.timezone))
    known = desk.known()
    return [_profiled(found, offered, known, rows) for offered in _wanted(found, tables)], found.unread


def _wanted(found: Survey, tables: tuple[str, ...]) -> list[Offered]:
    for name in tables:
        if name not in found.tables:
            expected = f"a table of the source ({listed(found.tables)})"
            raise ConfigurationError("command line", 0, "--table", name, expected, nearest(name, found.tables))
    return [found.tables[name] for name in tables or found.tables]


def _profiled(found: Survey, offered: Offered, known: Knowledge, rows: int) -> TableProfile:
    sample, complete = first_rows(found, offered.contract, rows)
    return profile_table(offered.shape.name, sample, known, declared_types(offered.shape), complete)


def first_rows(found: Survey, table: TableContract, rows: int) -> tuple[pa.Table, bool]:
    """Return at most `rows` rows of a table as text, and whether those were all."""
    source = found.open()
    parts: list[pa.RecordBatch] = []
    try:
        with source.stream(ReadRequest(table, batch_rows=min(rows, 65_536))) as extraction:
            for batch in extraction:
                parts.append(batch)
                if sum(part.num_rows for part in parts) > rows:
                    break
            sample = pa.Table.from_batches(parts, schema=extraction.schema)
    finally:
        source.close()
    return sample.slice(0, rows), sample.num_rows <= rows


def onboard(desk: Desk, source: str, department: str, out: Path, tables: tuple[str, ...] = ()) -> dict[str, Any]:
    """Write a draft contract to `out` and return what it holds, what is left to do, and raw beside standard values.

    Raises ConfigurationError for a department's name that is taken or no snake_case, and for a file that exists.
    """
    _check_names(desk, department, out)
    url = source_url(desk, source)
    found, known = survey(url, desk.settings.reading(desk.city.timezone)), desk.known()
    crosswalks: dict[str, CrosswalkDraft] = {}
    offered = _wanted(found, tables)
    looked = [_profiled(found, one, known, 20_000) for one in offered]
    drafts = [
        draft_table(one, known, crosswalks, each.contract.file) for one, each in zip(looked, offered, strict=True)
    ]
    drafts = with_logs(with_twins(drafts, looked), looked)
    logs = {one.changes.log for one in drafts if one.changes}
    text = contract_text(department, drafts, crosswalks)
    _write(out, text)
    mistake, contract = checked(desk, out)
    return {
        "file": str(out),
        "tables": [
            {"table": one.name, "key": list(one.key), "statements": [emit.name for emit in one.emits]} for one in drafts
        ],
        "unread": found.unread,
        "unsure": text.count(UNSURE),
        "to_fill": [
            "label",
            "owner",
            "basis",
            *(f"{one.name}.emit" for one in drafts if not one.emits and one.name not in logs),
        ],
        "mistake": str(mistake) if mistake else None,
        "trial": [tried(desk, contract, found, name.name) for name in contract.tables] if contract else [],
    }


def _check_names(desk: Desk, department: str, out: Path) -> None:
    if not _DEPARTMENT.fullmatch(department):
        raise ConfigurationError("command line", 0, "--department", department, "a name in snake_case (a-z, 0-9, _)")
    if department in desk.city.departments:
        free = f"a new name; the city has {listed(desk.city.departments)}"
        raise ConfigurationError("command line", 0, "--department", department, free)
    if out.name != f"{department}.yaml":
        raise ConfigurationError("command line", 0, "--out", out.name, f"a file called {department}.yaml")
    if out.exists():
        raise ConfigurationError("command line", 0, "--out", out.name, "a file that is not there yet")


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, "utf-8")
    except OSError as error:
        expected = f"能写的地方 a place that can be written ({error.strerror or 'not possible'})"
        raise ConfigurationError("command line", 0, "--out", str(out), expected) from None


def checked(desk: Desk, draft: Path) -> tuple[ConfigurationError | None, Contract | None]:
    """Return (the first mistake, None) or (None, the contract) of a draft, read as the city would read it."""
    try:
        return None, load_contract(draft, desk.city.standard, desk.tables())
    except ConfigurationError as error:
        return error, None


def tried(desk: Desk, contract: Contract, found: Survey, name: str) -> dict[str, Any]:
    """Standardise up to 1,000 rows of one table in memory; return counts, reasons, and a few rows raw beside standard.

    Every value is masked. Record ids are made with a key that is thrown away.
    """
    table = contract.table(name)
    reading = replace(found.tables[name].contract, key=replace(table, ignore=()).columns)
    rows, _ = first_rows(found, reading, TRIED)
    numbers = pa.array(range(1, rows.num_rows + 1), pa.int64())
    rows = rows.append_column("batch", pa.array([0] * rows.num_rows, pa.int64())).append_column("row_number", numbers)
    plan = trial_plan(desk, contract, table)
    done = standardise(rows, plan)
    lines = done.quarantine.select(["statement", "field", "reason"]).to_pylist()
    refused = Counter((line["statement"], line["field"], line["reason"]) for line in lines)
    # the first rows as they come, then some that were refused: these teach more
    bad = [number for number in done.quarantine.column("row_number").unique().to_pylist() if number > SHOWN][
        : SHOWN - 1
    ]
    numbers = [*range(1, min(SHOWN, rows.num_rows) + 1), *bad]
    shown = [(number, _beside(desk, rows.slice(number - 1, 1), plan)) for number in numbers]
    counts = done.counts
    return {
        "table": name,
        "rows": counts.extracted,
        "rejected": counts.rejected,
        "statements": counts.emitted,
        "accepted": counts.accepted,
        "quarantined": counts.quarantined,
        "held": counts.held,
        "refused": [{"what": f"{s}.{f}", "reason": r, "count": n} for (s, f, r), n in refused.most_common(10)],
        "noted": [{"what": what, "count": n} for what, n in Counter(counts.issues).most_common(10)],
        "shown": shown,
    }


def trial_plan(desk: Desk, contract: Contract, table: TableContract) -> TablePlan:
    """Return the plan of a table whose record ids nobody will ever see."""
    secret = secrets.token_bytes(32)

    def record_ids(source_table: str, statement: str, keys: pa.Array) -> pa.Array:
        head = f"{source_table}|{statement}|"
        return pa.array(
            [None if key is None else blake2b((head + key).encode(), key=secret, digest_size=16).hexdigest()
             for key in keys.to_pylist()],
            pa.string(),
        )  # fmt: skip

    return TablePlan(
        contract=contract,
        table=table,
        standard=desk.city.standard,
        code_tables=desk.tables(),
        as_of=desk.as_of,
        record_ids=record_ids,
        locality=desk.city.locality,
        timezone=desk.city.timezone,
        custom={"gazetteer": desk.city.gazetteer},
    )


def _beside(desk: Desk, row: pa.Table, plan: TablePlan) -> list[dict[str, Any]]:
    lines = []
    for emit in plan.table.emit:
        for one in explain(row, plan, emit.name):
            field = desk.city.standard.entities[emit.entity].field(one.field)
            raws = [masked_cell(field, raw) for raw in one.raws]
            if one.value is None and not any(raws):
                continue
            lines.append(
                {
                    "statement": emit.name,
                    "field": one.field,
                    "label": field.label.zh,
                    "columns": list(one.columns),
                    "raw": " ¦ ".join(raws),
                    "standard": "" if one.value is None else masked(field, one.value),
                    "reasons": [why.code for why in one.reasons],
                    "state": one.state,
                }
            )
    return lines

"""A file or a table through the standard in memory, raw beside standard, for a person to read; nothing is stored."""

from __future__ import annotations

import glob
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.opening import open_source
from connectors.source import Extraction, ReadRequest, ReadSettings
from pipeline.hub import Hub
from pipeline.masking import masked, masked_cell, masked_line_key, strictest_fields, strictness
from pipeline.standardised_batch import table_plan
from pipeline.trace import Shown, record_reveal
from schemas.catalogue import mask_of
from schemas.contract import Contract, FileShape, TableContract
from schemas.errors import ConfigurationError
from schemas.nearest import nearest
from schemas.reason_sentences import SENTENCES
from schemas.reasons import Reason
from schemas.standard import Field
from standardise.explanation import Explanation, explain
from standardise.plan import TablePlan
from standardise.sift import Fate, sift, sift_columns
from standardise.standardised import standardise

STARS = "****"
MOST_ROWS = 200_000  # of a connection's table; a file is read to its end
_SNIFFED = 1 << 20
_LONGEST_CODE = 8


@dataclass(frozen=True)
class Wish:
    """What to read: `file` (None: the connection's table), the table ("" where it is plain), and how much to show."""

    contract: str
    file: Path | None = None
    table: str = ""
    limit: int = 20
    shown: Shown = field(default_factory=Shown)


def standardise_file(hub: Hub, wish: Wish) -> dict[str, Any]:
    """Return `department`, `table`, `rows`, `cut` (more rows were there), `counts`, the first `limit` statements with
    raw beside standard, and the first `limit` lines of the quarantine. Values are masked unless the wish says why not.

    Raises ConfigurationError for an unknown department or table, SourceError for what cannot be read.
    """
    contract = hub.contract(wish.contract)
    table = _table(contract, wish)
    record_reveal(hub, f"{contract.department}.{table.name}", wish.shown)
    raw, ragged, cut = _read(hub, contract, table, wish.file)
    plan = table_plan(hub, contract, table)
    verdict = sift(sift_columns(raw, table, hub.city.timezone))
    result = standardise(raw, plan, verdict)
    kept = np.flatnonzero(verdict.fates_of(raw.column("row_number")) == Fate.STANDARDISE)
    statements: list[dict[str, Any]] = []
    for row in kept[: wish.limit].tolist():
        statements += _beside(raw.slice(row, 1), plan, wish)
    return {
        "department": contract.department,
        "table": table.name,
        "rows": raw.num_rows,
        "ragged": ragged,
        "cut": cut,
        "counts": result.counts.as_dict(),
        "statements": statements[: wish.limit],
        "quarantine": [_refused(line, plan, wish) for line in result.quarantine.slice(0, wish.limit).to_pylist()],
    }


def _table(contract: Contract, wish: Wish) -> TableContract:
    """Return the table named, the one whose pattern the file has, or the only one."""
    known = [table.name for table in contract.tables]
    if wish.table:
        if wish.table not in known:
            raise ConfigurationError(
                contract.path, 0, "tables", wish.table, ", ".join(known), nearest(wish.table, known)
            )
        return contract.table(wish.table)
    name = wish.file.name if wish.file else ""
    fitting = [table for table in contract.tables if table.file and fnmatch(name, table.file.pattern)]
    fitting = fitting or [table for table in contract.tables if table.name.casefold() in name.casefold()]
    fitting = fitting or list(contract.tables)
    if len(fitting) != 1:
        raise ConfigurationError(contract.path, 0, "--table", name, f"one of {', '.join(known)}")
    return fitting[0]


def _read(hub: Hub, contract: Contract, table: TableContract, file: Path | None) -> tuple[pa.Table, int, bool]:
    """Return the rows as they would land, how many lines were ragged, and whether more rows were left."""
    settings = ReadSettings(timezone=hub.city.timezone)
    if file is None:
        source = open_source(contract, hub.connection_url(contract.connection), settings)
    else:
        shape = _shape(table, file)
        table = replace(table, file=shape)
        source = open_source(replace(contract, tables=(table,)), f"files://{file.resolve().parent}", settings)
    try:
        with source.stream(ReadRequest(table, batch_rows=hub.settings.batch_rows)) as extraction:
            rows, cut = _rows(extraction, None if file else MOST_ROWS)
            ragged = 0 if cut else len(extraction.ragged)
    finally:
        source.close()
    count = rows.num_rows
    rows = rows.append_column("batch", pa.array(np.zeros(count, np.int64)))
    return rows.append_column("row_number", pa.array(np.arange(1, count + 1))), ragged, cut


def _rows(extraction: Extraction, most: int | None) -> tuple[pa.Table, bool]:
    batches, count = [], 0
    for batch in extraction:
        batches.append(batch)
        count += batch.num_rows
        if most is not None and count > most:
            return pa.Table.from_batches(batches, extraction.schema).slice(0, most), True
    return pa.Table.from_batches(batches, extraction.schema), False


def _shape(table: TableContract, file: Path) -> FileShape:
    """Return how to read the file: as the contract says, under the name it has; without a word by its ending."""
    pattern = glob.escape(file.name)
    if table.file is not None:
        return replace(table.file, pattern=pattern)
    if file.suffix.casefold() == ".xlsx":
        return FileShape(pattern, "xlsx")
    with file.open("rb") as stream:
        start = stream.read(_SNIFFED)
    return FileShape(pattern, "csv", "utf-8" if _is_utf8(start) else "gb18030", "\t" if b"\t" in start[:4096] else ",")


def _is_utf8(start: bytes) -> bool:
    """A character may be cut at the end of what was read; anything else wrong means another encoding."""
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start >= len(start) - 3
    return True


def _beside(row: pa.Table, plan: TablePlan, wish: Wish) -> list[dict[str, Any]]:
    """Return the statements of one raw row with every field that has a value, a cell or a reason."""
    statements = []
    for emit in plan.table.emit:
        part = 0
        while told := explain(row, plan, emit.name, part):
            fields = [
                _field_beside(one, plan.standard_field(emit, one.field), plan, wish.shown)
                for one in told
                if one.value is not None or one.reasons
            ]
            number = row.column("row_number")[0].as_py()
            named = emit.name if part == 0 else f"{emit.name}#{part + 1}"
            statements.append({"row": number, "statement": named, "state": told[0].state, "fields": fields})
            part += 1
    return statements


def _field_beside(one: Explanation, field: Field, plan: TablePlan, shown: Shown) -> dict[str, Any]:
    codes = [reason.code for reason in one.reasons]
    cells = strictest_fields(plan.table, plan.standard)
    line = {
        "field": field.name,
        "label": field.label.zh,
        "columns": list(one.columns),
        "raw": [_cell(cells.get(name), raw, codes, shown) for name, raw in zip(one.columns, one.raws, strict=True)],
        "standard": one.value if shown.revealed else masked(field, one.value),
        "reasons": [{"code": two.code, "zh": two.zh, "en": two.en, "effect": two.effect} for two in one.reasons],
    }
    if Reason.UNKNOWN_CODE.value in codes and field.codes and one.raws and one.raws[0]:
        line["nearest"] = plan.code_tables[field.codes].suggest(one.raws[0])
    return line


def _cell(field: Field | None, raw: str | None, codes: list[str], shown: Shown) -> str:
    """Return a raw cell as it may be shown. A doubtful cell may hold another column's content: an open one shows only
    what is as short and plain as a code."""
    if shown.revealed:
        return raw or ""
    if raw is None:
        return ""
    if field is None:
        return STARS
    doubted = any(SENTENCES[Reason(code)].effect.value != "changed" for code in codes)
    if not mask_of(field) and doubted:
        return raw if raw.isascii() and len(raw) <= _LONGEST_CODE else STARS
    return masked_cell(field, raw)


def _refused(line: dict[str, Any], plan: TablePlan, wish: Wish) -> dict[str, Any]:
    fields = strictest_fields(plan.table, plan.standard)
    read = [fields[column] for column in (line["column"] or "").split(" + ") if column in fields and line["statement"]]
    strictest = max(read, key=strictness, default=None)
    sentence = SENTENCES[Reason(line["reason"])]
    return {
        "row": line["row_number"],
        "key": line["source_key"] if wish.shown.revealed else masked_line_key(line, plan.table, plan.standard),
        "statement": line["statement"],
        "field": line["field"],
        "column": line["column"],
        "raw": _cell(strictest, line["raw"], [line["reason"]], wish.shown),
        "reason": line["reason"],
        "zh": sentence.zh,
        "en": sentence.en,
        "state": line["state"],
    }

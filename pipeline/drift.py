"""Drift, found before a row moves: the source against its contract, with the change of contract it suggests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from connectors.drift import Drift, compare
from connectors.source import CODES, Source
from pipeline.contract_change import UNKNOWN, ContractChange, proposed
from pipeline.retyped import Retyped, Types, retyped, types_of
from profiling.likely_field import label_forms
from profiling.type_change import alike
from schemas.code_table import code_table_names, load_code_table
from schemas.contract import CodeMap, Contract, Severity, TableContract
from schemas.errors import SourceDrift
from schemas.reasons import Reason
from values.code import clean
from warehouse.batch import Batch

_SHOWN = 20  # unknown codes told one by one
_LONGEST = 8  # a longer text in a column of codes may be somebody's name or number
_NAME_LIKE = re.compile(r"[\u3400-\u9fff]{2}")  # so may a word that is no label of the table


@dataclass(frozen=True)
class Findings:
    """What differs. `lines` are the diff against the source, `proposal` the diff of the contract that would settle it;
    `held` is why the batch is held, "" when it is not; `shape` maps each used column to the type the source declares
    (files: Parquet's own, and the kinds of values of JSON Lines).
    """

    lines: tuple[str, ...] = ()
    proposal: tuple[str, ...] = ()
    held: str = ""
    shape: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Difference:
    severity: Severity
    line: str
    retyped: Retyped | None = None
    crosswalk: str = ""
    codes: tuple[str, ...] = ()


def find_drift(
    source: Source, contract: Contract, table: TableContract, done: Sequence[Batch], since: str | None
) -> Findings:
    """Return the drift of `table` since its contract and its last landing (`done`, oldest first).

    Raises `SourceDrift` with the whole diff when a difference is of severity `fail`; a missing column always is. A
    table the source does not have is left to the reading, which says more.
    """
    shape = source.describe().get(table.name)
    if shape is None:
        return Findings()
    drift = compare(table, shape)
    types = types_of(done, table, shape)
    differences = [*_columns(drift, table), *_types(source, table, types, since)]
    if not drift.fatal:
        differences += _codes(source, contract, table, since)
    proposal = _proposal(contract, drift, differences)
    if drift.fatal or any(one.severity == "fail" for one in differences):
        diff = drift.lines + tuple(one.line for one in differences if one.line not in drift.lines)
        diff += ("契约可改为 the contract could say:", *(f"  {line}" for line in proposal)) if proposal else ()
        detail = f"{table.name}: 结构或代码与契约不符 not as the contract says"
        raise SourceDrift(contract.department, contract.connection, detail, diff=diff)
    held = "; ".join(one.line for one in differences if one.severity == "hold")
    return Findings(
        tuple(one.line for one in differences),
        proposal,
        f"drift: {held}" if held else "",
        dict(types.now),
    )


def _columns(drift: Drift, table: TableContract) -> Iterator[_Difference]:
    for old, new in drift.renamed.items():
        yield _Difference("fail", f"- {old}  (改名为 renamed to {new}?)")
    for name in drift.new:
        if name not in drift.renamed.values():
            yield _Difference(table.drift.new, f"+ {name}")
    for name in drift.gone:
        yield _Difference("warn", f"- {name}  (已忽略，来源不再有 ignored, and gone from the source)")


def _proposal(contract: Contract, drift: Drift, differences: Sequence[_Difference]) -> tuple[str, ...]:
    """Return the diff of the contract's file that would settle these differences."""
    if not differences and not drift.fatal:
        return ()
    renamed = dict(drift.renamed)
    change = ContractChange(
        drift.table,
        renamed,
        missing=[name for name in drift.missing if name not in renamed],
        new=[name for name in drift.new if name not in renamed.values()],
        gone=drift.gone,
        retyped={one.retyped.column: one.retyped.advice for one in differences if one.retyped and one.retyped.advice},
        marks={one.retyped.column: one.retyped.marks for one in differences if one.retyped and one.retyped.marks},
        codes={one.crosswalk: _meant(contract.codes[one.crosswalk], one.codes) for one in differences if one.codes},
    )
    return proposed(contract.path.read_text("utf-8"), contract.path.name, change)


def _meant(crosswalk: CodeMap, codes: Sequence[str]) -> dict[str, str]:
    """Return for each unknown code the city's code whose label it is, or which its other spelling has (01 for 1); "?"
    where it is none."""
    labels = _labels(crosswalk)
    known = load_code_table(crosswalk.table).entries if labels else {}
    spelled: dict[str, set[str]] = {}
    for code, meaning in crosswalk.entries.items():
        spelled.setdefault(alike(code), set()).add(meaning)
    same = {form: meanings.pop() for form, meanings in spelled.items() if len(meanings) == 1}
    return {code: labels.get(code) or same.get(alike(code), code if code in known else UNKNOWN) for code in codes}


def _labels(crosswalk: CodeMap) -> dict[str, str]:
    """Return the city's code by each form of its label; nothing where the codes belong to no table."""
    if crosswalk.table not in code_table_names():
        return {}
    entries = load_code_table(crosswalk.table).entries
    return {form: code for code, text in entries.items() for form in label_forms(text.zh, text.en)}


def _types(source: Source, table: TableContract, types: Types, since: str | None) -> Iterator[_Difference]:
    """Yield the columns whose declared type is not what it was at the last landing."""
    for one in retyped(source, table, types, since):
        yield _Difference(one.severity, one.line, retyped=one)


def _codes(source: Source, contract: Contract, table: TableContract, since: str | None) -> Iterator[_Difference]:
    """Yield the codes in this read that their crosswalk does not know."""
    crosswalks = mapped_codes(table)
    if not crosswalks:
        return
    found = source.codes(table, tuple(crosswalks), since)
    for column, name in crosswalks.items():
        texts = found.get(column, [])
        if len(texts) > CODES:
            yield _Difference(table.drift.codes, f"? {column}: 超过 over {CODES} 种取值 distinct values, no codes")
            continue
        unknown = _unknown(texts, contract.codes[name].entries)
        if unknown:
            more = f" … {len(unknown)}" if len(unknown) > _SHOWN else ""
            labels = _labels(contract.codes[name])
            shown = [_shown(text, labels) for text in unknown[:_SHOWN]]
            plain = tuple(text for text in unknown[:_SHOWN] if _shown(text, labels) == text)
            line = f"? {column} ({name}): 未知代码 unknown {', '.join(shown)}{more}"
            yield _Difference(table.drift.codes, line, crosswalk=name, codes=plain)


def mapped_codes(table: TableContract) -> dict[str, str]:
    """Return the crosswalk of each column that one translates."""
    named: dict[str, str] = {}
    for emit in table.emit:
        for mapping in emit.fields:
            if mapping.codes:
                named |= dict.fromkeys(mapping.columns, mapping.codes)
            if mapping.type_codes and mapping.type_column:
                named[mapping.type_column] = mapping.type_codes
    return named


def _unknown(texts: list[str], crosswalk: object) -> list[str]:
    cleaned = clean(pa.array(texts, pa.string()), crosswalk=crosswalk)  # type: ignore[arg-type]
    rows = {int(row) for one in cleaned.findings if one.reason == Reason.UNKNOWN_CODE for row in one.rows}
    return [text for place, text in enumerate(texts) if place in rows]


def _shown(text: str, labels: Mapping[str, str]) -> str:
    """Return a code as it is where it cannot be anybody's: a short one, and no word that may be a name."""
    if text not in labels and _NAME_LIKE.search(text):
        return f"{text[0]}***({len(text)})"
    return text if len(text) <= _LONGEST and text.isprintable() and '"' not in text else f"***({len(text)})"

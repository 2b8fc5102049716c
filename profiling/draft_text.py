"""A draft contract as YAML with comments: what is sure, what is not and why, what a person must fill in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from profiling.change_log_draft import LogDraft
from profiling.crosswalk_draft import CrosswalkDraft
from profiling.draft import EmitDraft, MappedColumn, TableDraft
from schemas.contract import FileShape

TO_FILL = "待填 to fill in"
UNSURE = "# 不确定 unsure:"
_PLAIN = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*")


def contract_text(department: str, tables: Sequence[TableDraft], crosswalks: Mapping[str, CrosswalkDraft]) -> str:
    """Return the contract file's text. It reads with `load_contract`; what must be filled in says `待填 to fill in`.

    A table in which no party was recognised stands as a comment, so that the others can be tried at once.
    """
    lines = [
        f"# {department} · 草稿 draft made by `cityhub onboard`. 逐行核对后再启用 read every line before it runs.",
        f"# {TO_FILL}: label, owner, basis, schedule.  {UNSURE[2:]} 之处请部门确认 ask the department.",
        f"department: {department}",
        f"label: {TO_FILL}                  # 部门中文名 the department's Chinese name",
        f"connection: {department}          # 名称，地址写在 Airflow 或环境变量 a name; its URL is never in this file",
        f"owner: {TO_FILL}                  # 谁对数据源负责 who answers for the source",
        'schedule: {cron: "0 2 * * *", fresh_within: 26h}   # 何时读、多久算迟 when it is read, when it is late',
        f"basis: {TO_FILL}                  # 共享依据文号 the document that lets the city hold it",
        "tables:",
    ]
    logs = {table.changes.log: table.name for table in tables if table.changes}
    understood = [table for table in tables if table.emits] or list(tables)
    for table in tables:
        if table.name in logs:
            lines += [
                "",
                f"  # {table.name}: {logs[table.name]} 的变更日志 the log of its changes, see `changes` there",
            ]
        elif table in understood:
            lines += ["", *_table(table)]
        else:
            lines += ["", *(f"  # {line[2:]}" for line in _table(table))]
    if crosswalks:
        lines += ["", "codes:"]
        for one in crosswalks.values():
            lines += _crosswalk(one)
    return "\n".join(lines) + "\n"


def _table(table: TableDraft) -> list[str]:
    lines = [f"  {_word(table.name)}:                     # 看过 looked at {table.rows:,} 行 rows"]
    lines += [f"    {UNSURE} {note}" for note in table.unsure]
    lines.append(f"    key: [{', '.join(_word(name) for name in table.key)}]")
    if table.cursor:
        doubt = f"{UNSURE} 每次改动都会变吗 moves with every change?"
        lines.append(f"    cursor: {{column: {_word(table.cursor)}, overlap: 1h}}   {doubt}")
        gone = f"{UNSURE} 会整行删除吗，不会则去掉 are rows deleted for good? take it out if not"
        lines.append(f"    reconcile: {{by: keys, every: 1d}}   {gone}")
    if table.changes is not None:
        lines += _changes(table.changes)
    if table.file is not None:
        lines += _file(table.file)
    lines.append("    rows: {change_at_most: 20%}          # 全量行数变化超出即暂挂 a whole extract beyond is held")
    lines.append("    emit:")
    for emit in table.emits:
        lines += _emit(emit)
    if not table.emits:
        lines.append(f"      # {TO_FILL}")
    if table.ignore:
        lines.append("    ignore:                              # 不采集的列 columns not taken, each with its look")
        lines += [f"      - {_word(name)}".ljust(36) + f"# {why}" for name, why in table.ignore]
    return lines


def _changes(log: LogDraft) -> list[str]:
    parts = [f"table: {_word(log.log)}", f"operation: {_word(log.operation)}", f"sequence: {_word(log.sequence)}"]
    if log.deleted:
        parts.append(f"deleted: [{', '.join(json.dumps(word, ensure_ascii=False) for word in log.deleted)}]")
    return [f"    changes: {{{', '.join(parts)}}}   {UNSURE} 每次改动都记吗 does it note every change?"]


def _file(file: FileShape) -> list[str]:
    parts = [f"pattern: {json.dumps(file.pattern, ensure_ascii=False)}", f"format: {file.format}"]
    if file.format in ("csv", "tsv", "jsonl"):
        parts.append(f"encoding: {file.encoding}")
    if file.format == "csv" and file.delimiter != ",":
        parts.append(f"delimiter: {json.dumps(file.delimiter)}")
    if file.sheet:
        parts.append(f"sheet: {json.dumps(file.sheet, ensure_ascii=False)}")
    if file.ready:
        parts.append("ready: true")
    more = "archive: landed" if file.ready else "ready: true, archive: landed"
    return [f"    file: {{{', '.join(parts)}}}   # 还可写 may also say {more}"]


def _emit(emit: EmitDraft) -> list[str]:
    lines = [f"      {emit.name}:" + (f"   {UNSURE} {emit.unsure}" if emit.unsure else "")]
    lines.append(f"        {'fact' if emit.parties else emit.entity}:")
    lines += [f"          {role}: ${statement}" for role, statement in emit.parties]
    for one in emit.fields:
        line = f"          {one.field}: {_source(one)}"
        why = "; ".join(one.reasons)
        lines.append(f"{line:<52} {UNSURE if one.unsure else '#'} {one.score:.2f} {why}")
    if emit.when_present:
        lines.append(f"        when_present: [{', '.join(_word(name) for name in emit.when_present)}]")
    return lines


def _source(one: MappedColumn) -> str:
    if one.type_column:
        return f"{{from: {_word(one.column)}, type: {{from: {_word(one.type_column)}, codes: {one.type_codes}}}}}"
    return f"{{from: {_word(one.column)}, codes: {one.codes}}}" if one.codes else _word(one.column)


def _crosswalk(one: CrosswalkDraft) -> list[str]:
    lines = [f"  {one.name}:                            # → schemas/codes/{one.table}.csv"]
    for value, code in one.entries:
        mark = f"   {UNSURE} 按名称相近 by likeness" if value in one.guessed else ""
        lines.append(f"    {json.dumps(value, ensure_ascii=False)}: {json.dumps(code)}{mark}")
    lines += [f"    # {json.dumps(value)}: ?   {UNSURE} 这个代码是什么 what does it mean?" for value in one.unknown]
    return lines


def _word(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False)

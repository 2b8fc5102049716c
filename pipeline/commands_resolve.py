"""`cityhub resolve`: who one record is, now, of a record given as JSON or of a file of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from pipeline.command_frame import hub_command, show
from pipeline.hub import Hub
from pipeline.resolve import resolve_records
from schemas.errors import LinkageError

_HOW = """cityhub resolve person '{"name": "…", "citizen_id": "…"}' | FILE.jsonl"""


@click.command("resolve")
@click.argument("entity", type=click.Choice(["person", "business"]))
@click.argument("record", metavar="FILE|JSON")
@hub_command
def resolve_command(hub: Hub, json_output: bool, entity: str, record: str) -> None:
    """即查 who one record is, now: JSON of standard fields, or a file of one object a line; nothing is written."""
    answers = resolve_records(hub, entity, asked_records(record))
    show(answers, json_output, lambda rows: "\n".join(resolved_text(row) for row in rows))


def asked_records(record: str) -> list[dict[str, Any]]:
    """Return the records of a text of JSON or of the file that it names: one object of plain values a line.

    Raises LinkageError that names the line and the field, and quotes no value.
    """
    lines = [record] if record.lstrip().startswith(("{", "[")) else _lines(Path(record))
    found = [_record(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise LinkageError("没有记录 there is no record", next_step=_HOW)
    return found


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise LinkageError("文件不是 UTF-8 the file is not UTF-8", next_step=_HOW) from None
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or type(error).__name__
        raise LinkageError(f"既不是 JSON 也读不了这个文件 neither JSON nor a file: {detail}", next_step=_HOW) from None


def _record(number: int, line: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        place = f" 第 {error.colno} 列 column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        raise LinkageError(f"第 {number} 行{place}不是 JSON line {number} is no JSON", next_step=_HOW) from None
    if not isinstance(record, dict) or not record:
        raise LinkageError(f"第 {number} 行不是带字段的对象 line {number} is no object with fields", next_step=_HOW)
    nested = sorted(name for name, value in record.items() if isinstance(value, (dict, list, bool)))
    if nested:
        names = ", ".join(nested)
        raise LinkageError(f"第 {number} 行的值须为文本 line {number}: values are to be text: {names}", next_step=_HOW)
    return record


def resolved_text(result: dict[str, Any]) -> str:
    """Return who a record is, for a person to read."""
    sure = "" if result["probability"] is None else f"  概率 probability {result['probability']:.4f}"
    lines = [f"{result['decision']}  {result['hub_id'] or '∅'}{sure}  {result['rung']}: {result['reason']}"]
    lines += [
        f"  候选 candidate {one['hub_id']}  {one['weight']:.1f} bits  "
        + "  ".join(f"{name}={level} {bits:+.1f}" for name, (level, bits) in one["fields"].items())
        for one in result["candidates"]
    ]
    return "\n".join(lines)


COMMANDS = (resolve_command,)

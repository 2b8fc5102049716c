"""The command `standardise`: landed batches of departments, or one file or table read only to show what comes of it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from pipeline.command_frame import departments_of, hub_command, in_turn, show
from pipeline.commands_reading import REVEAL
from pipeline.hub import Hub
from pipeline.standardise import standardise as standardise_stage
from pipeline.standardise_file import Wish, standardise_file
from pipeline.summary import outcome_line
from pipeline.text_table import text_table
from pipeline.trace import Shown
from schemas.errors import ConfigurationError


@click.command()
@click.argument("named", nargs=-1, metavar="[DEPARTMENT... | FILE]")
@click.option("--contract", metavar="D", default="", help="按该部门的契约试读 by its contract; stores nothing")
@click.option("--table", default="", help="契约中的哪张表 which table of the contract")
@click.option("--limit", default=20, type=click.IntRange(1), help="最多显示几条 show at most this many")
@REVEAL
@hub_command
def standardise(  # noqa: PLR0913  # one argument an option
    hub: Hub, json_output: bool, named: tuple[str, ...], contract: str, table: str, limit: int, reveal: str
) -> None:
    """标准化 landed rows to statements with reason codes.

    With --contract: FILE (.csv, .xlsx), or without FILE the connection's table, raw beside standard; stores nothing.
    """
    if contract:
        wish = Wish(contract, _file(named), table, limit, Shown(reveal))
        show(standardise_file(hub, wish), json_output, beside_text)
        return
    stage = partial(standardise_stage, hub)
    in_turn(departments_of(hub, named), stage, json_output, partial(outcome_line, "standardise"))


def _file(named: tuple[str, ...]) -> Path | None:
    """Return the one file named, None for none. Raises ConfigurationError for more, or for one that is not there."""
    if not named:
        return None
    if len(named) > 1 or not Path(named[0]).is_file():
        raise ConfigurationError("command line", 0, "FILE", " ".join(named), "one file that is there, with --contract")
    return Path(named[0])


def beside_text(result: dict[str, Any]) -> str:
    """Return what came of a file for a person to read: each statement, the quarantine, the counts."""
    cut = " （仅前部 cut）" if result["cut"] else ""
    lines = [f"{result['department']}.{result['table']}  {result['rows']} 行 rows{cut}"]
    for one in result["statements"]:
        lines += ["", f"第 row {one['row']} 行  {one['statement']}  {one['state']}", _fields_text(one["fields"])]
    if result["quarantine"]:
        head = ["row", "key", "statement", "field", "raw", "reason", "zh", "state"]
        rows = [[str(line[name] if line[name] is not None else "") for name in head] for line in result["quarantine"]]
        lines += ["", "隔离 quarantine", text_table([head, *rows])]
    counts = result["counts"]
    lines += ["", "计数 counts"]
    names: tuple[str, ...] = ("extracted", "standardised", "rejected", "identical", "superseded", "deleted")
    lines.append("  行 rows         " + "  ".join(f"{name} {counts[name]}" for name in names))
    names = ("emitted", "accepted", "quarantined", "held")
    lines.append("  陈述 statements " + "  ".join(f"{name} {counts[name]}" for name in names))
    lines += [f"  {name} {number}" for name, number in sorted({**counts["refused"], **counts["issues"]}.items())]
    if result["ragged"]:
        lines.append(f"  列数不对的行 ragged lines {result['ragged']}")
    return "\n".join(lines)


def _fields_text(fields: list[dict[str, Any]]) -> str:
    head = ["字段 field", "原文 raw", "标准 standard", "原因 reason"]
    rows = [
        [
            f"{one['label']} {one['field']}", " + ".join(one["raw"]), one["standard"],
            "; ".join(f"{reason['code']} {reason['zh']}" for reason in one["reasons"])
            + (f" → {one['nearest']}?" if one.get("nearest") else ""),
        ]
        for one in fields
    ]  # fmt: skip
    return text_table([head, *rows])


COMMANDS = (standardise,)

"""Commands for a source nobody has described yet: profile it, draft its contract, see raw beside standard."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pipeline.command_frame import fail, show
from pipeline.onboard import Desk, onboard, profiles
from pipeline.settings import Settings
from pipeline.text_table import text_table
from schemas.city_file import load_city
from schemas.errors import CityhubError

SOURCE = click.argument("source")
TABLES = click.option("--table", "-t", "tables", multiple=True, help="只看这些表 only these tables")


def desk_command(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` and hand the command a `desk`: settings and city, without opening the hub."""

    @click.option("--json", "json_output", is_flag=True, help="机器可读 machine-readable output")
    @click.pass_context
    @wraps(command)
    def wrapped(context: click.Context, /, json_output: bool, **arguments: Any) -> Any:
        try:
            settings = Settings.from_environment(city_folder=context.find_root().params.get("city"))
            return command(Desk(settings, load_city(settings.city_folder)), json_output=json_output, **arguments)
        except CityhubError as error:
            fail(error, json_output)

    return wrapped


@click.command()
@SOURCE
@TABLES
@click.option("--rows", type=click.IntRange(min=1), default=100_000, help="每表最多看几行 rows looked at a table")
@desk_command
def profile(desk: Desk, json_output: bool, source: str, tables: tuple[str, ...], rows: int) -> None:
    """摸底 what a source's columns hold, in patterns: SOURCE is a URL, a file, a folder or a connection's name."""
    looked, unread = profiles(desk, source, tables, rows)
    for name, reason in unread.items():
        click.echo(f"未读 not read {name}: {reason}", err=True)
    found = [one.as_dict() for one in looked]
    show(found, json_output, lambda told: "\n\n".join(profile_text(one) for one in told))


@click.command("onboard")
@SOURCE
@click.option("--department", required=True, help="新部门名 the new department's name (snake_case)")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="草稿写到 where to: NAME.yaml")
@TABLES
@desk_command
def onboard_command(
    desk: Desk, json_output: bool, source: str, department: str, out: Path, tables: tuple[str, ...]
) -> None:
    """接入 draft a contract for a source, try it on 1,000 rows in memory, show raw beside standard, masked."""
    place = out / f"{department}.yaml" if out.is_dir() else out
    show(onboard(desk, source, department, place, tables), json_output, onboard_text)


def profile_text(found: dict[str, Any]) -> str:
    """Return one table's profile for a person to read."""
    whole = "全部 all rows" if found["complete"] else "前若干行 the first rows only"
    keys = ", ".join("+".join(key) for key in found["keys"]) or "无 none"
    head = [
        "列 column", "空 empty", "不同 distinct", "长度 length", "形 shape", "类型 type", "校验 sound", "像 likely",
        "分 score",
    ]  # fmt: skip
    rows = [_column_row(one) for one in found["columns"]]
    lines = [f"表 table {found['table']}: {found['rows']:,} 行 rows ({whole})  候选主键 candidate keys: {keys}"]
    lines += [text_table([head, *rows]), "为什么 why:"]
    for one in found["columns"]:
        if one["likely"]:
            best = one["likely"][0]
            role = f" [{best['role']}]" if best["role"] else ""
            lines.append(f"  {one['name']} → {best['entity']}.{best['field']}{role}: {'; '.join(best['reasons'])}")
    return "\n".join(lines)


def _column_row(one: dict[str, Any]) -> list[str]:
    detected, likely = one["detected"], one["likely"]
    empty = (one["nulls"] + one["sentinels"]) / max(one["rows"], 1)
    length = str(one["longest"]) if one["shortest"] == one["longest"] else f"{one['shortest']}–{one['longest']}"
    kind = detected["kind"] + (" (代码 codes)" if detected["codes"] else "")
    return [
        one["name"], f"{empty:.0%}", f"{one['distinct']:,}", length, one["shapes"][0][0] if one["shapes"] else "",
        kind, f"{detected['sound']:.0%}" if detected["sound"] is not None else "",
        f"{likely[0]['entity']}.{likely[0]['field']}" if likely else "—", f"{likely[0]['score']:.2f}" if likely else "",
    ]  # fmt: skip


def onboard_text(result: dict[str, Any]) -> str:
    """Return what was drafted and how the trial went, for a person to read."""
    lines = [f"草稿 draft: {result['file']}"]
    lines += [
        f"  {one['table']}: key {', '.join(one['key'])} → {', '.join(one['statements']) or '—'}"
        for one in result["tables"]
    ]
    lines.append(f"不确定 unsure: {result['unsure']} 处 places  待填 to fill in: {', '.join(result['to_fill'])}")
    lines += [f"未读 not read {name}: {reason}" for name, reason in result["unread"].items()]
    if result["mistake"]:
        lines.append(f"须先改正 mend first: {result['mistake']}")
    for trial in result["trial"]:
        lines += ["", *_trial_lines(trial)]
    lines.append("")
    lines.append("下一步 next: 改好草稿，放进城市的 departments/，在 city.yaml 的 connections 加一行，然后")
    lines.append("  mend the draft, put it into departments/, add its connection to city.yaml, then: cityhub run")
    return "\n".join(lines)


def _trial_lines(trial: dict[str, Any]) -> list[str]:
    lines = [
        f"试跑 trial {trial['table']}: {trial['rows']:,} 行 rows, 陈述 statements {trial['statements']:,}, "
        f"接受 accepted {trial['accepted']:,}, 隔离 quarantined {trial['quarantined']:,}, 暂挂 held {trial['held']:,}"
    ]
    head = ["行 row", "字段 field", "原始 raw", "标准 standard", "原因 reasons", "状态 state"]
    rows = [
        [str(number), f"{one['statement']}.{one['field']} {one['label']}", one["raw"], one["standard"],
         ", ".join(one["reasons"]), one["state"]]
        for number, row in trial["shown"] for one in row
    ]  # fmt: skip
    lines.append(text_table([head, *rows]))
    lines += [f"  拒 refused {one['count']:,}: {one['what']} {one['reason']}" for one in trial["refused"]]
    lines += [f"  注 noted {one['count']:,}: {one['what']}" for one in trial["noted"]]
    return lines


COMMANDS = (profile, onboard_command)

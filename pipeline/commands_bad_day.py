"""Commands for the bad day: how things stand, what is wrong, and what a person decides about batches and rows."""

from __future__ import annotations

import sys
from typing import Any

import click

from pipeline import batch_decisions
from pipeline.command_frame import departments_of, hub_command, show
from pipeline.doctor import examine, examined_text, worst
from pipeline.hub import Hub
from pipeline.quarantine import quarantined
from pipeline.quarantine_release import release_quarantined
from pipeline.settings import Settings
from pipeline.status import status as hub_status
from pipeline.status import status_text
from pipeline.text_table import text_table
from pipeline.trace import Shown

REVEAL = click.option(
    "--reveal", metavar="PURPOSE", default="", help="不遮蔽，须写明事由并留痕 unmasked; the purpose is recorded"
)
REASON = click.option("--reason", required=True, help="理由，记入台账 why; it is written to the ledger")
DEPARTMENTS = click.argument("named", nargs=-1, metavar="[DEPARTMENT]...")
BATCH = click.argument("batch", type=click.IntRange(1, 2**63 - 1))  # what a ledger can number


@click.command()
@hub_command
def status(hub: Hub, json_output: bool) -> None:
    """状态 what is late, held or failing in each department, since when, and the next step."""
    show(hub_status(hub), json_output, status_text)


@click.command()
@click.option("--json", "json_output", is_flag=True, help="机器可读 machine-readable output")
@click.pass_context
def doctor(context: click.Context, json_output: bool) -> None:
    """体检 check libraries, home, disk, key, ledger, lake, dataset, connections, contracts; exit 1 when one is bad."""
    found = examine(lambda: Settings.from_environment(city_folder=context.find_root().params.get("city")))
    verdict = worst(found)
    result = {"verdict": verdict, "checks": [one.as_dict() for one in found]}
    show(result, json_output, lambda _: examined_text(found))
    if verdict == "bad":
        sys.exit(1)


@click.command()
@BATCH
@hub_command
def replay(hub: Hub, json_output: bool, batch: int) -> None:
    """重放 standardise a batch again from its raw rows with the present contract; the source is not asked."""
    show(batch_decisions.replay(hub, batch), json_output, decision_text)


@click.command()
@BATCH
@REASON
@hub_command
def release(hub: Hub, json_output: bool, batch: int, reason: str) -> None:
    """放行 let a held batch through the gate on your word."""
    show(batch_decisions.release(hub, batch, reason), json_output, decision_text)


@click.command()
@BATCH
@REASON
@hub_command
def refuse(hub: Hub, json_output: bool, batch: int, reason: str) -> None:
    """拒绝 end a held batch without taking it."""
    show(batch_decisions.refuse(hub, batch, reason), json_output, refusal_text)


@click.group()
def quarantine() -> None:
    """隔离 rows and statements refused or held: list them, or release what can now be taken."""


LINE_WORDS = {
    "department": "部门 department", "batch": "批次 batch", "table": "表 table", "row": "行 row", "key": "键 key",
    "statement": "陈述 statement", "field": "字段 field", "raw": "原值 raw", "reason": "原因 reason", "zh": "说明 why",
    "state": "状态 state",
}  # fmt: skip


@quarantine.command("list")
@DEPARTMENTS
@click.option("--limit", default=50, type=click.IntRange(1), help="每部门最多几条 at most this many a department")
@click.option("--all", "everything", is_flag=True, help="连同已了结的 those settled since, too")
@REVEAL
@hub_command
def quarantine_list(
    hub: Hub, json_output: bool, named: tuple[str, ...], limit: int, everything: bool, reveal: str
) -> None:
    """列出 what is still refused or held, with field, masked raw value and reason."""
    lines = quarantined(hub, departments_of(hub, named), limit, Shown(reveal), everything)
    rows = [[str(line[name] or "") for name in LINE_WORDS] for line in lines]
    show(lines, json_output, lambda _: text_table([list(LINE_WORDS.values()), *rows]))


@quarantine.command("release")
@DEPARTMENTS
@click.option("--force", is_flag=True, help="契约未改也再试 try every open row, mended contract or not")
@hub_command
def quarantine_release(hub: Hub, json_output: bool, named: tuple[str, ...], force: bool) -> None:
    """释放 take again the rows that a mended contract, or a reference that has arrived, now lets through."""
    results = [release_quarantined(hub, name, force) for name in departments_of(hub, named)]
    show(results, json_output, release_text)


def decision_text(result: dict[str, Any]) -> str:
    """Return what became of one batch, for a person to read."""
    what = "重放 replay of" if "replay_of" in result and result["replay_of"] != result["batch"] else "批次 batch"
    number = result.get("replay_of", result["batch"])
    lines = [
        f"{what} {number}: {result['department']}.{result['table']} → 批次 batch {result['batch']} {result['state']}",
        f"  行 rows {result['extracted']:,}  接受 accepted {result['accepted']:,}  隔离 quarantined "
        f"{result['quarantined']:,}  暂挂 held {result['held']:,}",
        f"  陈述 statements: 新增 new {result['new']:,}  变更 changed {result['changed']:,}  撤回 withdrawn "
        f"{result['withdrawn']:,}",
    ]
    if result["reason"]:
        lines.append(f"  原因 reason: {result['reason']}")
    if "override" in result:
        lines.append(f"  放行人 released by {result['override']['who']}: {result['override']['reason']}")
    return "\n".join([*lines, f"  下一步 next: {result['next']}"])


def refusal_text(result: dict[str, Any]) -> str:
    """Return what became of a refused batch, for a person to read."""
    again = "下次落地从该批起点重读 the next landing reads again from where it began"
    waits = "等待部门的新文件或下次全量 waits for a new file or the next whole extract"
    return (
        f"批次 batch {result['batch']} {result['department']}.{result['table']}: 已拒绝 refused ({result['reason']})\n"
        f"  {again if result['read_again'] else waits}\n  下一步 next: {result['next']}"
    )


def release_text(results: list[dict[str, Any]]) -> str:
    """Return what was released, for a person to read."""
    lines = []
    for one in results:
        lines.append(
            f"{one['department']}: 未了结 open {one['open']:,} 行 rows，"
            f"再取 taken again {one['rows']:,}，仍留 left {one['left']:,}"
        )
        lines += [decision_text(taken) for taken in one["taken"]]
    return "\n".join(lines)


COMMANDS = (status, doctor, replay, release, refuse, quarantine)

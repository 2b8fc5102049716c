"""Commands that only read: what is there, where a value comes from, what changed."""

from __future__ import annotations

from typing import Any

import click

from pipeline.command_frame import hub_command, show
from pipeline.hub import Hub
from pipeline.query import query as run_query
from pipeline.text_table import text_table
from pipeline.ties import tie_text
from pipeline.trace import Shown, show_entity, trace_field

REVEAL = click.option(
    "--reveal", metavar="PURPOSE", default="", help="不遮蔽，须写明事由并留痕 unmasked; the purpose is recorded"
)


@click.command("show")
@click.argument("entity", type=click.Choice(["person", "business"]))
@click.argument("identity", metavar="ID")
@click.option("--field", "-f", default="", help="一路追到原始单元格 follow one value down to the raw cell")
@REVEAL
@hub_command
def show_command(hub: Hub, json_output: bool, entity: str, identity: str, field: str, reveal: str) -> None:
    """查询 golden values of a hub id or full number, each with its origin, down to the raw cell."""
    if field:
        show(trace_field(hub, entity, identity, field, Shown(reveal)), json_output, trace_text)
    else:
        show(show_entity(hub, entity, identity, Shown(reveal)), json_output, entity_text)


@click.command()
@click.argument("sql")
@REVEAL
@hub_command
def query(hub: Hub, json_output: bool, sql: str, reveal: str) -> None:
    """检索 SQL over the published tables person, business, marriage, legal_representation, employment, business_tie."""
    names, rows = run_query(hub, sql, Shown(reveal))
    result = [dict(zip(names, row, strict=True)) for row in rows]
    cells = [[cell or "" for cell in row] for row in rows]
    show(result, json_output, lambda _: text_table([names, *cells]))


@click.command()
@click.option("--since", type=click.IntRange(0), default=0, metavar="N", help="第 N 条之后 after sequence number N")
@click.option("--limit", type=click.IntRange(1), default=100, metavar="K", help="最多 K 条 at most K lines")
@hub_command
def changes(hub: Hub, json_output: bool, since: int, limit: int) -> None:
    """变更 the change feed: ADDED, CHANGED, MERGED, SPLIT, REMOVED.

    Where more lines follow, the error output says from which --since to go on.
    """
    found = hub.reader.changes(since, limit + 1)
    lines = [vars(line) for line in found[:limit]]
    head = ["seq", "commit", "op", "entity", "id", "into"]
    rows = [[str(line[name] if line[name] is not None else "") for name in head] for line in lines]
    show(lines, json_output, lambda _: text_table([head, *rows]))
    if len(found) > limit:  # beside the lines, so that what reads them as JSON or as a table meets lines alone
        click.echo(f"还有更多 more follow: cityhub changes --since {lines[-1]['seq']} --limit {limit}", err=True)


def entity_text(result: dict[str, Any]) -> str:
    """Return an entity for a person to read."""
    known = "户籍/登记底册已有 anchored in the register" if result["anchored"] else "底册未见 provisional"
    lines = [f"{result['entity']} {result['hub_id']}  {known}  版本 version {result['commit']}", ""]
    if result.get("representative_doubt"):
        doubt = result["representative_doubt"]
        lines.insert(1, f"存疑 doubt: {doubt['zh']} {doubt['en']} ({doubt['code']})")
    if result.get("representative"):
        lines.insert(1, f"法定代表人 representative: person {result['representative']}")
    lines[1:1] = [tie_text(tie) for tie in result["ties"]]
    head = ["字段 field", "值 value", "来源 department", "规则 rule", "时间 observed", "记录 record"]
    rows = [
        [
            f"{one['label']} {one['field']}", one["value"], one.get("department", ""), one.get("rule", ""),
            (one.get("observed_at") or "")[:10], one.get("record", "")[:12],
        ]
        for one in result["fields"]
    ]  # fmt: skip
    lines.append(text_table([head, *rows]))
    lines.append("")
    lines.append(f"记录 records: {len(result['records'])}")
    lines += [f"  {one['department']}.{one['table']} {one['statement']} {one['record']}" for one in result["records"]]
    for name, facts in result["facts"].items():
        lines.append(f"{name}: {len(facts)}")
        for fact in facts:
            told = "  ".join(f"{key}={value}" for key, value in fact.items() if value is not None)
            lines.append(f"  {told}")
    return "\n".join(lines)


def trace_text(result: dict[str, Any]) -> str:
    """Return the way of one value, top down, for a person to read."""
    lines = [
        f"黄金值 golden      {result['field']} = {result['golden']}   ({result['hub_id']})",
        f"规则 rule          {result['rule']} → {result['department']}，观测于 observed {result['observed_at']}",
        f"陈述 statement     {result['department']}.{result['source_table']} {result['statement']} "
        f"{result['record']} = {result['standard_value']}",
    ]
    lines += [f"  原因 reason      {one['code']}: {one['zh']} · {one['en']}" for one in result["reasons"]]
    if not result["reasons"]:
        lines.append("  原因 reason      无 none: 原样采用 taken as it was")
    table = result["source_table"]
    lines += [f"原始单元格 raw     {table}.{column} = {cell}" for column, cell in result["cells"].items()]
    row, landed = result["row_number"], str(result["landed_at"])[:19]
    lines.append(f"批次 batch         {result['batch']} 第 row {row} 行，落地 landed {landed}")
    return "\n".join(lines)


COMMANDS = (show_command, query, changes)

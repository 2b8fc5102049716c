"""Commands about data quality: rules, reports, samples of links, and proof."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pipeline.command_frame import fail, hub_command, show
from pipeline.commands_reading import REVEAL
from pipeline.hub import Hub
from pipeline.linkage_samples import Order, draw_sample, record_sample
from pipeline.report import report as report_stage
from pipeline.rules_listed import rules_listed
from pipeline.text_table import text_table
from pipeline.trace import Shown
from pipeline.verify import verify_file, verify_ledger
from schemas.errors import CityhubError

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("report")
@click.option("--again", is_flag=True, help="重新评判已发布的版本 judge the published version anew and record it")
@click.option(
    "--version", type=int, metavar="N", help="由账本重写第 N 版的报告 write version N's report from the ledger"
)
@hub_command
def report_command(hub: Hub, json_output: bool, again: bool, version: int | None) -> None:
    """报告 judge what stands, record it, and write the auditors' report: page, workbook, lists, proof."""
    show(report_stage(hub, again=again, version=version), json_output, report_text)


@click.command()
@click.argument("file", required=False, type=FILE)
@click.option(
    "--key", type=FILE, metavar="PEM", help="公钥，默认用报告旁的 public key; default: the one beside the report"
)
@click.option("--json", "json_output", is_flag=True, help="机器可读 machine-readable output")
@click.pass_context
def verify(context: click.Context, file: Path | None, key: Path | None, json_output: bool) -> None:
    """验证 prove that a report's FILE (html, json, xlsx, csv) was not altered; without FILE, the hub's whole ledger.

    For a FILE nothing but the file and the public key is needed: no hub, no network.
    """
    if file is None:
        context.invoke(_ledger, json_output=json_output)
        return
    try:
        show(verify_file(file, key), json_output, proof_text)
    except CityhubError as error:
        fail(error, json_output)


@click.command(hidden=True)
@hub_command
def _ledger(hub: Hub, json_output: bool) -> None:
    show(verify_ledger(hub), json_output, ledger_text)


@click.command()
@click.option("--department", "-d", default="", help="只列一个部门 only one department")
@hub_command
def rules(hub: Hub, json_output: bool, department: str) -> None:
    """规则 every rule that is in force, where it comes from, and what it asks; fails where a rule cannot be run."""
    found = rules_listed(hub, department)
    head = ["规则 rule", "部门 department", "维度", "级别", "容忍度", "说明 sentence"]
    rows = [
        [
            one["rule"], ", ".join(one["departments"]), one["dimension"], one["severity"], f"{one['tolerance']:.2%}",
            one["zh"],
        ]
        for one in found
    ]  # fmt: skip
    show(found, json_output, lambda _: text_table([head, *rows]))


@click.group()
def sample() -> None:
    """抽样 clerical samples of links: draw, judge by hand, record."""


@sample.command("draw")
@click.option("--entity", type=click.Choice(["person", "business"]), default="person", show_default=True)
@click.option("--size", type=click.IntRange(1, 100_000), default=300, show_default=True, help="条数 how many")
@click.option("--word", default="1", show_default=True, help="同一个词抽出同一份 the same word draws the same sample")
@click.option("--out", type=FILE, required=True, metavar="CSV", help="写到这个文件 a file that is not there yet")
@REVEAL
@hub_command
def draw(hub: Hub, json_output: bool, out: Path, reveal: str, **asked: Any) -> None:
    """抽取 draw a sample of decisions by class of evidence, for clerks to judge."""
    show(draw_sample(hub, Order(**asked), out, Shown(reveal)), json_output, sample_text)


@sample.command("record")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", "judge", required=True, metavar="WHO", help="判定人 who judged")
@hub_command
def record(hub: Hub, json_output: bool, file: Path, judge: str) -> None:
    """登记 record a judged sample for good; the next report counts it (or: cityhub report --again)."""
    show(record_sample(hub, file, judge), json_output, sample_text)


def report_text(result: dict[str, Any]) -> str:
    """Return a report's few figures for a person to read."""
    if result["version"] is None:
        return "尚无已发布的版本 nothing has been published yet"
    grade, q = result["grade"] or "不评级 no grade", "—" if result["q"] is None else f"{result['q']:.2f}"
    lines = [
        f"版本 version {result['version']}，评价期 period {result['period']}: 等级 grade {grade}  Q {q}",
        f"待改 open {result['open']:,}，逾期 overdue {result['overdue']:,}",
        f"去向不明 unexplained {result['unexplained']}",
    ]
    return "\n".join([*lines, *result["doubts"], f"报告 report: {result['path']}"])


def proof_text(result: dict[str, Any]) -> str:
    """Return what was proved of a file."""
    lines = [f"未被改动 not altered: {result['file']}"]
    lines += [f"  ✓ {line}" for line in result["proved"]]
    lines.append(f"  公钥 public key {result['key']} ({result['key_file']})")
    return "\n".join([*lines, "  请与您另外得到的公钥指纹核对 compare it with the fingerprint you were given"])


def ledger_text(result: dict[str, Any]) -> str:
    """Return what was proved of the ledger."""
    whole = f"证据链完整 the chain of evidence is whole: {result['entries']} 条 entries"
    return "\n".join([whole, f"  {result['head']}", f"  {result['anchors']}"])


def sample_text(result: dict[str, Any]) -> str:
    """Return what a sample holds, or what was recorded of it."""
    return "\n".join(f"{name}: {value}" for name, value in result.items())


COMMANDS = (report_command, verify, rules, sample)

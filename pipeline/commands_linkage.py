"""Commands for plain files: match two, deduplicate one, evaluate the result against the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pipeline.command_frame import fail, show
from pipeline.draft_spec import draft_spec
from pipeline.evaluate import EvaluationWish, draw_sample, evaluate_files
from pipeline.evaluation_text import evaluation_text
from pipeline.file_linkage import MODEL, FileWish, dedupe_file, match_files, plan_files
from pipeline.linkage_text import linkage_summary_text, pair_text, plan_text
from pipeline.pair_explanation import explain_pair
from pipeline.settings import Settings
from schemas.errors import CityhubError, ConfigurationError

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def file_command(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` and hand the command `settings`; no city and no hub is opened."""

    @click.option("--json", "json_output", is_flag=True, help="机器可读 machine-readable output")
    @wraps(command)
    def wrapped(json_output: bool, **arguments: Any) -> Any:
        try:
            return command(Settings.from_environment(), json_output=json_output, **arguments)
        except CityhubError as error:
            fail(error, json_output)

    return wrapped


def linkage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what `match` and `dedupe` share."""
    options = (
        click.option("--spec", type=click.Path(dir_okay=False, path_type=Path), help="关联规格 specification (YAML)"),
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="结果目录 folder to write to"),
        click.option("--model", type=FILE, help="用已存的模型 a saved model.json instead of training"),
        click.option("--explain", nargs=2, metavar="LEFT_ID RIGHT_ID", help="解释一对 tell one pair in words and bits"),
        click.option("--draft-spec", is_flag=True, help="看列起草规格 draft the specification (--spec or printed)"),
        click.option("--plan", is_flag=True, help="先看做什么、多少候选 what it will do and how many candidates"),
        click.option("--encoding", default="", help="文件编码，不写则自动判断 encoding; guessed where not given"),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("match")
@click.argument("left", type=FILE)
@click.argument("right", type=FILE)
@linkage_options
@file_command
def match_command(settings: Settings, json_output: bool, left: Path, right: Path, **options: Any) -> None:
    """两个文件对应 which rows of RIGHT are the same as a row of LEFT, the base that holds each party once.

    Writes links.parquet (left_id, right_id, decision, probability, weight, reason), one row a right record, and the
    model. CSV in any encoding, Parquet, Excel or JSON lines; begin with --draft-spec.
    """
    _link((left, right), settings, json_output, options)


@click.command("dedupe")
@click.argument("file", type=FILE)
@linkage_options
@file_command
def dedupe_command(settings: Settings, json_output: bool, file: Path, **options: Any) -> None:
    """一个文件去重 which rows of FILE are the same party.

    Writes clusters.parquet (id, cluster_id: every row once), links.parquet (the pairs behind them) and the model.
    """
    _link((file,), settings, json_output, options)


def _link(files: tuple[Path, ...], settings: Settings, json_output: bool, options: dict[str, Any]) -> None:
    spec, out, encoding = options["spec"], options["out"], options["encoding"]
    if options["draft_spec"]:
        show(draft_spec(files, settings, encoding, spec), json_output, _draft_text)
        return
    if spec is None or not spec.is_file():
        expected = "a specification; `--draft-spec --spec FILE` writes a first one"
        raise ConfigurationError("command line", 0, "--spec", str(spec or ""), expected)
    wish = FileWish(files, spec, out, options["model"], encoding)
    if options["explain"]:
        if wish.model is None and out is not None and (out / MODEL).exists():
            wish = replace(wish, model=out / MODEL)
        show(explain_pair(wish, settings, options["explain"]), json_output, pair_text)
        return
    if options["plan"]:
        show(plan_files(wish, settings), json_output, plan_text)
        return
    if out is None:
        raise ConfigurationError("command line", 0, "--out", "", "a folder to write to")
    run = match_files if len(files) == 2 else dedupe_file
    show(run(wish, settings), json_output, linkage_summary_text)


def _draft_text(draft: dict[str, Any]) -> str:
    if draft["out"] is None:
        return str(draft["text"]).rstrip("\n")
    return f"草稿 draft: {draft['out']}  字段 fields {len(draft['fields'])}, 规则 block rules {len(draft['rules'])}"


@click.command("evaluate")
@click.argument("result", type=FILE)
@click.argument("truth", type=FILE, required=False)
@click.option("--threshold", type=click.FloatRange(0, 1), help="按概率而非决定 pairs at this probability or above")
@click.option("--by", default="", help="分组列，或 evidence、script:列名 a column, evidence, or script:COLUMN")
@click.option("--records", type=FILE, help="--by 的列所在的文件 the file that holds the column of --by")
@click.option("--id", "records_id", default="id", help="该文件的 id 列 its column of ids")
@click.option("--one-file", is_flag=True, help="两列 id 出自同一文件 both ids of a pair are of one file")
@click.option("--sample", type=click.IntRange(1), help="抽样供人工判定 draw so many links for people to judge")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="样本文件 where the sample goes (.csv)")
@click.option("--seed", default=0, help="抽样种子 seed of the sample")
@file_command
def evaluate_command(
    settings: Settings, json_output: bool, result: Path, truth: Path | None, **options: Any
) -> None:
    """评价 precision, recall, F1 and B³ of RESULT (links or clusters) against TRUTH.

    TRUTH has left_id,right_id or id,cluster_id, or is a sample (--sample) whose verdict people have filled in: same,
    not_same, unsure.
    """
    if options["sample"] is not None:
        if options["out"] is None:
            raise ConfigurationError("command line", 0, "--out", "", "a file for the sample")
        drawn = draw_sample(result, options["sample"], options["out"], options["seed"])
        show(drawn, json_output, lambda told: f"样本 sample: {told['pairs']} 对 pairs → {told['out']}")
        return
    if truth is None:
        raise ConfigurationError("command line", 0, "TRUTH", "", "a file of truth, or --sample N --out FILE")
    names = ("threshold", "by", "records", "records_id", "one_file")
    wish = EvaluationWish(result, truth, **{name: options[name] for name in names})
    show(evaluate_files(wish), json_output, evaluation_text)


COMMANDS = (match_command, dedupe_command, evaluate_command)

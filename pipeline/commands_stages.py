"""Commands that move data: the whole run and one command a stage."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from pipeline import commands_standardise
from pipeline.command_frame import departments_of, hub_command, in_turn, show
from pipeline.commit import commit as commit_stage
from pipeline.hub import Hub
from pipeline.land import land as land_stage
from pipeline.link import link as link_stage
from pipeline.link_difference import difference_text, link_difference
from pipeline.link_plan import link_plan
from pipeline.linkage_text import city_plan_text
from pipeline.models_in_force import Acceptance
from pipeline.publish import publish as publish_stage
from pipeline.summary import outcome_line, stages_logged, summarise, summary_text
from pipeline.survive import survive as survive_stage
from pipeline.validate import validate as validate_stage
from pipeline.whole_run import run_all

Stage = Callable[..., dict[str, Any]]


@click.command()
@click.option("--department", "-d", "named", multiple=True, help="只跑这些部门 only these departments")
@hub_command
def run(hub: Hub, json_output: bool, named: tuple[str, ...]) -> None:
    """全流程 all stages in this process, one department after another, then the city."""
    mark = stages_logged(hub)
    failures = run_all(hub, departments_of(hub, named))
    show(summarise(hub, mark), json_output, summary_text)
    if failures:
        sys.exit(1)


@click.command("land")
@click.argument("named", nargs=-1, metavar="[DEPARTMENT]...")
@click.option("--whole", is_flag=True, help="整表重读 read every row again, whatever the watermark says")
@hub_command
def land(hub: Hub, json_output: bool, named: tuple[str, ...], whole: bool) -> None:
    """抽取落地 extract what is new and land it as the source had it."""
    stage = partial(land_stage, hub, whole=whole)
    in_turn(departments_of(hub, named), stage, json_output, partial(outcome_line, "land"))


def department_command(name: str, stage: Stage, sentence: str) -> click.Command:
    """Return the command that runs `stage(hub, department)` for the departments named, or for all."""

    @click.command(name, help=sentence)
    @click.argument("named", nargs=-1, metavar="[DEPARTMENT]...")
    @hub_command
    def command(hub: Hub, json_output: bool, named: tuple[str, ...]) -> None:
        departments = departments_of(hub, named)
        in_turn(departments, partial(stage, hub), json_output, partial(outcome_line, name))

    return command


def city_command(name: str, stage: Stage, sentence: str) -> click.Command:
    """Return the command that runs `stage(hub)` for the whole city."""

    @click.command(name, help=sentence)
    @hub_command
    def command(hub: Hub, json_output: bool) -> None:
        show(stage(hub), json_output, lambda row: outcome_line(name, row))

    return command


@click.command("link")
@click.option("--difference", is_flag=True, help="只看差异 what would change; only its models are kept")
@click.option(
    "--explain",
    is_flag=True,
    help="先说清楚 what linking does, candidates by rule; writes nothing",
)
@click.option("--accept", "why", metavar="WHY", default="", help="采纳新规格 link all by the present specification")
@click.option("--who", default="", help="采纳人 who accepts")
@hub_command
def link_command(hub: Hub, json_output: bool, difference: bool, explain: bool, why: str, who: str) -> None:
    """关联 decide which records are the same person or business."""
    if explain:
        show(link_plan(hub), json_output, city_plan_text)
        return
    if difference:
        show(link_difference(hub), json_output, difference_text)
        return
    if why and not who:
        raise click.UsageError("--accept 须写明何人 needs --who")
    result = link_stage(hub, Acceptance(who, why) if why else None)
    show(result, json_output, lambda row: outcome_line("link", row))


COMMANDS = (
    run,
    land,
    *commands_standardise.COMMANDS,
    department_command("validate", validate_stage, "把关 the gate: a critical failure holds the batch"),
    department_command("commit", commit_stage, "入库 take validated batches into the current statements"),
    link_command,
    city_command("survive", survive_stage, "择优 choose golden values of the entities touched, each with its origin"),
    city_command("publish", publish_stage, "发布 swap the staged version in: database and Parquet, one whole version"),
)

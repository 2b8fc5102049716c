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


COMMANDS = (
    run,
    land,
    *commands_standardise.COMMANDS,
    department_command("validate", validate_stage, "把关 the gate: a critical failure holds the batch"),
    department_command("commit", commit_stage, "入库 take validated batches into the current statements"),
    city_command("link", link_stage, "关联 decide which records are the same person or business"),
    city_command("survive", survive_stage, "择优 choose golden values of the entities touched, each with its origin"),
    city_command("publish", publish_stage, "发布 swap the staged version in: database and Parquet, one whole version"),
)

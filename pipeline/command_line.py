"""The command line `cityhub`: one command a stage, named like the tasks of the DAGs."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from pipeline import (
    commands_bad_day,
    commands_linkage,
    commands_onboard,
    commands_quality,
    commands_reading,
    commands_resolve,
    commands_stages,
    commands_standard,
    commands_steward,
)
from pipeline.command_mishaps import Commands
from pipeline.events import Redaction


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--city", type=click.Path(exists=True, file_okay=False, path_type=Path), help="城市配置目录 city folder")
@click.option("--log-level", default="warning", type=click.Choice(["debug", "info", "warning", "error"]))
def main(city: Path | None, log_level: str) -> None:
    """城市主数据枢纽 · a city's master data hub.

    \b
    各部门  land → standardise → validate → commit      each department's records
    全市    link → survive → publish → report           the city's golden dataset

    Everything is written below CITYHUB_HOME (default: var/).
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redaction())
    handler.setLevel(log_level.upper())  # a library that sets its own logger's level is not heard below this, either
    logging.basicConfig(level=log_level.upper(), handlers=[handler], format="%(message)s")


GROUPS = (
    commands_stages,
    commands_quality,
    commands_bad_day,
    commands_reading,
    commands_onboard,
    commands_standard,
    commands_linkage,
    commands_steward,
    commands_resolve,
)
for command in (one for group in GROUPS for one in group.COMMANDS):
    main.add_command(command)

"""What every command shares: opening the hub, `--json`, one way to print results and errors."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import click

from pipeline.events import redact
from pipeline.hub import Hub, open_hub
from pipeline.settings import Settings
from schemas.errors import CityhubError


def hub_command(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--json` and hand the command an open `hub`; an error of the house becomes one message and exit code 1."""

    @click.option("--json", "json_output", is_flag=True, help="机器可读 machine-readable output")
    @click.pass_context
    @wraps(command)
    def wrapped(context: click.Context, /, json_output: bool, **arguments: Any) -> Any:
        try:
            with open_hub(Settings.from_environment(city_folder=context.find_root().params.get("city"))) as hub:
                return command(hub, json_output=json_output, **arguments)
        except CityhubError as error:
            fail(error, json_output)

    return wrapped


def fail(error: CityhubError, json_output: bool) -> None:
    """Print the error (masked) for a person or a machine and end with exit code 1."""
    if json_output:
        click.echo(json.dumps(told(error), ensure_ascii=False))
    else:
        click.echo(f"错误 error: {told(error)['message']}", err=True)
    sys.exit(1)


def told(error: CityhubError) -> dict[str, str]:
    """Return an error for a machine: its kind and its message, masked."""
    return {"error": type(error).__name__, "message": redact(str(error))}


def in_turn(
    departments: Iterable[str], stage: Callable[[str], Any], json_output: bool, line: Callable[[Any], str]
) -> None:
    """Run a stage for one department after another and show each result; one that fails does not stop the others.

    Ends with exit code 1 when any failed: its error stands among the results (`--json`) or on the error output.
    """
    results, failed = [], False
    for department in departments:
        try:
            results.append(stage(department))
        except CityhubError as error:
            failed = True
            results.append({"department": department, **told(error)})
            if not json_output:
                click.echo(f"错误 error: {told(error)['message']}", err=True)
    show(results, json_output, lambda rows: "\n".join(line(row) for row in rows if "error" not in row))
    if failed:
        sys.exit(1)


def show(result: Any, json_output: bool, text: Callable[[Any], str]) -> None:
    """Print `result` as JSON or as `text(result)`."""
    told = json.dumps(result, ensure_ascii=False, default=str, indent=2) if json_output else text(result)
    if told:
        click.echo(told)


def departments_of(hub: Hub, named: tuple[str, ...]) -> list[str]:
    """Return the departments named, or all of the city. Raises ConfigurationError with the nearest right word."""
    for name in named:
        hub.contract(name)
    return list(named or hub.city.contracts)

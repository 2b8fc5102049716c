"""The tasks: each opens the hub, calls the stage of the same name and hands on a reference with counts, never data.

What a stage needs is imported inside its task, so that a DAG file parses without it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.city import department_asset, golden_asset
from dags.window import is_open

Reference = dict[str, Any]


@task
def window(hours: str, timezone: str, *, dag_run: Any = None) -> None:
    """Skip a scheduled run that comes outside the department's hours; a person's run or a backfill may always read."""
    if dag_run.run_type == "scheduled" and not is_open(hours, datetime.now(ZoneInfo(timezone))):
        raise AirflowSkipException(f"不在读取时段 outside the department's hours {hours}; the next schedule reads it all")


@task(map_index_template="{{ ti.task.op_kwargs['table'] }}")
def land(department: str, table: str) -> Reference:
    """Land what is new in one table."""
    from pipeline import hub, land, settings

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        return land.land(opened, department, table)


@task
def standardise(department: str) -> Reference:
    """Turn the landed batches of all tables into statements."""
    from pipeline import hub, settings, standardise

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        return standardise.standardise(opened, department)


@task
def validate(department: str) -> Reference:
    """Put the batches before the gate."""
    from pipeline import hub, settings, validate

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        return validate.validate(opened, department)


@task
def commit(department: str, *, outlet_events: Any = None) -> Reference:
    """Take what passed the gate into the current statements and tell the hub DAG with counts."""
    from pipeline import commit, hub, settings

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        counts = commit.commit(opened, department)
    outlet_events[department_asset(department)].extra = counts
    return counts


@task
def link() -> Reference:
    """Pin what the departments have committed and decide whose record each changed one is."""
    from pipeline import hub, link, settings

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        return link.link(opened)


@task
def survive(version: int) -> Reference:
    """Choose the golden values of the entities touched."""
    from pipeline import hub, settings, survive

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        return survive.survive(opened, version)


@task
def publish(version: int, *, outlet_events: Any = None) -> Reference:
    """Audit the staged version and swap it in whole."""
    from pipeline import hub, publish, settings

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        counts = publish.publish(opened, version)
    outlet_events[golden_asset()].extra = counts
    return counts


@task
def report() -> Reference:
    """Balance the ledger and write the report."""
    from pipeline import hub, report, settings

    with hub.open_hub(settings.Settings.from_environment()) as opened:
        return report.report(opened)


@task
def contract(message: str) -> None:
    """Fail with the mistake of a contract that could not be read; a retry would read the same file."""
    raise AirflowFailException(message)

"""The tasks: each opens the hub, calls the stage of the same name and hands on a reference with counts, never data.

What a stage needs is imported inside its task, so that a DAG file parses without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags.city import department_asset, golden_asset
from dags.connection import airflow_url
from dags.window import is_open

Reference = dict[str, Any]


@task
def window(hours: str, timezone: str, *, dag_run: Any = None) -> None:
    """Skip a scheduled run that comes outside the department's hours; a person's run or a backfill may always read."""
    if dag_run.run_type == "scheduled" and not is_open(hours, datetime.now(ZoneInfo(timezone))):
        raise AirflowSkipException(f"不在读取时段 outside the hours {hours}; the next schedule reads it all")


@contextmanager
def open_hub_for(dag_run: Any, connection: str = "") -> Iterator[Any]:
    """Open the hub under this DAG run's name; `connection` is looked up in Airflow too, where one is kept there."""
    from engine.memory import keep_freed_memory

    keep_freed_memory()  # before anything large is loaded: a task's process lives for this one stage
    from pipeline.hub import open_hub
    from pipeline.settings import Settings

    settings = Settings.from_environment()
    url = airflow_url(connection) if connection and connection not in settings.connections else ""
    if url:
        settings = replace(settings, connections={**settings.connections, connection: url})
    # One run over several DAGs names itself in their configuration.
    run_id = (dag_run.conf or {}).get("run") or f"{dag_run.dag_id}/{dag_run.run_id}"
    with open_hub(settings, run_id=run_id) as hub:
        yield hub


@task(map_index_template="{{ ti.task.op_kwargs['table'] }}")
def land(department: str, connection: str, table: str, *, dag_run: Any = None) -> Reference:
    """Land what is new in one table."""
    from pipeline.land import land as stage

    with open_hub_for(dag_run, connection) as hub:
        return stage(hub, department, table)


@task
def standardise(department: str, *, dag_run: Any = None) -> Reference:
    """Turn the landed batches of all tables into statements."""
    from pipeline.standardise import standardise as stage

    with open_hub_for(dag_run) as hub:
        return stage(hub, department)


@task
def validate(department: str, *, dag_run: Any = None) -> Reference:
    """Put the batches before the gate."""
    from pipeline.validate import validate as stage

    with open_hub_for(dag_run) as hub:
        return stage(hub, department)


@task
def commit(department: str, *, dag_run: Any = None, outlet_events: Any = None) -> Reference:
    """Take what passed the gate into the current statements and tell the hub DAG with counts."""
    from pipeline.commit import commit as stage

    with open_hub_for(dag_run) as hub:
        counts = stage(hub, department)
    outlet_events[department_asset(department)].extra = counts
    return counts


@task
def link(*, dag_run: Any = None) -> Reference:
    """Pin what the departments have committed and decide whose record each changed one is."""
    from pipeline.link import link as stage

    with open_hub_for(dag_run) as hub:
        return stage(hub)


@task
def survive(version: int, *, dag_run: Any = None) -> Reference:
    """Choose the golden values of the entities touched."""
    from pipeline.survive import survive as stage

    with open_hub_for(dag_run) as hub:
        return stage(hub, version)


@task
def publish(version: int, *, dag_run: Any = None, outlet_events: Any = None) -> Reference:
    """Audit the staged version and swap it in whole."""
    from pipeline.publish import publish as stage

    with open_hub_for(dag_run) as hub:
        counts = stage(hub, version)
    outlet_events[golden_asset()].extra = counts
    return counts


@task
def report(*, dag_run: Any = None) -> Reference:
    """Judge what stands by every rule, record it as evidence and write the auditors' report."""
    from pipeline.report import report as stage

    with open_hub_for(dag_run) as hub:
        return stage(hub)


@task
def contract(message: str) -> None:
    """Fail with the mistake of a contract that could not be read; a retry would read the same file."""
    raise AirflowFailException(message)

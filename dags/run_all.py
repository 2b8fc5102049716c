"""`make run`: the demo city, then every DAG in this process, one after another, then the summary.

The same DAGs that the scheduler runs, driven by Airflow's own in-process runner: no server, no waiting.
"""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dags.environment import airflow_home, airflow_variables, enter
from pipeline.settings import DEFAULT_CITY, Settings
from schemas.errors import CityhubError

if TYPE_CHECKING:
    from dags.terminal import TaskLine

ROOT = Path(__file__).resolve().parent.parent
LOG = "run_all.log"


@dataclass(frozen=True)
class Outcome:
    """How one DAG ended: its id and whether every task of it succeeded."""

    dag_id: str
    is_good: bool


@click.command()
@click.option("--residents", default=20_000, show_default=True, help="演示城市人口 size of the demo city, if built now")
@click.option("--seed", type=int, help="随机种子 seed of the demo city, if built now")
@click.option("--department", "-d", "departments", multiple=True, help="只跑这些部门 only these departments")
def main(residents: int, seed: int | None, departments: tuple[str, ...]) -> None:
    """演示城市全流程 · the demo city, the whole way. Ends with 1 if a DAG failed, 2 if nothing could be run."""
    try:
        settings = Settings.from_environment()
        build_demo(settings, residents, seed)
        outcomes, summary = run_city(settings, departments)
        click.echo("\n" + summary)
    except CityhubError as error:
        click.echo(f"错误 error: {error}", err=True)
        sys.exit(2)
    failed = [outcome.dag_id for outcome in outcomes if not outcome.is_good]
    if failed:
        log = airflow_home(settings) / LOG
        click.echo(f"未完成 failed: {', '.join(failed)}; 详情 details: {log}", err=True)
        sys.exit(1)


def build_demo(settings: Settings, residents: int, seed: int | None) -> None:
    """Build the demo city where it is wanted and absent. It is a program of its own that knows nothing of the hub."""
    if settings.city_folder != DEFAULT_CITY.resolve() or (settings.home / "demo" / "city.json").exists():
        return
    click.echo(f"造演示城市 building the demo city ({residents:,} residents)")
    command = [sys.executable, "-m", "demo", "build", "--residents", str(residents)]
    place = settings.home / "demo"
    command += ["--out", str(place.relative_to(ROOT) if place.is_relative_to(ROOT) else place)]
    command += ["--seed", str(seed)] if seed is not None else []
    if settings.home != ROOT / "var":
        # Two cities, two truths: the one beside the demo's code belongs to the usual home.
        command += ["--truth", str(settings.home / "demo" / "truth")]
    subprocess.run(command, check=True, cwd=ROOT)


def run_city(settings: Settings, departments: Sequence[str] = ()) -> tuple[list[Outcome], str]:
    """Run each department's DAG, then the hub's; return how each ended and the summary for a person to read.

    A dead department does not stop the others. Raises CityhubError where the city or its hub cannot be opened.
    """
    enter(airflow_variables(settings))
    click.echo("启动 Airflow starting Airflow in this process")
    log = airflow_home(settings) / LOG
    log.unlink(missing_ok=True)
    # Only now: Airflow reads its settings once, when it is first imported.
    from dags.terminal import TaskLine, set_aside

    with set_aside(log) as terminal:
        dags = chosen(load_dags(), departments)
        mark = stages_so_far(settings)
        outcomes = run_dags(dags, TaskLine(terminal))
        return outcomes, summary_since(settings, mark)


def run_dags(dags: Sequence[Any], line: TaskLine) -> list[Outcome]:
    """Run the DAGs one after another under one name; `line` is told of every task that ends."""
    from airflow.sdk.listener import get_listener_manager

    run_id, outcomes = uuid.uuid4().hex[:12], []
    get_listener_manager().add_listener(line)
    try:
        for dag in dags:
            line.begin(dag.dag_display_name)
            try_once(dag)
            run = dag.test(run_conf={"run": run_id})
            outcomes.append(Outcome(dag.dag_id, str(run.state) == "success"))
            line.end(outcomes[-1].is_good)
    finally:
        get_listener_manager().pm.unregister(line)
    return outcomes


def try_once(dag: Any) -> None:
    """Take the retries from a DAG: nobody waits at a terminal for a source that is down, the next run reads it all.

    Airflow's in-process runner would wait for ever: a task that is up for retry never becomes due there.
    """
    for task in dag.tasks:
        if hasattr(task, "partial_kwargs"):
            task.partial_kwargs["retries"] = 0
        else:
            task.retries = 0


def load_dags() -> dict[str, Any]:
    """Make Airflow's database and pools ready and return its DAGs by id. Raises CityhubError for a city that cannot
    be read at all."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.utils.db import initdb

    from dags.pools import make_pools

    initdb()
    make_pools()
    bag = DagBag(ROOT / "dags")
    if bag.import_errors:
        raise CityhubError("\n".join(bag.import_errors.values()))
    return dict(bag.dags)


def chosen(dags: dict[str, Any], departments: Sequence[str]) -> list[Any]:
    """Return the departments' DAGs, all or those named, sorted, and the hub's as the last."""
    from dags.city import HUB_DAG, department_dag

    wanted = {department_dag(name) for name in departments} or set(dags)
    return [dags[dag_id] for dag_id in sorted(wanted & set(dags) - {HUB_DAG})] + [dags[HUB_DAG]]


def stages_so_far(settings: Settings) -> int:
    """Return the mark in the ledger from which this run's summary counts."""
    from pipeline.hub import open_hub
    from pipeline.summary import stages_logged

    with open_hub(settings) as hub:
        return stages_logged(hub)


def summary_since(settings: Settings, mark: int) -> str:
    """Return what the ledger says of every stage since `mark`, for a person to read."""
    from pipeline.hub import open_hub
    from pipeline.summary import summarise, summary_text

    with open_hub(settings) as hub:
        return summary_text(summarise(hub, mark))


if __name__ == "__main__":
    main()

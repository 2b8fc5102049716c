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
from typing import Any, TextIO

import click

from dags.environment import airflow_home, airflow_variables, enter
from pipeline.settings import DEFAULT_CITY, Settings
from schemas.errors import CityhubError

# Nobody waits minutes at a terminal for a source that is down: three tries within a few seconds.
RETRY_DELAY = 1
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
        run_id = uuid.uuid4().hex[:12]
        outcomes = run_dags(settings, run_id, departments)
        show_summary(settings, run_id)
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
    command += ["--out", str(settings.home / "demo")]
    command += ["--seed", str(seed)] if seed is not None else []
    if settings.home != ROOT / "var":
        # Two cities, two truths: the one beside the demo's code belongs to the usual home.
        command += ["--truth", str(settings.home / "demo" / "truth")]
    subprocess.run(command, check=True, cwd=ROOT)


def run_dags(settings: Settings, run_id: str, departments: Sequence[str] = ()) -> list[Outcome]:
    """Run each department's DAG, then the hub's; return how each ended. A dead department does not stop the others."""
    enter(airflow_variables(settings, retry_delay=RETRY_DELAY))
    click.echo("启动 Airflow starting Airflow in this process")
    # Only now: Airflow reads its settings once, when it is first imported.
    log = airflow_home(settings) / LOG
    log.unlink(missing_ok=True)
    from dags.terminal import TaskLine, set_aside

    with set_aside(log) as terminal:
        dags = load_dags()
        line = TaskLine(terminal)
        from airflow.sdk.listener import get_listener_manager

        get_listener_manager().add_listener(line)
        try:
            return [run_dag(dag, run_id, line, terminal) for dag in chosen(dags, departments)]
        finally:
            get_listener_manager().pm.unregister(line)


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


def run_dag(dag: Any, run_id: str, line: Any, terminal: TextIO) -> Outcome:
    """Run one DAG to its end and return how it went."""
    line.begin(dag.dag_display_name)
    run = dag.test(run_conf={"run": run_id})
    is_good = str(run.state) == "success"
    line.end(is_good)
    return Outcome(dag.dag_id, is_good)


def show_summary(settings: Settings, run_id: str) -> None:
    """Print what the ledger says of this run."""
    from pipeline.hub import open_hub
    from pipeline.summary import print_summary

    with open_hub(settings, run_id=run_id) as hub:
        print_summary(hub, run_id)


if __name__ == "__main__":
    main()

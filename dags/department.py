"""One DAG for each department of the city: window → land (one task a table) → standardise → validate → commit.

What it does: generated from cities/*/departments/*.yaml; the commit updates the department's asset, which wakes the
hub DAG. A contract with a mistake becomes a DAG whose only task fails with that mistake; the others are not touched.
How to triage: the page of each DAG (its `doc_md`) says which error means what, and whom to ask.
Where the logs are: the task's Logs tab, files below AIRFLOW_HOME/logs; events carry references and counts only.
"""

from __future__ import annotations

from airflow.sdk import DAG, CronTriggerTimetable

from dags import stages
from dags.city import department_asset, department_dag, is_wanted, read_city
from dags.pages import broken_page, department_page
from dags.policy import DEPARTMENT_POOL, LAND_TIMEOUT, RUN_TIMEOUT, connection_pool, task_defaults
from schemas.city import City
from schemas.contract import Contract
from schemas.errors import ConfigurationError

# A contract that cannot be read has no schedule of its own: it fails once every morning, where people look.
BROKEN_SCHEDULE = "0 8 * * *"


def department(contract: Contract, city: City) -> DAG:
    """Return the DAG of one contract."""
    name = contract.department
    with DAG(
        dag_id=department_dag(name),
        dag_display_name=f"{contract.label} {name}",
        description=f"{contract.label}: land → standardise → validate → commit",
        doc_md=department_page(contract),
        schedule=CronTriggerTimetable(contract.schedule.cron, timezone=city.timezone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        default_args=task_defaults(contract.owner, DEPARTMENT_POOL),
        tags={"department", name, city.name},
    ) as dag:
        landed = (
            stages.land.override(pool=connection_pool(contract.connection), execution_timeout=LAND_TIMEOUT)
            .partial(department=name, connection=contract.connection)
            .expand(table=[table.name for table in contract.tables])
        )
        if contract.schedule.window:
            stages.window(contract.schedule.window, city.timezone) >> landed
        taken = stages.commit.override(outlets=[department_asset(name)])(name)
        landed >> stages.standardise(name) >> stages.validate(name) >> taken
    return dag


def broken(name: str, mistake: ConfigurationError, city: City) -> DAG:
    """Return the DAG that shows the mistake of a contract: one task, which fails with it."""
    with DAG(
        dag_id=department_dag(name),
        dag_display_name=f"{name} · 契约有误 broken contract",
        description=str(mistake),
        doc_md=broken_page(name, mistake),
        schedule=CronTriggerTimetable(BROKEN_SCHEDULE, timezone=city.timezone),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        default_args=task_defaults("data engineers", DEPARTMENT_POOL),
        tags={"department", name, city.name, "broken"},
    ) as dag:
        stages.contract(str(mistake))
    return dag


def departments(city: City) -> dict[str, DAG]:
    """Return every department's DAG, or only the one a worker came for."""
    made: dict[str, DAG] = {}
    for name, found in city.contracts.items():
        if is_wanted(department_dag(name)):
            made[department_dag(name)] = department(found, city)
    for name, mistake in city.broken.items():
        if is_wanted(department_dag(name)):
            made[department_dag(name)] = broken(name, mistake, city)
    return made


globals().update(departments(read_city()))

"""The city's DAG: link → survive → publish → report, over what the departments have committed.

What it does: runs when any department commits, and every day at the city's own hour, so that one dead department
never stops the city. `link` pins the batches of the version; the tasks after it are handed that version's number.
How to triage: the page of the DAG (its `doc_md`). Where the logs are: the task's Logs tab, below AIRFLOW_HOME/logs.
"""

from __future__ import annotations

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable

from dags import stages
from dags.city import HUB_DAG, department_asset, golden_asset, is_wanted, read_city
from dags.pages import hub_page
from dags.policy import HUB_POOL, RUN_TIMEOUT, task_defaults
from schemas.city import City


def hub(city: City) -> DAG:
    """Return the DAG of the whole city."""
    with DAG(
        dag_id=HUB_DAG,
        dag_display_name=f"{city.label} hub",
        description=f"{city.label}: link → survive → publish → report",
        doc_md=hub_page(city),
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(city.hub_schedule, timezone=city.timezone),
            assets=AssetAny(*(department_asset(name) for name in city.departments)),
        ),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=RUN_TIMEOUT,
        default_args=task_defaults("data engineers", HUB_POOL),
        tags={"hub", city.name},
    ) as dag:
        version = stages.link()["version"]
        survived = stages.survive(version)
        survived >> stages.publish.override(outlets=[golden_asset()])(version) >> stages.report()
    return dag


if is_wanted(HUB_DAG):
    city_dag = hub(read_city())

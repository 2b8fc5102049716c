"""The city a DAG file is generated from, and the names its DAGs and assets go by."""

from __future__ import annotations

from airflow.sdk import Asset, get_parsing_context

from pipeline.settings import Settings
from schemas.city import City
from schemas.city_file import load_city

HUB_DAG = "hub"
DEPARTMENT_PREFIX = "department_"


def read_city() -> City:
    """Return the city of the environment. A broken contract is among its `broken`; a broken city.yaml raises."""
    return load_city(Settings.from_environment().city_folder)


def department_dag(department: str) -> str:
    return DEPARTMENT_PREFIX + department


def is_wanted(dag_id: str) -> bool:
    """False where a worker parses this file only to run another DAG's task."""
    asked = get_parsing_context().dag_id
    return asked is None or asked == dag_id


def department_asset(department: str) -> Asset:
    """Return the asset that a department's commit updates; its events carry the counts of the batch."""
    return Asset(name=f"statements_{department}", uri=f"cityhub://statements/{department}", group="cityhub")


def golden_asset() -> Asset:
    """Return the asset that publishing updates; its events carry the number and the counts of the version."""
    return Asset(name="golden", uri="cityhub://golden", group="cityhub")

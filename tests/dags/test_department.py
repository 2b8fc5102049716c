"""The DAGs of departments: one a contract, one task a table, and a mistake that stays where it was made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest


def upstream(dag: Any) -> dict[str, set[str]]:
    return {task.task_id: set(task.upstream_task_ids) for task in dag.tasks}


def test_a_department_is_landed_standardised_validated_and_committed(dags: dict[str, Any]) -> None:
    assert upstream(dags["department_civil_affairs"]) == {
        "window": set(),
        "land": {"window"},
        "standardise": {"land"},
        "validate": {"standardise"},
        "commit": {"validate"},
    }


def test_landing_is_one_task_a_table_in_the_pool_of_the_connection(dags: dict[str, Any]) -> None:
    from dags.city import read_city

    for name, contract in read_city().contracts.items():
        land = dags[f"department_{name}"].task_dict["land"]
        assert land.op_kwargs_expand_input.value["table"] == [table.name for table in contract.tables]
        assert land.pool == f"connection_{contract.connection}"


def test_the_commit_updates_the_departments_asset(dags: dict[str, Any]) -> None:
    (asset,) = dags["department_civil_affairs"].task_dict["commit"].outlets
    assert asset.uri == "cityhub://statements/civil_affairs"


def test_the_page_names_the_tables_and_whom_to_call(dags: dict[str, Any]) -> None:
    page = dags["department_civil_affairs"].doc_md
    assert "MARRIAGE_REG" in page and "民政局" in page and "SourceRefused" in page


def test_a_broken_contract_is_one_failing_dag_and_leaves_the_others_alone(
    city_folder: Path, dags: dict[str, Any]
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from dags.city import read_city
    from dags.department import departments

    path = city_folder / "departments" / "civil_affairs.yaml"
    path.write_text(path.read_text("utf-8").replace("owner:", "onwer:"), encoding="utf-8")
    after = departments(read_city())
    assert set(after) == set(dags) - {"hub"}
    broken = after.pop("department_civil_affairs")
    assert {dag_id: upstream(dag) for dag_id, dag in after.items()} == {name: upstream(dags[name]) for name in after}
    (task,) = broken.tasks
    assert "civil_affairs.yaml" in broken.doc_md and "onwer" in broken.doc_md and "owner" in broken.doc_md
    with pytest.raises(AirflowFailException, match="onwer"):
        task.python_callable(*task.op_args, **task.op_kwargs)


def test_a_worker_builds_only_the_dag_it_came_for(dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from dags.city import is_wanted, read_city
    from dags.department import departments

    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "department_civil_affairs")
    assert list(departments(read_city())) == ["department_civil_affairs"]
    assert not is_wanted("hub")


class Run:
    """As much of a DAG run as the window looks at."""

    def __init__(self, run_type: str) -> None:
        self.run_type = run_type


def test_a_scheduled_run_outside_the_hours_is_skipped_and_a_persons_is_not() -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from dags import stages

    hour = datetime.now(ZoneInfo("Asia/Shanghai")).hour
    closed = f"{(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00"
    opened = f"{(hour - 2) % 24:02}:00-{(hour + 2) % 24:02}:00"
    stages.window.function(closed, "Asia/Shanghai", dag_run=Run("manual"))
    stages.window.function(opened, "Asia/Shanghai", dag_run=Run("scheduled"))
    with pytest.raises(AirflowSkipException, match=closed):
        stages.window.function(closed, "Asia/Shanghai", dag_run=Run("scheduled"))

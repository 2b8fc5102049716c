"""What every DAG of the city obeys, whatever its contract says."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dags.policy import RETRY_TRANSIENT, pools
from schemas.errors import (
    ConfigurationError,
    FenceLost,
    LakeConflict,
    SourceBusy,
    SourceDrift,
    SourceRefused,
    SourceUnreachable,
    Unbalanced,
)


def every_task(dags: dict[str, Any]) -> list[Any]:
    return [task for dag in dags.values() for task in dag.tasks]


def test_every_dag_can_be_found_read_and_owned(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.doc_md and "How to triage" in dag.doc_md and "Where the logs are" in dag.doc_md, dag.dag_id
        assert dag.description, dag.dag_id
        assert {"department", "hub"} & dag.tags, dag.dag_id
        assert all(task.owner and task.owner != "airflow" for task in dag.tasks), dag.dag_id


def test_no_dag_overtakes_itself_catches_up_or_runs_for_ever(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.max_active_runs == 1, dag.dag_id
        assert dag.catchup is False, dag.dag_id
        assert timedelta(0) < dag.dagrun_timeout <= timedelta(hours=12), dag.dag_id
        # Without a start a schedule begins with its next tick: nothing runs by itself at noon on the first day.
        assert dag.start_date is None, dag.dag_id


def test_every_schedule_is_in_the_citys_time(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        timetable = getattr(dag.timetable, "timetable", dag.timetable)
        assert str(timetable.timezone) == "Asia/Shanghai", dag.dag_id


def test_every_task_ends_is_pooled_and_retried_by_the_policy(dags: dict[str, Any]) -> None:
    known = set(pools([task.pool.removeprefix("connection_") for task in every_task(dags)]))
    for task in every_task(dags):
        assert task.execution_timeout and task.execution_timeout <= timedelta(hours=4), task
        assert task.pool in known and task.pool != "default_pool", task
        # A process that was killed raises nothing: only this count brings it back.
        assert task.retries >= 2, task
        assert task.retry_policy is RETRY_TRANSIENT, task


TRANSIENT = [SourceUnreachable("d", "c", "x"), SourceBusy("d", "c", "x"), LakeConflict("t")]
TERMINAL = [
    SourceRefused("d", "c", "x"),
    SourceDrift("d", "c", "x"),
    ConfigurationError("a.yaml", 1, "k", "v", "w"),
    FenceLost("f", 1, 2),
    Unbalanced("b", "rows", 2, {"standardised": 1}),
    ValueError("a fault of ours"),
    KeyError("a fault of ours"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=lambda error: type(error).__name__)
def test_a_transient_error_is_tried_again(error: Exception) -> None:
    assert RETRY_TRANSIENT.evaluate(error, 1, 3).action.value == "retry"


@pytest.mark.parametrize("error", TERMINAL, ids=lambda error: type(error).__name__)
def test_any_other_error_waits_for_a_person(error: Exception) -> None:
    assert RETRY_TRANSIENT.evaluate(error, 1, 3).action.value == "fail"


def test_the_policy_survives_the_way_through_airflows_database() -> None:
    from airflow.sdk import ExceptionRetryPolicy

    restored = ExceptionRetryPolicy.deserialize(RETRY_TRANSIENT.serialize())
    assert restored.evaluate(TRANSIENT[0], 1, 3).action.value == "retry"
    assert restored.evaluate(TERMINAL[0], 1, 3).action.value == "fail"

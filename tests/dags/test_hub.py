"""The hub DAG: any department or the clock wakes it; a department that is broken is still among the wakers."""

from __future__ import annotations

from typing import Any


def test_any_department_or_the_daily_hour_wakes_the_hub(dags: dict[str, Any]) -> None:
    timetable = dags["hub"].timetable
    wakers = {asset.uri for asset in timetable.asset_condition.objects}
    assert wakers == {f"cityhub://statements/{name.removeprefix('department_')}" for name in dags if name != "hub"}
    assert type(timetable.asset_condition).__name__ == "AssetAny"
    assert timetable.timetable.expression == "0 6 * * *"


def test_the_stages_follow_each_other_under_one_version(dags: dict[str, Any]) -> None:
    order = {task.task_id: set(task.upstream_task_ids) for task in dags["hub"].tasks}
    assert order["link"] == set()
    assert order["survive"] == {"link"}
    assert order["publish"] == {"link", "survive"}
    assert order["report"] == {"publish"}


def test_one_writer_at_a_time(dags: dict[str, Any]) -> None:
    from dags.policy import pools

    assert {task.pool for task in dags["hub"].tasks} == {"hub"}
    assert pools([])["hub"][0] == 1

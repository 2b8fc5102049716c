"""What holds for every DAG of the city: who owns it, when a task is tried again, how long it may take, which pool."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRIES = 3
# One table at a time from one department: their servers serve people at counters first.
CONNECTION_SLOTS = 1
# One writer of the city's links, golden values and versions; several departments commit beside each other.
HUB_POOL, HUB_SLOTS = "hub", 1
DEPARTMENT_POOL, DEPARTMENT_SLOTS = "department", 2

LAND_TIMEOUT = timedelta(hours=2)
STAGE_TIMEOUT = timedelta(hours=2)
RUN_TIMEOUT = timedelta(hours=8)

# An exception is judged where it was raised: transient ones wait and try again, everything else waits for a person.
# A process that was killed raised nothing, so no policy is asked and the plain count of retries stands.
RETRY_TRANSIENT = ExceptionRetryPolicy(
    rules=[RetryRule(exception="schemas.errors.Transient", action=RetryAction.RETRY, reason="transient")],
    default=RetryAction.FAIL,
)


def task_defaults(owner: str, pool: str) -> dict[str, Any]:
    """Return the `default_args` of a DAG. The delay between tries is Airflow's `core.default_task_retry_delay`."""
    return {
        "owner": owner,
        "pool": pool,
        "retries": RETRIES,
        "retry_policy": RETRY_TRANSIENT,
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": STAGE_TIMEOUT,
    }


def connection_pool(connection: str) -> str:
    """Return the name of the pool that everything reading through this connection shares."""
    return f"connection_{connection}"


def pools(connections: list[str]) -> dict[str, tuple[int, str]]:
    """Return every pool the DAGs name: its slots and what it is for."""
    wanted = {
        HUB_POOL: (HUB_SLOTS, "link, survive, publish, report: one writer"),
        DEPARTMENT_POOL: (DEPARTMENT_SLOTS, "standardise, validate, commit"),
    }
    for name in sorted(set(connections)):
        wanted[connection_pool(name)] = (CONNECTION_SLOTS, f"reads through connection {name}")
    return wanted

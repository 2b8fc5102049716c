"""The pools the DAGs name. `python -m dags.pools` makes them in an Airflow that is run elsewhere than by this house."""

from __future__ import annotations

from dags.city import read_city
from dags.policy import pools


def make_pools() -> None:
    """Create or update every pool in Airflow's database. A task of a missing pool would wait for ever."""
    from airflow.models.pool import Pool

    city = read_city()
    connections = [contract.connection for contract in city.contracts.values()]
    for name, (slots, description) in pools(connections).items():
        Pool.create_or_update_pool(name, slots, description, include_deferred=False)


if __name__ == "__main__":
    make_pools()

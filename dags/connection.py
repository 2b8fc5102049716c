"""A department's URL from Airflow's own connections, where a city keeps its passwords there."""

from __future__ import annotations

SCHEMES = {"postgres": "postgresql", "mysql": "mysql", "sqlite": "sqlite", "fs": "files"}


def airflow_url(name: str) -> str:
    """Return the URL of the Airflow connection `name`, or "" where Airflow has none of that name."""
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException
    from sqlalchemy import URL

    try:
        found = Connection.get(name)
    except AirflowNotFoundException:
        return ""
    scheme = SCHEMES.get(found.conn_type or "", found.conn_type or "")
    if scheme in ("sqlite", "files"):
        # A file needs no host: its path stands in the host or, for a file connection, in its extra.
        path = found.extra_dejson.get("path") or found.host or found.schema or ""
        return f"{scheme}:///{path}" if scheme == "sqlite" else f"{scheme}://{path}"
    url = URL.create(scheme, found.login, found.password, found.host, found.port, found.schema)
    return url.render_as_string(hide_password=False)

"""How Airflow is set up inside the hub's home. It must be said before Airflow is first imported."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.settings import Settings

OPERATOR = "operator"
PASSWORDS = "passwords.json"
SECRETS = "secrets.json"


def airflow_home(settings: Settings) -> Path:
    return settings.home / "airflow"


def prepare_home(settings: Settings) -> Path:
    """Make Airflow's home with its secrets and its operator's password, each a file of mode 0600; return the home."""
    home = airflow_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    _keep(home / SECRETS, lambda: {"jwt": secrets.token_urlsafe(48), "api": secrets.token_urlsafe(32)})
    _keep(home / PASSWORDS, lambda: {OPERATOR: secrets.token_urlsafe(12)})
    return home


def airflow_variables(settings: Settings, port: int = 8080, retry_delay: int = 120) -> dict[str, str]:
    """Return Airflow's environment: everything in the hub's home, on the loopback address, small enough for 2 cores.

    `retry_delay` is the first delay in seconds before a transient error is tried again.
    """
    home = prepare_home(settings)
    keys = json.loads((home / SECRETS).read_text("utf-8"))
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).resolve().parent),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": str(retry_delay),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{OPERATOR}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / PASSWORDS),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": keys["api"],
        "AIRFLOW__API_AUTH__JWT_SECRET": keys["jwt"],
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        # Nothing leaves the city's network.
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "CITYHUB_HOME": str(settings.home),
        "CITYHUB_CITY": str(settings.city_folder),
        # A task imports the rooms from where this file stands, wherever it is started.
        "PYTHONPATH": _search_path(os.environ),
    }


def enter(variables: Mapping[str, str]) -> None:
    """Put the variables into this process. What somebody has set for Airflow stays, but for where its home is."""
    fixed = ("AIRFLOW_HOME", "AIRFLOW__CORE__DAGS_FOLDER", "CITYHUB_HOME", "CITYHUB_CITY", "PYTHONPATH")
    for name, value in variables.items():
        if name in fixed:
            os.environ[name] = value
        else:
            os.environ.setdefault(name, value)


def _search_path(environ: Mapping[str, str]) -> str:
    root = str(Path(__file__).resolve().parent.parent)
    parts = [part for part in environ.get("PYTHONPATH", "").split(os.pathsep) if part and part != root]
    return os.pathsep.join([root, *parts])


def _keep(path: Path, make: Callable[[], dict[str, str]]) -> None:
    """Write what `make()` returns as JSON, for the owner's eyes only, unless the file is there."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
        return
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(make(), file)

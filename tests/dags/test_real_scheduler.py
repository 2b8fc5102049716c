"""The real scheduler, DAG processor and API server, with one source down and one commit killed half way.

The city must publish all the same, the killed commit must come back by itself, and the source that was down must be in
the dataset as soon as it answers again. At the end no process is left.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen
from zoneinfo import ZoneInfo

import pytest

from dags.environment import OPERATOR, PASSWORDS, airflow_home
from pipeline.settings import Settings
from tests.house.tree import ROOT

DOWN, KILLED = "civil_affairs", "police_population"
PATIENCE = 240.0  # a bound for a machine that does much else; alone the whole test takes about a minute


class Airflow:
    """What an operator can do through the API: start a DAG, look at how its runs went."""

    def __init__(self, port: int, password: str) -> None:
        self._address = f"http://127.0.0.1:{port}"
        answer = self._send("POST", "/auth/token", {"username": OPERATOR, "password": password}, {})
        self._headers = {"Authorization": f"Bearer {answer['access_token']}"}

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._address + path, data, {"Content-Type": "application/json", **headers}, method=method)
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def start(self, dag_id: str) -> None:
        self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None}, self._headers)

    def known(self) -> set[str]:
        return {dag["dag_id"] for dag in self._send("GET", "/api/v2/dags?limit=100", None, self._headers)["dags"]}

    def runs(self, dag_id: str) -> list[str]:
        path = f"/api/v2/dags/{dag_id}/dagRuns?order_by=run_after&limit=50"
        return [run["state"] for run in self._send("GET", path, None, self._headers)["dag_runs"]]

    def tries(self, dag_id: str, task_id: str) -> int:
        path = f"/api/v2/dags/{dag_id}/dagRuns/~/taskInstances?limit=100"
        found = self._send("GET", path, None, self._headers)["task_instances"]
        return max((one["try_number"] for one in found if one["task_id"] == task_id), default=0)


def until(what: str, ready: Callable[[], bool]) -> None:
    """Return when `ready()` is true. Fails, saying what was waited for, when patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not answered(ready):
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.5)


def answered(ready: Callable[[], bool]) -> bool:
    """Return what `ready` says; an API server too busy to answer is asked again."""
    try:
        return ready()
    except (TimeoutError, URLError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def processes_of(home: Path) -> list[str]:
    """Return the command lines of every process that was started for this home."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and f"CITYHUB_HOME={home}\0".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@contextmanager
def serve(home: Path) -> Iterator[Airflow]:
    """Run `python -m dags.serve` as an operator would, hand out its API, and end it by SIGTERM."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CITYHUB"))},
        "CITYHUB_HOME": str(home),
        "CITYHUB_CITY": os.environ["CITYHUB_CITY"],
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "faults"), str(ROOT)]),
        "AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    }
    with (home / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "dags.serve", "--port", str(port)]
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        until("Airflow is ready", lambda: server.poll() is not None or b"http://" in (home / "serve.log").read_bytes())
        assert server.poll() is None, (home / "serve.log").read_text()
        settings = Settings.from_environment({"CITYHUB_HOME": str(home)})
        password = json.loads((airflow_home(settings) / PASSWORDS).read_text())[OPERATOR]
        yield Airflow(port, password)
    finally:
        server.terminate()
        server.wait(45)
    assert server.returncode == 0, (home / "serve.log").read_text()


def published(home: Path) -> dict[str, Any]:
    """Return what `cityhub status` would: the published version and each department's current statements."""
    from pipeline.hub import open_hub
    from pipeline.summary import statements_by_department

    with open_hub(Settings.from_environment({**os.environ, "CITYHUB_HOME": str(home)})) as hub:
        version = hub.ledger.published_version()
        untaken = len(hub.ledger.untaken_batches())
        return {
            "version": version.number if version else 0,
            "untaken": untaken,
            "statements": statements_by_department(hub),
            "people": hub.reader.counts().get("person", 0) if version else 0,
        }


@pytest.fixture
def home(tmp_path: Path, city_folder: Path) -> Path:
    """Return a home with a small demo city in it. No schedule of the city is due while the test runs: the night of
    the departments would otherwise run beside it when the test itself runs at night."""
    far = (datetime.now(ZoneInfo("Asia/Shanghai")).hour + 12) % 24
    for path in [city_folder / "city.yaml", *(city_folder / "departments").glob("*.yaml")]:
        path.write_text(re.sub(r'"\d+ \d+ \* \* \*"', f'"0 {far} * * *"', path.read_text("utf-8")), encoding="utf-8")
    home = tmp_path / "home"
    command = [sys.executable, "-m", "demo", "build", "--residents", "400"]
    command += ["--out", str(home / "demo"), "--truth", str(tmp_path / "truth")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return home


@pytest.mark.timeout(900, method="thread")
def test_the_city_publishes_with_a_source_down_and_a_commit_killed_and_heals(home: Path, tmp_path: Path) -> None:
    source = home / "demo" / "sources" / f"{DOWN}.sqlite"
    source.rename(tmp_path / "away.sqlite")
    (home / "kill-commit").write_text(KILLED)
    with serve(home) as airflow:
        wanted = {f"department_{name}" for name in (DOWN, KILLED)} | {"hub"}
        until("the DAGs are known", lambda: wanted <= airflow.known())
        for name in (DOWN, KILLED):
            airflow.start(f"department_{name}")

        until("the killed commit has come back", lambda: "success" in airflow.runs(f"department_{KILLED}"))
        assert (home / "killed-commit").exists() and not (home / "kill-commit").exists()
        assert airflow.tries(f"department_{KILLED}", "commit") == 2
        until("the source that is down is given up", lambda: "failed" in airflow.runs(f"department_{DOWN}"))
        assert airflow.tries(f"department_{DOWN}", "land") == 4
        until("the hub has published all that came in", lambda: settled(airflow, home))
        before = published(home)
        assert before["version"] >= 1 and before["people"] > 0
        assert before["statements"][KILLED] > 0
        assert before["statements"].get(DOWN, 0) == 0

        (tmp_path / "away.sqlite").rename(source)
        airflow.start(f"department_{DOWN}")
        until("the source is back", lambda: "success" in airflow.runs(f"department_{DOWN}"))
        until("the hub has published it too", lambda: settled(airflow, home))
        after = published(home)
        assert after["version"] > before["version"]
        assert after["statements"][DOWN] > 0
        assert after["statements"][KILLED] == before["statements"][KILLED]
    assert processes_of(home) == []


def settled(airflow: Airflow, home: Path) -> bool:
    """Return whether every hub run has ended well and no committed batch waits for a version."""
    runs = airflow.runs("hub")
    return bool(runs) and set(runs) == {"success"} and published(home)["untaken"] == 0

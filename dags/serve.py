"""`make airflow`: the real scheduler, DAG processor and API server with its pages, on the loopback address.

The three are started here, not by `airflow standalone`: that one leaves its children behind when it is asked to end by
SIGTERM, and its log servers listen on every address. Here logs are read from files, and every end is the same end.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click

from dags.environment import OPERATOR, PASSWORDS, airflow_home, airflow_variables, enter
from pipeline.settings import Settings
from schemas.errors import CityhubError

COMPONENTS: Mapping[str, Sequence[str]] = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
# A task that is running is given this long to end by itself before its process group is killed.
PATIENCE_SECONDS = 20.0
READY_SECONDS = 90.0


class Services:
    """The components as child processes, each in a session of its own, so that a signal reaches them only from here."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        self._environment = dict(environment)
        self._logs = logs
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start every component; its own output goes to a file of its name."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for name, arguments in COMPONENTS.items():
            with (self._logs / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "airflow", *arguments],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def dead(self) -> list[str]:
        """Return the components that have ended."""
        return [name for name, process in self.processes.items() if process.poll() is not None]

    def stop(self) -> None:
        """End every component: SIGINT, patience, then SIGKILL for what is left of its session. Nothing stays behind."""
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + PATIENCE_SECONDS
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
        for process in self.processes.values():
            for left in session_members(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(left, signal.SIGKILL)
            process.wait()


def session_members(leader: int) -> list[int]:
    """Return the processes of the session that `leader` opened. A running task has a process group of its own, and its
    leader may be gone; the session is what they still share.
    """
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                if os.getsid(int(entry.name)) == leader:
                    members.append(int(entry.name))
    return members


@contextmanager
def serving(settings: Settings, port: int, is_unwanted: Callable[[], bool]) -> Iterator[Services]:
    """Start Airflow for this home and wait until its API answers, or nobody wants it any more; end it with the block.

    Raises CityhubError if a component ends or the API does not answer in time.
    """
    enter(airflow_variables(settings, port))
    home = airflow_home(settings)
    prepare = "from airflow.utils.db import initdb; initdb(); from dags.pools import make_pools; make_pools()"
    with (home / "prepare.log").open("ab") as log:
        done = subprocess.run([sys.executable, "-c", prepare], stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise CityhubError(f"Airflow 数据库未就绪 Airflow's database could not be made; see {home / 'prepare.log'}")
    services = Services(os.environ, home / "services")
    try:
        services.start()
        wait_until_ready(services, port, is_unwanted)
        yield services
    finally:
        services.stop()


def wait_until_ready(services: Services, port: int, is_unwanted: Callable[[], bool]) -> None:
    """Return when the API answers and says that scheduler and DAG processor beat. Raises CityhubError otherwise."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not is_unwanted():
        if services.dead():
            raise CityhubError(f"Airflow 已退出 ended by itself: {', '.join(services.dead())}")
        if is_healthy(port):
            return
        time.sleep(0.5)
    if not is_unwanted():
        raise CityhubError(f"Airflow {READY_SECONDS:.0f} 秒内未就绪 was not ready in time")


def is_healthy(port: int) -> bool:
    """Return whether the API server, the scheduler and the DAG processor are all alive."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=5) as answer:
            health = json.load(answer)
    except (URLError, OSError, ValueError):
        return False
    return all((health.get(name) or {}).get("status") == "healthy" for name in ("scheduler", "dag_processor"))


@click.command()
@click.option("--port", default=8080, show_default=True, help="页面端口 port of the pages, on 127.0.0.1")
def main(port: int) -> None:
    """真实调度器 · the real scheduler with its pages. Ctrl-C, SIGINT and SIGTERM all end it cleanly."""
    asked_to_end: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, frame: asked_to_end.append(received))
    try:
        settings = Settings.from_environment()
        click.echo("启动 Airflow starting Airflow …")
        with serving(settings, port, lambda: bool(asked_to_end)) as services:
            if not asked_to_end:
                click.echo(f"页面 pages: http://127.0.0.1:{port}   用户 user: {OPERATOR}")
                click.echo(f"口令文件 password in: {airflow_home(settings) / PASSWORDS}   Ctrl-C 结束 ends it")
            while not asked_to_end and not services.dead():
                time.sleep(0.3)
            if services.dead():
                raise CityhubError(f"Airflow 已退出 ended by itself: {', '.join(services.dead())}")
            click.echo("正在结束 ending …")
    except CityhubError as error:
        click.echo(f"错误 error: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()

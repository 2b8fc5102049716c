"""What a person sees while Airflow works in this process: a line a DAG, a word a task, nothing of Airflow's own."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from airflow.listeners import hookimpl

from pipeline.text_table import width

TITLE_WIDTH = 40


@contextmanager
def set_aside(log: Path) -> Iterator[TextIO]:
    """Send everything this process and its children print to `log` and yield the terminal.

    File descriptors are turned, not `sys.stdout`: Airflow's loggers hold their streams from the time of their import.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file, os.fdopen(os.dup(1), "w", encoding="utf-8") as terminal:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield terminal
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            for number, descriptor in zip((1, 2), kept, strict=True):
                os.dup2(descriptor, number)
                os.close(descriptor)


class TaskLine:
    """A listener of Airflow that writes each task's name and seconds as it ends, all of a DAG on one line."""

    def __init__(self, terminal: TextIO) -> None:
        self._terminal = terminal
        self._started = time.perf_counter()
        self._before = ""
        self._error = ""
        self._failed = False

    def begin(self, title: str) -> None:
        """Open the line of one DAG."""
        self._before, self._error, self._failed = "", "", False
        self._write("  " + title + " " * max(1, TITLE_WIDTH - width(title)))

    def end(self, is_good: bool) -> None:
        """Close the line with its outcome, and below it the error of the task that failed."""
        self._write(" ✓\n" if is_good else "\n" if self._failed else " ✗\n")
        if not is_good and self._error:
            self._write(f"      {self._error}\n")

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        self._started = time.perf_counter()

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        self._say(task_instance.task_id, "")

    @hookimpl
    def on_task_instance_skipped(self, previous_state: Any, task_instance: Any) -> None:
        self._say(task_instance.task_id, " –")

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any, error: Any) -> None:
        # The message of an error of the house is masked where it is raised; the net catches what a driver says.
        from pipeline.events import redact

        self._error = f"{type(error).__name__}: {redact(str(error))}" if isinstance(error, BaseException) else ""
        self._failed = True
        self._say(task_instance.task_id, " ✗")

    def _say(self, task: str, mark: str) -> None:
        # A task mapped over tables says its name once: "land 0.3s+0.5s".
        name = "+" if task == self._before else f" {task} "
        self._before = task
        self._write(f"{name}{time.perf_counter() - self._started:.1f}s{mark}")

    def _write(self, text: str) -> None:
        self._terminal.write(text)
        self._terminal.flush()

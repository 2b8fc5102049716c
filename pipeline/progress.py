"""Progress bars on a terminal, silence otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """One bar: `advance(n)` moves it. Does nothing where standard error is no terminal."""

    def __init__(self, label: str, total: int | None = None) -> None:
        self._label, self._total = label, total
        self._bar: object | None = None
        self._task: object | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            # rich costs 0.1 s to import: only where somebody sees it.
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as RichProgress

            bar = RichProgress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            bar.start()
            self._bar, self._task = bar, bar.add_task(self._label, total=self._total)
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()  # type: ignore[attr-defined]

    def advance(self, count: int = 1) -> None:
        if self._bar is not None:
            self._bar.advance(self._task, count)  # type: ignore[attr-defined]


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Progress]:
    """Yield a bar labelled `label`; `total` in the unit that `advance` counts, None where it is unknown."""
    with Progress(label, total) as bar:
        yield bar

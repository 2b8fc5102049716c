"""Workers: independent parts done two at a time, in threads, in the order they were given.

Arrow and NumPy leave the interpreter's lock while they work on large arrays, so two threads keep two cores busy; no
result depends on which is done first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

WORKERS = 2
Part = TypeVar("Part")
Result = TypeVar("Result")


def in_order(work: Callable[[Part], Result], parts: Iterable[Part]) -> Iterator[Result]:
    """Yield the result of each part in order. At most WORKERS parts are taken ahead, so that memory stays bounded."""
    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[Future[Result]] = deque()
        for part in parts:
            waiting.append(pool.submit(work, part))
            if len(waiting) > WORKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def both(first: Callable[[], Part], second: Callable[[], Result]) -> tuple[Part, Result]:
    """Return the results of two pieces of work that are done at once."""
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        return first(), other.result()

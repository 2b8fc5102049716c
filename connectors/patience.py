"""Waiting for a source that may have gone silent: a bounded wait around one call, and around each batch of a stream.

A frozen server keeps its connection alive, so no network timeout ever ends; the driver's call cannot be interrupted
from outside either. The call runs in a thread of its own, which is left behind when patience ends: it dies with the
process. The same thread reads ahead, so that the source works while the last batch is hashed and written.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

Result = TypeVar("Result")
AHEAD = 2  # batches read before they are asked for
_END = object()


def in_time(call: Callable[[], Result], seconds: float) -> Result:
    """Return what `call` returns or raise what it raises; raises TimeoutError when it takes longer than `seconds`."""
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((True, call()))
        except BaseException as error:  # raised again where it is waited for
            answers.put((False, error))

    threading.Thread(target=run, daemon=True, name="cityhub-source").start()
    try:
        good, answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError from None
    if not good:
        raise answer
    return answer  # type: ignore[no-any-return]


class ReadAhead(Iterator[Result]):
    """The items of an iterator, read in a thread at most `AHEAD` in advance.

    Raises what the iterator raises, and TimeoutError when it is silent for `seconds`. `close` ends the thread at its
    next item and returns at once.
    """

    def __init__(self, items: Iterator[Result], seconds: float) -> None:
        self._items, self._seconds = items, seconds
        self._ready: queue.Queue[Any] = queue.Queue(AHEAD)
        self._stopped, self._ended, self.abandoned = threading.Event(), False, False
        self._thread = threading.Thread(target=self._read, daemon=True, name="cityhub-source")
        self._thread.start()

    def __next__(self) -> Result:
        if self._ended:
            raise StopIteration
        try:
            item = self._ready.get(timeout=self._seconds)
        except queue.Empty:
            self.abandoned = True
            self._stopped.set()
            raise TimeoutError from None
        if item is _END:
            self._ended = True
            raise StopIteration
        if isinstance(item, _Failure):
            self._ended = True
            raise item.error
        return item  # type: ignore[no-any-return]

    def close(self) -> None:
        """Stop reading; waits only for a thread that is not silent."""
        self._stopped.set()
        if not self.abandoned:
            self._thread.join(timeout=min(self._seconds, 5))
            self.abandoned = self._thread.is_alive()

    def _read(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_END)
        except BaseException as error:  # raised again where it is waited for
            self._put(_Failure(error))

    def _put(self, item: Any) -> bool:
        while not self._stopped.is_set():
            try:
                self._ready.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error
